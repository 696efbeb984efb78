//! Empty polls over keep-alive connections, each sent as soon as the one before is answered.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::answer;
use super::http::{self, Connection, Reply};
use super::readiness::Readiness;
use crate::error::{BenchError, Doing};

/// What a client without news sends.
pub(crate) const EMPTY: &str = r#"{"Events":[],"State":{}}"#;
/// No answer for so long is a failure.
const STALL: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Polls {
    readiness: Readiness,
    pollers: Vec<Poller>,
    /// Bytes of the latest answer's body.
    pub(crate) answer_bytes: usize,
}

#[derive(Debug)]
struct Poller {
    tcp: TcpStream,
    address: SocketAddr,
    /// The address without the last known tick.
    path: String,
    known: i64,
    received: Vec<u8>,
}

impl Polls {
    /// Opens `connections`, each a client of its own that starts at tick `known`, and lets each poll once.
    pub(crate) fn open(
        address: SocketAddr,
        stream: &str,
        connections: usize,
        known: i64,
    ) -> Result<Self, BenchError> {
        let readiness = Readiness::new()?;
        let mut pollers = Vec::with_capacity(connections);
        for index in 0..connections {
            let tcp = Connection::open(address)?.tcp;
            tcp.set_nonblocking(true).doing("make a socket non-blocking")?;
            readiness.add(&tcp, index)?;
            let path = format!("/v1/lockstep/{stream}/poller-{index}/");
            pollers.push(Poller { tcp, address, path, known, received: Vec::new() });
        }
        let mut polls = Self { readiness, pollers, answer_bytes: 0 };
        polls.run(Duration::ZERO)?;
        Ok(polls)
    }

    /// Polls for this long, and until the last answer is there. The number of answers.
    pub(crate) fn run(&mut self, duration: Duration) -> Result<u64, BenchError> {
        let until = Instant::now() + duration;
        for poller in &mut self.pollers {
            poller.ask()?;
        }
        let mut open = self.pollers.len();
        let mut answered = 0;
        while open > 0 {
            let ready = self.readiness.wait(STALL)?;
            if ready.is_empty() {
                return Err(BenchError::TooSlow { what: "an answer".to_owned(), seconds: STALL.as_secs() });
            }
            let goes_on = Instant::now() < until;
            for index in ready {
                let Some(poller) = self.pollers.get_mut(*index) else { continue };
                let Some(answer_bytes) = poller.hear()? else { continue };
                self.answer_bytes = answer_bytes;
                answered += 1;
                if goes_on {
                    poller.ask()?;
                } else {
                    open -= 1;
                }
            }
        }
        Ok(answered)
    }
}

impl Poller {
    fn ask(&mut self) -> Result<(), BenchError> {
        let request = http::request(self.address, &format!("{}{}", self.path, self.known), EMPTY);
        // So short a request fits into an empty socket buffer at once.
        self.tcp.write_all(&request).doing("send a poll")
    }

    /// The length of the answer's body when all of it is there.
    fn hear(&mut self) -> Result<Option<usize>, BenchError> {
        let mut buffer = [0; 4 << 10];
        let n = match self.tcp.read(&mut buffer) {
            Ok(0) => return Err(BenchError::Wrong("the server hung up on a poll".to_owned())),
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error).doing("read an answer"),
        };
        let fresh = buffer.get(..n).unwrap_or_default();
        let bytes = if self.received.is_empty() {
            fresh
        } else {
            self.received.extend_from_slice(fresh);
            &self.received
        };
        let Some(reply) = Reply::whole(bytes)? else {
            if self.received.is_empty() {
                self.received.extend_from_slice(fresh);
            }
            return Ok(None);
        };
        if bytes.len() != reply.len {
            return Err(BenchError::Wrong("more than one answer to one poll".to_owned()));
        }
        let body = bytes.get(reply.body_start..).unwrap_or_default();
        self.known = answer::tick(body, self.known)?;
        let len = body.len();
        self.received.clear();
        Ok(Some(len))
    }
}

/// Makes a stream that holds this many events, a request a tick, and sees that each of them is there once. The tick
/// that it then stands at.
pub(crate) fn fill(
    address: SocketAddr,
    stream: &str,
    events: usize,
    requests_max: usize,
    tick: Duration,
) -> Result<i64, BenchError> {
    let mut connection = Connection::open(address)?;
    // Who knows the last tick there can be gets no events back.
    let path = format!("/v1/lockstep/{stream}/writer/{}", i64::MAX);
    connection.sync(&path, EMPTY)?;
    let each = events.div_ceil(requests_max);
    let mut written = 0;
    let mut known = 0;
    while written < events {
        let count = each.min(events - written);
        let list = vec![r#"{"Type":"m","Body":"4711"}"#; count].join(",");
        let answer = connection.sync(&path, &format!(r#"{{"Events":[{list}],"State":{{}}}}"#))?;
        known = answer::tick(answer, known)?;
        written += count;
        std::thread::sleep(tick);
    }
    let (read, known) = read_past(&mut connection, stream, known)?;
    if read != events as u64 {
        return Err(BenchError::Wrong(format!("{events} events were written, {read} were read")));
    }
    Ok(known)
}

/// Reads from the beginning until a tick after `written_at`, in which nothing of what was written then can be.
fn read_past(connection: &mut Connection, stream: &str, written_at: i64) -> Result<(u64, i64), BenchError> {
    let (mut events, mut known) = (0, 0);
    while known <= written_at {
        let answer = connection.sync(&format!("/v1/lockstep/{stream}/writer/{known}"), EMPTY)?;
        events += answer::own_events(answer);
        known = answer::tick(answer, known)?;
    }
    Ok((events, known))
}
