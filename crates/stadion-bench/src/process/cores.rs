//! One core for the server, another for the load.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::error::{BenchError, Doing};

/// Which core does what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) load: usize,
}

impl Cores {
    /// Takes the first two cores that this process may use, and goes onto the second one itself. Where there is only
    /// one, server and load share it.
    pub(crate) fn take() -> Result<Self, BenchError> {
        let allowed = sched_getaffinity(None).doing("ask for the cores")?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let server = cores.next().unwrap_or(0);
        let cores = Self { server, load: cores.next().unwrap_or(server) };
        go_to(cores.load)?;
        Ok(cores)
    }

    pub(crate) fn are_shared(self) -> bool {
        self.server == self.load
    }

    /// Does something on the server's core: a process that is started there stays there.
    pub(crate) fn on_server_core<T>(self, start: impl FnOnce() -> T) -> Result<T, BenchError> {
        go_to(self.server)?;
        let started = start();
        go_to(self.load)?;
        Ok(started)
    }
}

fn go_to(core: usize) -> Result<(), BenchError> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).doing(format!("go to core {core}"))
}

/// As many open sockets as the system lets us have; children inherit it.
pub(crate) fn raise_open_files() -> Result<(), BenchError> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
        .doing("raise the number of open files")
}
