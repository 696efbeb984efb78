//! The referee: rounds, who sits in which slot, how many bots, when sparks appear.

use stadion_client::Sim;

use crate::actor::Actor;
use crate::numbers::{
    COMPANY, COUNTDOWN_TICKS, PLAY_TICKS, PLAYERS_MAX, PODIUM_TICKS, RUSH_TICKS, SPARK_EVERY_TICKS,
    STAR_EVERY_TICKS, bot_name,
};
use crate::spark;
use crate::world::{Phase, Puck, World};

pub(crate) fn tick(world: &mut World, sim: &mut Sim<Actor>) {
    fill_up(world, sim);
    world.timer -= 1;
    if world.timer <= 0 {
        next_phase(world, sim);
    }
    if world.phase == Phase::Play {
        feed(world, sim);
    }
}

/// A player came. With no room left he waits, and watches.
pub(crate) fn seat(world: &mut World, sim: &mut Sim<Actor>, id: &str) {
    if world.puck(id).is_some() || world.waiting.iter().any(|waiting| waiting == id) {
        return;
    }
    if world.pucks.len() >= COMPANY {
        remove_bot(world, sim);
    }
    if world.pucks.len() >= PLAYERS_MAX {
        world.waiting.push(id.to_owned());
        return;
    }
    add_puck(world, sim, Some(id.to_owned()));
}

/// A player left. Whoever waits longest takes the place.
pub(crate) fn unseat(world: &mut World, sim: &mut Sim<Actor>, id: &str) {
    world.waiting.retain(|waiting| waiting != id);
    let Some(at) = world.pucks.iter().position(|puck| puck.id == id) else { return };
    remove_puck(world, sim, at);
    if !world.waiting.is_empty() {
        let next = world.waiting.remove(0);
        add_puck(world, sim, Some(next));
    }
}

/// Without a player's id it is a bot's.
fn add_puck(world: &mut World, sim: &mut Sim<Actor>, id: Option<String>) {
    let taken = |slot: &usize| world.pucks.iter().any(|puck| puck.slot == *slot);
    let slot = (0..PLAYERS_MAX).find(|slot| !taken(slot)).unwrap_or_default();
    let serial = sim.spawn(Actor::Puck);
    world.pucks.push(match id {
        Some(id) => Puck::new(serial, id, slot, "", false),
        None => Puck::new(serial, format!("bot:{slot}"), slot, bot_name(slot), true),
    });
}

fn fill_up(world: &mut World, sim: &mut Sim<Actor>) {
    if world.pucks.len() < COMPANY {
        add_puck(world, sim, None);
    } else if world.pucks.len() > COMPANY {
        remove_bot(world, sim);
    }
}

/// The bot that came last goes first.
fn remove_bot(world: &mut World, sim: &mut Sim<Actor>) {
    if let Some(at) = world.pucks.iter().rposition(|puck| puck.bot) {
        remove_puck(world, sim, at);
    }
}

fn remove_puck(world: &mut World, sim: &mut Sim<Actor>, at: usize) {
    let puck = world.pucks.remove(at);
    sim.despawn(puck.serial);
}

fn next_phase(world: &mut World, sim: &mut Sim<Actor>) {
    match world.phase {
        Phase::Podium => {
            world.phase = Phase::Countdown;
            world.timer = COUNTDOWN_TICKS;
            world.round += 1;
            spark::clear(world, sim);
            world.pucks.iter_mut().for_each(Puck::place);
        }
        Phase::Countdown => {
            world.phase = Phase::Play;
            world.timer = PLAY_TICKS;
            world.next_spark = 0;
            world.next_star = STAR_EVERY_TICKS;
        }
        Phase::Play => {
            world.phase = Phase::Podium;
            world.timer = PODIUM_TICKS;
            spark::clear(world, sim);
            let best = world.pucks.iter().map(|puck| puck.score).max().unwrap_or_default();
            for puck in &mut world.pucks {
                if best > 0 && puck.score == best {
                    puck.wins += 1;
                }
            }
        }
    }
}

/// Sparks keep coming, faster in the last ten seconds; a star every sixteen.
fn feed(world: &mut World, sim: &mut Sim<Actor>) {
    let rush = world.timer <= RUSH_TICKS;
    world.next_spark -= 1;
    if world.next_spark <= 0 {
        let wanted = if rush { 12 } else { 6 } + world.pucks.len();
        if world.sparks.len() < wanted {
            spark::scatter(world, sim);
        }
        let pause = if rush { 0 } else { SPARK_EVERY_TICKS };
        world.next_spark = pause + 1 + sim.random.range(0, SPARK_EVERY_TICKS);
    }
    world.next_star -= 1;
    if world.next_star <= 0 {
        spark::launch_star(world, sim);
        world.next_star = STAR_EVERY_TICKS;
    }
}
