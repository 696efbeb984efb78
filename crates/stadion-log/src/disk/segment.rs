//! A segment's file as readers see it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::format::{FRAME_HEADER_LEN, FrameHeader};

#[derive(Debug)]
pub(super) struct SegmentFile {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) salt: u32,
}

const SUFFIX: &str = ".segment";

/// `00000000000000000007.segment`: the names' order is the segments'.
pub(super) fn file_name(number: u64) -> String {
    format!("{number:020}{SUFFIX}")
}

/// The numbers of the segments in a folder, in order.
pub(super) fn list(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

impl SegmentFile {
    pub(super) fn read(&self, at: u64, len: u64) -> io::Result<Vec<u8>> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }
}

/// The frame at the beginning of `bytes`, which were read at `at`: its header and its body.
pub(super) fn parse_frame(bytes: &[u8], salt: u32, at: u64) -> Option<(FrameHeader, &[u8])> {
    let header = FrameHeader::decode(bytes, salt, at)?;
    let body_len = usize::try_from(header.body_len).ok()?;
    let body = bytes.get(FRAME_HEADER_LEN..FRAME_HEADER_LEN.checked_add(body_len)?)?;
    (crc32fast::hash(body) == header.body_crc).then_some((header, body))
}
