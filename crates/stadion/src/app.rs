//! What every request needs, made once at the start.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use stadion_core::StreamRules;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::Config;
use crate::events::streams::EventStreams;
use crate::lockstep::refused::Refused;
use crate::lockstep::request::MessageLimits;
use crate::lockstep::streams::{Opening, Streams};
use crate::metrics::Metrics;
use crate::rights::Authenticator;
use crate::stream_rate::StreamRate;

/// The program behind its listener.
#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub authenticator: Authenticator,
    pub streams: Arc<Streams>,
    pub events: Arc<EventStreams>,
    pub message_limits: MessageLimits,
    stream_rate: StreamRate,
    draining: watch::Sender<bool>,
}

impl App {
    pub fn new(config: Config, authenticator: Authenticator, metrics: Metrics) -> Self {
        let (clock, metrics) = (Clock::start(), Arc::new(metrics));
        let streams = Streams::new(config.limits.streams, clock, Arc::clone(&metrics));
        let message_limits = MessageLimits {
            events_max: config.lockstep.events_per_request_max,
            state_keys_max: config.lockstep.state_keys_max,
            state_bytes_max: config.lockstep.state_bytes_max,
        };
        Self {
            stream_rate: StreamRate::new(&config.limits),
            config,
            authenticator,
            streams: Arc::new(streams),
            events: Arc::new(EventStreams::new(clock, metrics)),
            message_limits,
            draining: watch::Sender::new(false),
        }
    }

    /// From now on nobody new is let in, and whoever is there is sent home.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Resolves when the server goes away.
    pub async fn drained(&self) {
        // Fails only where the sender is gone, and it is `self`'s.
        drop(self.draining.subscribe().wait_for(|draining| *draining).await);
    }

    fn stream_rules(&self, tick: Duration) -> StreamRules {
        let lockstep = &self.config.lockstep;
        StreamRules {
            tick,
            disconnect_after: lockstep.disconnect_after,
            idle_after: lockstep.idle_after,
            clients_max: lockstep.clients_max,
            stream_bytes_max: lockstep.stream_bytes_max as u64,
            events_per_request_max: lockstep.events_per_request_max,
            ..StreamRules::default()
        }
    }
}

/// A stream that a request from `address` would make.
pub struct NewStream<'a> {
    pub app: &'a App,
    pub address: IpAddr,
    pub name: &'a str,
}

impl Opening for NewStream<'_> {
    fn open(&self) -> Result<Arc<StreamRules>, Refused> {
        self.app.stream_rate.take(self.address, self.app.streams.clock.now())?;
        Ok(Arc::new(self.app.stream_rules(self.app.config.namespace_of(self.name).tick)))
    }
}
