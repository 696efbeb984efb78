//! The command `stadion`.

use std::process::ExitCode;
use std::sync::Arc;

use stadion::app::App;
use stadion::config::{Config, Flags};
use stadion::metrics::Metrics;
use stadion::rights::Authenticator;

fn main() -> ExitCode {
    let config = Config::load(None, std::env::vars_os(), &Flags::default()).expect("config");
    let authenticator = Authenticator::new(&config).expect("auth");
    let metrics = Metrics::new().expect("metrics");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(config.listen).await.expect("bind");
        println!("stadion is ready at http://{}", listener.local_addr().expect("addr"));
        let app = Arc::new(App::new(config, authenticator, metrics));
        stadion::serve::run(listener, app, async { drop(tokio::signal::ctrl_c().await) }).await;
    });
    ExitCode::SUCCESS
}
