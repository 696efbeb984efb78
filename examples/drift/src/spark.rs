//! Sparks: they appear, lie or drift on the ice, and go to whoever touches them first.

use stadion_client::Sim;
use stadion_client::fixed::{Fixed, mul};

use crate::actor::Actor;
use crate::body::Body;
use crate::numbers::{
    PICKUP_EASE, POST_RADIUS, POSTS, PUCK_RADIUS, SPARK_ARM_TICKS, SPARK_GLIDE, SPARK_RADIUS, SPARKS_MAX,
    SPILL_SPEED, SPILL_SPEED_SPREAD, STAR_RADIUS, STAR_SPEED, STAR_VALUE, STEER_MAX, any_direction,
};
use crate::world::{Spark, World};

fn add(world: &mut World, sim: &mut Sim<Actor>, body: Body, value: i32, arm: i32) {
    // The bound on what a match can hold: beyond it sparks melt.
    if world.sparks.len() >= SPARKS_MAX {
        return;
    }
    let serial = sim.spawn(Actor::Spark);
    world.sparks.push(Spark { serial, body, value, arm });
}

/// A spark somewhere on the ice, not under a puck if three tries find such a place.
pub(crate) fn scatter(world: &mut World, sim: &mut Sim<Actor>) {
    let mut body = Body::default();
    for _ in 0..3 {
        // In steps of 1/64 of a unit, 3 units from the boards.
        body.x = sim.random.range(-1344, 1345) * 1024;
        body.y = sim.random.range(-768, 769) * 1024;
        if is_free(world, &body) {
            break;
        }
    }
    add(world, sim, body, 1, 0);
}

/// A star sets out from the middle.
pub(crate) fn launch_star(world: &mut World, sim: &mut Sim<Actor>) {
    let body = heading(sim, (0, 0), STAR_SPEED);
    add(world, sim, body, STAR_VALUE, SPARK_ARM_TICKS);
}

/// `count` sparks leave from a place.
pub(crate) fn spill(world: &mut World, sim: &mut Sim<Actor>, place: (Fixed, Fixed), count: i32) {
    for _ in 0..count {
        let speed = SPILL_SPEED + sim.random.range(0, SPILL_SPEED_SPREAD);
        let body = heading(sim, place, speed);
        add(world, sim, body, 1, SPARK_ARM_TICKS);
    }
}

pub(crate) fn clear(world: &mut World, sim: &mut Sim<Actor>) {
    for spark in world.sparks.drain(..) {
        sim.despawn(spark.serial);
    }
}

pub(crate) fn tick(world: &mut World, sim: &mut Sim<Actor>, at: usize) {
    let Some(spark) = world.sparks.get_mut(at) else { return };
    spark.arm = (spark.arm - 1).max(0);
    let radius = if spark.value == 1 { SPARK_RADIUS } else { STAR_RADIUS };
    let body = &mut spark.body;
    if body.vx != 0 || body.vy != 0 {
        body.x += body.vx;
        body.y += body.vy;
        // A star never slows down; it has to be caught.
        if spark.value == 1 {
            body.vx = mul(body.vx, SPARK_GLIDE);
            body.vy = mul(body.vy, SPARK_GLIDE);
        }
        body.bounce_as_spark(radius);
    }
    if spark.arm == 0 {
        pick_up(world, sim, at, PUCK_RADIUS + radius + PICKUP_EASE);
    }
}

/// Gives the spark to the nearest puck in reach.
fn pick_up(world: &mut World, sim: &mut Sim<Actor>, at: usize, reach: Fixed) {
    let Some(spark) = world.sparks.get(at) else { return };
    let mut nearest = reach;
    let mut taker = None;
    for puck in &mut world.pucks {
        if let Some(distance) = spark.body.distance_within(&puck.body, nearest) {
            nearest = distance;
            taker = Some(puck);
        }
    }
    let Some(taker) = taker else { return };
    taker.score += spark.value;
    sim.despawn(spark.serial);
    world.sparks.remove(at);
}

fn heading(sim: &mut Sim<Actor>, (x, y): (Fixed, Fixed), speed: Fixed) -> Body {
    let (dx, dy) = any_direction(&mut sim.random);
    Body { x, y, vx: speed * dx / STEER_MAX, vy: speed * dy / STEER_MAX }
}

fn is_free(world: &World, body: &Body) -> bool {
    let post_reach = POST_RADIUS + 2 * SPARK_RADIUS;
    let puck_reach = 3 * PUCK_RADIUS;
    POSTS.iter().all(|post| body.distance_within(&Body::at(*post), post_reach).is_none())
        && world.pucks.iter().all(|puck| body.distance_within(&puck.body, puck_reach).is_none())
}
