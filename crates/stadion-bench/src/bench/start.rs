//! `stadion-bench start`: how soon it is ready, and what it holds when nobody is there.

use std::time::Duration;

use super::Plan;
use crate::error::BenchError;
use crate::process::child::Program;
use crate::progress;
use crate::report::{Row, Table};

/// Starts of which the median counts.
const STARTS: u16 = 20;
/// From its ready line until its memory is looked at.
const REST: Duration = Duration::from_secs(1);

const READY_MS_MAX: f64 = 50.0;
const IDLE_MB_MAX: f64 = 15.0;

pub(crate) fn run(plan: &Plan) -> Result<Table, BenchError> {
    let (starts, rest) = if plan.quick { (2, REST / 10) } else { (STARTS, REST) };
    let stadion = Program::stadion(&plan.stadion, None);
    let mut ready_ms = Vec::new();
    for start in 1..=starts {
        progress::say(format!("start: {start} of {starts}"));
        ready_ms.push(stadion.start(plan.cores)?.ready_after.as_secs_f64() * 1e3);
    }
    let (mut resident_mb, mut anonymous_mb) = (Vec::new(), Vec::new());
    for round in 1..=plan.rounds.min(3) {
        progress::say(format!("start: memory, round {round}"));
        let child = stadion.start(plan.cores)?;
        std::thread::sleep(rest);
        let memory = child.memory()?;
        resident_mb.push(memory.resident_bytes as f64 / 1e6);
        anonymous_mb.push(memory.anonymous_bytes as f64 / 1e6);
    }
    Ok(Table {
        name: "Start",
        rows: vec![
            Row::new("start to ready, empty folder", "ms", ready_ms).at_most(READY_MS_MAX),
            Row::new("idle memory, resident", "MB", resident_mb).at_most(IDLE_MB_MAX),
            Row::new("idle memory, anonymous part of it", "MB", anonymous_mb),
        ],
        notes: vec![
            format!(
                "{starts} starts of `stadion serve --memory --listen 127.0.0.1:0` in a new empty folder, from before its process is \
                 made to its ready line, on one core."
            ),
            format!(
                "Memory {} s after that, nobody connected: `VmRSS` and `RssAnon` of `/proc/PID/status`.",
                rest.as_secs_f64()
            ),
        ],
    })
}
