//! The rules of Drift, the demo game at `/play/`, bit for bit the same as `web/play/rules`.
//!
//! Whoever wants to take part in a match without a browser, as a bot or to check it, simulates it
//! with these. The files have the names of their JavaScript twins; `vectors/drift.json` holds both
//! to the same hash at every tick. What is only for eyes and ears has no place here.

mod actor;
mod autopilot;
mod body;
mod bot;
mod messages;
mod numbers;
mod puck;
mod referee;
mod spark;
mod world;

pub use actor::Actor;
pub use autopilot::{Move, choose_move};
pub use messages::{parse_name, parse_steer};
pub use numbers::{NAME_MAX, STEER_MAX};
pub use world::{Phase, Puck, Spark, World};

use stadion_client::{Event, Game, Hasher, Sim};

/// The game as the driver sees it.
#[derive(Debug, Clone, Default)]
pub struct Drift {
    /// All of its state.
    pub world: World,
}

impl Game for Drift {
    type Entity = Actor;

    fn on_reset(&mut self, sim: &mut Sim<Actor>) {
        self.world = World::default();
        sim.spawn(Actor::Referee);
    }

    fn on_connect(&mut self, sim: &mut Sim<Actor>, id: &str) {
        referee::seat(&mut self.world, sim, id);
    }

    fn on_disconnect(&mut self, sim: &mut Sim<Actor>, id: &str) {
        referee::unseat(&mut self.world, sim, id);
    }

    fn on_client_event(&mut self, _sim: &mut Sim<Actor>, event: &Event) {
        let phase = self.world.phase;
        let Some(puck) = self.world.pucks.iter_mut().find(|puck| puck.id == event.origin) else { return };
        match event.kind.as_str() {
            "steer" => {
                if let Some((dx, dy)) = parse_steer(&event.body) {
                    (puck.dx, puck.dy) = (dx, dy);
                }
            }
            "dash" => puck::dash(phase, puck),
            "name" => {
                if let Some(name) = parse_name(&event.body) {
                    name.clone_into(&mut puck.name);
                }
            }
            _ => {}
        }
    }

    fn hash(&self, _sim: &Sim<Actor>, hasher: &mut Hasher) {
        self.world.hash(hasher);
    }
}
