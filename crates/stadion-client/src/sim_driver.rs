//! The driver of a simulation: takes a stream's answers, plays their ticks at the stream's pace and
//! calls a game back. Ticks are played whole: the events stamped with a tick, then the tick.

use std::fmt;
use std::time::Instant;

use crate::answer::{Answer, ClientHash, Desync, State};
use crate::lockstep::{Lockstep, Request};
use crate::pace::Pace;
use crate::sim::{Outgoing, Sim};
use crate::simulation::{Game, SimError, Simulation};

/// How a [`SimDriver`] plays.
pub struct SimDriverOptions {
    /// The stream's tick.
    pub tick_ms: f64,
    /// How long one frame may simulate.
    pub frame_budget_ms: f64,
    /// How long one answer may simulate while nothing is shown.
    pub hidden_budget_ms: f64,
    /// Hashes after every n-th tick; 0: never.
    pub hash_every: u32,
    /// Milliseconds, for the budgets.
    pub clock: Box<dyn FnMut() -> f64 + Send>,
}

impl Default for SimDriverOptions {
    /// 50 ms a tick, 8 ms a frame, 40 ms an answer when hidden, a hash after every tick.
    fn default() -> SimDriverOptions {
        let start = Instant::now();
        SimDriverOptions {
            tick_ms: 50.0,
            frame_budget_ms: 8.0,
            hidden_budget_ms: 40.0,
            hash_every: 1,
            clock: Box::new(move || start.elapsed().as_secs_f64() * 1000.0),
        }
    }
}

impl fmt::Debug for SimDriverOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimDriverOptions")
            .field("tick_ms", &self.tick_ms)
            .field("frame_budget_ms", &self.frame_budget_ms)
            .field("hidden_budget_ms", &self.hidden_budget_ms)
            .field("hash_every", &self.hash_every)
            .finish_non_exhaustive()
    }
}

/// A state hash after a tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TickHash {
    /// The tick.
    pub t: i64,
    /// 16 hexadecimal digits.
    pub hash: String,
}

/// Drives a game by a stream's answers. What it has to say to the stream is taken from it after
/// each frame: [`SimDriver::take_outgoing`] and [`SimDriver::take_hash`].
///
/// ```
/// use stadion_client::{Answer, Entity, EntityId, Event, Game, Sim, SimDriver, SimError, fixed};
///
/// struct Runners;
///
/// struct Runner {
///     x: fixed::Fixed,
/// }
///
/// impl Game for Runners {
///     type Entity = Runner;
///
///     fn on_connect(&mut self, sim: &mut Sim<Runner>, _id: &str) {
///         sim.spawn(Runner { x: 0 });
///     }
/// }
///
/// impl Entity for Runner {
///     type Game = Runners;
///
///     fn sim_tick(&mut self, sim: &mut Sim<Runner>, _id: EntityId, _game: &mut Runners) {
///         self.x += sim.random.fixed01();
///     }
/// }
///
/// let mut driver = SimDriver::new(Runners, Default::default());
/// # let event = |kind: &str, body: &str| Event { t: 1, kind: kind.into(), origin: "_".into(), body: body.into() };
/// # let answer = Answer { t: 3, events: vec![event("_a", "42"), event("_c", "1")], ..Answer::default() };
/// driver.on_answer(answer)?; // as the stream gives them
/// driver.advance(0.0)?; // once a frame, with the frame's time
/// driver.advance(150.0)?;
/// for runner in driver.sim().entities() {
///     println!("at {}, {} of the way to the next tick", runner.x, driver.interpolation());
/// }
/// for event in driver.take_outgoing() {
///     println!("to be sent: {} {}", event.kind, event.body);
/// }
/// # assert_eq!(driver.t(), 3);
/// # Ok::<(), SimError>(())
/// ```
pub struct SimDriver<G: Game> {
    lockstep: Lockstep,
    pace: Pace,
    simulation: Simulation<G>,
    options: SimDriverOptions,
    hidden: bool,
    last_hash: Option<TickHash>,
    hash_taken: bool,
    states: Vec<State>,
    hashes: Vec<ClientHash>,
    desync: Option<Desync>,
}

impl<G: Game> SimDriver<G> {
    /// Before the first answer.
    ///
    /// # Panics
    /// If the options' tick is not above 0.
    pub fn new(game: G, options: SimDriverOptions) -> SimDriver<G> {
        SimDriver {
            lockstep: Lockstep::new(),
            pace: Pace::new(options.tick_ms),
            simulation: Simulation::new(game),
            options,
            hidden: false,
            last_hash: None,
            hash_taken: true,
            states: Vec::new(),
            hashes: Vec::new(),
            desync: None,
        }
    }

    /// The simulation: its entities are what there is to draw.
    pub fn sim(&self) -> &Sim<G::Entity> {
        self.simulation.sim()
    }

    /// The game.
    pub fn game(&self) -> &G {
        self.simulation.game()
    }

    /// The last simulated tick.
    pub fn t(&self) -> i64 {
        self.lockstep.t()
    }

    /// The last tick that the server announced.
    pub fn last_known(&self) -> i64 {
        self.lockstep.last_known()
    }

    /// How many ticks could be simulated now.
    pub fn behind(&self) -> i64 {
        self.lockstep.behind()
    }

