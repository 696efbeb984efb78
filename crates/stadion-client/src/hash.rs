//! The hash of a simulation's state: two 32-bit lanes of MurmurHash3's step with different
//! constants (docs/random.md). It finds differences; it does not stop anyone who wants to cheat.

/// Takes 32-bit words and strings, gives 64 bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hasher {
    a: u32,
    b: u32,
    words: u32,
}

impl Hasher {
    /// A hasher that has taken nothing yet.
    #[must_use]
    pub fn new() -> Hasher {
        Hasher::default()
    }

    /// Takes a 32-bit whole number; fixed-point numbers too.
    pub fn i32(&mut self, x: i32) {
        self.u32(x.cast_unsigned());
    }

    /// Takes an unsigned one; the same as [`Hasher::i32`] with the same bits.
    pub fn u32(&mut self, x: u32) {
        let k = x.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
        self.a = (self.a ^ k).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
        let k = x.wrapping_mul(0xab0e_9789).rotate_left(16).wrapping_mul(0x38b3_4ae5);
        self.b = (self.b ^ k).rotate_left(17).wrapping_mul(5).wrapping_add(0x0bca_a747);
        self.words = self.words.wrapping_add(1);
    }

    /// Takes `true` as 1, `false` as 0.
    pub fn bool(&mut self, x: bool) {
        self.u32(u32::from(x));
    }

    /// Takes a string: its length in UTF-16 units, then each unit.
    pub fn str(&mut self, text: &str) {
        let units = text.encode_utf16().fold(0_u32, |count, _| count.wrapping_add(1));
        self.u32(units);
        for unit in text.encode_utf16() {
            self.u32(u32::from(unit));
        }
    }

    /// The hash of what was taken so far; more may follow.
    #[must_use]
    pub fn finish(&self) -> u64 {
        let mut a = self.a ^ self.words;
        let mut b = self.b ^ self.words;
        a = a.wrapping_add(b);
        b = b.wrapping_add(a);
        a = finish_lane(a);
        b = finish_lane(b);
        a = a.wrapping_add(b);
        b = b.wrapping_add(a);
        (u64::from(a) << 32) | u64::from(b)
    }

    /// [`Hasher::finish`] as the wire's 16 hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        format!("{:016x}", self.finish())
    }
}

fn finish_lane(mut h: u32) -> u32 {
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}
