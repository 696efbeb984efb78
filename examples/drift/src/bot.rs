//! A bot inside the simulation: the autopilot with a slower mind and a weaker engine, so that a
//! player can win.

use stadion_client::Sim;

use crate::actor::Actor;
use crate::autopilot::choose_move;
use crate::numbers::{BOT_STRENGTH, BOT_THINKS_EVERY_TICKS, STEER_MAX, any_direction};
use crate::puck::dash;
use crate::world::World;

/// Does nothing for a puck that a player steers.
pub(crate) fn tick(world: &mut World, sim: &mut Sim<Actor>, at: usize) {
    let Some(puck) = world.pucks.get(at).filter(|puck| puck.bot) else { return };
    // Each at its own moment: four bots that think at once would be a jolt.
    let moment = i32::try_from(puck.slot).unwrap_or_default();
    if (world.timer + moment) % BOT_THINKS_EVERY_TICKS != 0 {
        return;
    }
    let strays = sim.random.below(12) == 0;
    let (dx, dy, wants_dash) = if strays {
        let (dx, dy) = any_direction(&mut sim.random);
        (dx * BOT_STRENGTH / STEER_MAX, dy * BOT_STRENGTH / STEER_MAX, false)
    } else {
        let chosen = choose_move(world, puck, BOT_STRENGTH);
        (chosen.dx, chosen.dy, chosen.dash)
    };
    let phase = world.phase;
    let Some(puck) = world.pucks.get_mut(at) else { return };
    (puck.dx, puck.dy) = (dx, dy);
    if wants_dash && sim.random.below(3) == 0 {
        dash(phase, puck);
    }
}
