//! A bare send: one thread that writes the same bytes to many sockets, tick after tick, and does nothing else.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::error::{BenchError, Doing};

/// Who is sent what, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    pub(crate) readers: usize,
    /// The readers stand in so many groups, whose ticks come one after the other, evenly spread.
    pub(crate) groups: usize,
    pub(crate) frame_bytes: usize,
    pub(crate) tick: Duration,
}

/// Takes its connections, calls them WebSockets, and then sends each a frame a tick, for ever.
pub(crate) fn run(sending: Sending) -> Result<(), BenchError> {
    let Sending { readers, groups, frame_bytes, tick } = sending;
    let listener = TcpListener::bind("127.0.0.1:0").doing("listen")?;
    super::say_ready(listener.local_addr().doing("listen")?)?;
    let mut sockets = Vec::with_capacity(readers);
    while sockets.len() < readers {
        let (tcp, _) = listener.accept().doing("accept a connection")?;
        sockets.push(shake_hands(tcp).doing("shake hands")?);
    }
    let groups = u32::try_from(groups.max(1)).unwrap_or(1);
    let each = readers.div_ceil(groups as usize).max(1);
    let mut next = Instant::now();
    for t in 1.. {
        let frame = frame(t, frame_bytes);
        for group in sockets.chunks_mut(each) {
            next += tick / groups;
            let now = Instant::now();
            if next + tick < now {
                // It was paused: what was missed is not made up for.
                next = now;
            }
            std::thread::sleep(next.saturating_duration_since(now));
            for socket in group {
                match socket.write(&frame) {
                    Ok(n) if n == frame.len() => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    // The load has gone.
                    Ok(_) | Err(_) => return Ok(()),
                }
            }
        }
    }
    Ok(())
}

fn shake_hands(mut tcp: TcpStream) -> std::io::Result<TcpStream> {
    tcp.set_nodelay(true)?;
    let mut received = Vec::new();
    let mut buffer = [0; 1024];
    while !received.ends_with(b"\r\n\r\n") {
        let n = tcp.read(&mut buffer)?;
        if n == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        received.extend_from_slice(buffer.get(..n).unwrap_or_default());
    }
    tcp.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")?;
    tcp.set_nonblocking(true)?;
    Ok(tcp)
}

/// A frame of so many bytes in all, as near as a frame can come.
fn frame(tick: u64, frame_bytes: usize) -> Vec<u8> {
    let header_bytes = if frame_bytes <= 127 { 2 } else { 4 };
    let payload = super::empty_answer(tick, frame_bytes.saturating_sub(header_bytes));
    let mut frame = vec![0x81];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ 0..=125), _) => frame.push(short),
        (_, Ok(medium)) => {
            frame.push(126);
            frame.extend_from_slice(&medium.to_be_bytes());
        }
        // The frames of a tick are short; more than 64 KiB stand beside nothing here.
        _ => return Vec::new(),
    }
    frame.extend_from_slice(payload.as_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_the_length_that_was_asked_for() {
        // 128 and 129 there are none of: a longer header comes in between.
        for bytes in [70, 127, 130, 300] {
            let frame = frame(5, bytes);
            assert_eq!(frame.len(), bytes);
            assert_eq!(crate::load::frame::first(&frame).unwrap().len, frame.len());
        }
    }
}
