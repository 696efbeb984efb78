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

pub(crate) fn run(plan: &Plan) -> Result<Table, BenchError> {
    let (streams, each) = if plan.quick { (4, 5) } else { (100, 10) };
    let readers = streams * each;
    let mut one = Subject::stadion(plan, "one stream", 1, readers)?;
    let mut many = Subject::stadion(plan, "many streams", streams, each)?;
    one.resume()?;
    // The first answers tell of those who have just come.
    one.listen(plan.warm_up() + TICK * 4)?;
    let warm = one.listen(plan.warm_up() + TICK * 4)?;
    one.child.pause()?;
    let frame_bytes = (warm.bytes as f64 / warm.frames.max(1) as f64).round();
    let mut bare = Subject::bare_send(plan, readers, frame_bytes)?;
    for round in 1..=plan.rounds {
        for subject in [&mut bare, &mut one, &mut many] {
            progress::say(format!("push: round {round} of {}: {}", plan.rounds, subject.what));
            subject.measure(plan)?;
        }
    }
    let mut rows = rows(&bare, &one, readers, "in one stream");
    rows.extend(self::rows(&bare, &many, readers, &format!("in {streams} streams of {each}")));
    let costs: Vec<_> =
        [&bare, &one, &many].into_iter().flat_map(|subject| subject.costs.iter().copied()).collect();
    drop((bare, one, many));
    rows.extend(memory::rows(plan)?);
    Ok(Table { name: "Push", rows, notes: notes(plan, readers, frame_bytes, &costs) })
}

impl Subject {
    /// `streams` with `readers` push connections each.
    fn stadion(plan: &Plan, what: &'static str, streams: usize, readers: usize) -> Result<Self, BenchError> {
        progress::say(format!("push: connecting, {what}"));
        let child = plan.stadion().start(plan.cores)?;
        let mut sockets = Sockets::new(TICK)?;
        for stream in 0..streams {
            sockets.add_stream();
            for reader in 0..readers {
                sockets.open(child.address, &format!("/v1/lockstep/push-{stream}/client-{reader}/0"))?;
            }
        }
        child.pause()?;
        Ok(Self { child, sockets, what, plays: true, costs: Vec::new(), received: Vec::new() })
    }

    fn bare_send(plan: &Plan, readers: usize, frame_bytes: f64) -> Result<Self, BenchError> {
        let args = [
            "bare-send".to_owned(),
            format!("--readers={readers}"),
            format!("--frame-bytes={frame_bytes}"),
            format!("--tick-ms={}", TICK.as_millis()),
        ];
        let child = Program::own(args)?.start(plan.cores)?;
        let mut sockets = Sockets::new(TICK)?;
        sockets.add_stream();
        for _ in 0..readers {
            sockets.open(child.address, "/")?;
        }
        child.pause()?;
        Ok(Self { child, sockets, what: "bare send", plays: false, costs: Vec::new(), received: Vec::new() })
    }

    fn resume(&self) -> Result<(), BenchError> {
        self.child.resume()
    }

    fn listen(&mut self, duration: std::time::Duration) -> Result<Received, BenchError> {
        self.sockets.run(duration, self.plays.then_some(TICK))
    }

    /// Only one of the subjects runs at a time; the others hold still meanwhile.
    fn measure(&mut self, plan: &Plan) -> Result<(), BenchError> {
        self.resume()?;
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

fn rows(bare: &Subject, subject: &Subject, readers: usize, how: &str) -> Vec<Row> {
    let what = format!("{readers} clients {how}");
    let beside = "bare send";
    vec![
        Row::new(format!("CPU a delivery, {what}"), "µs", subject.per_delivery_us())
            .beside(beside, &bare.per_delivery_us())
            .ratio_at_most(RATIO_MAX),
        Row::new(format!("CPU a client and second, {what}"), "µs", subject.per_client_us(readers))
            .beside(beside, &bare.per_client_us(readers)),
        Row::new(format!("tick to delivery, p50, {what}"), "ms", subject.late_ms(50))
            .beside(beside, &bare.late_ms(50)),
        Row::new(format!("tick to delivery, p99, {what}"), "ms", subject.late_ms(99))
            .beside(beside, &bare.late_ms(99)),
    ]
}

fn notes(plan: &Plan, readers: usize, frame_bytes: f64, costs: &[Cost]) -> Vec<String> {
    vec![
        format!(
            "{readers} WebSockets, a message each at every tick of {} ms, and one event of 64 bytes a tick from a client in turn \
             (which the server's CPU includes); the bare send is one thread that writes {frame_bytes} bytes to each of as many sockets. \
             Every message is checked: T never back, each event at each client of its stream once.",
            TICK.as_millis()
        ),
        "CPU as for Sync. Servers that are not being measured are stopped (SIGSTOP).".to_owned(),
        "Tick to delivery: how much later than its stream's earliest delivery a message was read, counted from its tick; \
         it includes the sends to all readers before."
            .to_owned(),
        memory::NOTE.to_owned(),
        plan.note_on_cores(),
        note_on_load(costs),
    ]
}
