//! The bodies of frames: records, declarations, hidden state that was moved. Drawn in [the module's docs](super).

use stadion_core::{Epoch, StreamName, Tick};

use super::codec::{Decoder, distance, put_bytes, put_varint, put_zigzag};
use super::format::{FLAG_TICKS, FrameHeader};
use crate::{Batch, Record};

/// Appends a batch's records; whether they have ticks.
pub(super) fn put_batch(out: &mut Vec<u8>, batch: &Batch) -> bool {
    let ticks = batch.records().any(|(tick, _)| tick != Tick::ZERO);
    let mut before = 0;
    for (tick, bytes) in batch.records() {
        if ticks {
            put_zigzag(out, tick.0.wrapping_sub(before));
            before = tick.0;
        }
        put_bytes(out, bytes);
    }
    ticks
}

/// Shows a commit's records; `None` where the body is not what its header says.
pub(super) fn show_commit(header: &FrameHeader, body: &[u8], show: &mut dyn FnMut(Record<'_>)) -> Option<()> {
    let mut decoder = Decoder::new(body);
    decoder.take(usize::try_from(header.hidden_len).ok()?)?;
    let mut tick = 0_i64;
    for offset in header.offset..header.end() {
        if header.flags & FLAG_TICKS != 0 {
            tick = tick.wrapping_add(decoder.zigzag()?);
        }
        let bytes = decoder.bytes()?;
        show(Record { offset, tick: Tick(tick), time_ms: header.time_ms, bytes });
    }
    decoder.is_empty().then_some(())
}

/// Records that are moved: each keeps its offset, time and tick.
#[derive(Debug)]
pub(super) struct CarriedBody {
    first: u64,
    expected: u64,
    first_time: u64,
    time: u64,
    tick: i64,
    pub(super) records: u32,
    pub(super) bytes: Vec<u8>,
}

impl CarriedBody {
    pub(super) fn new(first: &Record<'_>) -> Self {
        let (offset, time) = (first.offset, first.time_ms);
        Self {
            first: offset,
            expected: offset,
            first_time: time,
            time,
            tick: 0,
            records: 0,
            bytes: Vec::new(),
        }
    }

    /// Adds a record behind those that are there.
    pub(super) fn push(&mut self, record: &Record<'_>) {
        put_varint(&mut self.bytes, record.offset.saturating_sub(self.expected));
        put_zigzag(&mut self.bytes, distance(self.time, record.time_ms));
        put_zigzag(&mut self.bytes, record.tick.0.wrapping_sub(self.tick));
        put_bytes(&mut self.bytes, record.bytes);
        self.expected = record.offset + 1;
        self.time = record.time_ms;
        self.tick = record.tick.0;
        self.records += 1;
    }

    pub(super) fn describe(&self, header: &mut FrameHeader) {
        header.offset = self.first;
        header.time_ms = self.first_time;
        header.records = self.records;
    }
}

/// Shows moved records in order.
pub(super) fn show_carried(
    header: &FrameHeader,
    body: &[u8],
    show: &mut dyn FnMut(Record<'_>),
) -> Option<()> {
    let mut decoder = Decoder::new(body);
    let (mut expected, mut time_ms, mut tick) = (header.offset, header.time_ms, 0_i64);
    for _ in 0..header.records {
        let offset = expected.checked_add(decoder.varint()?)?;
        time_ms = time_ms.wrapping_add_signed(decoder.zigzag()?);
        tick = tick.wrapping_add(decoder.zigzag()?);
        show(Record { offset, tick: Tick(tick), time_ms, bytes: decoder.bytes()? });
        expected = offset.checked_add(1)?;
    }
    decoder.is_empty().then_some(())
}

/// A stream as a declaration tells it; its head is the frame's offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) name: StreamName,
    pub(super) epoch: Epoch,
    pub(super) first: u64,
    pub(super) ended: bool,
}

impl Declared {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&epoch_bits(self.epoch).to_le_bytes());
        put_varint(out, self.first);
        out.push(u8::from(self.ended));
        put_bytes(out, self.name.as_str().as_bytes());
    }

    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            epoch: Epoch::from_bits(decoder.u128()?),
            first: decoder.varint()?,
            ended: decoder.u8()? != 0,
            name: StreamName::new(std::str::from_utf8(decoder.bytes()?).ok()?).ok()?,
        })
    }
}

