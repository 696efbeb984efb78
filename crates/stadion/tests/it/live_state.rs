//! Live state by rules of the configuration: what a reader who comes now gets of what went before.

use serde_json::Value;

use crate::events::{Reader, bare, page, position, publish, texts, try_page};
use crate::harness::{Server, wait_for};
use crate::raw_http::get;

/// Rounds in a show; one is open at a time.
fn rules(of_show: &str, of_round: &str) -> String {
    format!(
        r#"
[[namespace]]
name = "show"
kind = "events"
durability = "memory"
[[namespace.scope]]
name = "show"
key = ["/show"]
open = ["ShowOpened"]
close = ["ShowClosed"]
{of_show}
[[namespace.scope]]
name = "round"
key = ["/round"]
open = ["RoundStarted", "RoundResumed"]
close = ["RoundEnded"]
{of_round}
"#
    )
}

/// One event from words: its type, `show` and `round` (`-` where it has none), anything more as `key=number`.
fn event(n: usize, words: &str) -> String {
    let mut event = serde_json::json!({ "n": n });
    for (place, word) in words.split_whitespace().enumerate() {
        let (key, value) = match place {
            0 => ("typeName", Value::from(word)),
            1 => ("show", Value::from(word)),
            2 => ("round", Value::from(word)),
            _ => word.split_once('=').map(|(key, value)| (key, Value::from(value))).unwrap(),
        };
        if value != "-" {
            event[key] = value;
        }
    }
    event.to_string()
}

/// The offsets, in the live state's order, as both kinds of sockets tell it.
fn live_state(server: &Server, stream: &str) -> Vec<i64> {
    let (state, _) = Reader::open(server.addr(), stream, "").state();
    let mut socket = bare(server.addr(), stream, "");
    let bodies: Vec<String> = state.iter().map(|event| event.body.clone()).collect();
    assert_eq!(texts(&mut socket, bodies.len()), bodies, "bare frames say the same");
    state.iter().map(|event| event.offset).collect()
}

/// Publishes a script one event a line, and checks which of its lines (from 0) are live state, in which order.
fn check(rules: &str, script: &[&str], expected: &[i64]) {
    let server = Server::with(rules);
    let lines: Vec<String> = script.iter().enumerate().map(|(n, words)| event(n, words)).collect();
    publish(server.addr(), "show:a", &lines.join("\n"));
    assert_eq!(live_state(&server, "show:a"), expected, "{script:?}");
}

#[test]
fn scopes_are_told_from_the_outermost_in() {
    check(
        &rules("", ""),
        &["ShowOpened s", "RoundStarted s 1", "Light s", "Answer s 1", "Light s", "Unknown s 1"],
        &[0, 2, 4, 1, 3, 5],
    );
}

#[test]
fn another_key_closes_what_was_open_and_all_inside() {
    check(
        &rules("", ""),
        &["ShowOpened s", "RoundStarted s 1", "Answer s 1", "RoundStarted s 2", "Answer s 2", "Answer s 1"],
        &[0, 3, 4],
    );
    check(
        &rules("", ""),
        &["ShowOpened s", "Light s", "RoundStarted s 1", "ShowOpened t", "Light s", "Light t"],
        &[3, 5],
    );
}

#[test]
fn a_closed_scope_leaves() {
    check(
        &rules("", ""),
        &["ShowOpened s", "RoundStarted s 1", "Answer s 1", "RoundEnded s 1", "Answer s 1"],
        &[0],
    );
    check(
        &rules("", ""),
        &["ShowOpened s", "RoundStarted s 1", "Answer s 1", "ShowClosed s", "Light s"],
        &[],
    );
    let reopened = ["ShowOpened s", "RoundStarted s 1", "RoundEnded s 1", "RoundResumed s 1", "Answer s 1"];
    check(&rules("", ""), &reopened, &[0, 3, 4]);
    let of_another = ["ShowOpened s", "RoundStarted s 1", "RoundEnded s 2", "Answer s 1"];
    check(&rules("", ""), &of_another, &[0, 1, 3]);
}

