//! `stadion serve` as a process: its log, its runtime, its signals, its exit code.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tracing::level_filters::LevelFilter;

use crate::app::App;
use crate::cli::{EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, LogArgs, LogFormat, ServeArgs, print_result};
use crate::config::{Access, Config, Data};
use crate::metrics::Metrics;
use crate::rights::Authenticator;
use crate::serve;

/// Runs the server until it is told to stop.
#[must_use]
pub fn serve(args: &ServeArgs) -> ExitCode {
    start_log(args.log);
    let config = match args.load_config() {
        Ok(config) => config,
        Err(error) => return report(&error, EXIT_USAGE.into()),
    };
    let authenticator = match Authenticator::new(&config) {
        Ok(authenticator) => authenticator,
        Err(error) => return report(&in_file(args.config.as_deref(), &error), EXIT_USAGE.into()),
    };
    let metrics = match Metrics::new() {
        Ok(metrics) => metrics,
        Err(error) => return report(&error, EXIT_FAILED.into()),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&format!("cannot start: {error}"), EXIT_FAILED.into()),
    };
    let ended = runtime.block_on(run(args, config, authenticator, metrics));
    // Whatever still sleeps (a connection that was cut) needs not be waited for.
    runtime.shutdown_background();
    ended
}

async fn run(args: &ServeArgs, config: Config, authenticator: Authenticator, metrics: Metrics) -> ExitCode {
    let wanted = config.listen;
    let bound = TcpListener::bind(wanted).await.and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (address, listener) = match bound {
        Ok(bound) => bound,
        Err(error) => return report(&cannot_listen(wanted, &error), EXIT_FAILED.into()),
    };
    let (stop, stopped) = oneshot::channel();
    let signals = tokio::spawn(watch_signals(stop));
    if config.access == Access::Insecure && !address.ip().is_loopback() {
        tracing::warn!(%address, "everybody who reaches this address may do everything (--insecure)");
    }
    if config.data != Data::Memory {
        tracing::warn!(
            "this version keeps streams in memory: they are gone when it ends (--memory says that you know)"
        );
    }
    let app = Arc::new(App::new(config, authenticator, metrics));
    let url = format!("http://{address}");
    if let Err(error) = print_result(&format!("stadion is ready at {url}\n")) {
        return report(&error, EXIT_FAILED.into());
    }
    tracing::info!(%address, "listening");
    if args.open {
        open_page(&url);
    }
    let mut interrupted = false;
    let shutdown = async { interrupted = stopped.await == Ok(Stop::Interrupted) };
    serve::run(listener, app, shutdown).await;
    signals.abort();
    tracing::info!("stopped");
    if interrupted { EXIT_INTERRUPTED.into() } else { ExitCode::SUCCESS }
}

/// An error with the configuration file that it comes from.
fn in_file(file: Option<&Path>, error: &dyn std::fmt::Display) -> String {
    file.map_or_else(|| error.to_string(), |file| format!("{}: {error}", file.display()))
}

/// Says what went wrong, on standard error, and gives the exit code back.
pub fn report(error: &dyn std::fmt::Display, code: ExitCode) -> ExitCode {
    let mut lines = String::new();
    for line in error.to_string().lines() {
        lines.push_str("stadion: ");
        lines.push_str(line);
        lines.push('\n');
    }
    // There is nobody left to tell where standard error is closed.
    drop(std::io::stderr().write_all(lines.as_bytes()));
    code
}

#[derive(Debug, PartialEq, Eq)]
enum Stop {
    Interrupted,
    Terminated,
}

/// The first signal asks for a graceful end, the second one ends at once.
async fn watch_signals(stop: oneshot::Sender<Stop>) {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::warn!("signals can't be watched: the server ends without saying good-bye");
        return std::future::pending().await;
    };
    let first = tokio::select! {
        _ = interrupt.recv() => Stop::Interrupted,
        _ = terminate.recv() => Stop::Terminated,
    };
    if stop.send(first).is_err() {
        return;
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::warn!("stopped by a second signal");
    std::process::exit(EXIT_INTERRUPTED.into());
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{address} is taken: another program listens there; choose another one with --listen")
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("{address} may not be listened on: ports below 1024 need a privilege")
        }
        std::io::ErrorKind::AddrNotAvailable => format!("{address} is no address of this machine"),
        _ => format!("cannot listen on {address}: {error}"),
    }
}

fn start_log(args: LogArgs) {
    let filter = tracing_subscriber::filter::Targets::new()
        // Libraries only where something is wrong: what they trace may hold addresses, and with them private ids.
        .with_default(LevelFilter::from(args.level).min(LevelFilter::WARN))
        .with_target("stadion", LevelFilter::from(args.level));
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(LevelFilter::TRACE);
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    let started = match args.format {
        LogFormat::Json => log.json().flatten_event(true).finish().with(filter).try_init(),
        LogFormat::Text => {
            let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
            log.with_ansi(colour).with_target(false).finish().with(filter).try_init()
        }
    };
    if let Err(error) = started {
        report(&error, ExitCode::SUCCESS);
    }
}

/// A browser that can't be started is no reason not to serve.
fn open_page(url: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = std::process::Command::new(opener);
    command.arg(url).stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
    if let Err(error) = command.stderr(std::process::Stdio::null()).spawn() {
        tracing::warn!(%error, "the page could not be opened: {url}");
    }
}
