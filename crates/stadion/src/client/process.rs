//! A command as a process: its runtime, Ctrl-C, its exit code.

use std::future::Future;
use std::process::ExitCode;

use super::error::ClientError;
use crate::command;

/// Runs a command to its end.
pub fn run(work: impl Future<Output = Result<(), ClientError>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&ClientError::Start(error)),
    };
    let ended = runtime.block_on(work);
    // Standard input may still be waited for.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

fn report(error: &ClientError) -> ExitCode {
    match error {
        ClientError::Interrupted => error.exit_code().into(),
        _ => command::report(error, error.exit_code().into()),
    }
}

/// Does work beside the watch for Ctrl-C, so that even a blocked output lets itself be interrupted.
///
/// # Errors
/// Those of the work; interrupted.
pub async fn until_interrupted(
    work: impl Future<Output = Result<(), ClientError>> + Send + 'static,
) -> Result<(), ClientError> {
    let mut work = tokio::spawn(work);
    tokio::select! {
        done = &mut work => done.map_err(|error| ClientError::Broken(error.to_string()))?,
        () = interrupted() => {
            work.abort();
            Err(ClientError::Interrupted)
        }
    }
}

/// Returns at Ctrl-C; never where it can't be watched, and then the signal ends the process by itself.
pub async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
