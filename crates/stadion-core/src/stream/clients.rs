//! Who is in a stream, and who was.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::event::{PrivateId, PublicId};
use crate::time::Time;

/// Everybody a stream knows. What is asked at every poll, whether a client is here, is one look-up in a map that
/// holds only the connected.
#[derive(Debug, Default)]
pub(super) struct Clients {
    connected: HashMap<PrivateId, Connected>,
    gone: HashMap<PrivateId, Gone>,
    /// The gone by the order of their leaving, so that the oldest is forgotten first.
    gone_order: BTreeMap<u64, PrivateId>,
    departures: u64,
    public_ids_given: u64,
    /// Nobody falls silent before. A lower bound: it is made exact when it is reached.
    silence_not_before: Option<Time>,
}

#[derive(Debug)]
struct Connected {
    known: Known,
    heard: Time,
}

#[derive(Debug)]
struct Gone {
    known: Known,
    departure: u64,
}

/// What is remembered of a client beyond its presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) public: PublicId,
    /// The client's own count of its events that were written.
    pub(super) seq: u64,
}

impl Clients {
    pub(super) fn connected(&self, id: &PrivateId) -> Option<Known> {
        self.connected.get(id).map(|client| client.known)
    }

    pub(super) fn gone(&self, id: &PrivateId) -> Option<Known> {
        self.gone.get(id).map(|client| client.known)
    }

    pub(super) fn connected_count(&self) -> usize {
        self.connected.len()
    }

    pub(super) fn public_ids_given(&self) -> u64 {
        self.public_ids_given
    }

    pub(super) fn heard(&mut self, id: &PrivateId, now: Time) {
        if let Some(client) = self.connected.get_mut(id) {
            client.heard = client.heard.max(now);
        }
    }

    /// Writes down that a client is here, new or back, or has sent more.
    pub(super) fn put_connected(
        &mut self,
        id: PrivateId,
        known: Known,
        now: Time,
        disconnect_after: Duration,
    ) {
        if let Some(gone) = self.gone.remove(&id) {
            self.gone_order.remove(&gone.departure);
        }
        self.public_ids_given = self.public_ids_given.max(known.public.0);
        let silent_at = now + disconnect_after;
        self.silence_not_before = Some(self.silence_not_before.map_or(silent_at, |at| at.min(silent_at)));
        // While the commit was on its way, something later may have been heard from him.
        let heard = self.connected.get(&id).map_or(now, |client| client.heard.max(now));
        self.connected.insert(id, Connected { known, heard });
    }

    /// Writes down that a client has gone; of the gone only the `remembered_max` latest are remembered.
    pub(super) fn put_gone(&mut self, id: PrivateId, remembered_max: usize) {
        let Some(client) = self.connected.remove(&id) else { return };
        self.departures += 1;
        self.gone_order.insert(self.departures, id.clone());
        self.gone.insert(id, Gone { known: client.known, departure: self.departures });
        while self.gone.len() > remembered_max {
            let Some((_, oldest)) = self.gone_order.pop_first() else { return };
            self.gone.remove(&oldest);
        }
    }

    pub(super) fn silence_not_before(&self) -> Option<Time> {
        self.silence_not_before
    }

    /// Those from whom nothing was heard for `disconnect_after`, the longest silent first. Costs nothing until
    /// somebody can be due, then a walk over the connected.
    pub(super) fn silent(&mut self, now: Time, disconnect_after: Duration) -> Vec<(PrivateId, Known)> {
        if self.silence_not_before.is_none_or(|at| now < at) {
            return Vec::new();
        }
        let mut due: Vec<_> = self
            .connected
            .iter()
            .filter(|(_, client)| client.heard + disconnect_after <= now)
            .map(|(id, client)| (client.heard, client.known.public, id.clone(), client.known))
            .collect();
        due.sort_by_key(|(heard, public, _, _)| (*heard, *public));
        // Whoever is due stays so until it is written that he has gone.
        self.silence_not_before = self.connected.values().map(|client| client.heard + disconnect_after).min();
        due.into_iter().map(|(_, _, id, known)| (id, known)).collect()
    }
}
