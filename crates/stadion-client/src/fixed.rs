//! Fixed-point numbers for simulations: 16.16, a 32-bit whole number that counts 65536ths.
//!
//! The same bits as the JavaScript client's: no floating-point number takes part. Addition and
//! subtraction are those of `i32`. Results that do not fit 32 bits wrap around; [`mul`], [`div`],
//! [`ratio`] and [`to_int`] round toward zero, so they treat both directions alike.

use crate::sine_table::QUARTER_WAVE;

/// A 16.16 number. An alias, so that `+`, `-`, comparison and whole factors read as they do in JavaScript.
pub type Fixed = i32;

/// 1 as a fixed-point number; as an angle a whole turn.
pub const ONE: Fixed = 0x1_0000;
/// One half; as an angle half a turn.
pub const HALF: Fixed = 0x8000;

/// A whole number, -32768 to 32767, as a fixed-point number.
#[must_use]
pub const fn from_int(n: i32) -> Fixed {
    n << 16
}

/// The fixed-point number nearest to n / d on the side of zero, of two whole numbers: `ratio(1, 3)`.
///
/// # Panics
/// If `d` is 0.
#[must_use]
pub fn ratio(n: i32, d: i32) -> Fixed {
    div(n, d)
}

/// The whole part, toward zero.
#[must_use]
pub const fn to_int(x: Fixed) -> i32 {
    x / ONE
}

/// The greatest whole number that is not above `x`.
#[must_use]
pub const fn floor(x: Fixed) -> i32 {
    x >> 16
}

/// The nearest whole number, halves upward.
#[must_use]
pub const fn round(x: Fixed) -> i32 {
    x.wrapping_add(HALF) >> 16
}

/// The product.
#[must_use]
pub fn mul(a: Fixed, b: Fixed) -> Fixed {
    wrap(i64::from(a) * i64::from(b) / i64::from(ONE))
}

/// The quotient.
///
/// # Panics
/// If `b` is 0.
#[must_use]
pub fn div(a: Fixed, b: Fixed) -> Fixed {
    assert!(b != 0, "{a} divided by zero");
    wrap(i64::from(a) * i64::from(ONE) / i64::from(b))
}

/// The square root, rounded down.
///
/// # Panics
/// If `x` is negative.
#[must_use]
pub fn sqrt(x: Fixed) -> Fixed {
    assert!(x >= 0, "the square root of {x}");
    wrap((i64::from(x) << 16).isqrt())
}

/// The length of the vector (x, y), rounded down. Exact also where `mul(x, x)` would no longer fit;
/// a length of 32768 or more wraps around.
#[must_use]
pub fn hypot(x: Fixed, y: Fixed) -> Fixed {
    let square = |x: Fixed| u64::from(x.unsigned_abs()) * u64::from(x.unsigned_abs());
    wrap((square(x) + square(y)).isqrt().cast_signed())
}

/// The sine of an angle in turns: [`ONE`] is a full circle, any number of them is fine.
#[must_use]
pub fn sin(angle: Fixed) -> Fixed {
    let within = angle & 0x3fff;
    match (angle >> 14) & 3 {
        0 => quarter_wave(within),
        1 => quarter_wave(0x4000 - within),
        2 => -quarter_wave(within),
        _ => -quarter_wave(0x4000 - within),
    }
}

/// The cosine of an angle in turns: [`ONE`] is a full circle, any number of them is fine.
#[must_use]
pub fn cos(angle: Fixed) -> Fixed {
    sin(angle.wrapping_add(0x4000))
}

/// The sine in the first quarter of a turn, 0 to 0x4000, by straight lines between the table's 257 points.
fn quarter_wave(along: i32) -> Fixed {
    let point = |i: i32| usize::try_from(i).ok().and_then(|i| QUARTER_WAVE.get(i)).copied().unwrap_or(ONE);
    let from = point(along >> 6);
    from + (((point((along >> 6) + 1) - from) * (along & 63) + 32) >> 6)
}

/// The lower 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "wrapping around is the documented behaviour")]
const fn wrap(x: i64) -> Fixed {
    x as Fixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_table_is_the_sine() {
        for (i, value) in QUARTER_WAVE.iter().enumerate() {
            let exact = (i as f64 * std::f64::consts::PI / 512.0).sin() * 65536.0;
            assert_eq!(f64::from(*value), exact.round(), "point {i}");
        }
    }

    #[test]
    fn sine_and_cosine_are_right_to_two_units_at_every_angle() {
        for angle in -0x1_8000..0x1_8000 {
            let exact = f64::from(angle) / 65536.0 * std::f64::consts::TAU;
            assert!((f64::from(sin(angle)) - exact.sin() * 65536.0).abs() < 2.0, "sin {angle}");
            assert!((f64::from(cos(angle)) - exact.cos() * 65536.0).abs() < 2.0, "cos {angle}");
        }
    }

    #[test]
    fn rounding_goes_where_the_names_say() {
        let minus_one_and_a_half = -ONE - HALF;
        assert_eq!(to_int(minus_one_and_a_half), -1);
        assert_eq!(floor(minus_one_and_a_half), -2);
        assert_eq!(round(minus_one_and_a_half), -1);
        assert_eq!(mul(-1, HALF), 0);
        assert_eq!(div(-1, 2 * ONE), 0);
        assert_eq!(ratio(-1, 3), -ratio(1, 3));
    }

    #[test]
    fn a_length_is_exact_where_a_square_would_not_fit() {
        assert_eq!(hypot(from_int(3000), from_int(4000)), from_int(5000));
        assert_eq!(sqrt(from_int(144)), from_int(12));
    }

    #[test]
    #[should_panic(expected = "divided by zero")]
    fn dividing_by_zero_is_said() {
        let _quotient = div(ONE, 0);
    }
}
