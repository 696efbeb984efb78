//! What players send, checked inside the simulation: a client can send anything, and every
//! simulation has to ignore the same things.

use crate::numbers::{NAME_MAX, STEER_MAX};

/// `"dx,dy"`, two whole numbers within the steering disc; anything else is none.
#[must_use]
pub fn parse_steer(body: &str) -> Option<(i32, i32)> {
    let (dx, dy) = body.split_once(',')?;
    let (dx, dy) = (parse_whole(dx)?, parse_whole(dy)?);
    (dx * dx + dy * dy <= STEER_MAX * STEER_MAX).then_some((dx, dy))
}

/// One or two ASCII digits, with or without a minus.
fn parse_whole(text: &str) -> Option<i32> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = matches!(digits.len(), 1 | 2) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_whole { text.parse().ok() } else { None }
}

/// 1 to 16 code points, none of which can break or turn around a line; anything else is none.
#[must_use]
pub fn parse_name(body: &str) -> Option<&str> {
    let is_name = !body.is_empty() && body.chars().count() <= NAME_MAX && body.chars().all(is_printable);
    is_name.then_some(body)
}

fn is_printable(character: char) -> bool {
    !matches!(
        character,
        '\0'..'\u{20}'
            | '\u{7f}'..'\u{a0}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{61c}'
            | '\u{feff}'
    )
}
