//! A puck on the ice: it is steered, glides, bounces, and bumps into others.

use stadion_client::fixed::{Fixed, ONE, div, mul};
use stadion_client::{EntityId, Sim};

use crate::actor::Actor;
use crate::body::Body;
use crate::numbers::{
    BUMP_EDGE, BUMP_HARD, BUMP_PUSH, DASH_EVERY_TICKS, DASH_KICK, PUCK_ACCELERATION, PUCK_GLIDE, PUCK_REACH,
    SHIELD_TICKS, SPILL_MAX, STEER_MAX, start,
};
use crate::spark;
use crate::world::{Phase, Puck, World};

impl Puck {
    pub(crate) fn new(serial: EntityId, id: String, slot: usize, name: &str, bot: bool) -> Puck {
        Puck {
            serial,
            id,
            bot,
            slot,
            name: name.to_owned(),
            body: Body::at(start(slot)),
            dx: 0,
            dy: 0,
            score: 0,
            wins: 0,
            dash: 0,
            shield: SHIELD_TICKS,
        }
    }

    /// Puts it on its starting place for a new round.
    pub(crate) fn place(&mut self) {
        self.body = Body::at(start(self.slot));
        self.score = 0;
        self.dash = 0;
        self.shield = 0;
    }

    fn glide(&mut self) {
        let body = &mut self.body;
        body.vx = mul(body.vx + PUCK_ACCELERATION * self.dx / STEER_MAX, PUCK_GLIDE);
        body.vy = mul(body.vy + PUCK_ACCELERATION * self.dy / STEER_MAX, PUCK_GLIDE);
        body.limit_speed();
        body.x += body.vx;
        body.y += body.vy;
    }
}

pub(crate) fn tick(world: &mut World, sim: &mut Sim<Actor>, at: usize) {
    if world.phase == Phase::Countdown {
        return;
    }
    let Some(puck) = world.pucks.get_mut(at) else { return };
    puck.dash = (puck.dash - 1).max(0);
    puck.shield = (puck.shield - 1).max(0);
    puck.glide();
    puck.body.bounce_as_puck();
    // Each pair once a tick: whoever came earlier has already moved.
    for other in 0..at {
        bump(world, sim, other, at);
    }
    if let Some(puck) = world.pucks.get_mut(at) {
        puck.body.limit_speed();
    }
}

/// A kick in the direction of steering. Does nothing too early, without a direction, or outside of play.
pub(crate) fn dash(phase: Phase, puck: &mut Puck) {
    if puck.dash > 0 || (puck.dx == 0 && puck.dy == 0) || phase == Phase::Countdown {
        return;
    }
    puck.dash = DASH_EVERY_TICKS;
    puck.body.vx += DASH_KICK * puck.dx / STEER_MAX;
    puck.body.vy += DASH_KICK * puck.dy / STEER_MAX;
    puck.body.limit_speed();
}

/// Two pucks that touch push each other away. Whoever was clearly slower toward the other loses
/// sparks; if neither was, both do. `a` came before `b`.
fn bump(world: &mut World, sim: &mut Sim<Actor>, a: usize, b: usize) {
    let Some((before, from_b)) = world.pucks.split_at_mut_checked(b) else { return };
    let (Some(puck_a), Some(puck_b)) = (before.get_mut(a), from_b.first_mut()) else { return };
    let Some((toward_a, toward_b)) = push_apart(&mut puck_a.body, &mut puck_b.body) else { return };
    let closing = toward_a + toward_b;
    if closing < BUMP_HARD || world.phase != Phase::Play {
        return;
    }
    if toward_a >= toward_b - BUMP_EDGE {
        spill(world, sim, a, closing);
    }
    if toward_b >= toward_a - BUMP_EDGE {
        spill(world, sim, b, closing);
    }
}

/// Moves two bodies apart that overlap and turns their speeds around. Gives how fast `b` came
/// toward `a` and `a` toward `b`, if they were getting closer.
fn push_apart(a: &mut Body, b: &mut Body) -> Option<(Fixed, Fixed)> {
    let distance = a.distance_within(b, PUCK_REACH)?;
    let (nx, ny) =
        if distance == 0 { (ONE, 0) } else { (div(b.x - a.x, distance), div(b.y - a.y, distance)) };
    let apart = (PUCK_REACH - distance) >> 1;
    a.x -= mul(nx, apart);
    a.y -= mul(ny, apart);
    b.x += mul(nx, apart);
    b.y += mul(ny, apart);
    let toward_b = mul(a.vx, nx) + mul(a.vy, ny);
    let toward_a = -(mul(b.vx, nx) + mul(b.vy, ny));
    let closing = toward_a + toward_b;
    if closing <= 0 {
        return None;
    }
    let push = mul(closing, BUMP_PUSH);
    a.vx -= mul(nx, push);
    a.vy -= mul(ny, push);
    b.vx += mul(nx, push);
    b.vy += mul(ny, push);
    a.limit_speed();
    Some((toward_a, toward_b))
}

fn spill(world: &mut World, sim: &mut Sim<Actor>, at: usize, closing: Fixed) {
    let Some(puck) = world.pucks.get_mut(at) else { return };
    if puck.shield > 0 || puck.score == 0 {
        return;
    }
    let count = puck.score.min(SPILL_MAX).min(1 + (closing >> 15));
    puck.score -= count;
    puck.shield = SHIELD_TICKS;
    let (x, y) = (puck.body.x, puck.body.y);
    spark::spill(world, sim, (x, y), count);
}
