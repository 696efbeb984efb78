//! Starts the program, waits until it says that it is ready, keeps what it prints, ends it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long a condition may take on a busy machine before its test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(4);

/// Bounds far above what a test needs, so that only the tests about a bound meet it.
const ROOMY: &str = "[limits]\nconnections_per_address = 100000\nstreams_per_address_per_minute = 100000\n";

/// Short times, for tests that wait for a disconnect.
pub(crate) const QUICK_DISCONNECT: &str = "[lockstep]\ndisconnect_after = \"300ms\"\n";

/// Short times, for tests that wait for a stream's end.
pub(crate) const QUICK_END: &str = "[lockstep]\ndisconnect_after = \"300ms\"\nidle_after = \"900ms\"\n";

/// Looks at a condition until it gives a value; past the deadline the test fails and says what it waited for.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain for: {what}");
        thread::sleep(LOOK_AGAIN);
    }
}

/// How a server is to be started.
#[derive(Default)]
pub(crate) struct Setup {
    config: String,
    listen: String,
    roomy: bool,
    args: Vec<String>,
    env: Vec<(String, String)>,
    files: Vec<(String, String)>,
}

impl Setup {
    /// With roomy limits and nothing else.
    pub(crate) fn new() -> Setup {
        Setup { roomy: true, listen: "127.0.0.1:0".to_owned(), ..Setup::default() }
    }

    /// Listens somewhere else than on a free port of 127.0.0.1.
    pub(crate) fn listen(mut self, listen: &str) -> Setup {
        listen.clone_into(&mut self.listen);
        self
    }

    /// Adds a piece of TOML to the configuration file.
    pub(crate) fn config(mut self, toml: &str) -> Setup {
        self.config.push_str(toml);
        self
    }

    /// Leaves `[limits]` to the test.
    pub(crate) fn own_limits(mut self) -> Setup {
        self.roomy = false;
        self
    }

    pub(crate) fn arg(mut self, arg: &str) -> Setup {
        self.args.push(arg.to_owned());
        self
    }

    pub(crate) fn env(mut self, key: &str, value: &str) -> Setup {
        self.env.push((key.to_owned(), value.to_owned()));
        self
    }

    /// A file beside the configuration, which is also the folder that the program starts in.
    pub(crate) fn file(mut self, name: &str, text: &str) -> Setup {
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    /// Starts the server; returns when its ready line has come.
    pub(crate) fn start(self) -> Server {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in &self.files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let config = if self.roomy { format!("{ROOMY}{}", self.config) } else { self.config };
        let config_path = folder.path().join("stadion.toml");
        std::fs::write(&config_path, config).unwrap();
        let mut command = program();
        command
            .current_dir(folder.path())
            .args(["serve", "--memory", "--listen", &self.listen, "--config"])
            .arg(&config_path)
            .args(&self.args)
            .envs(self.env.iter().map(|(key, value)| (key, value)));
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        keep(child.stdout.take().unwrap(), &log);
        keep(child.stderr.take().unwrap(), &log);
        let mut server = Server { child, log, addr: SocketAddr::from(([127, 0, 0, 1], 0)), _folder: folder };
        server.addr = wait_for("the ready line", || {
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("the server ended with {status} instead of becoming ready:\n{}", server.log());
            }
            server.log().lines().find_map(address_in)
        });
        server
    }
}

/// The program, with nothing of this process's own settings.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stadion"));
    for (key, _) in std::env::vars() {
        if key.starts_with("STADION_") || key == "RUST_LOG" {
            command.env_remove(key);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Reads an output to its end, beside the test.
fn keep(output: impl Read + Send + 'static, log: &Arc<Mutex<String>>) {
    let log = Arc::clone(log);
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&String::from_utf8_lossy(&line));
            log.push('\n');
        }
    });
}

/// The first `http://ADDRESS:PORT` in a line.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || ".:[]".contains(c))).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// A running server; it is killed when the test lets go of it.
pub(crate) struct Server {
    child: Child,
    log: Arc<Mutex<String>>,
    addr: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Server {
        Setup::new().start()
    }

    pub(crate) fn with(config: &str) -> Server {
        Setup::new().config(config).start()
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Everything printed so far, both outputs.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Sends a signal by its name: `TERM`, `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success(), "kill -{name} failed");
    }

    /// Waits for the end of the process.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        wait_for("the end of the server", || self.child.try_wait().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- what the server said ---\n{}", self.log());
        }
        // It may have ended by itself: then there is nothing to kill.
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

/// What a command that ends by itself left behind.
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program in a folder with these files; one that has not ended by the deadline is killed and fails the test.
pub(crate) fn run(args: &[&str], env: &[(&str, &str)], files: &[(&str, &str)]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let mut command = program();
    command.current_dir(folder.path()).args(args).envs(env.iter().copied());
    let mut child = command.spawn().unwrap();
    let outputs = [Arc::new(Mutex::new(String::new())), Arc::new(Mutex::new(String::new()))];
    let readers = [
        read_whole(child.stdout.take().unwrap(), &outputs[0]),
        read_whole(child.stderr.take().unwrap(), &outputs[1]),
    ];
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > DEADLINE {
            child.kill().unwrap();
            panic!("`stadion {}` did not end: {:?}", args.join(" "), outputs);
        }
        thread::sleep(LOOK_AGAIN);
    };
    for reader in readers {
        reader.join().unwrap();
    }
    let [stdout, stderr] = outputs.map(|text| text.lock().unwrap().clone());
    Outcome { code: status.code(), stdout, stderr }
}

fn read_whole(mut output: impl Read + Send + 'static, into: &Arc<Mutex<String>>) -> thread::JoinHandle<()> {
    let into = Arc::clone(into);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes).unwrap();
        *into.lock().unwrap() = String::from_utf8_lossy(&bytes).into_owned();
    })
}
