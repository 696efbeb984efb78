//! The entities that the driver ticks. They only point at a thing in the world, by the id that the
//! simulation gave them, so that the world alone is the game's state.

use stadion_client::{Entity, EntityId, Sim};

use crate::{Drift, bot, puck, referee, spark};

/// What stands in the scene. A puck or spark that is gone from the world stays there to the end of
/// the next tick and does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Ticks first: it came first.
    Referee,
    /// One of the world's pucks.
    Puck,
    /// One of the world's sparks.
    Spark,
}

impl Entity for Actor {
    type Game = Drift;

    fn sim_tick(&mut self, sim: &mut Sim<Actor>, id: EntityId, game: &mut Drift) {
        let world = &mut game.world;
        match self {
            Actor::Referee => referee::tick(world, sim),
            Actor::Puck => {
                if let Some(at) = world.pucks.iter().position(|puck| puck.serial == id) {
                    bot::tick(world, sim, at);
                    puck::tick(world, sim, at);
                }
            }
            Actor::Spark => {
                if let Some(at) = world.sparks.iter().position(|spark| spark.serial == id) {
                    spark::tick(world, sim, at);
                }
            }
        }
    }
}
