//! One simulation: a game and its scene. It plays requests, one after the other; it knows no time
//! and no network.

use serde::{Deserialize, Serialize};

use crate::answer::Event;
use crate::hash::Hasher;
use crate::lockstep::{LockstepError, Request};
use crate::sim::{EntityId, OUTGOING_MAX, Outgoing, Sim};

/// A thing that lives in the scene and moves in each tick. Several kinds are an `enum`.
pub trait Entity: Sized {
    /// The game it belongs to.
    type Game;

    /// One tick of its life. Meanwhile it is not in `sim`, the others are.
    fn sim_tick(&mut self, sim: &mut Sim<Self>, id: EntityId, game: &mut Self::Game);
}

/// What a game does. All callbacks must do the same on every client, so they look at nothing but
/// their arguments: no clock, no random numbers but `sim.random`, no order of a `HashMap`.
pub trait Game: Sized {
    /// What lives in the scene.
    type Entity: Entity<Game = Self>;

    /// A new game begins: drop all state; the scene is empty.
    fn on_reset(&mut self, _sim: &mut Sim<Self::Entity>) {}

    /// The client with this public id is there.
    fn on_connect(&mut self, _sim: &mut Sim<Self::Entity>, _id: &str) {}

    /// It is gone.
    fn on_disconnect(&mut self, _sim: &mut Sim<Self::Entity>, _id: &str) {}

    /// A client sent an event.
    fn on_client_event(&mut self, _sim: &mut Sim<Self::Entity>, _event: &Event) {}

    /// Feeds the whole state that matters.
    fn hash(&self, _sim: &Sim<Self::Entity>, _hasher: &mut Hasher) {}
}

/// Why a simulation does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimError {
    /// A callback panicked before, so a tick is half done.
    #[error("the simulation stopped at tick {t}, in which a callback panicked")]
    Broken {
        /// The tick that is half done.
        t: i64,
    },
    /// More events were sent than anybody took.
    #[error("{OUTGOING_MAX} events wait to be sent: take them after each frame")]
    OutgoingFull,
    /// An answer, or a saved simulation, does not fit what was simulated.
    #[error(transparent)]
    Lockstep(#[from] LockstepError),
}

/// A game with its scene. To save it is to clone it, or to serialize it if the game and its
/// entities can be; `Clone` and `Deserialize` are the hooks.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound(
    serialize = "G: Serialize, G::Entity: Serialize",
    deserialize = "G: Deserialize<'de>, G::Entity: Deserialize<'de>"
))]
pub struct Simulation<G: Game> {
    game: G,
    sim: Sim<G::Entity>,
    /// Whether a callback is running; still so after a panic.
    busy: bool,
}

impl<G: Game> Simulation<G> {
    /// Before the first request.
    pub fn new(game: G) -> Simulation<G> {
        Simulation { game, sim: Sim::new(), busy: false }
    }

    /// The game, to be read.
    pub fn game(&self) -> &G {
        &self.game
    }

    /// The scene, to be read.
    pub fn sim(&self) -> &Sim<G::Entity> {
        &self.sim
    }

    /// Plays one request, the next one of a [`crate::Lockstep`].
    ///
    /// # Errors
    /// [`SimError::Broken`] after a callback panicked, [`SimError::OutgoingFull`] if the game sent
    /// more than was taken.
    pub fn play(&mut self, request: &Request) -> Result<(), SimError> {
        if self.busy {
            return Err(SimError::Broken { t: self.sim.t });
        }
        self.busy = true;
        if let Request::Reset { seed, .. } = request {
            self.sim.begin(*seed);
        }
        let t = request.t();
        self.sim.turn_to(t);
        self.sim.set_next_end(t);
        match request {
            Request::Reset { .. } => self.game.on_reset(&mut self.sim),
            Request::Connect { id, .. } => self.game.on_connect(&mut self.sim, id),
            Request::Disconnect { id, .. } => self.game.on_disconnect(&mut self.sim, id),
            Request::Event(event) => self.game.on_client_event(&mut self.sim, event),
            Request::Tick { .. } => self.tick(),
        }
        self.busy = false;
        if self.sim.outgoing_full() { Err(SimError::OutgoingFull) } else { Ok(()) }
    }

    /// The hash of the state after a tick: the tick, the seed, who is in the scene, and what the
    /// game feeds. 16 hexadecimal digits.
    pub fn hash(&self) -> String {
        let mut hasher = Hasher::new();
        self.sim.hash(&mut hasher);
        self.game.hash(&self.sim, &mut hasher);
        hasher.hex()
    }

    /// The events that callbacks sent since the last call.
    pub fn take_outgoing(&mut self) -> Vec<Outgoing> {
        self.sim.take_outgoing()
    }

    /// Sends an event from outside the simulation.
    pub fn send_event(&mut self, kind: impl Into<String>, body: impl Into<String>) {
        self.sim.send_event(kind, body);
    }

    /// Empties the scene and forgets a panic: the stream begins anew.
    pub fn clear(&mut self) {
        self.sim = Sim::new();
        self.busy = false;
    }

    fn tick(&mut self) {
        self.sim.set_next_end(self.sim.t + 1);
        for index in 0..self.sim.scene_len() {
            if let Some((id, mut entity)) = self.sim.take_at(index) {
                entity.sim_tick(&mut self.sim, id, &mut self.game);
                self.sim.put_back(index, entity);
            }
        }
        self.sim.end_tick();
    }
}
