//! One heap of deadlines for any number of keys.
//!
//! A machine says when it next wants to be called; most of the time that moves further away (a client that polls
//! pushes its own silence back). So the heap is lazy: it only takes a new entry for a deadline that is *earlier* than
//! the one it holds for the key; a later one is found when the earlier fires and the machine is asked again. A key
//! costs one entry, and nothing at all while it has no deadline.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;

use crate::time::Time;

#[derive(Debug)]
pub struct Timers<K> {
    heap: BinaryHeap<Reverse<(Time, K)>>,
    armed: HashMap<K, Time>,
}

impl<K> Default for Timers<K>
where
    K: Ord + Hash + Clone,
{
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), armed: HashMap::new() }
    }
}

impl<K: Ord + Hash + Clone> Timers<K> {
    /// Sees to it that `key` is due at `at` or before.
    pub fn arm(&mut self, key: K, at: Time) {
        match self.armed.get_mut(&key) {
            Some(armed) if *armed <= at => return,
            Some(armed) => *armed = at,
            None => {
                self.armed.insert(key.clone(), at);
            }
        }
        self.heap.push(Reverse((at, key)));
    }

    pub fn forget(&mut self, key: &K) {
        self.armed.remove(key);
    }

    /// When the next key is due, or a little earlier where that key was forgotten since.
    pub fn next(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes out one key that is due. It is not armed any more: ask its machine and arm it again.
    pub fn pop_due(&mut self, now: Time) -> Option<K> {
        while self.heap.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let Reverse((at, key)) = self.heap.pop()?;
            // Superseded and forgotten entries fall out here.
            if self.armed.get(&key) == Some(&at) {
                self.armed.remove(&key);
                return Some(key);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Time {
        Time::from_micros(micros)
    }

    #[test]
    fn keys_come_out_in_the_order_of_their_deadlines() {
        let mut timers = Timers::default();
        timers.arm('b', at(20));
        timers.arm('a', at(10));
        timers.arm('c', at(30));
        assert_eq!(timers.pop_due(at(5)), None);
        assert_eq!(timers.pop_due(at(25)), Some('a'));
        assert_eq!(timers.pop_due(at(25)), Some('b'));
        assert_eq!(timers.pop_due(at(25)), None);
        assert_eq!(timers.next(), Some(at(30)));
    }

    #[test]
    fn an_earlier_deadline_wins_and_the_later_one_does_not_fire() {
        let mut timers = Timers::default();
        timers.arm('a', at(100));
        timers.arm('a', at(50));
        timers.arm('a', at(70));
        assert_eq!(timers.pop_due(at(60)), Some('a'));
        assert_eq!(timers.pop_due(at(200)), None);
    }

    #[test]
    fn a_forgotten_key_does_not_fire() {
        let mut timers = Timers::default();
        timers.arm('a', at(1));
        timers.forget(&'a');
        assert_eq!(timers.pop_due(at(9)), None);
        timers.arm('a', at(5));
        assert_eq!(timers.pop_due(at(9)), Some('a'));
    }
}
