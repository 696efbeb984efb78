//! What the program counts, in Prometheus' names and units.

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// The handles are made once; counting is an atomic addition.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    handles: Handles,
}

pub struct Handles {
    pub streams: Gauge,
    pub clients: Gauge,
    pub readers: Gauge,
    pub connections: Gauge,
    pub events: Counter,
    pub event_bytes: Counter,
    pub syncs: Counter,
    pub received_bytes: Counter,
    pub sent_bytes: Counter,
    pub pushed_bytes: Counter,
    pub sync_seconds: Histogram,
    pub flush_seconds: Histogram,
}

/// From a poll that finds nothing (some µs) to one that waits for a disk.
const SECONDS_BUCKETS: [f64; 12] =
    [0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 1.0, 10.0];

impl Metrics {
    pub fn new() -> Result<Self, metrics_exporter_prometheus::BuildError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
            .build_recorder();
        let handle = recorder.handle();
        let handles = metrics::with_local_recorder(&recorder, || {
            describe();
            Handles {
                streams: gauge!("stadion_streams"),
                clients: gauge!("stadion_clients"),
                readers: gauge!("stadion_readers"),
                connections: gauge!("stadion_connections"),
                events: counter!("stadion_events_total"),
                event_bytes: counter!("stadion_event_bytes_total"),
                syncs: counter!("stadion_syncs_total"),
                received_bytes: counter!("stadion_received_bytes_total"),
                sent_bytes: counter!("stadion_sent_bytes_total"),
                pushed_bytes: counter!("stadion_pushed_bytes_total"),
                sync_seconds: histogram!("stadion_sync_duration_seconds"),
                flush_seconds: histogram!("stadion_flush_duration_seconds"),
            }
        });
        Ok(Self { recorder, handle, handles })
    }

    /// The page at `/metrics`.
    pub fn render(&self) -> String {
        self.handle.run_upkeep();
        self.handle.render()
    }

    /// Takes what the histograms have gathered into their buckets, so that they stay small between scrapes.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    pub fn refused(&self, reason: &'static str) {
        metrics::with_local_recorder(&self.recorder, || {
            counter!("stadion_refusals_total", "reason" => reason).increment(1);
        });
    }

    pub fn clients_changed(&self, before: usize, after: usize) {
        if before != after {
            self.clients.increment(after as f64 - before as f64);
        }
    }
}

impl std::ops::Deref for Metrics {
    type Target = Handles;

    fn deref(&self) -> &Handles {
        &self.handles
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

fn describe() {
    describe_gauge!("stadion_streams", "Streams that live");
    describe_gauge!("stadion_clients", "Connected clients of all lockstep streams");
    describe_gauge!("stadion_readers", "Open push connections and watchers");
    describe_gauge!("stadion_connections", "Open TCP connections");
    describe_counter!("stadion_events_total", "Events written to streams");
    describe_counter!("stadion_event_bytes_total", "Bytes of the events written to streams");
    describe_counter!("stadion_syncs_total", "Lockstep requests answered with 200");
    describe_counter!("stadion_received_bytes_total", "Bytes of lockstep request bodies");
    describe_counter!("stadion_sent_bytes_total", "Bytes of lockstep answers over HTTP");
    describe_counter!("stadion_pushed_bytes_total", "Bytes pushed over WebSockets");
    describe_counter!("stadion_refusals_total", "Calls refused, by the error's code");
    describe_histogram!("stadion_sync_duration_seconds", "Time from a lockstep request's body to its answer");
    describe_histogram!("stadion_flush_duration_seconds", "Time to tell a stream's readers one tick");
}
