//! What is told on standard error while it works: progress on a terminal only, complaints always.

use std::fmt::Display;
use std::io::{IsTerminal, Write, stderr};

/// Says what is going on, in one line that the next one takes the place of. Silent in a pipe.
pub(crate) fn say(what: impl Display) {
    if stderr().is_terminal() {
        // Nobody reads it where it cannot be written.
        drop(write!(stderr(), "\r\x1b[K{what}"));
    }
}

/// Clears the line of [`say`].
pub(crate) fn done() {
    say("");
}

/// Says why there are no figures.
pub(crate) fn complain(error: &dyn Display) {
    done();
    drop(writeln!(stderr(), "stadion-bench: {error}"));
}