    /// How far the time between the last tick and the next one has passed, 0 to 1: for drawing between the two.
    pub fn interpolation(&self) -> f64 {
        self.pace.interpolation()
    }

    /// The latest hash of this simulation.
    pub fn last_hash(&self) -> Option<&TickHash> {
        self.last_hash.as_ref()
    }

    /// The latest hash if it was not taken yet: for the transport, where only the latest goes out.
    pub fn take_hash(&mut self) -> Option<TickHash> {
        if std::mem::replace(&mut self.hash_taken, true) { None } else { self.last_hash.clone() }
    }

    /// Each client's latest hash, as the server last told.
    pub fn hashes(&self) -> &[ClientHash] {
        &self.hashes
    }

    /// The disagreement that the server tells of, until everybody agrees again.
    pub fn desync(&self) -> Option<&Desync> {
        self.desync.as_ref()
    }

    /// The clients' volatile state, as the server last told. Never use it in a simulation.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// Sends an event to all clients, this one included: it is simulated when it comes back.
    pub fn send_event(&mut self, kind: impl Into<String>, body: impl Into<String>) {
        self.simulation.send_event(kind, body);
    }

    /// The events to send since the last call.
    pub fn take_outgoing(&mut self) -> Vec<Outgoing> {
        self.simulation.take_outgoing()
    }

    /// Whether nothing is shown: then answers drive the simulation, since no frames come.
    pub fn set_hidden(&mut self, hidden: bool) {
        self.hidden = hidden;
    }

    /// Takes the stream's next answer. While hidden this also simulates it.
    ///
    /// # Errors
    /// [`SimError::Lockstep`] if it does not continue the ones before it; otherwise as [`SimDriver::step`].
    pub fn on_answer(&mut self, mut answer: Answer) -> Result<(), SimError> {
        let states = std::mem::take(&mut answer.states);
        let hashes = answer.hashes.take();
        let desync = answer.desync.take();
        self.lockstep.push(answer)?;
        self.states = states;
        if let Some(hashes) = hashes {
            self.hashes = hashes;
            // Told with the hashes as long as it stands; when everybody agrees again it is told no more.
            self.desync = desync;
        }
        if self.hidden {
            self.catch_up(self.options.hidden_budget_ms)?;
        }
        Ok(())
    }

    /// The stream has a new epoch: everything begins anew.
    pub fn on_reset(&mut self) {
        self.lockstep.reset();
        self.simulation.clear();
        self.last_hash = None;
        self.hash_taken = true;
        self.states.clear();
        self.hashes.clear();
        self.desync = None;
    }

    /// Simulates what is due, once a frame, and tells how many ticks that were. `now_ms` is of any
    /// clock that does not go backwards.
    ///
    /// # Errors
    /// As [`SimDriver::step`].
    pub fn advance(&mut self, now_ms: f64) -> Result<u64, SimError> {
        self.pace.advance(now_ms, self.behind());
        let end = (self.options.clock)() + self.options.frame_budget_ms;
        let mut played = 0;
        while self.pace.take(self.lockstep.behind()) {
            self.step()?;
            played += 1;
            if (self.options.clock)() >= end {
                self.pace.settle();
                break;
            }
        }
        Ok(played)
    }

    /// Simulates without a pace, up to the last known tick or for so long, and tells how many ticks
    /// that were: for bots (`f64::INFINITY`) and hidden windows. One tick is always played.
    ///
    /// # Errors
    /// As [`SimDriver::step`].
    pub fn catch_up(&mut self, budget_ms: f64) -> Result<u64, SimError> {
        let end = (self.options.clock)() + budget_ms;
        let mut played = 0;
        while self.step()? {
            played += 1;
            if (self.options.clock)() >= end {
                break;
            }
        }
        Ok(played)
    }

    /// Simulates one tick and everything stamped with it; false at the last known tick.
    ///
    /// # Errors
    /// [`SimError::Broken`] after a callback panicked, [`SimError::OutgoingFull`] if nobody takes what is sent.
    pub fn step(&mut self) -> Result<bool, SimError> {
        loop {
            let Some(request) = self.lockstep.next() else { return Ok(false) };
            self.simulation.play(&request)?;
            if let Request::Tick { t } = request {
                self.hash(t);
                return Ok(true);
            }
        }
    }

    fn hash(&mut self, t: i64) {
        let every = i64::from(self.options.hash_every);
        if every == 0 || t % every != 0 {
            return;
        }
        self.last_hash = Some(TickHash { t, hash: self.simulation.hash() });
        self.hash_taken = false;
    }
}

impl<G: Game + Clone> SimDriver<G>
where
    G::Entity: Clone,
{
    /// A copy of the whole simulation.
    pub fn save(&self) -> Simulation<G> {
        self.simulation.clone()
    }
}

impl<G: Game> SimDriver<G> {
    /// Goes on from a saved simulation of the same stream.
    ///
    /// # Errors
    /// [`SimError::Lockstep`] if this one is further already.
    pub fn load(&mut self, saved: Simulation<G>) -> Result<(), SimError> {
        self.lockstep.skip_to(saved.sim().t())?;
        self.simulation = saved;
        Ok(())
    }
}