/// The 128 bits that [`Epoch::from_bits`] was given.
fn epoch_bits(epoch: Epoch) -> u128 {
    let mut bits = 0_u128;
    let mut missing = 128_u32;
    for byte in epoch.as_str().bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            _ => 63,
        };
        // The last character holds the two bits that are left, in its upper end.
        let taken = missing.min(6);
        bits = (bits << taken) | u128::from(six >> (6 - taken));
        missing -= taken;
    }
    bits
}

/// One step of a stream's hidden state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) full: bool,
    /// The stream's head once this was committed.
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn put_chain(out: &mut Vec<u8>, steps: &[Step]) {
    for step in steps {
        out.push(u8::from(step.full));
        put_varint(out, step.offset);
        put_bytes(out, &step.bytes);
    }
}

pub(super) fn chain(header: &FrameHeader, body: &[u8]) -> Option<Vec<Step>> {
    let mut decoder = Decoder::new(body);
    let mut steps = Vec::new();
    for _ in 0..header.records {
        let full = decoder.u8()? != 0;
        steps.push(Step { full, offset: decoder.varint()?, bytes: decoder.bytes()?.to_vec() });
    }
    decoder.is_empty().then_some(steps)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::format::Kind;
    use super::*;

    type Kept = (u64, i64, u64, Vec<u8>);

    fn keep(list: &mut Vec<Kept>) -> impl FnMut(Record<'_>) + '_ {
        |r| list.push((r.offset, r.tick.0, r.time_ms, r.bytes.to_vec()))
    }

    proptest! {
        #[test]
        fn records_come_back(
            records in prop::collection::vec((0_u64..9, any::<i64>(), any::<u64>(), prop::collection::vec(any::<u8>(), 0..300)), 1..20),
            first in 0..u64::MAX / 2,
        ) {
            let mut batch = Batch::new(5);
            let mut model = Vec::new();
            for (at, (_, tick, _, bytes)) in records.iter().enumerate() {
                batch.push(Tick(*tick), |out| out.extend_from_slice(bytes));
                model.push((first + at as u64, *tick, 5, bytes.clone()));
            }
            let mut header = FrameHeader::new(Kind::Commit, 1, first);
            header.time_ms = 5;
            header.records = u32::try_from(records.len()).unwrap();
            let mut body = Vec::new();
            if put_batch(&mut body, &batch) {
                header.flags = FLAG_TICKS;
            }
            let mut found = Vec::new();
            prop_assert_eq!(show_commit(&header, &body, &mut keep(&mut found)), Some(()));
            prop_assert_eq!(&found, &model);

            let mut offset = first;
            for (kept, (gap, _, time, _)) in model.iter_mut().zip(&records) {
                offset += gap;
                (kept.0, kept.2) = (offset, *time);
                offset += 1;
            }
            let mut moved: Option<CarriedBody> = None;
            for (offset, tick, time_ms, bytes) in &model {
                let record = Record { offset: *offset, tick: Tick(*tick), time_ms: *time_ms, bytes };
                moved.get_or_insert_with(|| CarriedBody::new(&record)).push(&record);
            }
            let moved = moved.unwrap();
            let mut header = FrameHeader::new(Kind::Carried, 1, 0);
            moved.describe(&mut header);
            let mut found = Vec::new();
            prop_assert_eq!(show_carried(&header, &moved.bytes, &mut keep(&mut found)), Some(()));
            prop_assert_eq!(&found, &model);
        }

        #[test]
        fn a_declaration_comes_back(bits in any::<u128>(), first in any::<u64>(), ended in any::<bool>()) {
            let declared = Declared {
                name: StreamName::new("competition:übung").unwrap(),
                epoch: Epoch::from_bits(bits),
                first,
                ended,
            };
            let mut out = Vec::new();
            declared.encode(&mut out);
            prop_assert_eq!(Declared::decode(&mut Decoder::new(&out)), Some(declared));
            prop_assert_eq!(epoch_bits(Epoch::from_bits(bits)), bits);
        }
    }
}
