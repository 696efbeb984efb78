//! `stadion-bench sync`: what an empty poll costs, and whether a long stream makes it dearer.

use super::{Cost, Plan, TICK, note_on_load};
use crate::error::BenchError;
use crate::load::polls::{self, Polls};
use crate::process::child::{Child, Program};
use crate::progress;
use crate::report::{Row, Table};

/// Keep-alive connections, each a client that polls again as soon as it is answered.
const CONNECTIONS: usize = 16;
/// A stream is filled in this many ticks at most.
const FILL_REQUESTS_MAX: usize = 200;

/// A poll may cost this much more than what a bare handler does.
const RATIO_MAX: f64 = 1.25;
/// The longest stream's poll may cost this much more than the shortest one's.
const LONG_RATIO_MAX: f64 = 1.2;

/// What is polled, with what came of it.
struct Subject<'a> {
    child: &'a Child,
    what: String,
    stream: String,
    known: i64,
    /// A round each.
    costs: Vec<Cost>,
    cpu_us: Vec<f64>,
    per_second: Vec<f64>,
}

pub(crate) fn run(plan: &Plan) -> Result<Table, BenchError> {
    let server = plan.stadion().start(plan.cores)?;
    let (lengths, fill_requests_max) =
        if plan.quick { ([10, 1_000, 5_000], 5) } else { ([10, 10_000, 500_000], FILL_REQUESTS_MAX) };
    let mut subjects = Vec::new();
    for events in lengths {
        let thousands = thousands(events);
        progress::say(format!("sync: writing {thousands} events"));
        let stream = format!("events-{events}");
        let known = polls::fill(server.address, &stream, events, fill_requests_max, TICK)?;
        subjects.push(Subject::new(&server, format!("{thousands} events"), stream, known));
    }
    let answer_bytes = match subjects.first() {
        Some(first) => {
            let mut polls = Polls::open(server.address, &first.stream, CONNECTIONS, first.known)?;
            // The first answers tell of those who have just come, the ones after a tick of nothing.
            polls.run(TICK * 4)?;
            polls.answer_bytes
        }
        None => 0,
    };
    let args = ["bare-handler".to_owned(), format!("--answer-bytes={answer_bytes}")];
    let bare = Program::own(args)?.start(plan.cores)?;
    subjects.insert(0, Subject::new(&bare, "bare handler".to_owned(), "any".to_owned(), 0));

    for round in 1..=plan.rounds {
        for subject in &mut subjects {
            progress::say(format!("sync: round {round} of {}: {}", plan.rounds, subject.what));
            subject.measure(plan)?;
        }
    }
    Ok(table(plan, &subjects, answer_bytes))
}

impl<'a> Subject<'a> {
    fn new(child: &'a Child, what: String, stream: String, known: i64) -> Self {
        let (costs, cpu_us, per_second) = Default::default();
        Self { child, what, stream, known, costs, cpu_us, per_second }
    }

    fn measure(&mut self, plan: &Plan) -> Result<(), BenchError> {
        // New connections each time: a server hangs up on those that said nothing while others were measured.
        let mut polls = Polls::open(self.child.address, &self.stream, CONNECTIONS, self.known)?;
        polls.run(plan.warm_up())?;
        let (cost, answered) = Cost::of(self.child, || polls.run(plan.each))?;
        self.cpu_us.push(cost.cpu_us() / answered as f64);
        self.per_second.push(answered as f64 / cost.wall.as_secs_f64());
        self.costs.push(cost);
        Ok(())
    }
}

fn table(plan: &Plan, subjects: &[Subject<'_>], answer_bytes: usize) -> Table {
    let mut rows = Vec::new();
    if let [bare, streams @ ..] = subjects {
        for stream in streams {
            rows.push(
                Row::new(format!("CPU a poll, {}", stream.what), "µs", stream.cpu_us.clone())
                    .beside("bare handler", &bare.cpu_us)
                    .ratio_at_most(RATIO_MAX),
            );
        }
        if let [shortest, .., longest] = streams {
            rows.push(
                Row::new(
                    format!("CPU a poll, {} against {}", longest.what, shortest.what),
                    "µs",
                    longest.cpu_us.clone(),
                )
                .beside("the shortest stream", &shortest.cpu_us)
                .ratio_at_most(LONG_RATIO_MAX),
            );
        }
        for stream in streams {
            rows.push(
                Row::new(format!("polls a second, {}", stream.what), "/s", stream.per_second.clone())
                    .beside("bare handler", &bare.per_second),
            );
        }
    }
    let costs: Vec<_> = subjects.iter().flat_map(|subject| subject.costs.iter().copied()).collect();
    Table {
        name: "Sync",
        rows,
        notes: vec![
            format!(
                "{CONNECTIONS} keep-alive connections, each a client that sends `POST /v1/lockstep/{{stream}}/{{client}}/{{T}}` \
                 with `{}` again as soon as it is answered; {answer_bytes} bytes an answer. Every answer is checked: 200, T never back.",
                polls::EMPTY
            ),
            "CPU: user and system time of all the server's threads (`/proc/PID/task/*/schedstat`), the kernel's part \
             of TCP included, divided by the answers."
                .to_owned(),
            plan.note_on_cores(),
            note_on_load(&costs),
        ],
    }
}

/// 500,000.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_written_in_groups_of_three() {
        for (number, text) in [(10, "10"), (999, "999"), (10_000, "10,000"), (500_000, "500,000")] {
            assert_eq!(super::thousands(number), text);
        }
    }
}
