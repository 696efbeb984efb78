//! Events as readers with envelopes get them, and the marks between.

use stadion_core::Epoch;
use stadion_log::Record;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::json_pointer::Pointer;

/// What an envelope says of the stream rather than of the event.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    pub stream: &'a str,
    pub epoch: Option<Epoch>,
    pub type_pointer: &'a Pointer,
}

impl Envelope<'_> {
    /// `{"stream","epoch","offset","time","type","body"}`; `state` marks an event of live state, whose offset is no
    /// position to resume from.
    pub fn push_event(&self, out: &mut Vec<u8>, record: Record<'_>, state: bool) {
        self.push_begin(out);
        push_field(out, "offset", &record.offset);
        push_field(out, "time", &rfc3339(record.time_ms));
        if let Some(kind) = self.type_pointer.text_in(record.bytes) {
            push_field(out, "type", &kind);
        }
        if state {
            push_field(out, "state", &true);
        }
        out.extend_from_slice(b",\"body\":");
        out.extend_from_slice(record.bytes);
        out.push(b'}');
    }

    /// `{"stream","epoch","offset","live":true}`: live begins behind this position. `next` is the offset behind it.
    pub fn push_live(&self, out: &mut Vec<u8>, next: u64, truncated: bool) {
        self.push_begin(out);
        push_field(out, "offset", &last_seen(next));
        push_field(out, "live", &true);
        if truncated {
            push_field(out, "truncated", &true);
        }
        out.push(b'}');
    }

    /// `{"stream","skipped":n}`
    pub fn push_skipped(&self, out: &mut Vec<u8>, skipped: u64) {
        out.extend_from_slice(b"{\"stream\":");
        push_json(out, &self.stream);
        push_field(out, "skipped", &skipped);
        out.push(b'}');
    }

    /// `{epoch}:{offset}` of the last event seen before `next`; `-` where the stream was never written.
    pub fn position(&self, next: u64) -> String {
        match self.epoch {
            Some(epoch) => format!("{epoch}:{}", last_seen(next)),
            None => "-:-1".to_owned(),
        }
    }

    fn push_begin(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"stream\":");
        push_json(out, &self.stream);
        push_field(out, "epoch", &self.epoch.as_ref().map_or("-", |epoch| epoch.as_str()));
    }
}

/// A position names the last event seen; before the first it is -1.
fn last_seen(next: u64) -> i128 {
    i128::from(next) - 1
}

fn push_field(out: &mut Vec<u8>, name: &str, value: &impl serde::Serialize) {
    out.push(b',');
    push_json(out, &name);
    out.push(b':');
    push_json(out, value);
}

fn push_json(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    // Strings, numbers and booleans always can be written to a Vec.
    drop(serde_json::to_writer(out, value));
}

/// `2026-11-21T12:00:00.123Z`
pub fn rfc3339(time_ms: u64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time_ms) * 1_000_000);
    time.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_795_262_400_123, "2026-11-21T12:00:00.123Z"),
        ] {
            assert_eq!(rfc3339(ms), text);
        }
    }
}
