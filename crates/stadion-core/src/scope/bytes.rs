//! The bytes of snapshots: numbers of 7 bits a byte, texts behind their length.

use super::snapshot::RestoreError;

pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while let Ok(low) = u8::try_from(number & 0x7f)
        && number > 0x7f
    {
        out.push(low | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Takes apart what may be anything. Each call that succeeds consumes a byte at least, so whoever loops over it is
/// bounded by the input.
#[derive(Debug)]
pub(super) struct Taker<'a>(pub(super) &'a [u8]);

impl<'a> Taker<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, RestoreError> {
        let (first, rest) = self.0.split_first().ok_or(CUT)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], RestoreError> {
        let (array, rest) = self.0.split_first_chunk().ok_or(CUT)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(super) fn number(&mut self) -> Result<u64, RestoreError> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let low = u64::from(byte & 0x7f);
            if low << shift >> shift != low {
                break;
            }
            number |= low << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(RestoreError::Damaged("a number is too large"))
    }

    pub(super) fn text(&mut self, bytes_max: usize) -> Result<&'a str, RestoreError> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if length > bytes_max {
            return Err(RestoreError::Damaged("a text is too long"));
        }
        let (text, rest) = self.0.split_at_checked(length).ok_or(CUT)?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| RestoreError::Damaged("a text is no UTF-8"))
    }
}

const CUT: RestoreError = RestoreError::Damaged("it ends too early");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut out = Vec::new();
            put_number(&mut out, number);
            let mut taker = Taker(&out);
            assert_eq!(taker.number(), Ok(number));
            assert!(taker.0.is_empty());
        }
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        assert_eq!(Taker(&[0x80]).number(), Err(CUT));
        assert!(Taker(&[0xff; 20]).number().is_err());
        assert!(Taker(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]).number().is_err());
    }

    #[test]
    fn a_text_longer_than_what_is_there_is_an_error() {
        let mut out = Vec::new();
        put_text(&mut out, "übung");
        assert_eq!(Taker(&out).text(6), Ok("übung"));
        assert!(Taker(&out).text(5).is_err());
        assert_eq!(Taker(&out[..4]).text(6), Err(CUT));
        assert!(Taker(&out[..2]).text(6).is_err());
        assert!(Taker(&[1, 0xff]).text(6).is_err());
    }
}