#[test]
fn what_is_not_open_is_no_part_of_it() {
    check(&rules("", ""), &["Light s", "RoundStarted s 1", "Answer s 1"], &[]);
    check(&rules("", ""), &["ShowOpened s", "Answer s 1", "Light t", "Light s"], &[0, 3]);
}

#[test]
fn several_may_be_open_at_once() {
    check(
        &rules("", "concurrent = true"),
        &[
            "ShowOpened s",
            "RoundStarted s 1",
            "RoundStarted s 2",
            "Answer s 1",
            "Answer s 2",
            "Light s",
            "Answer s 1",
        ],
        &[0, 5, 1, 3, 6, 2, 4],
    );
    check(
        &rules("", "concurrent = true"),
        &[
            "ShowOpened s",
            "RoundStarted s 1",
            "RoundStarted s 2",
            "Answer s 1",
            "RoundEnded s 1",
            "Answer s 2",
        ],
        &[0, 2, 5],
    );
    check(
        &rules("", "concurrent = true"),
        &[
            "ShowOpened s",
            "RoundStarted s 1",
            "RoundStarted s 2",
            "Answer s 1",
            "RoundStarted s 1",
            "Answer s 1",
        ],
        &[0, 2, 4, 5],
    );
}

#[test]
fn opened_again_anew_or_repeated() {
    let script = ["ShowOpened s", "Light s", "RoundStarted s 1", "Answer s 1", "ShowOpened s", "Light s"];
    check(&rules("", ""), &script, &[4, 5]);
    check(&rules("reopen = \"anew\"", ""), &script, &[4, 5]);
    check(&rules("reopen = \"repeat\"", ""), &script, &[4, 5, 2, 3]);
}

#[test]
fn of_the_latest_only_the_last_of_each_key_stays() {
    let latest = "latest = [{ type = \"Speed\", key = [\"/lane\"] }]";
    check(
        &rules("", latest),
        &[
            "ShowOpened s",
            "RoundStarted s 1",
            "Speed s 1 lane=a",
            "Speed s 1 lane=b",
            "Answer s 1",
            "Speed s 1 lane=a",
        ],
        &[0, 1, 3, 4, 5],
    );
    check(
        &rules("", latest),
        &["ShowOpened s", "RoundStarted s 1", "Speed s 1 lane=a", "RoundStarted s 2", "Speed s 2 lane=b"],
        &[0, 3, 4],
    );
}

#[test]
fn also_keeps_a_type_further_out() {
    check(
        &rules("also = [\"Committed\"]", ""),
        &[
            "ShowOpened s",
            "RoundStarted s 1",
            "Answer s 1",
            "Committed s 1",
            "RoundEnded s 1",
            "Committed s 7",
        ],
        &[0, 3, 5],
    );
}

#[test]
fn keys_are_compared_by_their_letters_unless_it_is_said() {
    let script = ["ShowOpened Show", "Light sHOW", "RoundStarted show A", "Answer SHOW a"];
    check(&rules("", ""), &script, &[0]);
    let ignoring = rules("", "").replace("[[namespace]]\n", "[[namespace]]\nignore_case = true\n");
    check(&ignoring, &script, &[0, 1, 2, 3]);
}

#[test]
fn a_type_may_stand_anywhere() {
    let rules = rules("", "").replace("[[namespace]]\n", "[[namespace]]\ntype = \"/meta/kind\"\n");
    let server = Server::with(&rules);
    let lines = "{\"meta\":{\"kind\":\"ShowOpened\"},\"show\":1}\n{\"show\":1}\n{\"meta\":{\"kind\":\"X\"},\"show\":1}";
    publish(server.addr(), "show:a", lines);
    let events = page(server.addr(), "show:a", "from=start").events;
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_deref()).collect();
    assert_eq!(kinds, [Some("ShowOpened"), None, Some("X")]);
    let state = live_state(&server, "show:a");
    assert!(state.starts_with(&[0]) && state.ends_with(&[2]), "{state:?}");
}

