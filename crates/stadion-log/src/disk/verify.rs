//! Reads everything and says what is not as it was written.

use std::sync::PoisonError;

use super::format::{FRAME_HEADER_LEN, FrameHeader, SEGMENT_HEADER_LEN, SegmentHeader};
use super::log::DiskLog;
use super::notice::Damage;
use super::read::{ReadError, failed};
use super::scan::scan;
use super::segment::{SegmentFile, parse_frame};

impl DiskLog {
    /// Reads all segments through; a long look at a large log, beside which everything else goes on.
    pub fn verify(&self) -> Result<Vec<Damage>, ReadError> {
        // Nothing is removed meanwhile.
        let _moving = self.shared.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let segments: Vec<_> = {
            let state = self.shared.state();
            let segments = state.segments.values();
            segments.map(|segment| (segment.file.clone(), segment.len, segment.sealed)).collect()
        };
        let mut damage = Vec::new();
        for (file, len, sealed) in segments {
            segment(&file, len, sealed, &mut damage).map_err(|source| failed(&file, source))?;
        }
        Ok(damage)
    }
}

fn segment(file: &SegmentFile, len: u64, sealed: bool, damage: &mut Vec<Damage>) -> std::io::Result<()> {
    let mut say = |at, what| damage.push(Damage { file: file.path.clone(), at, what });
    let header = SegmentHeader::decode(&file.read(0, SEGMENT_HEADER_LEN)?);
    if header.is_none_or(|(_, whole)| !whole) {
        say(0..SEGMENT_HEADER_LEN, "the segment's header");
    }
    let len = len.min(file.file.metadata()?.len());
    let scanned = scan(file, SEGMENT_HEADER_LEN.min(len)..len, &mut |_, _, _| ())?;
    for at in scanned.damage {
        say(at, "these bytes are not what was written");
    }
    // A sealed segment ends with its index, one that grows with a frame.
    let rest = file.read(scanned.end, len - scanned.end)?;
    let index = parse_frame(&rest, file.salt, scanned.end).map(|(header, _)| header);
    let whole = |header: FrameHeader| header.frame_len() == rest.len() as u64;
    if sealed && !index.is_some_and(whole) || !sealed && !rest.is_empty() {
        let what = "the segment's end";
        say(scanned.end..len.max(scanned.end + FRAME_HEADER_LEN as u64), what);
    }
    Ok(())
}
