//! The benchmarks, one a file: each takes the plan and gives a table.

pub(crate) mod memory;
pub(crate) mod push;
pub(crate) mod start;
pub(crate) mod sync;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::error::BenchError;
use crate::process::child::{Child, Program};
use crate::process::cores::Cores;
use crate::process::cpu::Cpu;

/// What all benchmarks of a run have in common.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) stadion: PathBuf,
    pub(crate) cores: Cores,
    pub(crate) quick: bool,
    /// Each thing is measured once a round, all of them in turns, so that a change of the machine meets all.
    pub(crate) rounds: u16,
    /// How long each is measured in a round.
    pub(crate) each: Duration,
}

/// Bounds that a benchmark goes past, and silence that is not what it measures. All else is as without configuration.
const CONFIG: &str = "\
[limits]
connections = 100000
[lockstep]
clients_max = 100000
events_per_request_max = 100000
stream_bytes_max = \"256MiB\"
disconnect_after = \"1h\"
idle_after = \"24h\"
";

/// The tick of a stream that nothing else is said of.
const TICK: Duration = Duration::from_millis(50);

impl Plan {
    fn stadion(&self) -> Program {
        Program::stadion(&self.stadion, Some(CONFIG))
    }

    /// Before a measurement, until caches and branch predictors know what comes.
    fn warm_up(&self) -> Duration {
        self.each / 8
    }

    fn note_on_cores(&self) -> String {
        match self.cores.are_shared() {
            true => {
                "There was one core only: server and load shared it, and the figures say little.".to_owned()
            }
            false => "The server (and what it stands beside) had one core, the load another.".to_owned(),
        }
    }
}

/// What something took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// Of the process under test.
    cpu: Cpu,
    /// Of this process, the load.
    load: Cpu,
    wall: Duration,
}

impl Cost {
    fn of<T>(child: &Child, work: impl FnOnce() -> Result<T, BenchError>) -> Result<(Self, T), BenchError> {
        let load_before = Cpu::of(std::process::id())?;
        let before = child.cpu()?;
        let began = Instant::now();
        let done = work()?;
        let wall = began.elapsed();
        let cpu = child.cpu()?.since(before);
        let load = Cpu::of(std::process::id())?.since(load_before);
        Ok((Self { cpu, load, wall }, done))
    }

    fn cpu_us(&self) -> f64 {
        self.cpu.ran.as_secs_f64() * 1e6
    }
}

/// How busy both cores were, and whether something else wanted them: what tells a good run from a disturbed one.
fn note_on_load(costs: &[Cost]) -> String {
    let wall: f64 = costs.iter().map(|cost| cost.wall.as_secs_f64()).sum();
    let share = |time: fn(&Cost) -> Duration| {
        let sum: f64 = costs.iter().map(|cost| time(cost).as_secs_f64()).sum();
        100.0 * sum / wall
    };
    format!(
        "The server ran {:.0} % of the time, the load {:.0} %; they were kept waiting for their cores by others {:.1} % and {:.1} %.",
        share(|cost| cost.cpu.ran),
        share(|cost| cost.load.ran),
        share(|cost| cost.cpu.waited),
        share(|cost| cost.load.waited),
    )
}
