//! Finds a game that is not deterministic before its players do: every tick is simulated twice,
//! once by the game as it runs and once by a copy of it.

use crate::answer::Answer;
use crate::lockstep::{Lockstep, Request};
use crate::simulation::{Game, SimError, Simulation};

/// Why a sync test ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncTestError {
    /// Two simulations of the same tick differ.
    #[error("tick {t} is not deterministic, or its copy shares state: {first}, then {second}")]
    Differs {
        /// The tick.
        t: i64,
        /// The hash of the game that runs.
        first: String,
        /// The hash of the copy.
        second: String,
    },
    /// The answers do not fit together, or the simulation stopped.
    #[error(transparent)]
    Sim(#[from] SimError),
}

/// Simulates each tick of a stream twice from the same state and compares the hashes; tells how
/// many ticks that were. Events that the game sends are dropped.
///
/// # Errors
/// [`SyncTestError::Differs`] at the first difference.
pub fn sync_test<G>(game: G, answers: impl IntoIterator<Item = Answer>) -> Result<u64, SyncTestError>
where
    G: Game + Clone,
    G::Entity: Clone,
{
    let mut lockstep = Lockstep::new();
    let mut running = Simulation::new(game);
    let mut requests = Vec::new();
    let mut compared = 0;
    for answer in answers {
        lockstep.push(answer).map_err(SimError::from)?;
        while let Some(request) = lockstep.next() {
            let whole = matches!(request, Request::Tick { .. });
            requests.push(request);
            if whole {
                compare_tick(&mut running, &requests)?;
                requests.clear();
                compared += 1;
            }
        }
    }
    Ok(compared)
}

fn compare_tick<G>(running: &mut Simulation<G>, requests: &[Request]) -> Result<(), SyncTestError>
where
    G: Game + Clone,
    G::Entity: Clone,
{
    let mut copy = running.clone();
    for simulation in [&mut *running, &mut copy] {
        for request in requests {
            simulation.play(request)?;
        }
        simulation.take_outgoing();
    }
    let (first, second) = (running.hash(), copy.hash());
    if first == second {
        return Ok(());
    }
    Err(SyncTestError::Differs { t: running.sim().t(), first, second })
}
