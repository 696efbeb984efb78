//! Sections of parts that are not built yet in this version.
//!
//! Their keys are known and checked, so that a file for a later version is told the one thing that matters: that the
//! part is missing. A part that gets built takes its function from here into a module of its own.

use std::time::Duration;

use super::namespace::Kind;
use super::section::{Bound, Section};
use super::tree::Node;

const NOT_BUILT: &str = "is not built yet in this version of stadion";

/// A sensible range for waiting times that nothing else bounds.
const DAY: Duration = Duration::from_secs(86_400);

/// The most players, or teams, of a match.
const PLAYERS_MAX: usize = 10_000;

pub(super) fn read(root: &Section<'_>) {
    tls(root.section("tls"));
    nats(root.section("nats"));
    lobby(root.section("lobby"));
    matchmaking(root.section("matchmaking"));
    broker(root.section("broker"));
    for section in root.sections("queue") {
        queue(section);
    }
}

/// The keys of a `[[namespace]]` that only streams of events, or streams on disk, need.
pub(super) fn read_namespace(section: &Section<'_>, kind: Option<Kind>) {
    let default = "\"memory\" of lockstep, \"disk\" of events";
    let is_kept = section
        .choice("durability", &[("memory", false), ("disk", true), ("jetstream", true)], default)
        .unwrap_or(false);
    if is_kept {
        section.fault_at("durability", format_args!("{NOT_BUILT} but as \"memory\""));
    }
    if kind == Some(Kind::Lockstep) {
        for key in ["retain", "flush", "slow_reader", "reader_backlog", "type", "ignore_case", "scope"] {
            if section.has(key) {
                section.fault_at(key, "is for namespaces of the kind \"events\"");
            }
        }
    }
}

fn tls(section: Section<'_>) {
    section.required("cert", "a path", Node::some_text);
    section.required("key", "a path", Node::some_text);
    finish(section);
}

fn nats(section: Section<'_>) {
    url(&section, "url", &["nats", "tls"], "\"nats://127.0.0.1:4222\"");
    finish(section);
}

fn lobby(section: Section<'_>) {
    let store = "\"embedded\" or an address like \"redis://127.0.0.1:6379/0\"";
    section.optional("store", store, "\"embedded\"", |node| {
        let text = node.text()?;
        (text == "embedded" || is_url(text, &["redis", "rediss"])).then_some(())
    });
    url(&section, "events", &["redis", "rediss"], "");
    section.switch("worker", true);
    for product in section.sections("product") {
        product.required("id", "text", Node::some_text);
        product.required("game_server_url", "an address like \"http://game:8080\"", |node| {
            is_url(node.text()?, &["http", "https"]).then_some(())
        });
        product.required("target_game_server", "text", Node::some_text);
        product.count("players", Bound { default: 2, min: 2, max: PLAYERS_MAX });
        product.finish();
    }
    finish(section);
}

fn matchmaking(section: Section<'_>) {
    section.required("catena_config", "a path", Node::some_text);
    finish(section);
}

fn broker(section: Section<'_>) {
    let seconds = Duration::from_secs;
    section.duration("pickup_time", between(seconds(90), seconds(1), DAY));
    section.duration("ready_time", between(seconds(30), seconds(1), DAY));
    section.duration("max_run_time", between(seconds(7_200), seconds(1), 30 * DAY));
    section.duration("server_max_lifetime", between(seconds(600), seconds(1), 30 * DAY));
    section.duration("delay_allocation", between(seconds(2), Duration::ZERO, DAY));
    section.choice("on_server_lost", &[("fail", ()), ("requeue", ())], "\"fail\"");
    // An allocator's keys are its own; they come with the broker.
    section.sections("allocator");
    finish(section);
}

fn queue(section: Section<'_>) {
    section.required("id", "text", Node::some_text);
    section.text("name", "text");
    section.count("teams", Bound { default: 1, min: 0, max: PLAYERS_MAX });
    section.count("min_players_per_team", Bound { default: 1, min: 0, max: PLAYERS_MAX });
    section.count("players_per_team", Bound { default: 1, min: 1, max: PLAYERS_MAX });
    let second = Duration::from_secs(1);
    section.duration("ticket_expiration", between(180 * second, second, DAY));
    section.choice("expiration_action", &[("drop", ()), ("minimum", ())], "\"drop\"");
    // A rule's keys are its own; they come with matchmaking.
    section.sections("rule");
    finish(section);
}

/// Ends a section that is not built, with its unknown keys.
fn finish(section: Section<'_>) {
    if section.is_written() {
        section.fault(format_args!("{} {NOT_BUILT}", section.title()));
    }
    section.finish();
}

fn between<T>(default: T, min: T, max: T) -> Bound<T> {
    Bound { default, min, max }
}

fn url(section: &Section<'_>, key: &'static str, schemes: &[&str], default: &str) {
    let words: Vec<String> = schemes.iter().map(|scheme| format!("\"{scheme}://…\"")).collect();
    let allowed = format!("an address, {}", words.join(" or "));
    section.optional(key, &allowed, default, |node| is_url(node.text()?, schemes).then_some(()));
}

fn is_url(text: &str, schemes: &[&str]) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| schemes.contains(&scheme) && !rest.is_empty())
}
