//! Who calls, and what they may do: the one place where that is decided.
//!
//! [`Authenticator::principal`] turns a request's headers into a [`Principal`], [`allow`] says whether that one has a
//! right to something. Every call passes both, from the first day; nothing else in the program knows rights.
//!
//! On the hot path (a poll without authentication) this reads the request's header names once, compares `Host`, and
//! allocates nothing.

mod authenticator;
mod credential;
mod jwt;
mod key;
mod origin;
mod pattern;
mod right;

use std::sync::Arc;

use http::StatusCode;

pub use authenticator::{Authenticator, Refused};
pub use credential::selected_subprotocol;
pub use jwt::KeyFileError;
pub use key::NewKey;
pub use pattern::Pattern;
pub use right::{Grant, Right, StreamRights};

use crate::config::{Kind, NamespaceRules};

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody in particular: authentication is configured, and no credential was shown.
    Anonymous,
    /// A program with an API key.
    Key(Arc<Program>),
    /// A player with a token.
    Player(Arc<Player>),
    /// Anybody, where no authentication is configured: on loopback, or with `--insecure`. Everything is allowed, but
    /// for what a namespace takes from all on a public address.
    Local,
    /// A page of another website in somebody's browser, where no authentication is configured. It may only read and
    /// play, since the browser's user did not ask for more.
    CrossSite,
}

/// A program with an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The key's name.
    pub name: String,
    /// All that it may do.
    pub rights: Vec<Grant>,
}

/// A player with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// `sub`, or else `user_id`: 1 to 128 bytes without control characters.
    pub id: String,
    /// What the token adds to what every player may do.
    pub rights: Vec<Grant>,
}

/// What a right is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object<'a> {
    /// A stream, which need not exist, and its namespace's rules.
    Stream(&'a str, &'a NamespaceRules),
    /// The lobby of a product.
    Product(&'a str),
    /// A matchmaking queue.
    Queue(&'a str),
    /// Nothing in particular: [`Right::Server`] and [`Right::Operate`].
    Everything,
}

/// The right is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Denied {
    is_anonymous: bool,
    message: String,
}

impl Denied {
    /// 401 if a credential might help, 403 if the one that was shown does not.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        if self.is_anonymous { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN }
    }

    /// `no_credential` or `no_right`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        if self.is_anonymous { "no_credential" } else { "no_right" }
    }

    /// One line for the caller.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Whether the principal has this right to that object.
///
/// # Errors
/// [`Denied`] if not. A right that an object cannot have (to publish to a queue) nobody has.
pub fn allow(principal: &Principal, right: Right, object: Object<'_>) -> Result<(), Denied> {
    let is_allowed = match object {
        Object::Stream(name, rules) => right.is_of_streams() && allow_stream(principal, right, name, rules),
        Object::Product(name) => right == Right::Lobby && allow_player_call(principal, right, name),
        Object::Queue(name) => right == Right::Matchmake && allow_player_call(principal, right, name),
        Object::Everything => match right {
            Right::Server | Right::Operate => *principal == Principal::Local || granted(principal, right, ""),
            Right::Read
            | Right::Play
            | Right::Publish
            | Right::Administer
            | Right::Lobby
            | Right::Matchmake => false,
        },
    };
    if is_allowed { Ok(()) } else { Err(denied(principal, right, object)) }
}

fn allow_stream(principal: &Principal, right: Right, name: &str, rules: &NamespaceRules) -> bool {
    if rules.written_by_program && right != Right::Read {
        return false;
    }
    if let Some(owner) = name.strip_prefix("player:") {
        return match principal {
            Principal::Player(player) => right == Right::Read && player.id == owner,
            Principal::Local => rules.anonymous.contains(right),
            Principal::Anonymous | Principal::Key(_) | Principal::CrossSite => false,
        };
    }
    let for_all = rules.anonymous.contains(right);
    match principal {
        Principal::Local | Principal::Anonymous => for_all,
        Principal::CrossSite => for_all && matches!(right, Right::Read | Right::Play),
        Principal::Key(_) => {
            for_all || granted(principal, right, name) || reads_broker(principal, right, name)
        }
        Principal::Player(_) => {
            for_all
                || every_player(right, name, rules)
                || granted(principal, right, name)
                || reads_broker(principal, right, name)
        }
    }
}

/// What every player may do with a stream: play and watch lockstep, read events; not the operators' streams.
fn every_player(right: Right, name: &str, rules: &NamespaceRules) -> bool {
    match rules.kind {
        Kind::Lockstep => matches!(right, Right::Read | Right::Play),
        Kind::Events => right == Right::Read && !is_operators(name),
    }
}

/// The streams that *operate* stands for: other people's tickets are in them.
fn is_operators(name: &str) -> bool {
    name == "broker" || name.starts_with("tickets:")
}

fn reads_broker(principal: &Principal, right: Right, name: &str) -> bool {
    right == Right::Read && is_operators(name) && granted(principal, Right::Operate, "")
}

/// A player's own calls to lobby and matchmaking; a program needs the right by name.
fn allow_player_call(principal: &Principal, right: Right, name: &str) -> bool {
    match principal {
        Principal::Local | Principal::Player(_) => true,
        Principal::Key(_) => granted(principal, right, name),
        Principal::Anonymous | Principal::CrossSite => false,
    }
}

/// Whether the principal's own list has the right.
fn granted(principal: &Principal, right: Right, name: &str) -> bool {
    let grants = match principal {
        Principal::Key(program) => &program.rights,
        Principal::Player(player) => &player.rights,
        Principal::Anonymous | Principal::Local | Principal::CrossSite => return false,
    };
    grants.iter().any(|grant| grant.right == right && grant.pattern.matches(name))
}

fn denied(principal: &Principal, right: Right, object: Object<'_>) -> Denied {
    let word = right.word();
    let what = match object {
        Object::Stream(name, rules) if rules.written_by_program && right != Right::Read => {
            let message = format!("the program alone writes the stream {name:?}");
            return Denied { is_anonymous: false, message };
        }
        Object::Stream(name, _) | Object::Product(name) | Object::Queue(name) => format!("\"{word} {name}\""),
        Object::Everything => format!("\"{word}\""),
    };
    let message = match principal {
        Principal::Anonymous => format!("this needs a credential with the right {what}"),
        Principal::CrossSite => {
            format!("a page of another website may only read and play; this needs the right {what}")
        }
        Principal::Key(_) | Principal::Player(_) | Principal::Local => format!("the right {what} is missing"),
    };
    Denied { is_anonymous: *principal == Principal::Anonymous, message }
}

#[cfg(test)]
mod tests;
