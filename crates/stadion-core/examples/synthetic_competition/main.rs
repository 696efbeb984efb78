//! Prints a made competition as a recording: one event a line, `_time` in each (wire/competition-events.md).
//!
//! ```text
//! cargo run -p stadion-core --example synthetic_competition -- --seed 1 --distances 3 --pairs 4 --days 1
//! ```
//!
//! The same numbers give the same bytes. What it holds is said in `recording.rs`.

mod recording;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use recording::Synthetic;

const USAGE: &str = "usage: synthetic_competition [--seed N] [--distances N] [--pairs N] [--days N]";

fn main() -> ExitCode {
    let Some(synthetic) = arguments(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match print(&synthetic) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write the recording: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print(synthetic: &Synthetic) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for event in synthetic.events() {
        writeln!(out, "{event}")?;
    }
    out.flush()
}

/// `None` for what is not understood.
fn arguments(mut words: impl Iterator<Item = String>) -> Option<Synthetic> {
    let mut synthetic = Synthetic::default();
    while let Some(word) = words.next() {
        let number = words.next()?;
        match word.as_str() {
            "--seed" => synthetic.seed = number.parse().ok()?,
            "--distances" => synthetic.distances = number.parse().ok()?,
            "--pairs" => synthetic.pairs = number.parse().ok()?,
            "--days" => synthetic.days = number.parse().ok().filter(|days| (1..=9).contains(days))?,
            _ => return None,
        }
    }
    Some(synthetic)
}
