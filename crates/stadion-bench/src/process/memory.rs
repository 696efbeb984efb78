//! Memory of a process: what is resident, and the part of it that is its own.

use std::fs;

use crate::error::{BenchError, Doing};

/// From `/proc/PID/status`. Neither counts the kernel's socket buffers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// `VmRSS`: with the program's own pages and libraries.
    pub(crate) resident_bytes: u64,
    /// `RssAnon`: heap and stacks.
    pub(crate) anonymous_bytes: u64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> Result<Self, BenchError> {
        let path = format!("/proc/{pid}/status");
        let status = fs::read_to_string(&path).doing(format!("read {path}"))?;
        Ok(Self { resident_bytes: field(&status, "VmRSS:"), anonymous_bytes: field(&status, "RssAnon:") })
    }
}

fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_some_of_it_is_its_own() {
        let memory = Memory::of(std::process::id()).unwrap();
        assert!(memory.anonymous_bytes > 4096, "{memory:?}");
        assert!(memory.resident_bytes > memory.anonymous_bytes, "{memory:?}");
    }
}
