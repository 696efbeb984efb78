//! What is to be written together: the events of one commit, and what becomes true with them.

use std::collections::{HashMap, VecDeque};

use super::clients::Known;
use super::{Refusal, Request, Stream, Token};
use crate::desync::Report;
use crate::event::{
    Draft, Event, KIND_CONNECTED, KIND_DISCONNECTED, KIND_OPENED, Origin, PrivateId, PublicId, Tick,
};
use crate::time::Time;

/// A commit in the making. It stands over the stream like a sheet of glass: later requests of the same batch see what
/// the earlier ones will have done, the stream itself sees it when the log has answered.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) tick: Tick,
    pub(super) events: Vec<Event>,
    pub(super) bytes: u64,
    pub(super) touched: HashMap<PrivateId, Touched>,
    pub(super) replies: Vec<(Token, Asked)>,
    pub(super) silenced: Vec<PrivateId>,
    pub(super) at: Time,
    /// How many events went to the log with it.
    pub(super) events_count: u64,
    connected: usize,
    public_ids_given: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Touched {
    pub(super) known: Known,
    pub(super) connected: bool,
}

/// What is left of a request once its events are in the batch.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) client: PrivateId,
    pub(super) last_known: Tick,
    pub(super) state: Option<std::sync::Arc<[u8]>>,
    pub(super) hash: Option<Report>,
    pub(super) quiet: bool,
}

/// Bytes an event takes beside its type and body: `,{"T":…,"Type":,"Origin":"…","Body":}` with the longest numbers.
const EVENT_FRAME_BYTES: u64 = 80;

/// Clients' events may fill nine tenths of a stream and connects a half of the rest; what is left is for `_d`, of
/// which there is at most one a connected client.
const CLIENTS_SHARE_PERCENT: u64 = 90;
const CONNECTS_SHARE_PERCENT: u64 = 95;

impl Batch {
    /// Begins with the disconnects that are due: who is silent leaves before others come. Whose request is `waiting`
    /// is not silent; if it is refused, the time-out that follows finds him.
    pub(super) fn begin(stream: &mut Stream, now: Time, waiting: &VecDeque<(Token, Request)>) -> Self {
        let mut batch = Self {
            tick: stream.announced.next(),
            events: Vec::new(),
            bytes: 0,
            touched: HashMap::new(),
            replies: Vec::new(),
            silenced: Vec::new(),
            at: now,
            events_count: 0,
            connected: stream.clients.connected_count(),
            public_ids_given: stream.clients.public_ids_given(),
        };
        for (id, known) in stream.clients.silent(now, stream.rules.disconnect_after) {
            if waiting.iter().any(|(_, request)| request.client == id) {
                continue;
            }
            batch.push_server_event(KIND_DISCONNECTED, known.public.to_string());
            batch.connected -= 1;
            batch.touched.insert(id.clone(), Touched { known, connected: false });
            batch.silenced.push(id);
        }
        batch
    }

    /// Takes a request in, or refuses it and stays as it was.
    pub(super) fn admit(&mut self, stream: &Stream, token: Token, request: Request) -> Result<(), Refusal> {
        let (known, connected) = self.look_up(stream, &request.client);
        let have = known.map_or(0, |known| known.seq);
        let skip = already_written(&request, have)?;
        let fresh_bytes: u64 = request.events.iter().skip(skip).map(event_bytes).sum();
        let fresh = request.events.len() - skip;
        if !connected {
            if self.connected >= stream.rules.clients_max {
                return Err(Refusal::TooManyClients { clients_max: stream.rules.clients_max });
            }
            self.check_room(stream, EVENT_FRAME_BYTES * 2, CONNECTS_SHARE_PERCENT)?;
        }
        if fresh > 0 {
            self.check_room(stream, fresh_bytes, CLIENTS_SHARE_PERCENT)?;
        }

        // Nothing can fail from here on.
        let mut known = known.unwrap_or_else(|| {
            self.public_ids_given += 1;
            Known { public: PublicId(self.public_ids_given), seq: 0 }
        });
        if !connected {
            if stream.index.head() == 0 && self.events.is_empty() {
                self.push_server_event(KIND_OPENED, stream.birth.seed.to_string());
            }
            self.connected += 1;
            self.push_server_event(KIND_CONNECTED, known.public.to_string());
        }
        for draft in request.events.into_iter().skip(skip) {
            self.bytes += event_bytes(&draft);
            self.events.push(Event {
                tick: self.tick,
                kind: draft.kind,
                origin: Origin::Client(known.public),
                body: draft.body,
            });
        }
        if let Some(seq) = request.seq {
            known.seq = known.seq.max(if fresh > 0 { seq } else { 0 });
        }
        if !connected || fresh > 0 {
            self.touched.insert(request.client.clone(), Touched { known, connected: true });
        }
        self.replies.push((
            token,
            Asked {
                client: request.client,
                last_known: request.last_known,
                state: request.state,
                hash: request.hash,
                quiet: request.quiet,
            },
        ));
        Ok(())
    }

    fn look_up(&self, stream: &Stream, id: &PrivateId) -> (Option<Known>, bool) {
        if let Some(touched) = self.touched.get(id) {
            (Some(touched.known), touched.connected)
        } else if let Some(known) = stream.clients.connected(id) {
            (Some(known), true)
        } else {
            (stream.clients.gone(id), false)
        }
    }

    fn check_room(&self, stream: &Stream, more: u64, percent: u64) -> Result<(), Refusal> {
        let used = stream.index.bytes() + self.bytes + more;
        if used.saturating_mul(100) > stream.rules.stream_bytes_max.saturating_mul(percent) {
            return Err(Refusal::StreamFull { stream_bytes_max: stream.rules.stream_bytes_max });
        }
        Ok(())
    }

    fn push_server_event(&mut self, kind: &str, body: String) {
        self.bytes += EVENT_FRAME_BYTES;
        self.events.push(Event {
            tick: self.tick,
            kind: kind.into(),
            origin: Origin::Server,
            body: body.into(),
        });
    }
}

fn event_bytes(draft: &Draft) -> u64 {
    EVENT_FRAME_BYTES + draft.encoded_bytes as u64
}

/// How many events at the front of the request are in the stream already, by its `seq`.
fn already_written(request: &Request, have: u64) -> Result<usize, Refusal> {
    let events = request.events.len() as u64;
    let Some(seq) = request.seq else { return Ok(0) };
    if events == 0 {
        return Ok(0);
    }
    let Some(before) = seq.checked_sub(events) else {
        return Err(Refusal::SeqTooLow { seq, events: request.events.len() });
    };
    if before > have {
        return Err(Refusal::SeqGap { have });
    }
    Ok(usize::try_from(have - before).unwrap_or(usize::MAX).min(request.events.len()))
}
