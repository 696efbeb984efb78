//! Why a connection ended and what to do then: the table of codes in wire/stadion.md.

/// Why a stream's status changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// It is the first attempt.
    Joined,
    /// The connection was lost.
    Network,
    /// The server is going away; another may take its place.
    GoingAway,
    /// This client was too slow.
    TooSlow,
    /// A message was too big for the server.
    TooBig,
    /// The stream lives in another epoch, or not at all.
    EpochChanged,
    /// The stream has ended.
    Ended,
    /// A newer connection has the same private id; where the id was this object's own, a new one was made.
    Replaced,
    /// The stream was deleted.
    Deleted,
    /// The credential gives no right to this stream.
    Forbidden,
    /// There is no valid credential.
    Unauthorized,
    /// The server does not understand the request.
    BadRequest,
    /// The stream cannot be played: it is of another kind, or a recording.
    Conflict,
    /// The server's answer was not believed: it had a gap, a duplicate, or ran ahead.
    BadAnswer,
    /// The server refused for now.
    Refused,
    /// The option `token` gave none.
    Token,
    /// Its owner closed it.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    Retry,
    StartOver,
    RenewIdentity,
    RenewToken,
    /// Something that was sent is at fault: connect again and send one thing at a time to find it.
    Isolate,
    Stop,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) remedy: Remedy,
    pub(super) cause: Cause,
    /// The server's error code, or "".
    pub(super) code: String,
    pub(super) message: String,
}

/// Refusals that pass by themselves; nothing that was sent is at fault.
const PASSING: [&str; 5] =
    ["busy", "unavailable", "too_many_clients", "too_many_streams", "too_many_new_streams"];

impl Ending {
    pub(super) fn new(remedy: Remedy, cause: Cause, code: &str, message: impl Into<String>) -> Self {
        Self { remedy, cause, code: code.to_owned(), message: message.into() }
    }

    pub(super) fn lost(message: impl Into<String>) -> Self {
        Self::new(Remedy::Retry, Cause::Network, "", message)
    }

    pub(super) fn bad_answer(message: impl Into<String>) -> Self {
        Self::new(Remedy::Retry, Cause::BadAnswer, "bad_answer", message)
    }

    /// What a WebSocket's close code means. `reason` is an error's code, or words for people.
    pub(super) fn of_close(close: u16, reason: &str) -> Self {
        let (remedy, cause, words) = match close {
            1001 => (Remedy::Retry, Cause::GoingAway, "the server is going away"),
            1008 => (Remedy::Stop, Cause::Forbidden, "no right to this stream"),
            1009 => (Remedy::Isolate, Cause::TooBig, "a message was too big for the server"),
            4010 => {
                (Remedy::StartOver, Cause::EpochChanged, "the stream lives in another epoch, or not at all")
            }
            4011 => (Remedy::Retry, Cause::TooSlow, "this client was too slow"),
            4110 => (Remedy::Stop, Cause::Deleted, "the stream was deleted"),
            4111 => (Remedy::RenewIdentity, Cause::Replaced, "a newer connection has the same private id"),
            4112 => (Remedy::StartOver, Cause::Ended, "the stream has ended"),
            4400 => (Remedy::Stop, Cause::BadRequest, "the server does not understand the request"),
            4401 => (Remedy::RenewToken, Cause::Unauthorized, "no valid credential"),
            4409 => (Remedy::Stop, Cause::Conflict, "this stream cannot be played"),
            _ => return Self::lost(format!("the connection was lost ({close}) {reason}").trim_end()),
        };
        let message = if reason.is_empty() { words.to_owned() } else { format!("{words}: {reason}") };
        if PASSING.contains(&reason) {
            return Self::new(Remedy::Retry, Cause::Refused, reason, message);
        }
        let is_code = reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        Self::new(remedy, cause, if is_code { reason } else { "" }, message)
    }

    /// What an error message on the open socket means.
    pub(super) fn of_error(code: &str, message: &str) -> Self {
        if code == "epoch_changed" {
            return Self::new(Remedy::StartOver, Cause::EpochChanged, code, message);
        }
        let passing = code == "seq_gap" || PASSING.contains(&code);
        Self::new(if passing { Remedy::Retry } else { Remedy::Isolate }, Cause::Refused, code, message)
    }

    /// What an HTTP status other than 200 means.
    pub(super) fn of_status(status: u16, code: &str, message: &str) -> Self {
        let message = if message.is_empty() { format!("HTTP status {status}") } else { message.to_owned() };
        match (status, code) {
            (401, _) => Self::new(Remedy::RenewToken, Cause::Unauthorized, code, message),
            (403, _) => Self::new(Remedy::Stop, Cause::Forbidden, code, message),
            (_, "wrong_kind" | "replayed") => Self::new(Remedy::Stop, Cause::Conflict, code, message),
            (400 | 409 | 413, "") => Self::of_error("bad_request", &message),
            (400 | 409 | 413, _) => Self::of_error(code, &message),
            (408 | 429 | 500.., _) => Self::new(Remedy::Retry, Cause::Refused, code, message),
            _ => Self::new(Remedy::Stop, Cause::BadRequest, code, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_to_do() {
        let close = |code, reason| Ending::of_close(code, reason).remedy;
        assert_eq!(close(1001, ""), Remedy::Retry);
        assert_eq!(close(1006, ""), Remedy::Retry);
        assert_eq!(close(4010, "epoch_changed"), Remedy::StartOver);
        assert_eq!(close(4409, "wrong_kind"), Remedy::Stop);
        assert_eq!(close(4409, "too_many_clients"), Remedy::Retry, "clients leave");
        assert_eq!(Ending::of_close(4111, "a newer connection came").code, "", "words are no code");

        let status = |status, code| Ending::of_status(status, code, "").remedy;
        assert_eq!(status(401, ""), Remedy::RenewToken);
        assert_eq!(status(409, "epoch_changed"), Remedy::StartOver);
        assert_eq!(status(409, "seq_gap"), Remedy::Retry);
        assert_eq!(status(409, "stream_full"), Remedy::Isolate);
        assert_eq!(status(409, "wrong_kind"), Remedy::Stop);
        assert_eq!(status(503, "unavailable"), Remedy::Retry);
        assert_eq!(status(404, ""), Remedy::Stop);
    }
}
