//! Why a lockstep call was refused, and how that is said: as an HTTP status, or as a close code on a WebSocket.

use http::StatusCode;
use stadion_core::{NameError, Refusal};

use super::request::BadMessage;
use crate::http::error;
use crate::hub::frame::CloseCode;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    BadMessage(#[from] BadMessage),
    #[error(transparent)]
    BadName(#[from] NameError),
    #[error(transparent)]
    Stream(#[from] Refusal),
    #[error("the stream does not exist: it has ended, or never began")]
    NoStream,
    #[error("the server has {streams_max} streams, the most it may have")]
    TooManyStreams { streams_max: usize },
    #[error("too many new streams from your address: {per_minute} a minute are allowed")]
    TooManyNewStreams { per_minute: u32 },
    #[error("the log did not take it: come back in a second")]
    Unavailable,
}

impl Refused {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadMessage(_) | Self::BadName(_) => StatusCode::BAD_REQUEST,
            Self::Stream(refusal) => match refusal {
                Refusal::ReservedType { .. } | Refusal::TooManyEvents { .. } | Refusal::SeqTooLow { .. } => {
                    StatusCode::BAD_REQUEST
                }
                Refusal::EpochChanged { .. }
                | Refusal::SeqGap { .. }
                | Refusal::StreamFull { .. }
                | Refusal::TooManyClients { .. } => StatusCode::CONFLICT,
                Refusal::Busy | Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            },
            Self::NoStream => StatusCode::CONFLICT,
            Self::TooManyStreams { .. } | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooManyNewStreams { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            Self::BadMessage(bad) => bad.code(),
            Self::BadName(_) => "bad_stream_name",
            Self::Stream(refusal) => match refusal {
                Refusal::ReservedType { .. } => "reserved_type",
                Refusal::TooManyEvents { .. } => "too_many_events",
                Refusal::EpochChanged { .. } => "epoch_changed",
                Refusal::SeqTooLow { .. } => "seq_too_low",
                Refusal::SeqGap { .. } => "seq_gap",
                Refusal::StreamFull { .. } => "stream_full",
                Refusal::TooManyClients { .. } => "too_many_clients",
                Refusal::Busy => "busy",
                Refusal::Unavailable => "unavailable",
            },
            Self::NoStream => "epoch_changed",
            Self::TooManyStreams { .. } => "too_many_streams",
            Self::TooManyNewStreams { .. } => "too_many_new_streams",
            Self::Unavailable => "unavailable",
        }
    }

    /// The part of the request that is at fault.
    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Stream(refusal) => match refusal {
                Refusal::ReservedType { .. } | Refusal::TooManyEvents { .. } | Refusal::StreamFull { .. } => {
                    Some("Events")
                }
                Refusal::EpochChanged { .. } => Some("Epoch"),
                Refusal::SeqTooLow { .. } | Refusal::SeqGap { .. } => Some("Seq"),
                Refusal::TooManyClients { .. } | Refusal::Busy | Refusal::Unavailable => None,
            },
            Self::NoStream => Some("Epoch"),
            Self::BadName(_) | Self::TooManyStreams { .. } | Self::TooManyNewStreams { .. } => Some("stream"),
            Self::BadMessage(_) | Self::Unavailable => None,
        }
    }

    /// The error as JSON, with what the client needs to go on: the epoch that is, the count that was written.
    pub fn body(&self) -> Vec<u8> {
        let mut body = error::body(self.code(), &self.to_string(), self.field());
        let more = match self {
            Self::Stream(Refusal::EpochChanged { current }) => {
                format!(",\"Epoch\":\"{}\"}}", current.as_ref().map_or("", |epoch| epoch.as_str()))
            }
            Self::NoStream => ",\"Epoch\":\"\"}".to_owned(),
            Self::Stream(Refusal::SeqGap { have }) => format!(",\"Seq\":{have}}}"),
            _ => return body,
        };
        body.pop();
        body.extend_from_slice(more.as_bytes());
        body
    }

    /// How a WebSocket is closed that was accepted only to say this.
    pub fn close_code(&self) -> CloseCode {
        match self {
            Self::Stream(Refusal::EpochChanged { .. }) | Self::NoStream => CloseCode::PositionLost,
            _ if self.status() == StatusCode::CONFLICT => CloseCode::Conflict,
            _ if self.status().is_client_error() => CloseCode::BadRequest,
            _ => CloseCode::GoingAway,
        }
    }
}
