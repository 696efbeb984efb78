//! `stadion-bench push`: what it costs to tell 1,000 clients each tick, beside sending them the bytes and no more.

use super::{Cost, Plan, TICK, memory, note_on_load};
use crate::error::BenchError;
use crate::load::sockets::{Received, Sockets};
use crate::process::child::{Child, Program};
use crate::progress;
use crate::report::{Row, Table};

/// A delivery may cost this much more than a bare send of the same bytes.
const RATIO_MAX: f64 = 1.25;

/// A server with its readers, and what came of each round.
struct Subject {
    child: Child,
    sockets: Sockets,
    what: &'static str,
    /// Whether its readers send: one of them in turn, an event a tick.
    plays: bool,
    costs: Vec<Cost>,
    received: Vec<Received>,
}

/// So many streams with so many readers each.
#[derive(Clone, Copy)]
struct Shape {
    streams: usize,
    each: usize,
}

/// The program and a bare send to as many sockets, in as many groups as there are streams.
struct Pair {
    shape: Shape,
    stadion: Subject,
    bare: Subject,
    frame_bytes: f64,
}

pub(crate) fn run(plan: &Plan) -> Result<Table, BenchError> {
    let (streams, each) = if plan.quick { (4, 5) } else { (100, 10) };
    let mut pairs = [Shape { streams: 1, each: streams * each }, Shape { streams, each }]
        .into_iter()
        .map(|shape| Pair::start(plan, shape))
        .collect::<Result<Vec<_>, _>>()?;
    for round in 1..=plan.rounds {
        for Pair { stadion, bare, .. } in &mut pairs {
            for subject in [bare, stadion] {
                progress::say(format!("push: round {round} of {}: {}", plan.rounds, subject.what));
                subject.measure(plan)?;
            }
        }
    }
    let mut rows: Vec<_> = pairs.iter().flat_map(Pair::rows).collect();
    let notes = notes(plan, &pairs);
    drop(pairs);
    rows.extend(memory::rows(plan)?);
    Ok(Table { name: "Push", rows, notes })
}

impl Pair {
    fn start(plan: &Plan, shape: Shape) -> Result<Self, BenchError> {
        let mut stadion = Subject::stadion(plan, shape)?;
        stadion.child.resume()?;
        // The first answers tell of those who have just come.
        stadion.listen(plan.warm_up() + TICK * 4)?;
        let usual = stadion.listen(plan.warm_up() + TICK * 4)?;
        stadion.sockets.settle()?;
        stadion.child.pause()?;
        let frame_bytes = (usual.bytes as f64 / usual.frames.max(1) as f64).round();
        let bare = Subject::bare_send(plan, shape, frame_bytes)?;
        Ok(Self { shape, stadion, bare, frame_bytes })
    }

    fn rows(&self) -> Vec<Row> {
        let Self { shape: Shape { streams, each }, stadion, bare, .. } = self;
        let readers = streams * each;
        let what = match streams {
            1 => format!("{readers} clients in one stream"),
            _ => format!("{readers} clients in {streams} streams"),
        };
        let beside = "bare send";
        vec![
            Row::new(format!("CPU a delivery, {what}"), "µs", stadion.per_delivery_us())
                .beside(beside, &bare.per_delivery_us())
                .ratio_at_most(RATIO_MAX),
            Row::new(format!("CPU a client and second, {what}"), "µs", stadion.per_client_us(readers))
                .beside(beside, &bare.per_client_us(readers)),
            Row::new(format!("tick to delivery, p50, {what}"), "ms", stadion.late_ms(50))
                .beside(beside, &bare.late_ms(50)),
            Row::new(format!("tick to delivery, p99, {what}"), "ms", stadion.late_ms(99))
                .beside(beside, &bare.late_ms(99)),
        ]
    }
}

impl Subject {
    fn stadion(plan: &Plan, shape: Shape) -> Result<Self, BenchError> {
        progress::say("push: connecting");
        let child = plan.stadion().start(plan.cores)?;
        let address = child.address;
        Self::connect(child, shape, "stadion", true, |sockets, stream, reader| {
            sockets.open(address, &format!("/v1/lockstep/push-{stream}/client-{reader}/0"))
        })
    }

