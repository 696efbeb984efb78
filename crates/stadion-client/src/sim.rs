//! The scene of a simulation, as a game's callbacks see it: tick, entities, random numbers.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::hash::Hasher;
use crate::random::{Random, Seed};

/// How many sent events wait to be taken; past this the simulation stops with an error.
pub(crate) const OUTGOING_MAX: usize = 10_000;

/// Names an entity: counted from 1 in spawn order and never used again within a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityId(pub u64);

/// An event on its way to the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The event's type; does not begin with `_`.
    pub kind: String,
    /// Whatever the game puts into it.
    pub body: String,
}

/// The scene. A game meets it in its callbacks alone, so what can be done here is done inside a
/// tick or an event. Outside, a driver lends it for reading:
///
/// ```compile_fail,E0596
/// # use stadion_client::{Entity, EntityId, Game, Sim, SimDriver};
/// # struct Dot;
/// # impl Entity for Dot {
/// #     type Game = Dots;
/// #     fn sim_tick(&mut self, _: &mut Sim<Dot>, _: EntityId, _: &mut Dots) {}
/// # }
/// # struct Dots;
/// # impl Game for Dots {
/// #     type Entity = Dot;
/// # }
/// # let mut driver = SimDriver::new(Dots, Default::default());
/// driver.sim().spawn(Dot); // spawning outside a tick does not compile
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sim<E> {
    /// The random numbers of this tick, the same on every client.
    pub random: Random,
    pub(crate) t: i64,
    seed: Seed,
    /// At the end of which tick a spawn or despawn takes effect.
    next_end: i64,
    next_id: u64,
    /// In spawn order, so ids ascend.
    scene: Vec<Slot<E>>,
    /// In spawn order.
    entering: VecDeque<Entering<E>>,
    /// Who leaves at the end of which tick.
    leaving: BTreeMap<EntityId, i64>,
    outgoing: Vec<Outgoing>,
    outgoing_full: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Slot<E> {
    id: EntityId,
    /// Empty while the entity ticks.
    entity: Option<E>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entering<E> {
    id: EntityId,
    entity: E,
    at: i64,
}

impl<E> Sim<E> {
    pub(crate) fn new() -> Sim<E> {
        Sim {
            random: Random::new(Seed(0), 0),
            t: 0,
            seed: Seed(0),
            next_end: 0,
            next_id: 1,
            scene: Vec::new(),
            entering: VecDeque::new(),
            leaving: BTreeMap::new(),
            outgoing: Vec::new(),
            outgoing_full: false,
        }
    }

    /// The tick that is being simulated; between ticks the last one.
    #[must_use]
    pub fn t(&self) -> i64 {
        self.t
    }

    /// The next 32 random bits of this tick.
    pub fn get_random(&mut self) -> u32 {
        self.random.next_u32()
    }

    /// The scene in spawn order, without those who have yet to enter it, and without the entity
    /// that is ticking just now, which is not among the others.
    pub fn entities(&self) -> impl Iterator<Item = &E> {
        self.scene.iter().filter_map(|slot| slot.entity.as_ref())
    }

    /// The same, to be changed.
    pub fn entities_mut(&mut self) -> impl Iterator<Item = &mut E> {
        self.scene.iter_mut().filter_map(|slot| slot.entity.as_mut())
    }

    /// The same, with ids.
    pub fn iter(&self) -> impl Iterator<Item = (EntityId, &E)> {
        self.scene.iter().filter_map(|slot| Some((slot.id, slot.entity.as_ref()?)))
    }

    /// The same, with ids, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (EntityId, &mut E)> {
        self.scene.iter_mut().filter_map(|slot| Some((slot.id, slot.entity.as_mut()?)))
    }

    /// The entity with this id, also while it has yet to enter the scene; not the one that is ticking.
    #[must_use]
    pub fn get(&self, id: EntityId) -> Option<&E> {
        match self.index_of(id) {
            Some(index) => self.scene.get(index)?.entity.as_ref(),
            None => self.entering.iter().find(|entry| entry.id == id).map(|entry| &entry.entity),
        }
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: EntityId) -> Option<&mut E> {
        match self.index_of(id) {
            Some(index) => self.scene.get_mut(index)?.entity.as_mut(),
            None => self.entering.iter_mut().find(|entry| entry.id == id).map(|entry| &mut entry.entity),
        }
    }

    /// Lets an entity into the scene at the end of the next tick: during tick 5 that is the end of
    /// tick 6, in an event before tick 5 the end of tick 5.
    pub fn spawn(&mut self, entity: E) -> EntityId {
        let id = EntityId(self.next_id);
        self.next_id += 1;
        self.entering.push_back(Entering { id, entity, at: self.next_end });
        id
    }

    /// Takes an entity out of the scene at the end of the next tick, by the same rule; until then
    /// it goes on. Tells whether it was there and not yet leaving.
    pub fn despawn(&mut self, id: EntityId) -> bool {
        let there = self.index_of(id).is_some() || self.entering.iter().any(|entry| entry.id == id);
        if !there || self.leaving.contains_key(&id) {
            return false;
        }
        self.leaving.insert(id, self.next_end);
        true
    }

    /// Sends an event to all clients. It is simulated when it comes back, like everybody else's.
    /// Who calls this from inside the simulation sends once from each client.
    pub fn send_event(&mut self, kind: impl Into<String>, body: impl Into<String>) {
        if self.outgoing.len() >= OUTGOING_MAX {
            self.outgoing_full = true;
            return;
        }
        self.outgoing.push(Outgoing { kind: kind.into(), body: body.into() });
    }

    pub(crate) fn take_outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    pub(crate) fn outgoing_full(&self) -> bool {
        self.outgoing_full
    }

    /// Begins a game with an empty scene. What was sent before it stays sent.
    pub(crate) fn begin(&mut self, seed: Seed) {
        self.seed = seed;
        self.next_id = 1;
        self.scene.clear();
        self.entering.clear();
        self.leaving.clear();
        self.random.rekey(seed, self.t);
    }

    pub(crate) fn turn_to(&mut self, t: i64) {
        if t != self.t {
            self.t = t;
            self.random.rekey(self.seed, t);
        }
    }

    /// What is spawned and despawned from now on takes effect at the end of tick `t`.
    pub(crate) fn set_next_end(&mut self, t: i64) {
        self.next_end = t;
    }

    pub(crate) fn scene_len(&self) -> usize {
        self.scene.len()
    }

    /// Lends out the entity at an index of the scene, until [`Sim::put_back`].
    pub(crate) fn take_at(&mut self, index: usize) -> Option<(EntityId, E)> {
        let slot = self.scene.get_mut(index)?;
        Some((slot.id, slot.entity.take()?))
    }

    pub(crate) fn put_back(&mut self, index: usize, entity: E) {
        if let Some(slot) = self.scene.get_mut(index) {
            slot.entity = Some(entity);
        }
    }

    pub(crate) fn end_tick(&mut self) {
        let t = self.t;
        while let Some(Entering { id, entity, .. }) = self.entering.pop_front_if(|entry| entry.at <= t) {
            self.scene.push(Slot { id, entity: Some(entity) });
        }
        if !self.leaving.is_empty() {
            let leaving = &mut self.leaving;
            self.scene.retain(|slot| leaving.get(&slot.id).is_none_or(|at| *at > t));
            leaving.retain(|_, at| *at > t);
        }
    }

    pub(crate) fn hash(&self, hasher: &mut Hasher) {
        hasher.u32(low(self.t.cast_unsigned()));
        hasher.u32(self.seed.high());
        hasher.u32(self.seed.low());
        hasher.u32(low(self.next_id));
        hasher.u32(low(self.scene.len() as u64));
        for slot in &self.scene {
            hasher.u32(low(slot.id.0));
        }
    }

    fn index_of(&self, id: EntityId) -> Option<usize> {
        self.scene.binary_search_by_key(&id, |slot| slot.id).ok()
    }
}

fn low(x: u64) -> u32 {
    (x & 0xffff_ffff) as u32
}
