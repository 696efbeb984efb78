//! How a bot steers: toward what is worth most for its distance, minding its own momentum.

use stadion_client::fixed::{Fixed, div, hypot, mul, to_int};

use crate::body::Body;
use crate::numbers::{DASH_REACH, DASH_SPEED, LOOK_AHEAD_TICKS, NEAR, PREY_REACH, PREY_SCORE_MIN, RUN_UP};
use crate::world::{Phase, Puck, Spark, World};

/// What to do: where to steer, within the disc of `strength`, and whether to dash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// To the right.
    pub dx: i32,
    /// Downward.
    pub dy: i32,
    /// Now.
    pub dash: bool,
}

#[derive(Default)]
struct Goal {
    x: Fixed,
    y: Fixed,
    prey: bool,
}

/// A puck's best move. `strength` is the steering vector's length, up to 16.
#[must_use]
pub fn choose_move(world: &World, puck: &Puck, strength: i32) -> Move {
    let goal = choose_goal(world, puck);
    let body = &puck.body;
    let x = goal.x - body.x - LOOK_AHEAD_TICKS * body.vx;
    let y = goal.y - body.y - LOOK_AHEAD_TICKS * body.vy;
    let (nx, ny) = unit(x, y);
    Move {
        dx: to_int(nx * strength),
        dy: to_int(ny * strength),
        dash: goal.prey && puck.dash == 0 && is_running_at(body, &goal),
    }
}

fn choose_goal(world: &World, puck: &Puck) -> Goal {
    let mut best = Goal::default();
    let mut lowest = i32::MAX;
    for spark in &world.sparks {
        let squared = puck.body.distance_squared(spark.body.x, spark.body.y);
        let mut cost = squared / spark.value;
        if cost < lowest && is_nearer_to_another(world, puck, spark, squared) {
            cost *= 3;
        }
        if cost < lowest {
            lowest = cost;
            best = Goal { x: spark.body.x, y: spark.body.y, prey: false };
        }
    }
    // Without a dash to come it would only push and shove.
    if world.phase != Phase::Play || puck.dash > 0 {
        return best;
    }
    for other in &world.pucks {
        if other.serial == puck.serial || other.score < PREY_SCORE_MIN || other.shield > 0 {
            continue;
        }
        let squared = puck.body.distance_squared(other.body.x, other.body.y);
        if squared > mul(PREY_REACH, PREY_REACH) || squared < mul(RUN_UP, RUN_UP) {
            continue;
        }
        let cost = squared / (other.score >> 1);
        if cost < lowest {
            lowest = cost;
            best =
                Goal { x: other.body.x + 4 * other.body.vx, y: other.body.y + 4 * other.body.vy, prey: true };
        }
    }
    best
}

fn is_nearer_to_another(world: &World, puck: &Puck, spark: &Spark, squared: Fixed) -> bool {
    world.pucks.iter().any(|other| {
        other.serial != puck.serial && other.body.distance_squared(spark.body.x, spark.body.y) < squared
    })
}

fn is_running_at(body: &Body, goal: &Goal) -> bool {
    if body.distance_squared(goal.x, goal.y) > mul(DASH_REACH, DASH_REACH) {
        return false;
    }
    let (nx, ny) = unit(goal.x - body.x, goal.y - body.y);
    mul(body.vx, nx) + mul(body.vy, ny) > DASH_SPEED
}

/// The direction, or nothing when it is hardly anywhere to go.
fn unit(x: Fixed, y: Fixed) -> (Fixed, Fixed) {
    let length = hypot(x, y);
    if length < NEAR { (0, 0) } else { (div(x, length), div(y, length)) }
}