    fn bare_send(plan: &Plan, shape: Shape, frame_bytes: f64) -> Result<Self, BenchError> {
        let args = [
            "bare-send".to_owned(),
            format!("--readers={}", shape.streams * shape.each),
            format!("--groups={}", shape.streams),
            format!("--frame-bytes={frame_bytes}"),
            format!("--tick-ms={}", TICK.as_millis()),
        ];
        let child = Program::own(args)?.start(plan.cores)?;
        let address = child.address;
        Self::connect(child, shape, "bare send", false, |sockets, _, _| sockets.open(address, "/"))
    }

    fn connect(
        child: Child,
        shape: Shape,
        what: &'static str,
        plays: bool,
        open: impl Fn(&mut Sockets, usize, usize) -> Result<(), BenchError>,
    ) -> Result<Self, BenchError> {
        let mut sockets = Sockets::new(TICK)?;
        for stream in 0..shape.streams {
            sockets.add_stream();
            for reader in 0..shape.each {
                open(&mut sockets, stream, reader)?;
            }
        }
        child.pause()?;
        Ok(Self { child, sockets, what, plays, costs: Vec::new(), received: Vec::new() })
    }

    fn listen(&mut self, duration: std::time::Duration) -> Result<Received, BenchError> {
        self.sockets.run(duration, self.plays.then_some(TICK))
    }

    /// Only one of the subjects runs at a time; the others hold still meanwhile.
    fn measure(&mut self, plan: &Plan) -> Result<(), BenchError> {
        self.child.resume()?;
        self.listen(plan.warm_up())?;
        let Self { child, sockets, plays, .. } = self;
        let (cost, received) = Cost::of(child, || sockets.run(plan.each, plays.then_some(TICK)))?;
        self.sockets.settle()?;
        self.child.pause()?;
        self.costs.push(cost);
        self.received.push(received);
        Ok(())
    }

    fn per_delivery_us(&self) -> Vec<f64> {
        self.each_round(|cost, received| cost.cpu_us() / received.frames as f64)
    }

    fn per_client_us(&self, readers: usize) -> Vec<f64> {
        self.each_round(|cost, _| cost.cpu_us() / readers as f64 / cost.wall.as_secs_f64())
    }

    fn late_ms(&self, percent: usize) -> Vec<f64> {
        self.each_round(|_, received| {
            let rank = received.late_us.len() * percent / 100;
            received.late_us.get(rank).map_or(f64::NAN, |late| *late as f64 / 1e3)
        })
    }

    fn each_round(&self, figure: impl Fn(&Cost, &Received) -> f64) -> Vec<f64> {
        self.costs.iter().zip(&self.received).map(|(cost, received)| figure(cost, received)).collect()
    }
}

fn notes(plan: &Plan, pairs: &[Pair]) -> Vec<String> {
    let subjects = pairs.iter().flat_map(|pair| [&pair.stadion, &pair.bare]);
    let costs: Vec<_> = subjects.flat_map(|subject| subject.costs.iter().copied()).collect();
    let sent: Vec<_> = pairs.iter().map(|pair| format!("{}", pair.frame_bytes)).collect();
    vec![
        format!(
            "WebSockets that get a message each at every tick of {} ms; one event of 64 bytes a tick from a client in turn, \
             which the server's CPU includes. The bare send is one thread that writes as many bytes ({}) to as many sockets, \
             in groups like the streams. Every message is checked: T never back, each event at each client of its stream once.",
            TICK.as_millis(),
            sent.join(", "),
        ),
        "CPU as for Sync. Servers that are not being measured are stopped (SIGSTOP).".to_owned(),
        "Tick to delivery: how much later than its stream's earliest delivery a message was read, counted from its tick; \
         it includes the sends to all readers before."
            .to_owned(),
        memory::NOTE.to_owned(),
        plan.note_on_cores(),
        note_on_load(&costs),
    ]
}
