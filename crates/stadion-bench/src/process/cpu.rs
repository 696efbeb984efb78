//! CPU time of a process, in nanoseconds.
//!
//! `/proc/PID/task/*/schedstat` counts what each thread ran, user and system time together, and what it waited for a
//! core. Where the kernel books interrupts with whoever they meet, a loopback send includes the receiver's half of TCP.

use std::fs;
use std::time::Duration;

use crate::error::{BenchError, Doing};

/// CPU time so far, of all threads that live.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) ran: Duration,
    /// Ready to run while something else had the core.
    pub(crate) waited: Duration,
}

impl Cpu {
    pub(crate) fn of(pid: u32) -> Result<Self, BenchError> {
        let tasks = format!("/proc/{pid}/task");
        let mut cpu = Self::default();
        for task in fs::read_dir(&tasks).doing(format!("list {tasks}"))? {
            let path = task.doing(format!("list {tasks}"))?.path().join("schedstat");
            // A thread may end between the list and the look.
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap_or(0));
            cpu.ran += Duration::from_nanos(numbers.next().unwrap_or(0));
            cpu.waited += Duration::from_nanos(numbers.next().unwrap_or(0));
        }
        Ok(cpu)
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self { ran: self.ran.saturating_sub(before.ran), waited: self.waited.saturating_sub(before.waited) }
    }
}
