//! Everything the rules know, as plain data: what is hashed, saved and compared is this alone.

use stadion_client::{EntityId, Hasher};

use crate::body::Body;

/// The parts of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Everybody stands on his place.
    Countdown,
    /// Sparks count.
    Play,
    /// The scores stand, the ice is free for fun.
    Podium,
}

/// One player or bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Puck {
    /// Its entity; a player who comes back gets a new one.
    pub serial: EntityId,
    /// The player's public id, `bot:{slot}` for a bot.
    pub id: String,
    /// Whether the simulation itself steers it.
    pub bot: bool,
    /// Colour and starting place, 0 to 7.
    pub slot: usize,
    /// Empty until the player has said it.
    pub name: String,
    /// Where it is and how it moves.
    pub body: Body,
    /// Steering, whole numbers within a disc of 16.
    pub dx: i32,
    /// Steering, downward.
    pub dy: i32,
    /// Sparks in this round.
    pub score: i32,
    /// Rounds won.
    pub wins: i32,
    /// Ticks until the next dash.
    pub dash: i32,
    /// Ticks during which bumps cost nothing.
    pub shield: i32,
}

/// A spark, or a star, on the ice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spark {
    /// Its entity.
    pub serial: EntityId,
    /// Where it is and how it moves.
    pub body: Body,
    /// 1, or 5 for a star.
    pub value: i32,
    /// Ticks until it can be picked up.
    pub arm: i32,
}

/// The state of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// The part of the round.
    pub phase: Phase,
    /// Ticks left of the phase.
    pub timer: i32,
    /// Counted from 1.
    pub round: i32,
    /// Ticks until the next spark.
    pub next_spark: i32,
    /// Ticks until the next star.
    pub next_star: i32,
    /// In the order in which they came.
    pub pucks: Vec<Puck>,
    /// In the order in which they appeared.
    pub sparks: Vec<Spark>,
    /// Public ids for whom there was no room.
    pub waiting: Vec<String>,
}

impl Default for World {
    /// The moment before the first round.
    fn default() -> World {
        World {
            phase: Phase::Podium,
            timer: 1,
            round: 0,
            next_spark: 0,
            next_star: 0,
            pucks: Vec::new(),
            sparks: Vec::new(),
            waiting: Vec::new(),
        }
    }
}

impl World {
    /// The puck of the client with that public id.
    #[must_use]
    pub fn puck(&self, id: &str) -> Option<&Puck> {
        self.pucks.iter().find(|puck| puck.id == id)
    }

    /// The place of a score, 1 for the best; equal scores share one.
    #[must_use]
    pub fn place(&self, score: i32) -> usize {
        1 + self.pucks.iter().filter(|puck| puck.score > score).count()
    }

    pub(crate) fn hash(&self, hasher: &mut Hasher) {
        hasher.i32(match self.phase {
            Phase::Countdown => 0,
            Phase::Play => 1,
            Phase::Podium => 2,
        });
        for value in [self.timer, self.round, self.next_spark, self.next_star] {
            hasher.i32(value);
        }
        for length in [self.pucks.len(), self.sparks.len(), self.waiting.len()] {
            hasher.u32(low(length as u64));
        }
        for puck in &self.pucks {
            hasher.str(&puck.id);
            hasher.str(&puck.name);
            hasher.u32(low(puck.serial.0));
            hasher.u32(low(puck.slot as u64));
            hash_body(&puck.body, hasher);
            for value in [puck.dx, puck.dy, puck.score, puck.wins, puck.dash, puck.shield] {
                hasher.i32(value);
            }
        }
        for spark in &self.sparks {
            hasher.u32(low(spark.serial.0));
            hash_body(&spark.body, hasher);
            hasher.i32(spark.value);
            hasher.i32(spark.arm);
        }
        for id in &self.waiting {
            hasher.str(id);
        }
    }
}

fn hash_body(body: &Body, hasher: &mut Hasher) {
    for value in [body.x, body.y, body.vx, body.vy] {
        hasher.i32(value);
    }
}

fn low(x: u64) -> u32 {
    (x & 0xffff_ffff) as u32
}
