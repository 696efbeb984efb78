//! `stadion serve`: everything in one process on one port.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::app::App;
use crate::config::Limits;
use crate::http::service;
use crate::hub::frame::CloseCode;

/// How long the connections get to finish when the server goes away.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Between upkeeps of the histograms.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// Told to who comes when there is no room; then the connection is closed.
const NO_ROOM: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n\
    Connection: close\r\nContent-Length: 98\r\n\r\n\
    {\"error\":{\"code\":\"too_many_connections\",\"message\":\"the server has as many as it may: come again\"}}";

/// Serves until `shutdown` resolves, then sends everybody home: WebSockets with 1001, requests after their answer.
pub async fn run(listener: TcpListener, app: Arc<App>, shutdown: impl Future<Output = ()>) {
    let driver = tokio::spawn(Arc::clone(&app.streams).drive());
    let flusher = tokio::spawn(Arc::clone(&app.events).drive());
    let upkeep = tokio::spawn(upkeep(Arc::clone(&app)));
    let connections = Arc::new(Connections::new(&app.config.limits));
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((tcp, peer)) => accept(tcp, peer, &app, &connections),
                Err(error) => rest_after(&error).await,
            },
            () = &mut shutdown => break,
        }
    }
    tracing::info!("going away: connections are asked to come back later");
    drop(listener);
    app.drain();
    app.streams.close_all(CloseCode::GoingAway, "the server goes away: come back");
    app.events.close_all(CloseCode::GoingAway, "the server goes away: come back");
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.none_left()).await.is_err() {
        tracing::warn!(left = connections.count(), "some connections did not finish in time and are cut");
    }
    upkeep.abort();
    flusher.abort();
    driver.abort();
}

/// An accept fails for reasons that pass (too many open files): a short rest lets something close.
async fn rest_after(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn upkeep(app: Arc<App>) {
    let mut every = tokio::time::interval(UPKEEP_EVERY);
    loop {
        every.tick().await;
        app.streams.metrics.upkeep();
    }
}

fn accept(tcp: TcpStream, peer: SocketAddr, app: &Arc<App>, connections: &Arc<Connections>) {
    let Some(place) = connections.take(peer.ip()) else {
        turn_away(tcp);
        app.streams.metrics.refused("too_many_connections");
        return;
    };
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    app.streams.metrics.connections.increment(1.0);
    let place = Arc::new(Counted { place, app: Arc::clone(app) });
    let served = Arc::clone(&place);
    let service = service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
        // An upgraded connection lives on in a task of its own and keeps its place as long.
        request.extensions_mut().insert(Arc::clone(&served));
        let app = Arc::clone(&served.app);
        async move { Ok::<_, std::convert::Infallible>(service::answer(app, peer, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.config.limits.header_timeout)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(tcp), service)
        .with_upgrades();
    tokio::spawn(async move {
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = place.app.drained() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::trace!(%error, "connection ended");
        }
        drop(place);
    });
}

/// Who is turned away gets no task: as much of the answer as the kernel takes at once.
fn turn_away(tcp: TcpStream) {
    let said = tcp.into_std().and_then(|mut tcp| {
        std::io::Write::write_all(&mut tcp, NO_ROOM)?;
        tcp.shutdown(std::net::Shutdown::Write)
    });
    if let Err(error) = said {
        tracing::debug!(%error, "a connection was turned away without an answer");
    }
}

/// A connection's place among those that may be open; given back when the last who holds it lets go.
#[derive(Debug)]
pub struct Counted {
    place: Place,
    app: Arc<App>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.app.streams.metrics.connections.decrement(1.0);
        self.place.connections.leave(self.place.address);
    }
}

#[derive(Debug)]
struct Place {
    connections: Arc<Connections>,
    address: IpAddr,
}

/// How many connections are open, in all and by address.
#[derive(Debug)]
struct Connections {
    max: usize,
    per_address_max: usize,
    counts_loopback: bool,
    open: Mutex<Open>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Connections {
    fn new(limits: &Limits) -> Self {
        Self {
            max: limits.connections,
            per_address_max: limits.connections_per_address.value,
            counts_loopback: limits.connections_per_address.holds_for_loopback,
            open: Mutex::default(),
            left: Notify::new(),
        }
    }

    fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut open = self.open.lock();
        let of_address = open.by_address.get(&address).copied().unwrap_or(0);
        let is_counted = self.counts_loopback || !address.is_loopback();
        if open.all >= self.max || (is_counted && of_address >= self.per_address_max) {
            return None;
        }
        open.all += 1;
        open.by_address.insert(address, of_address + 1);
        Some(Place { connections: Arc::clone(self), address })
    }

    fn leave(&self, address: IpAddr) {
        let mut open = self.open.lock();
        open.all = open.all.saturating_sub(1);
        if let Some(of_address) = open.by_address.get_mut(&address) {
            *of_address -= 1;
            if *of_address == 0 {
                open.by_address.remove(&address);
            }
        }
        if open.all == 0 {
            self.left.notify_one();
        }
    }

    fn count(&self) -> usize {
        self.open.lock().all
    }

    async fn none_left(&self) {
        while self.count() > 0 {
            self.left.notified().await;
        }
    }
}
