//! A bare axum handler: the same address, headers, time-outs and runtime as `stadion serve`, and a constant answer.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::error::{BenchError, Doing};

/// As `stadion serve` has them without configuration.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
const BODY_BYTES_MAX: usize = 1 << 20;

/// Answers for ever, with a body of so many bytes.
pub(crate) fn run(answer_bytes: usize) -> Result<(), BenchError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().doing("start a runtime")?;
    runtime.block_on(serve(Bytes::from(super::empty_answer(100, answer_bytes))))
}

async fn serve(answer: Bytes) -> Result<(), BenchError> {
    let handler = move |body: Body| {
        let answer = answer.clone();
        async move {
            match tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, BODY_BYTES_MAX)).await {
                Ok(Ok(_)) => Ok((HEADERS, answer)),
                Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
                Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
            }
        }
    };
    let router = Router::new().route("/v1/lockstep/{stream}/{client}/{tick}", post(handler));
    let listener = TcpListener::bind("127.0.0.1:0").await.doing("listen")?;
    super::say_ready(listener.local_addr().doing("listen")?)?;
    loop {
        let (tcp, _) = listener.accept().await.doing("accept a connection")?;
        tcp.set_nodelay(true).doing("set TCP_NODELAY")?;
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(tcp), TowerToHyperService::new(router.clone()));
        // A connection that breaks is the load's to notice.
        tokio::spawn(async move { drop(connection.await) });
    }
}

const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, OPTIONS"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type"),
];
