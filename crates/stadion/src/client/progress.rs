//! What a command says while it goes on: one line on a terminal, notices anywhere, all on standard error.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Between two looks of the line.
const EVERY: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub struct Progress {
    is_terminal: bool,
    is_shown: bool,
    drawn: Option<Instant>,
    /// When and how many events there were when the rate was last counted.
    counted: (Instant, u64),
    rate: f64,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            is_terminal: std::io::stderr().is_terminal(),
            is_shown: false,
            drawn: None,
            counted: (Instant::now(), 0),
            rate: 0.0,
        }
    }
}

impl Progress {
    /// Whether there is a line at all; without, nobody needs to come back in time for it.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Shows the line anew where that is due; `text` is made of the events so far and their rate.
    pub fn draw(&mut self, events: u64, text: impl FnOnce(&str) -> String) {
        if !self.is_terminal || self.drawn.is_some_and(|drawn| drawn.elapsed() < EVERY) {
            return;
        }
        self.drawn = Some(Instant::now());
        let (since, before) = self.counted;
        let elapsed = since.elapsed();
        if elapsed >= Duration::from_secs(1) {
            self.rate = events.saturating_sub(before) as f64 / elapsed.as_secs_f64();
            self.counted = (Instant::now(), events);
        }
        let line = text(&format!("{events} events, {:.1}/s", self.rate));
        self.is_shown = true;
        say(&format!("\r\x1b[K{line}"));
    }

    /// Says something that stays.
    pub fn notice(&mut self, text: &str) {
        self.finish();
        say(&format!("stadion: {text}\n"));
    }

    /// Leaves the line as it is and begins another.
    pub fn finish(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            say("\n");
        }
    }
}

/// There is nobody left to tell where standard error is closed.
fn say(text: &str) {
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
}

/// `12.3 MB`
pub fn size(bytes: u64) -> String {
    let mut number = bytes as f64;
    for unit in ["B", "kB", "MB"] {
        if number < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{number:.1} {unit}") };
        }
        number /= 1000.0;
    }
    format!("{number:.1} GB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (12_345_678, "12.3 MB"),
            (10_000_000_000, "10.0 GB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
