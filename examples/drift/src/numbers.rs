//! The game's measures, in 16.16 fixed point. Speeds are units a tick, 20 ticks a second.
//! `web/play/rules/numbers.js` holds the same.

use stadion_client::fixed::Fixed;

/// 16.16 of thousandths, cut toward zero.
const fn milli(thousandths: i32) -> Fixed {
    let bits = thousandths as i64 * 65_536 / 1000;
    assert!(bits.unsigned_abs() <= 0x7fff_ffff);
    #[expect(clippy::cast_possible_truncation, reason = "checked above, when it is compiled")]
    let bits = bits as i32;
    bits
}

// The rink stands around (0, 0): half its width and height, and the radius of its corners.
pub(crate) const RINK_X: Fixed = milli(24_000);
pub(crate) const RINK_Y: Fixed = milli(15_000);
pub(crate) const CORNER: Fixed = milli(6_000);

pub(crate) const PUCK_RADIUS: Fixed = milli(1_250);
/// Two pucks closer than this touch.
pub(crate) const PUCK_REACH: Fixed = 2 * PUCK_RADIUS;
pub(crate) const PUCK_ACCELERATION: Fixed = milli(45);
pub(crate) const PUCK_GLIDE: Fixed = milli(955);
/// Below half a puck's reach, so that two pucks never pass through each other in one tick.
pub(crate) const PUCK_SPEED_MAX: Fixed = milli(1_200);
pub(crate) const BOARDS_BOUNCE: Fixed = milli(700);

pub(crate) const DASH_KICK: Fixed = milli(700);
pub(crate) const DASH_EVERY_TICKS: i32 = 50;

/// Of the closing speed: what each of two equal pucks gives and takes, a little more than elastic.
pub(crate) const BUMP_PUSH: Fixed = milli(1_050);
pub(crate) const BUMP_HARD: Fixed = milli(380);
/// Whoever was this much slower along the line between the two is the one that was hit.
pub(crate) const BUMP_EDGE: Fixed = milli(120);
pub(crate) const SHIELD_TICKS: i32 = 24;
pub(crate) const SPILL_MAX: i32 = 4;
pub(crate) const SPILL_SPEED: Fixed = milli(500);
pub(crate) const SPILL_SPEED_SPREAD: i32 = 24_000;

pub(crate) const POST_RADIUS: Fixed = milli(1_100);
pub(crate) const POST_KICK: Fixed = milli(280);
pub(crate) const POSTS: [(Fixed, Fixed); 4] =
    [(milli(11_000), 0), (milli(-11_000), 0), (0, milli(8_000)), (0, milli(-8_000))];

pub(crate) const SPARK_RADIUS: Fixed = milli(450);
pub(crate) const SPARK_GLIDE: Fixed = milli(930);
pub(crate) const SPARK_ARM_TICKS: i32 = 12;
pub(crate) const SPARK_EVERY_TICKS: i32 = 7;
pub(crate) const SPARKS_MAX: usize = 48;
pub(crate) const STAR_RADIUS: Fixed = milli(900);
pub(crate) const STAR_VALUE: i32 = 5;
pub(crate) const STAR_SPEED: Fixed = milli(260);
pub(crate) const STAR_EVERY_TICKS: i32 = 320;
/// A pick-up is this much easier than touching.
pub(crate) const PICKUP_EASE: Fixed = milli(250);

pub(crate) const COUNTDOWN_TICKS: i32 = 60;
pub(crate) const PLAY_TICKS: i32 = 1_200;
pub(crate) const RUSH_TICKS: i32 = 200;
pub(crate) const PODIUM_TICKS: i32 = 160;

pub(crate) const PLAYERS_MAX: usize = 8;
/// Bots fill the rink up to this many.
pub(crate) const COMPANY: usize = 4;
/// Code points in a name.
pub const NAME_MAX: usize = 16;
/// A steering vector is a pair of whole numbers within a disc of this radius.
pub const STEER_MAX: i32 = 16;
pub(crate) const BOT_STRENGTH: i32 = 13;
pub(crate) const BOT_THINKS_EVERY_TICKS: i32 = 4;

pub(crate) const PREY_SCORE_MIN: i32 = 3;
pub(crate) const PREY_REACH: Fixed = milli(11_000);
/// Closer than this a dash has no room.
pub(crate) const RUN_UP: Fixed = milli(4_000);
pub(crate) const DASH_REACH: Fixed = milli(6_500);
pub(crate) const DASH_SPEED: Fixed = milli(350);
/// A bot steers for where it would be in so many ticks, so that it does not slide past.
pub(crate) const LOOK_AHEAD_TICKS: i32 = 9;
pub(crate) const NEAR: Fixed = milli(150);

/// Sixteen directions whose vectors all lie within the steering disc.
const DIRECTIONS: [(i32, i32); 16] = [
    (16, 0),
    (14, 6),
    (11, 11),
    (6, 14),
    (0, 16),
    (-6, 14),
    (-11, 11),
    (-14, 6),
    (-16, 0),
    (-14, -6),
    (-11, -11),
    (-6, -14),
    (0, -16),
    (6, -14),
    (11, -11),
    (14, -6),
];

/// A direction by the dice.
pub(crate) fn any_direction(random: &mut stadion_client::Random) -> (i32, i32) {
    let drawn = random.below(16);
    DIRECTIONS.get(drawn as usize).copied().unwrap_or_default()
}

/// Where a puck begins, by its slot.
const STARTS: [(Fixed, Fixed); PLAYERS_MAX] = [
    (milli(15_700), milli(3_400)),
    (milli(-15_700), milli(-3_400)),
    (milli(-6_500), milli(8_300)),
    (milli(6_500), milli(-8_300)),
    (milli(-15_700), milli(3_400)),
    (milli(15_700), milli(-3_400)),
    (milli(6_500), milli(8_300)),
    (milli(-6_500), milli(-8_300)),
];

pub(crate) fn start(slot: usize) -> (Fixed, Fixed) {
    STARTS.get(slot).copied().unwrap_or_default()
}

const BOT_NAMES: [&str; PLAYERS_MAX] = ["Pip", "Juno", "Axel", "Mika", "Toe Loop", "Salchow", "Zam", "Lutz"];

pub(crate) fn bot_name(slot: usize) -> &'static str {
    BOT_NAMES.get(slot).copied().unwrap_or_default()
}
