//! Many WebSockets that are pushed to, and a few clients among them that send events.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::answer;
use super::frame::{self, PING, PONG_FRAME, TEXT};
use super::http::Connection;
use super::readiness::Readiness;
use crate::error::{BenchError, Doing};

/// Everything that was written must have come to everybody within this.
const SETTLE: Duration = Duration::from_secs(10);
/// Read at once; many times an answer.
const READ_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub(crate) struct Sockets {
    readiness: Readiness,
    readers: Vec<Reader>,
    streams: Vec<Stream>,
    tick: Duration,
    /// The times of arrival count from here.
    began: Instant,
    buffer: Box<[u8]>,
    /// Whose turn it is to send an event.
    turn: usize,
}

/// What the readers of one stream have in common.
#[derive(Debug, Default)]
struct Stream {
    /// The reader that sends this stream's events.
    player: usize,
    events_sent: u64,
    /// Arrival less the tick's time since tick 0, in µs: the same for all were there no delay.
    arrivals_us: Vec<i64>,
}

#[derive(Debug)]
struct Reader {
    tcp: TcpStream,
    stream: usize,
    known: i64,
    events: u64,
    /// The beginning of a frame whose end has not come yet.
    rest: Vec<u8>,
}

/// What came in a while.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    /// How much later than the earliest delivery of its stream a delivery came, counted from its tick; sorted.
    pub(crate) late_us: Vec<i64>,
}

impl Sockets {
    pub(crate) fn new(tick: Duration) -> Result<Self, BenchError> {
        Ok(Self {
            readiness: Readiness::new()?,
            readers: Vec::new(),
            streams: Vec::new(),
            tick,
            began: Instant::now(),
            buffer: vec![0; READ_BYTES].into(),
            turn: 0,
        })
    }

    /// Another stream; the reader that is opened next sends its events.
    pub(crate) fn add_stream(&mut self) {
        self.streams.push(Stream { player: self.readers.len(), ..Stream::default() });
    }

    /// Another reader of the latest stream.
    pub(crate) fn open(&mut self, address: SocketAddr, path: &str) -> Result<(), BenchError> {
        let (tcp, rest) = Connection::open(address)?.upgrade(path)?;
        tcp.set_nonblocking(true).doing("make a socket non-blocking")?;
        let index = self.readers.len();
        self.readiness.add(&tcp, index)?;
        let stream = self.streams.len().saturating_sub(1);
        self.readers.push(Reader { tcp, stream, known: 0, events: 0, rest });
        Ok(())
    }

    /// Reads for this long. Meanwhile the players in turn send an event every `event_every`.
    pub(crate) fn run(
        &mut self,
        duration: Duration,
        event_every: Option<Duration>,
    ) -> Result<Received, BenchError> {
        let mut received = Received::default();
        let until = Instant::now() + duration;
        let mut next_event = event_every.map(|every| (Instant::now() + every, every));
        loop {
            let now = Instant::now();
            if now >= until {
                break;
            }
            if let Some((at, every)) = &mut next_event
                && now >= *at
            {
                *at += *every;
                self.send_event()?;
            }
            let wake = next_event.map_or(until, |(at, _)| at.min(until));
            self.read_what_is_there(wake.saturating_duration_since(now), &mut received)?;
        }
        self.lateness(&mut received);
        Ok(received)
    }

    /// Reads until every reader has every event that was sent to its stream, once.
    pub(crate) fn settle(&mut self) -> Result<(), BenchError> {
        let began = Instant::now();
        while let Some(behind) = self.readers.iter().find(|reader| reader.events != self.events_sent(reader))
        {
            let (has, sent) = (behind.events, self.events_sent(behind));
            if has > sent {
                return Err(BenchError::Wrong(format!("a reader has {has} events where {sent} were sent")));
            }
            if began.elapsed() > SETTLE {
                let what = format!("the last event at all readers ({has} of {sent})");
                return Err(BenchError::TooSlow { what, seconds: SETTLE.as_secs() });
            }
            self.read_what_is_there(self.tick, &mut Received::default())?;
        }
        for stream in &mut self.streams {
            stream.arrivals_us.clear();
        }
        Ok(())
    }

    fn events_sent(&self, reader: &Reader) -> u64 {
        self.streams.get(reader.stream).map_or(0, |stream| stream.events_sent)
    }

    fn send_event(&mut self) -> Result<(), BenchError> {
        let turn = self.turn % self.streams.len().max(1);
        self.turn += 1;
        let Some(stream) = self.streams.get_mut(turn) else { return Ok(()) };
        let Some(player) = self.readers.get_mut(stream.player) else { return Ok(()) };
        stream.events_sent += 1;
        // A player's input: a direction, a place, a number or two.
        let body = "x".repeat(64);
        let message = format!(r#"{{"Events":[{{"Type":"m","Body":"{body}"}}]}}"#);
        player.tcp.write_all(&frame::masked_text(&message)).doing("send an event")
    }

    fn read_what_is_there(&mut self, timeout: Duration, received: &mut Received) -> Result<(), BenchError> {
        let Self { readiness, readers, streams, buffer, .. } = self;
        for index in readiness.wait(timeout)? {
            let Some(reader) = readers.get_mut(*index) else { continue };
            let Some(stream) = streams.get_mut(reader.stream) else { continue };
            let fresh = match reader.tcp.read(buffer) {
                Ok(0) => return Err(BenchError::Wrong("the server closed a socket".to_owned())),
                Ok(n) => buffer.get(..n).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error).doing("read from a socket"),
            };
            let arrived_us = micros(self.began.elapsed());
            let ticks = reader.take(fresh, received)?;
            if let Some(t) = ticks {
                stream.arrivals_us.push(arrived_us - t * micros(self.tick));
            }
        }
        Ok(())
    }

    fn lateness(&mut self, received: &mut Received) {
        for stream in &mut self.streams {
            let earliest = stream.arrivals_us.iter().min().copied().unwrap_or(0);
            received.late_us.extend(stream.arrivals_us.drain(..).map(|arrival| arrival - earliest));
        }
        received.late_us.sort_unstable();
    }
}

impl Reader {
    /// Takes all whole frames. The last tick that was told, if one was.
    fn take(&mut self, fresh: &[u8], received: &mut Received) -> Result<Option<i64>, BenchError> {
        received.bytes += fresh.len() as u64;
        let joined;
        let mut bytes = fresh;
        if !self.rest.is_empty() {
            self.rest.extend_from_slice(fresh);
            joined = std::mem::take(&mut self.rest);
            bytes = &joined;
        }
        let mut told = None;
        while let Some(frame) = frame::first(bytes) {
            match frame.opcode {
                TEXT => {
                    self.known = answer::tick(frame.payload, self.known)?;
                    self.events += answer::own_events(frame.payload);
                    received.frames += 1;
                    told = Some(self.known);
                }
                PING => self.tcp.write_all(&PONG_FRAME).doing("send a pong")?,
                other => {
                    let payload = String::from_utf8_lossy(frame.payload);
                    return Err(BenchError::Wrong(format!("a frame of kind {other}: {payload}")));
                }
            }
            bytes = bytes.get(frame.len..).unwrap_or_default();
        }
        self.rest = bytes.to_vec();
        Ok(told)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
