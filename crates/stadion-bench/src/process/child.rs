//! A program under test: started, waited for, paused, ended.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::cores::Cores;
use super::cpu::Cpu;
use super::memory::Memory;
use crate::error::{BenchError, Doing};

/// Longer than anything that still makes sense to measure.
const READY_TIMEOUT: Duration = Duration::from_secs(20);

/// A program to be started, in a new empty folder.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    args: Vec<String>,
    config: Option<&'static str>,
}

/// A running program. It is killed when it is let go of.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    pub(crate) address: SocketAddr,
    /// From its start to its ready line.
    pub(crate) ready_after: Duration,
    _folder: tempfile::TempDir,
}

impl Program {
    /// `stadion serve` on a free port, with this configuration file.
    pub(crate) fn stadion(path: &Path, config: Option<&'static str>) -> Self {
        let args = ["serve", "--memory", "--listen", "127.0.0.1:0"];
        Self { path: path.to_owned(), args: args.map(str::to_owned).into(), config }
    }

    /// A hidden command of this program.
    pub(crate) fn own(args: impl IntoIterator<Item = String>) -> Result<Self, BenchError> {
        let path = std::env::current_exe().doing("find this program")?;
        Ok(Self { path, args: args.into_iter().collect(), config: None })
    }

    /// Starts it on the server's core and waits for the line that holds its address.
    pub(crate) fn start(&self, cores: Cores) -> Result<Child, BenchError> {
        let folder = tempfile::tempdir().doing("make a folder")?;
        let name = self.path.display().to_string();
        let said = folder.path().join("stderr.log");
        let stderr = fs::File::create(&said).doing(format!("create {}", said.display()))?;
        // Its own folder is empty: what it says is kept beside it.
        let home = folder.path().join("home");
        fs::create_dir(&home).doing("make a folder")?;
        let mut command = Command::new(&self.path);
        command
            .args(&self.args)
            .current_dir(&home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr);
        for (key, _) in std::env::vars_os() {
            if key.to_str().is_some_and(|key| key.starts_with("STADION_")) {
                command.env_remove(key);
            }
        }
        if let Some(text) = self.config {
            let path = folder.path().join("stadion.toml");
            fs::write(&path, text).doing(format!("write {}", path.display()))?;
            command.arg("--config").arg(path);
        }
        let began = Instant::now();
        let mut process = cores.on_server_core(|| command.spawn())?.doing(format!("start {name}"))?;
        match ready_line(&mut process) {
            Ok((address, at)) => {
                Ok(Child { process, address, ready_after: at.duration_since(began), _folder: folder })
            }
            Err(why) => {
                end(&mut process);
                let said = fs::read_to_string(&said).unwrap_or_default();
                Err(BenchError::NotReady { program: name, why, said })
            }
        }
    }
}

/// Waits for the line on standard output that holds an address, and when it came.
fn ready_line(process: &mut std::process::Child) -> Result<(SocketAddr, Instant), &'static str> {
    let stdout = process.stdout.take().ok_or("it has no standard output")?;
    let (found, line) = mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.split_once("http://")?.1.trim().parse().ok());
        // Nobody listens any more where it took too long.
        if found.send((address, Instant::now())).is_err() {
            return;
        }
        // Whatever else it says must go somewhere, or it would be held up.
        lines.for_each(drop);
    });
    match line.recv_timeout(READY_TIMEOUT) {
        Ok((Some(address), at)) => Ok((address, at)),
        Ok((None, _)) => Err("it ended"),
        Err(_) => Err("it took too long"),
    }
}

impl Child {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn cpu(&self) -> Result<Cpu, BenchError> {
        Cpu::of(self.pid())
    }

    pub(crate) fn memory(&self) -> Result<Memory, BenchError> {
        Memory::of(self.pid())
    }

    /// Takes it off its core, so that another one can be measured there.
    pub(crate) fn pause(&self) -> Result<(), BenchError> {
        kill_process(Pid::from_child(&self.process), Signal::STOP).doing("pause a program")
    }

    pub(crate) fn resume(&self) -> Result<(), BenchError> {
        kill_process(Pid::from_child(&self.process), Signal::CONT).doing("resume a program")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

fn end(process: &mut std::process::Child) {
    // It may have ended by itself: then there is nothing to kill.
    if process.kill().is_ok() {
        drop(process.wait());
    }
}
