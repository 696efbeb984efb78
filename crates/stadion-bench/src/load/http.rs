//! One HTTP/1.1 connection with requests one at a time, and where an answer ends.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::{BenchError, Doing};

/// An answer that takes longer is none.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// A blocking connection, for what is done before and after a measurement.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) tcp: TcpStream,
    address: SocketAddr,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self, BenchError> {
        let tcp = TcpStream::connect(address).doing(format!("connect to {address}"))?;
        tcp.set_nodelay(true).doing("set TCP_NODELAY")?;
        tcp.set_read_timeout(Some(ANSWER_TIMEOUT)).doing("set a time-out")?;
        Ok(Self { tcp, address, received: Vec::new() })
    }

    /// Syncs once and gives the answer's body.
    pub(crate) fn sync(&mut self, path: &str, body: &str) -> Result<&[u8], BenchError> {
        let request = request(self.address, path, body);
        self.tcp.write_all(&request).doing("send a request")?;
        self.received.clear();
        loop {
            if let Some(reply) = Reply::whole(&self.received)? {
                let (start, end) = (reply.body_start, reply.len);
                return Ok(self.received.get(start..end).unwrap_or_default());
            }
            self.read_more()?;
        }
    }

    /// Becomes a WebSocket. What was received behind the answer's head comes with it.
    pub(crate) fn upgrade(mut self, path: &str) -> Result<(TcpStream, Vec<u8>), BenchError> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.address
        );
        self.tcp.write_all(request.as_bytes()).doing("send an upgrade")?;
        loop {
            if let Some(end) = head_end(&self.received) {
                if !self.received.starts_with(b"HTTP/1.1 101 ") {
                    return Err(not_ok(&self.received));
                }
                let early = self.received.split_off(end);
                return Ok((self.tcp, early));
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> Result<(), BenchError> {
        let mut buffer = [0; 16 << 10];
        let n = self.tcp.read(&mut buffer).doing("read an answer")?;
        if n == 0 {
            return Err(BenchError::Wrong("the server hung up before its answer".to_owned()));
        }
        self.received.extend_from_slice(buffer.get(..n).unwrap_or_default());
        Ok(())
    }
}

/// A sync's bytes on the wire.
pub(crate) fn request(address: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Where an answer's body is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    pub(crate) body_start: usize,
    pub(crate) len: usize,
}

impl Reply {
    /// The answer that `bytes` begin with, if all of it is there; it must be a 200.
    pub(crate) fn whole(bytes: &[u8]) -> Result<Option<Self>, BenchError> {
        let Some(body_start) = head_end(bytes) else { return Ok(None) };
        let head = bytes.get(..body_start).unwrap_or_default();
        if !head.starts_with(b"HTTP/1.1 200 ") {
            return Err(not_ok(bytes));
        }
        let length = content_length(head)
            .ok_or_else(|| BenchError::Wrong("an answer without Content-Length".to_owned()))?;
        let len = body_start + length;
        Ok((bytes.len() >= len).then_some(Self { body_start, len }))
    }
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4)
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let value = head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(NAME.len())?;
        name.eq_ignore_ascii_case(NAME).then_some(value)
    })?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

fn not_ok(bytes: &[u8]) -> BenchError {
    let start = bytes.get(..bytes.len().min(600)).unwrap_or_default();
    BenchError::Wrong(format!("not the status that was expected:\n{}", String::from_utf8_lossy(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is_there() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 3\r\n\r\nabcd";
        let reply = Reply::whole(bytes).unwrap().unwrap();
        assert_eq!(&bytes[reply.body_start..reply.len], b"abc");
        assert!(Reply::whole(&bytes[..bytes.len() - 2]).unwrap().is_none());
        assert!(Reply::whole(&bytes[..20]).unwrap().is_none());
    }

    #[test]
    fn another_status_is_an_error() {
        assert!(Reply::whole(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n").is_err());
    }
}
