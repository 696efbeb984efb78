//! What the server is measured beside: the least that could do such work on this machine.

pub(crate) mod handler;
pub(crate) mod send;

use std::io::Write;
use std::net::SocketAddr;

use crate::error::{BenchError, Doing};

/// Says that it is ready as `stadion serve` does.
fn say_ready(address: SocketAddr) -> Result<(), BenchError> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "ready at http://{address}").and_then(|()| output.flush()).doing("say that it is ready")
}

/// An empty answer of so many bytes, as near as an answer can come.
fn empty_answer(tick: u64, bytes: usize) -> String {
    let (head, foot) = (format!(r#"{{"T":{tick},"Events":[],"States":[],"ProxyId":""#), "\"}");
    let filler = "1".repeat(bytes.saturating_sub(head.len() + foot.len()));
    format!("{head}{filler}{foot}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_answer_is_as_long_as_was_asked_for() {
        for bytes in [60, 200] {
            assert_eq!(empty_answer(123, bytes).len(), bytes);
        }
        assert_eq!(crate::load::answer::tick(empty_answer(123, 60).as_bytes(), 0).unwrap(), 123);
    }
}