#[test]
fn the_mark_comes_without_any_state_too_and_live_goes_on_from_it() {
    let server = Server::with(&rules("", ""));
    assert_eq!(Reader::open(server.addr(), "show:a", "from=live").state(), (Vec::new(), -1));
    let epoch = publish(server.addr(), "show:a", &event(0, "Light s")).epoch;
    let mut reader = Reader::open(server.addr(), "show:a", "from=live");
    assert_eq!(reader.state(), (Vec::new(), 0));
    publish(server.addr(), "show:a", &event(1, "ShowOpened s"));
    let event = reader.event();
    assert_eq!((event.offset, event.state), (1, false));
    let mut resumed = Reader::open(server.addr(), "show:a", &format!("from={}", position(&epoch, 0)));
    let event = resumed.event();
    assert_eq!((event.offset, event.state), (1, false), "what is resumed is no live state");
    let mut head = Reader::open(server.addr(), "show:a", &format!("from={epoch}:9&recover=live"));
    let (state, live) = head.state();
    assert_eq!((state.len(), live), (1, 1), "a lost position gets live state instead");
}

#[test]
fn who_waits_for_a_name_hears_it_from_its_first_event() {
    let server = Server::with(&rules("", ""));
    let mut waiting = Reader::open(server.addr(), "show:a", "from=live");
    assert_eq!(waiting.state(), (Vec::new(), -1));
    publish(server.addr(), "show:a", &event(0, "Light s"));
    assert_eq!(waiting.event().offset, 0);
}

#[test]
fn a_look_names_the_open_scopes() {
    let server = Server::with(&rules("", ""));
    publish(server.addr(), "show:a", &event(0, "ShowOpened the-show-key"));
    let look = get(server.addr(), "/v1/streams/show:a");
    assert!(look.text().contains("the-show-key"), "{}", look.text());
    publish(server.addr(), "show:a", &event(1, "ShowClosed the-show-key"));
    let look = get(server.addr(), "/v1/streams/show:a");
    assert!(!look.text().contains("the-show-key"), "{}", look.text());
}

#[test]
fn live_state_outlives_the_retention() {
    let rules = rules("", "").replace("[[namespace]]\n", "[[namespace]]\nretain = \"1s\"\n");
    let server = Server::with(&rules);
    let script =
        ["Light x", "ShowOpened s", "Light x", "RoundStarted s 1", "Light x", "Answer s 1", "Light x"];
    let lines: Vec<String> = script.iter().enumerate().map(|(n, words)| event(n, words)).collect();
    let first = publish(server.addr(), "show:a", &lines.join("\n"));
    let query = format!("from={}", position(&first.epoch, 5));
    let mut last = 0;
    wait_for("the events of the beginning to go", || {
        last = publish(server.addr(), "show:a", &event(7, "Light x")).last;
        (try_page(server.addr(), "show:a", &query).status == 410).then_some(())
    });
    assert_eq!(live_state(&server, "show:a"), [1, 3, 5]);
    let closed = publish(server.addr(), "show:a", &event(8, "RoundEnded s 1")).last;
    assert_eq!(closed, last + 1);
    assert_eq!(live_state(&server, "show:a"), [1]);
}

#[test]
fn a_page_holds_live_state_too() {
    let server = Server::with(&rules("", ""));
    publish(
        server.addr(),
        "show:a",
        &[event(0, "ShowOpened s"), event(1, "Noise x"), event(2, "Light s")].join("\n"),
    );
    let (state, live) = Reader::open(server.addr(), "show:a", "").state();
    for query in ["", "from=live", "from=live&limit=1000"] {
        let by_page = page(server.addr(), "show:a", query);
        assert_eq!(by_page.events, state, "a page and a socket say the same: {query}");
        assert!(by_page.next.ends_with(&format!(":{live}")), "{} and {live}", by_page.next);
    }
}
