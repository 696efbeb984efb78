//! `[[namespace]]`: the rules of streams, by what stands before the first colon of their names.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Access;
use super::events::EventRules;
use super::lockstep::TICK;
use super::section::{Bound, Section};
use super::unbuilt;
use crate::events::competitions::COMPETITIONS;
use crate::rights::{Right, StreamRights};

/// The longest namespace: a stream's name of 128 bytes without its colon.
const NAME_BYTES_MAX: usize = 127;

/// Namespaces that are lockstep without configuration. The first is that of names without a colon.
const LOCKSTEP: [&str; 3] = ["", "game", "match"];

/// Namespaces that the program alone writes, and streams of the namespace "" that it does.
const WRITTEN_BY_PROGRAM: [&str; 3] = ["lobby", "tickets", "player"];
const STREAMS_WRITTEN_BY_PROGRAM: [&str; 2] = ["competitions", "broker"];

/// What sort of stream it is. The wrong kind of call is 409 `wrong_kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A tick-stamped stream that players sync with.
    Lockstep,
    /// Events that are published and read. Not built yet in this version: such a stream cannot exist.
    Events,
}

/// The rules of a stream, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamespaceRules {
    /// What sort of stream it is.
    pub kind: Kind,
    /// The length of a tick, of a lockstep stream.
    pub tick: Duration,
    /// What is allowed without a credential.
    pub anonymous: StreamRights,
    /// Whether the program alone writes it: nobody may play, publish or administer.
    pub written_by_program: bool,
}

/// What is allowed without a credential where the namespace does not say, or whatever it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnonymousRule {
    /// Everything, whatever the namespace says: loopback without authentication.
    Everything,
    /// Everything unless the namespace says less: `--insecure`.
    EverythingElse,
    /// Nothing unless the namespace says more.
    Nothing,
}

impl AnonymousRule {
    pub(super) fn of(access: Access, is_public: bool) -> AnonymousRule {
        match (access, is_public) {
            (Access::Authenticated, _) => AnonymousRule::Nothing,
            (Access::Insecure, true) => AnonymousRule::EverythingElse,
            (Access::Insecure, false) | (Access::Loopback, _) => AnonymousRule::Everything,
        }
    }

    fn resolve(self, written: Option<StreamRights>) -> StreamRights {
        match self {
            AnonymousRule::Everything => StreamRights::ALL,
            AnonymousRule::EverythingElse => written.unwrap_or(StreamRights::ALL),
            AnonymousRule::Nothing => written.unwrap_or(StreamRights::NONE),
        }
    }
}

/// The rules of all streams.
#[derive(Debug, Clone)]
pub struct Namespaces {
    written: HashMap<String, NamespaceRules>,
    written_events: HashMap<String, Arc<EventRules>>,
    default_events: Arc<EventRules>,
    competition: Arc<EventRules>,
    lockstep: NamespaceRules,
    events: NamespaceRules,
}

impl Namespaces {
    /// The rules of the stream of this name.
    #[must_use]
    pub fn of(&self, stream: &str) -> NamespaceRules {
        if STREAMS_WRITTEN_BY_PROGRAM.contains(&stream) {
            return NamespaceRules { written_by_program: true, ..self.events };
        }
        let namespace = stream.split_once(':').map_or("", |(namespace, _)| namespace);
        match self.written.get(namespace) {
            Some(rules) => *rules,
            None => self.unwritten(namespace),
        }
    }

    /// What holds for the stream of events of this name.
    #[must_use]
    pub fn events_of(&self, stream: &str) -> &Arc<EventRules> {
        let namespace = stream.split_once(':').map_or("", |(namespace, _)| namespace);
        let unwritten = if namespace == "competition" || stream == COMPETITIONS {
            &self.competition
        } else {
            &self.default_events
        };
        self.written_events.get(namespace).filter(|_| stream != COMPETITIONS).unwrap_or(unwritten)
    }

    fn unwritten(&self, namespace: &str) -> NamespaceRules {
        match kind_of(namespace) {
            Kind::Lockstep => self.lockstep,
            Kind::Events => {
                let written_by_program = WRITTEN_BY_PROGRAM.contains(&namespace);
                NamespaceRules { written_by_program, ..self.events }
            }
        }
    }
}

/// The kind of a namespace that the configuration does not name.
fn kind_of(namespace: &str) -> Kind {
    if LOCKSTEP.contains(&namespace) { Kind::Lockstep } else { Kind::Events }
}

pub(super) fn read(sections: Vec<Section<'_>>, tick: Duration, anonymous: AnonymousRule) -> Namespaces {
    let rules =
        |kind| NamespaceRules { kind, tick, anonymous: anonymous.resolve(None), written_by_program: false };
    let mut namespaces = Namespaces {
        written: HashMap::new(),
        written_events: HashMap::new(),
        default_events: Arc::default(),
        competition: Arc::new(EventRules::competition()),
        lockstep: rules(Kind::Lockstep),
        events: rules(Kind::Events),
    };
    for section in sections {
        let events = EventRules::read(&section);
        if let Some((name, rules)) = read_one(&section, tick, anonymous) {
            namespaces.written_events.insert(name.clone(), Arc::new(events));
            if namespaces.written.insert(name.clone(), rules).is_some() {
                section.fault_at("name", format_args!("is that of another [[namespace]] too: {name:?}"));
            }
        }
        section.finish();
    }
    namespaces
}

fn read_one(
    section: &Section<'_>,
    tick: Duration,
    anonymous: AnonymousRule,
) -> Option<(String, NamespaceRules)> {
    let allowed = format!(
        "text of at most {NAME_BYTES_MAX} bytes without \":\" and \"/\", not beginning with \"_\" or \".\""
    );
    let name = section.required("name", &allowed, |node| {
        let name = node.text()?;
        let is_clean = !name.contains(|c: char| c.is_control() || c == ':' || c == '/');
        (is_clean && name.len() <= NAME_BYTES_MAX && !name.starts_with(['_', '.'])).then(|| name.to_owned())
    });
    let kinds = [("events", Kind::Events), ("lockstep", Kind::Lockstep)];
    let default_kind = kind_of(name.as_deref().unwrap_or_default());
    let kind = match section.choice("kind", &kinds, "that of the name, see below") {
        Some(kind) => Some(kind),
        // Written, and wrong: what depends on it is not looked at.
        None if section.has("kind") => None,
        None => Some(default_kind),
    };
    let tick = section.duration("tick", Bound { default: tick, ..TICK });
    let written = section
        .list("anonymous", "rights: \"read\", \"play\", \"publish\" or \"administer\"", "see below", |word| {
            Right::of_streams(word)
        })
        .map(|rights| rights.into_iter().collect());
    unbuilt::read_namespace(section, kind);
    let name = name?;
    if WRITTEN_BY_PROGRAM.contains(&name.as_str()) {
        section.fault_at(
            "name",
            format_args!("must be another one: the program alone writes the streams of {name:?}"),
        );
    }
    let rules = NamespaceRules {
        kind: kind?,
        tick,
        anonymous: anonymous.resolve(written),
        written_by_program: false,
    };
    Some((name, rules))
}

#[cfg(test)]
mod tests;
