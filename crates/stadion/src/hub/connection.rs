//! The task of an upgraded connection: it reads, and it goes on writing where the socket would not take everything.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::Interest;

use super::frame::{CloseCode, text_frame};
use super::inbound::{End, Inbound, Received};
use super::socket::Socket;
use crate::clock::Clock;
use crate::serve::Counted;

/// What a kind of connection does with what comes.
pub trait Handler {
    /// A text message. An answer is sent as a text frame to this connection alone.
    fn message(&mut self, text: &str) -> Option<Vec<u8>>;
    /// Anything came, if only a pong: the other side lives.
    fn heard(&mut self);
    /// Nothing is in the way any more: send what is due.
    fn writable(&mut self);
    /// The connection is over.
    fn gone(&mut self, socket: &Arc<Socket>);
}

/// How long a closing client may take to answer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Read at once, on the stack of the reading task's poll.
const READ_BYTES: usize = 16 << 10;

/// Serves the connection until it is closed by either side. `early` is what came behind the upgrade request, `place`
/// the connection's among those that may be open.
///
/// It is a task of its own, so that what made the connection (request, joining) does not lie in its memory as long;
/// and a plain function, since an async one would keep room for its arguments twice.
pub fn serve<H: Handler + Send>(
    socket: Arc<Socket>,
    early: Bytes,
    message_bytes_max: usize,
    clock: Clock,
    mut handler: H,
    place: Option<Arc<Counted>>,
) -> impl Future<Output = ()> + Send + use<H> {
    let mut inbound = Inbound::new(message_bytes_max);
    let is_open = early.is_empty() || take(&socket, &mut inbound, &early, clock, &mut handler);
    drop(early);
    async move {
        if is_open {
            read_and_write(&socket, &mut inbound, clock, &mut handler).await;
        }
        handler.gone(&socket);
        // A close frame may still be on its way out, and the client's answer on its way in. Boxed, so that it takes
        // no room before.
        drop(Box::pin(tokio::time::timeout(CLOSE_TIMEOUT, part(&socket, &mut inbound))).await);
        drop(place);
    }
}

async fn read_and_write(
    socket: &Socket,
    inbound: &mut Inbound,
    clock: Clock,
    handler: &mut (impl Handler + Send),
) {
    while !socket.is_closing() {
        let interest = match socket.stuck_since() {
            Some(_) => Interest::READABLE | Interest::WRITABLE,
            None => Interest::READABLE,
        };
        let ready = tokio::select! {
            ready = socket.tcp().ready(interest) => ready,
            () = socket.woken() => {
                if socket.is_called_again() {
                    handler.writable();
                }
                continue;
            }
        };
        let Ok(ready) = ready else { return };
        if ready.is_writable() && socket.stuck_since().is_some() {
            match socket.flush() {
                Ok(true) => handler.writable(),
                Ok(false) => {}
                Err(_) => return,
            }
        }
        if ready.is_readable() && !read(socket, inbound, clock, handler) {
            return;
        }
    }
}

/// Closes a connection that was accepted only to say why it is refused.
pub async fn refuse(
    socket: Arc<Socket>,
    code: CloseCode,
    reason: &str,
    clock: Clock,
    place: Option<Arc<Counted>>,
) {
    const MESSAGE_BYTES_MAX: usize = 1024;
    socket.close(code, reason, clock.now());
    serve(socket, Bytes::new(), MESSAGE_BYTES_MAX, clock, Deaf, place).await;
}

/// Hears nothing: a connection that was refused.
struct Deaf;

impl Handler for Deaf {
    fn message(&mut self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn heard(&mut self) {}

    fn writable(&mut self) {}

    fn gone(&mut self, _: &Arc<Socket>) {}
}

/// Reads what is there. `false` when the connection is over.
fn read(socket: &Socket, inbound: &mut Inbound, clock: Clock, handler: &mut impl Handler) -> bool {
    let mut buffer = [0; READ_BYTES];
    loop {
        match socket.tcp().try_read(&mut buffer) {
            Ok(0) => {
                socket.mark_dead();
                return false;
            }
            Ok(n) => {
                if !take(socket, inbound, buffer.get(..n).unwrap_or_default(), clock, handler) {
                    return false;
                }
                if n < READ_BYTES {
                    return true;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
            Err(_) => {
                socket.mark_dead();
                return false;
            }
        }
    }
}

fn take(
    socket: &Socket,
    inbound: &mut Inbound,
    bytes: &[u8],
    clock: Clock,
    handler: &mut impl Handler,
) -> bool {
    handler.heard();
    inbound.feed(bytes);
    loop {
        let received = inbound.receive();
        let output = inbound.take_output();
        if !output.is_empty() {
            socket.send_control(&output, clock.now());
        }
        match received {
            Received::Text(text) => {
                if let Some(answer) = handler.message(&text) {
                    socket.send_control(&text_frame(&answer), clock.now());
                }
            }
            Received::Binary => {
                let answer = crate::http::error::body("bad_message", "text frames are expected", None);
                socket.send_control(&text_frame(&answer), clock.now());
            }
            Received::Nothing => return true,
            Received::Closed => {
                socket.mark_closing();
                return false;
            }
            Received::TooBig => {
                socket.close(CloseCode::TooBig, "too_big", clock.now());
                return false;
            }
            Received::NotUtf8 => {
                socket.close(CloseCode::NotUtf8, "text is not UTF-8", clock.now());
                return false;
            }
            Received::Broken => {
                socket.close(CloseCode::Protocol, "this is not WebSocket", clock.now());
                return false;
            }
        }
    }
}

/// Sees the last bytes out and waits for the client's close, where that has not come yet. What comes before it is
/// read and forgotten: bytes that nobody reads would make the kernel reset the connection, and the close frame with it.
async fn part(socket: &Socket, inbound: &mut Inbound) {
    let is_over = |inbound: &Inbound| inbound.end() == Some(End::Closed) && socket.stuck_since().is_none();
    while !socket.is_dead() && !is_over(inbound) {
        let interest = match socket.stuck_since() {
            Some(_) => Interest::READABLE | Interest::WRITABLE,
            None => Interest::READABLE,
        };
        let Ok(ready) = socket.tcp().ready(interest).await else { return };
        if ready.is_writable() && socket.flush().is_err() {
            return;
        }
        if ready.is_readable() {
            let mut buffer = [0; 512];
            match socket.tcp().try_read(&mut buffer) {
                Ok(0) => return,
                Ok(n) => forget(inbound, buffer.get(..n).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }
}

/// Looks for a close in what comes, if it can still be read.
fn forget(inbound: &mut Inbound, bytes: &[u8]) {
    if inbound.end().is_none() {
        inbound.feed(bytes);
        while inbound.end().is_none() && inbound.receive() != Received::Nothing {}
    }
}
