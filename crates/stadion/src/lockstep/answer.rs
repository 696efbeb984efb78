//! What a lockstep client gets, byte for byte as the original writes it.
//!
//! An answer has three parts: a head with T, the events, and a foot with states and the reader's own fields. The
//! events are the log's bytes as they are; head and foot are short.

use stadion_core::{Epoch, Event, PublicId, Stream, Tick};

use super::json::{push_number, push_string};

/// The extensions that this reader has asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    pub epoch: bool,
    pub seq: bool,
    pub hashes: bool,
}

impl Extensions {
    pub fn bits(self) -> u8 {
        u8::from(self.epoch) | u8::from(self.seq) << 1 | u8::from(self.hashes) << 2
    }

    pub fn from_bits(bits: u8) -> Self {
        Self { epoch: bits & 1 != 0, seq: bits & 2 != 0, hashes: bits & 4 != 0 }
    }
}

/// `,{"T":1,"Type":"_a","Origin":"_","Body":"…"}` without the comma: an event as it is kept and sent.
pub fn push_event(out: &mut Vec<u8>, event: &Event) {
    out.extend_from_slice(b"{\"T\":");
    push_number(out, event.tick);
    out.extend_from_slice(b",\"Type\":");
    push_string(out, &event.kind);
    out.extend_from_slice(b",\"Origin\":\"");
    push_number(out, event.origin);
    out.extend_from_slice(b"\",\"Body\":");
    push_string(out, &event.body);
    out.push(b'}');
}

/// Everything before the events.
pub fn push_head(out: &mut Vec<u8>, t: Tick) {
    out.extend_from_slice(b"{\"T\":");
    push_number(out, t);
    out.extend_from_slice(b",\"Events\":[");
}

/// What stands between the events and the reader's own fields: the states that the reader has not seen.
pub fn push_states(out: &mut Vec<u8>, stream: &Stream, last_known: Tick) {
    out.extend_from_slice(b"],\"States\":[");
    for (index, (id, stamp, data)) in stream.states_after(last_known).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"T\":");
        push_number(out, stamp);
        out.extend_from_slice(b",\"Origin\":\"");
        push_number(out, id);
        out.extend_from_slice(b"\",\"Data\":");
        out.extend_from_slice(data);
        out.push(b'}');
    }
    out.extend_from_slice(b"],\"ProxyId\":\"");
}

/// What [`push_states`] appends where there are none.
pub fn push_no_states(out: &mut Vec<u8>) {
    out.extend_from_slice(b"],\"States\":[],\"ProxyId\":\"");
}

/// The reader's own fields, up to the extensions that are everybody's. `None` is a watcher.
pub fn push_own(out: &mut Vec<u8>, public_id: Option<PublicId>, epoch: Option<Epoch>, seq: Option<u64>) {
    if let Some(id) = public_id {
        push_number(out, id);
    }
    out.push(b'"');
    if let Some(epoch) = epoch {
        out.extend_from_slice(b",\"Epoch\":\"");
        out.extend_from_slice(epoch.as_str().as_bytes());
        out.push(b'"');
    }
    if let Some(seq) = seq {
        out.extend_from_slice(b",\"Seq\":");
        push_number(out, seq);
    }
}

/// `,"Hashes":[…]` and, at a mismatch, `,"Desync":{…}`.
pub fn push_hashes(out: &mut Vec<u8>, stream: &Stream) {
    out.extend_from_slice(b",\"Hashes\":[");
    for (index, (id, report)) in stream.hashes().latest().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"Origin\":\"");
        push_number(out, id);
        out.extend_from_slice(b"\",\"T\":");
        push_number(out, report.tick);
        out.extend_from_slice(b",\"Hash\":");
        push_string(out, &report.hash);
        out.push(b'}');
    }
    out.push(b']');
    if let Some(desync) = stream.hashes().desync() {
        out.extend_from_slice(b",\"Desync\":{\"T\":");
        push_number(out, desync.tick);
        out.extend_from_slice(b",\"Origins\":[");
        for (index, id) in desync.origins.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.push(b'"');
            push_number(out, id);
            out.push(b'"');
        }
        out.extend_from_slice(b"]}");
    }
}
