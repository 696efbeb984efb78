//! What was measured, for people (Markdown) and for machines (JSON).

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::error::{BenchError, Doing};

/// A whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) command: String,
    pub(crate) machine: Machine,
    /// A smoke run: its figures say nothing.
    pub(crate) quick: bool,
    pub(crate) tables: Vec<Table>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    processor: String,
    kernel: String,
}

/// The figures of one benchmark, and how they were taken.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<String>,
}

/// One figure.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    /// One value a round.
    pub(crate) rounds: Vec<f64>,
    pub(crate) median: f64,
    /// What it stands beside, in the same unit, measured in the same rounds.
    pub(crate) beside: Option<Beside>,
    pub(crate) goal: Option<Goal>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Beside {
    pub(crate) what: &'static str,
    pub(crate) rounds: Vec<f64>,
    pub(crate) median: f64,
    /// The median of the rounds' ratios.
    pub(crate) ratio: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Goal {
    pub(crate) text: String,
    pub(crate) reached: bool,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, unit: &'static str, rounds: Vec<f64>) -> Self {
        Self { what: what.into(), unit, median: median(&rounds), rounds, beside: None, goal: None }
    }

    /// Puts what was measured in the same rounds beside it.
    pub(crate) fn beside(mut self, what: &'static str, rounds: &[f64]) -> Self {
        let ratios: Vec<_> = self.rounds.iter().zip(rounds).map(|(own, beside)| own / beside).collect();
        self.beside =
            Some(Beside { what, median: median(rounds), ratio: median(&ratios), rounds: rounds.to_vec() });
        self
    }

    /// The figure must not be more than this, in its own unit.
    pub(crate) fn at_most(mut self, most: f64) -> Self {
        self.goal = Some(Goal { text: format!("≤ {most} {}", self.unit), reached: self.median <= most });
        self
    }

    /// The figure must not be more than this many times what it stands beside.
    pub(crate) fn ratio_at_most(mut self, most: f64) -> Self {
        let ratio = self.beside.as_ref().map_or(f64::NAN, |beside| beside.ratio);
        self.goal = Some(Goal { text: format!("≤ {most} ×"), reached: ratio <= most });
        self
    }

    fn markdown(&self) -> String {
        let mut line = format!("| {} | {} {}", self.what, short(self.median), self.unit);
        if let [_, _, ..] = *self.rounds {
            let least = self.rounds.iter().copied().fold(f64::INFINITY, f64::min);
            let most = self.rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            line += &format!(" ({} … {})", short(least), short(most));
        }
        line += " | ";
        match &self.beside {
            Some(beside) => {
                line += &format!(
                    "{}: {} {} | {:.2} × | ",
                    beside.what,
                    short(beside.median),
                    self.unit,
                    beside.ratio
                );
            }
            None => line += "– | – | ",
        }
        match &self.goal {
            Some(goal) => {
                line += &format!("{} | {} |", goal.text, if goal.reached { "yes" } else { "**no**" })
            }
            None => line += "– | – |",
        }
        line
    }
}

impl Report {
    fn markdown(&self) -> String {
        let mut text = String::new();
        let Machine { cores, processor, kernel } = &self.machine;
        text += &format!("`{}`: {cores} cores, {processor}, Linux {kernel}\n", self.command);
        if self.quick {
            text += "\nA quick run: the figures say that it works, not what it costs.\n";
        }
        for table in &self.tables {
            text += &format!("\n### {}\n\n", table.name);
            text += "| what | median (least … most) | stands beside | ratio | to reach | reached |\n";
            text += "|---|---|---|---|---|---|\n";
            for row in &table.rows {
                text += &row.markdown();
                text.push('\n');
            }
            text.push('\n');
            for note in &table.notes {
                text += &format!("- {note}\n");
            }
        }
        text
    }

    /// Writes the tables to standard output, and everything to `json` if that is wanted.
    pub(crate) fn publish(&self, json: Option<&Path>) -> Result<(), BenchError> {
        if let Some(path) = json {
            let text =
                serde_json::to_string_pretty(self).map_err(std::io::Error::from).doing("write JSON")?;
            fs::write(path, text + "\n").doing(format!("write {}", path.display()))?;
        }
        let mut output = std::io::stdout().lock();
        output.write_all(self.markdown().as_bytes()).and_then(|()| output.flush()).doing("print the report")
    }
}

impl Machine {
    pub(crate) fn this(cores: usize) -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = processors.lines().find(|line| line.starts_with("model name"));
        let processor =
            processor.and_then(|line| line.split_once(':')).map_or("unknown", |(_, name)| name.trim());
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let number = kernel.split(['-', '\n']).next().unwrap_or_default();
        Self { cores, processor: processor.to_owned(), kernel: number.to_owned() }
    }
}

/// The middle one; the mean of the middle two. `NaN` where there is nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.len() % 2) {
        (Some(value), 1) => *value,
        (Some(value), _) => {
            sorted.get(middle.wrapping_sub(1)).map_or(*value, |below| f64::midpoint(*below, *value))
        }
        (None, _) => f64::NAN,
    }
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_row_says_what_it_stands_beside_and_whether_that_is_good_enough() {
        let row = Row::new("a poll", "µs", vec![9.0, 8.0, 10.0])
            .beside("bare", &[8.0, 8.0, 8.0])
            .ratio_at_most(1.25);
        assert_eq!(
            row.markdown(),
            "| a poll | 9.00 µs (8.00 … 10.0) | bare: 8.00 µs | 1.12 × | ≤ 1.25 × | yes |"
        );
        let row = Row::new("memory", "MB", vec![20.0]).at_most(15.0);
        assert_eq!(row.markdown(), "| memory | 20.0 MB | – | – | ≤ 15 MB | **no** |");
    }

    #[test]
    fn a_ratio_is_of_the_same_round() {
        let row = Row::new("a poll", "µs", vec![10.0, 40.0, 10.0]).beside("bare", &[10.0, 40.0, 5.0]);
        assert_eq!(row.beside.unwrap().ratio, 1.0);
    }
}
