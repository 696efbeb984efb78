//! `stadion tail`: a stream's events as JSON Lines.

use std::borrow::Cow;
use std::io::{ErrorKind, Write};

use super::address::Address;
use super::connect::{Heard, Reader, Source};
use super::error::ClientError;
use super::http::{Http, bearer};
use super::progress::Progress;

/// What to show.
#[derive(Clone, Debug)]
pub struct Tail {
    pub address: Address,
    pub token: Option<String>,
    pub stream: String,
    pub from: String,
    /// Whole envelopes and the marks between them instead of the events alone.
    pub envelopes: bool,
}

impl Tail {
    /// Goes on until the reader of standard output is gone.
    ///
    /// # Errors
    /// The server is not there at first, refuses, or has lost the position; standard output cannot be written to.
    pub async fn run(self) -> Result<(), ClientError> {
        let path = self.address.events_of(&self.stream);
        let token = self.token.as_deref().map(bearer).transpose()?;
        let from = if self.from == "head" { self.head(&path).await? } else { self.from };
        let source = Source { address: self.address, path, token, is_patient: false };
        let mut reader = Reader::new(source, from);
        let mut progress = Progress::default();
        loop {
            let is_taken = match reader.next().await? {
                Heard::Event(event) if self.envelopes => print(&event.text)?,
                Heard::Event(event) => print(event.body())?,
                Heard::Live { text, .. } if self.envelopes => print(&text)?,
                Heard::Live { .. } => true,
                Heard::Lost(why) => return Err(ClientError::PositionLost(why)),
                Heard::Away(why) => {
                    progress.notice(&format!("{why}; trying again"));
                    true
                }
                Heard::Back => {
                    progress.notice("connected again");
                    true
                }
            };
            if !is_taken {
                return Ok(());
            }
        }
    }

    /// The position of the head now: with it even a connection that breaks before the first event leaves no gap.
    async fn head(&self, path: &str) -> Result<String, ClientError> {
        let mut http = Http::new(self.address.clone(), self.token.as_deref())?;
        let reply = http.get(&format!("{path}?from=head&limit=1")).await.map_err(|lost| {
            ClientError::Unreachable { host: self.address.host.clone(), why: lost.to_string() }
        })?;
        let page = serde_json::from_str::<serde_json::Value>(&reply.text).ok().filter(|_| reply.is_ok());
        let next = page.as_ref().and_then(|page| page.get("next")?.as_str());
        next.map(str::to_owned).ok_or_else(|| ClientError::Refused {
            what: "to be read".to_owned(),
            status: reply.status,
            message: reply.message(),
        })
    }
}

/// JSON in one line. Line breaks stand outside strings only, where they mean as little as blanks do.
pub fn one_line(json: &str) -> Cow<'_, str> {
    if json.contains(['\n', '\r']) { json.replace(['\n', '\r'], " ").into() } else { json.into() }
}

/// Writes a line at once. `false`: whoever read them has gone.
fn print(json: &str) -> Result<bool, ClientError> {
    let mut line = one_line(json).into_owned();
    line.push('\n');
    let mut output = std::io::stdout().lock();
    match output.write_all(line.as_bytes()).and_then(|()| output.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(ClientError::Output(error)),
    }
}
