//! What a connection costs in the server's memory while nothing comes from it.

use std::net::TcpStream;
use std::time::Duration;

use super::{Plan, TICK};
use crate::error::BenchError;
use crate::load::http::Connection;
use crate::load::polls::EMPTY;
use crate::load::sockets::Sockets;
use crate::process::child::Child;
use crate::progress;
use crate::report::Row;

pub(crate) const NOTE: &str = "Memory: how much the server's anonymous memory (`RssAnon` of `/proc/PID/status`; \
    without the kernel's socket buffers) grows by 1,000 connections after a first 100, divided by 1,000. \
    Push clients and watchers are told every tick and send nothing; a polling client has just been answered.";

/// Anonymous memory of a push client and of a watcher, in KB of 1,000 bytes.
const KB_MAX: f64 = 2.0;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Push,
    Watch,
    Poll,
}

/// Whose sockets stay open while it is looked at.
struct Crowd {
    kind: Kind,
    child: Child,
    sockets: Sockets,
    pollers: Vec<TcpStream>,
    count: usize,
}

pub(crate) fn rows(plan: &Plan) -> Result<Vec<Row>, BenchError> {
    let kinds = [
        (Kind::Push, "memory of a push client", Some(KB_MAX)),
        (Kind::Watch, "memory of a watcher", Some(KB_MAX)),
        (Kind::Poll, "memory of a polling client between two polls", None),
    ];
    let mut rows = Vec::new();
    for (kind, what, most) in kinds {
        let mut rounds = Vec::new();
        for round in 1..=plan.rounds.min(3) {
            progress::say(format!("push: {what}, round {round}"));
            rounds.push(growth_kb(plan, kind)?);
        }
        let row = Row::new(what, "KB", rounds);
        rows.push(match most {
            Some(most) => row.at_most(most),
            None => row,
        });
    }
    Ok(rows)
}

fn growth_kb(plan: &Plan, kind: Kind) -> Result<f64, BenchError> {
    let (first, more) = if plan.quick { (5, 20) } else { (100, 1_000) };
    let mut crowd = Crowd::new(plan, kind)?;
    crowd.grow(first)?;
    let before = crowd.child.memory()?.anonymous_bytes as f64;
    crowd.grow(more)?;
    let after = crowd.child.memory()?.anonymous_bytes as f64;
    Ok((after - before).max(0.0) / more as f64 / 1e3)
}

impl Crowd {
    fn new(plan: &Plan, kind: Kind) -> Result<Self, BenchError> {
        let child = plan.stadion().start(plan.cores)?;
        // A watcher makes no stream.
        Connection::open(child.address)?.sync("/v1/lockstep/crowd/first/0", EMPTY)?;
        let mut sockets = Sockets::new(TICK)?;
        sockets.add_stream();
        Ok(Self { kind, child, sockets, pollers: Vec::new(), count: 0 })
    }

    /// Lets so many more in, and waits until all is quiet.
    fn grow(&mut self, more: usize) -> Result<(), BenchError> {
        for _ in 0..more {
            self.count += 1;
            let id = self.count;
            match self.kind {
                Kind::Push => {
                    self.sockets.open(self.child.address, &format!("/v1/lockstep/crowd/client-{id}/0"))?;
                }
                Kind::Watch => self.sockets.open(self.child.address, "/v1/lockstep/crowd/-/0?watch=1")?,
                Kind::Poll => {
                    let mut connection = Connection::open(self.child.address)?;
                    connection.sync(&format!("/v1/lockstep/crowd/client-{id}/{}", i64::MAX), EMPTY)?;
                    self.pollers.push(connection.tcp);
                }
            }
            // Who does not read is behind, and what is kept for him is not what is asked here.
            self.sockets.run(Duration::ZERO, None)?;
        }
        self.sockets.run(TICK * 20, None)?;
        Ok(())
    }
}
