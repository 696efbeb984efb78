//! A worse network than there is, to try a game on.

use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::chance::Chance;

/// A worse network than there is, to try a game on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Simulate {
    /// Added to each way, so that the ping grows by twice as much.
    pub latency: Duration,
    /// Up to this much more, drawn for each message.
    pub jitter: Duration,
    /// 0 to 1, each way. A lost poll or a lost answer is an error; on a WebSocket, which repeats what is lost, the
    /// message and those behind it are late by a retransmission.
    pub loss: f64,
    /// Makes the drawn delays and losses the same each time.
    pub seed: Option<u64>,
}

/// TCP waits at least this long before it sends a segment again.
const RETRANSMISSION: Duration = Duration::from_millis(200);
/// With more, hardly anything would ever arrive.
const LOSS_MAX: f64 = 0.9;

/// Delays and losses of one connection.
#[derive(Debug)]
pub(super) struct Network {
    simulate: Simulate,
    chance: Chance,
}

impl Network {
    pub(super) fn new(simulate: &Option<Simulate>) -> Self {
        let simulate = simulate.clone().unwrap_or_default();
        let chance = simulate.seed.map_or_else(Chance::from_entropy, Chance::new);
        Self { simulate, chance }
    }

    /// For a message that can be lost.
    pub(super) fn lost(&mut self) -> bool {
        self.simulate.loss > 0.0 && self.chance.unit() < self.simulate.loss
    }

    pub(super) fn delay(&mut self) -> Duration {
        self.simulate.latency + self.chance.up_to(self.simulate.jitter)
    }

    /// For a message that is sent again until it arrives.
    fn delay_until_arrived(&mut self) -> Duration {
        let mut delay = self.delay();
        while self.simulate.loss > 0.0 && self.chance.unit() < self.simulate.loss.min(LOSS_MAX) {
            delay += RETRANSMISSION.max(2 * self.simulate.latency);
        }
        delay
    }
}

/// One direction of a connection; a message never overtakes the one before it.
#[derive(Debug)]
pub(super) struct Way<T> {
    network: Network,
    underway: VecDeque<(Instant, T)>,
}

impl<T> Way<T> {
    pub(super) fn new(network: Network) -> Self {
        Self { network, underway: VecDeque::new() }
    }

    pub(super) fn put(&mut self, message: T) {
        let at = Instant::now() + self.network.delay_until_arrived();
        let at = self.underway.back().map_or(at, |(before, _)| at.max(*before));
        self.underway.push_back((at, message));
    }

    pub(super) fn len(&self) -> usize {
        self.underway.len()
    }

    /// Waits until the oldest message's time has come.
    pub(super) async fn due(&self) {
        match self.underway.front() {
            None => pending().await,
            Some((at, _)) => sleep_until(*at).await,
        }
    }

    /// Takes out the oldest message.
    pub(super) fn pop(&mut self) -> Option<T> {
        self.underway.pop_front().map(|(_, message)| message)
    }

    /// The oldest message when its time has come. Nothing is lost when this is dropped before.
    pub(super) async fn next(&mut self) -> T {
        loop {
            self.due().await;
            if let Some(message) = self.pop() {
                return message;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn messages_are_late_by_latency_jitter_and_retransmissions_and_keep_their_order() {
        let latency = Duration::from_millis(30);
        let jitter = Duration::from_millis(20);
        let simulate = Simulate { latency, jitter, loss: 0.5, seed: Some(7) };
        let mut way = Way::new(Network::new(&Some(simulate)));
        let began = Instant::now();
        (0..100).for_each(|i| way.put(i));
        let mut times = Vec::new();
        for i in 0..100 {
            assert_eq!(way.next().await, i);
            times.push(began.elapsed());
        }
        assert!(times[0] >= latency);
        assert!(times[99] >= latency + RETRANSMISSION, "half of them are lost at least once");
        assert!(times[99] < Duration::from_secs(5), "{:?}", times[99]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_simulation_nothing_waits() {
        let mut network = Network::new(&None);
        assert_eq!((network.delay(), network.lost()), (Duration::ZERO, false));
        let mut way = Way::new(network);
        let began = Instant::now();
        way.put(1);
        assert_eq!((way.next().await, began.elapsed()), (1, Duration::ZERO));
    }
}
