//! HTTP/1.1 by hand over a plain socket, so that any malformed request can be sent as it is.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use serde_json::Value;

use crate::harness::DEADLINE;

/// One answer of the server.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The error's code, after a look at the documented shape:
    /// `{"error":{"code":"…","message":"…","field":"…"}}`, `field` where it applies.
    pub(crate) fn error_code(&self) -> String {
        assert!((400..600).contains(&self.status), "not an error: {self:?}");
        let kind = self.header("content-type").unwrap_or_else(|| panic!("an error without a type: {self:?}"));
        assert!(kind.starts_with("application/json"), "an error that is no JSON: {self:?}");
        check_error(self.text())
    }

    /// The three CORS headers that stand on every answer of the lockstep calls.
    pub(crate) fn check_cors(&self) {
        assert_eq!(self.header("access-control-allow-origin"), Some("*"), "{self:?}");
        assert_eq!(self.header("access-control-allow-methods"), Some("POST, GET, OPTIONS"), "{self:?}");
        let allowed = self.header("access-control-allow-headers").unwrap_or_default();
        assert!(
            allowed.to_ascii_lowercase().split(',').any(|name| name.trim() == "content-type"),
            "{self:?}"
        );
    }
}

/// Checks the documented shape of an error and gives its code.
pub(crate) fn check_error(text: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let error = value.get("error").and_then(Value::as_object).unwrap_or_else(|| panic!("no error in {text}"));
    for (key, member) in error {
        assert!(["code", "message", "field"].contains(&key.as_str()), "{key} in {text}");
        assert!(member.as_str().is_some_and(|member| !member.is_empty()), "{key} is empty in {text}");
    }
    let code = error["code"].as_str().unwrap();
    assert!(
        code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
        "code in {text}"
    );
    assert!(error.contains_key("message"), "no message in {text}");
    code.to_owned()
}

/// A connection that stays open over many requests.
pub(crate) struct Http {
    stream: BufReader<TcpStream>,
    addr: SocketAddr,
}

impl Http {
    pub(crate) fn connect(addr: SocketAddr) -> Http {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Http { stream: BufReader::new(stream), addr }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    /// Writes bytes as they are. An error is the server's closing, which a test sees by the answer.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Nothing more will come from here.
    pub(crate) fn finish_writing(&mut self) {
        // Fails only where the server has closed already.
        drop(self.stream.get_ref().shutdown(Shutdown::Write));
    }

    /// Sends a request with `Host`, the given headers and a body with its length.
    pub(crate) fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let bytes = request_bytes(self.addr, method, path, headers, body);
        self.write(&bytes).unwrap();
        self.reply_to(method).unwrap_or_else(|e| panic!("no answer to {method} {path}: {e}"))
    }

    pub(crate) fn post(&mut self, path: &str, body: &str) -> Reply {
        self.request("POST", path, &[], body.as_bytes())
    }

    /// The next answer; an error where the connection closes before a whole one.
    pub(crate) fn reply(&mut self) -> io::Result<Reply> {
        self.reply_to("POST")
    }

    fn reply_to(&mut self, method: &str) -> io::Result<Reply> {
        loop {
            let reply = self.one_reply(method)?;
            if reply.status >= 200 || reply.status == 101 {
                return Ok(reply);
            }
        }
    }

    fn one_reply(&mut self, method: &str) -> io::Result<Reply> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no status in {first:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| io::Error::other(line.clone()))?;
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        let mut reply = Reply { status, headers, body: Vec::new() };
        if method != "HEAD" && status >= 200 && status != 204 && status != 304 {
            reply.body = self.body(&reply)?;
        }
        Ok(reply)
    }

    fn body(&mut self, head: &Reply) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if head.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            loop {
                let line = self.line()?;
                let length = usize::from_str_radix(&line, 16).map_err(io::Error::other)?;
                let mut chunk = vec![0; length + 2];
                self.stream.read_exact(&mut chunk)?;
                if length == 0 {
                    return Ok(body);
                }
                body.extend_from_slice(&chunk[..length]);
            }
        }
        match head.header("content-length") {
            Some(length) => {
                body.resize(length.parse().map_err(io::Error::other)?, 0);
                self.stream.read_exact(&mut body)?;
            }
            None => drop(self.stream.read_to_end(&mut body)?),
        }
        Ok(body)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') || line.pop() != Some(b'\r') {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended"));
        }
        String::from_utf8(line).map_err(io::Error::other)
    }

    /// The socket, and what was read from it beyond the last answer.
    pub(crate) fn into_parts(self) -> (TcpStream, Vec<u8>) {
        let rest = self.stream.buffer().to_vec();
        (self.stream.into_inner(), rest)
    }
}

/// A request as bytes. A `Host` among the headers stands in the place of the usual one.
pub(crate) fn request_bytes(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        head.push_str(&format!("Host: {addr}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if method == "POST" || !body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// One request on a connection of its own.
pub(crate) fn request(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    Http::connect(addr).request(method, path, headers, body.as_bytes())
}

pub(crate) fn get(addr: SocketAddr, path: &str) -> Reply {
    request(addr, "GET", path, &[], "")
}

pub(crate) fn post(addr: SocketAddr, path: &str, body: &str) -> Reply {
    request(addr, "POST", path, &[], body)
}
