use super::*;
use crate::config::Config;

const SECTIONS: &str = "
[[key]]
name = \"k\"
sha256 = \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"
";

/// A configuration with authentication, and more.
fn rules_of(extra: &str, stream: &str) -> NamespaceRules {
    let text = format!("{SECTIONS}{extra}");
    Config::from_text("t.toml", &text, [], &crate::config::Flags::default()).unwrap().namespace_of(stream)
}

fn grants(list: &[&str]) -> Vec<Grant> {
    list.iter().map(|text| Grant::parse(text).unwrap()).collect()
}

fn key(rights: &[&str]) -> Principal {
    Principal::Key(Arc::new(Program { name: "k".to_owned(), rights: grants(rights) }))
}

fn player(rights: &[&str]) -> Principal {
    Principal::Player(Arc::new(Player { id: "ann".to_owned(), rights: grants(rights) }))
}

/// Checks all eight rights at once; `expected` lists the words of those that are allowed.
fn check(principal: &Principal, object: Object<'_>, expected: &str) {
    let allowed: Vec<&str> = Right::ALL
        .into_iter()
        .filter(|right| allow(principal, *right, object).is_ok())
        .map(Right::word)
        .collect();
    assert_eq!(allowed.join(" "), expected, "{principal:?} {object:?}");
}

#[test]
fn rights_to_a_lockstep_stream() {
    let closed = rules_of("", "game:1");
    let open = rules_of("[[namespace]]\nname = \"game\"\nanonymous = [\"read\"]\n", "game:1");
    let local = Config::default().namespace_of("game:1");
    for (principal, rules, expected) in [
        (Principal::Anonymous, &closed, ""),
        (Principal::Anonymous, &open, "read"),
        (Principal::Local, &local, "read play publish administer"),
        (Principal::CrossSite, &local, "read play"),
        (Principal::Local, &open, "read"),
        (Principal::CrossSite, &open, "read"),
        (key(&[]), &closed, ""),
        (key(&[]), &open, "read"),
        (key(&["publish game:*"]), &closed, "publish"),
        (key(&["publish game:*"]), &open, "read publish"),
        (key(&["play game:1", "read *"]), &closed, "read play"),
        (key(&["administer game:2"]), &closed, ""),
        (key(&["server", "operate", "lobby *", "matchmake *"]), &closed, ""),
        (player(&[]), &closed, "read play"),
        (player(&["publish game:1"]), &closed, "read play publish"),
        (player(&["administer *"]), &open, "read play administer"),
    ] {
        check(&principal, Object::Stream("game:1", rules), expected);
    }
}

#[test]
fn rights_to_a_stream_of_events() {
    let rules = rules_of("", "hall:7");
    for (principal, expected) in [
        (Principal::Anonymous, ""),
        (key(&["publish hall:*"]), "publish"),
        (key(&["read competition:*"]), ""),
        (player(&[]), "read"),
        (player(&["publish hall:7"]), "read publish"),
    ] {
        check(&principal, Object::Stream("hall:7", &rules), expected);
    }
}

#[test]
fn what_the_program_writes_nobody_else_does() {
    for stream in ["competitions", "lobby:exrps", "broker", "tickets:duel"] {
        let local = Config::default().namespace_of(stream);
        check(&Principal::Local, Object::Stream(stream, &local), "read");
        check(&Principal::CrossSite, Object::Stream(stream, &local), "read");
        let rules = rules_of("", stream);
        check(&key(&["publish *", "administer *", "play *"]), Object::Stream(stream, &rules), "");
    }
    let rules = rules_of("", "competitions");
    check(&player(&[]), Object::Stream("competitions", &rules), "read");
}

#[test]
fn the_operators_streams_are_the_operators() {
    for stream in ["broker", "tickets:duel"] {
        let rules = rules_of("", stream);
        for (principal, expected) in [
            (Principal::Anonymous, ""),
            (player(&[]), ""),
            (player(&["operate"]), "read"),
            (key(&["operate"]), "read"),
            (key(&["server"]), ""),
            (key(&["read *"]), "read"),
        ] {
            check(&principal, Object::Stream(stream, &rules), expected);
        }
    }
}

#[test]
fn a_players_own_stream_is_read_by_that_player_alone() {
    let rules = rules_of("", "player:ann");
    let local = Config::default().namespace_of("player:ann");
    check(&player(&[]), Object::Stream("player:ann", &rules), "read");
    check(&player(&["read *"]), Object::Stream("player:bob", &rules), "");
    check(&key(&["read *"]), Object::Stream("player:ann", &rules), "");
    check(&Principal::Anonymous, Object::Stream("player:ann", &rules), "");
    check(&Principal::Local, Object::Stream("player:ann", &local), "read");
    check(&Principal::CrossSite, Object::Stream("player:ann", &local), "");
}

#[test]
fn rights_to_what_is_no_stream() {
    for (principal, product, queue, everything) in [
        (Principal::Anonymous, "", "", ""),
        (Principal::Local, "lobby", "matchmake", "server operate"),
        (Principal::CrossSite, "", "", ""),
        (player(&[]), "lobby", "matchmake", ""),
        (player(&["server"]), "lobby", "matchmake", "server"),
        (key(&[]), "", "", ""),
        (key(&["lobby exrps"]), "lobby", "", ""),
        (key(&["lobby other", "matchmake du*"]), "", "matchmake", ""),
        (key(&["server", "operate"]), "", "", "server operate"),
        (key(&["read *", "publish *", "play *", "administer *"]), "", "", ""),
    ] {
        check(&principal, Object::Product("exrps"), product);
        check(&principal, Object::Queue("duel"), queue);
        check(&principal, Object::Everything, everything);
    }
}

#[test]
fn a_denial_says_which_right_is_missing() {
    let rules = rules_of("", "game:1");
    let broker = rules_of("", "broker");
    for (principal, object, status, code, message) in [
        (
            Principal::Anonymous,
            Object::Stream("game:1", &rules),
            401,
            "no_credential",
            "this needs a credential with the right \"publish game:1\"",
        ),
        (
            key(&[]),
            Object::Stream("game:1", &rules),
            403,
            "no_right",
            "the right \"publish game:1\" is missing",
        ),
        (
            Principal::CrossSite,
            Object::Stream("game:1", &rules),
            403,
            "no_right",
            "a page of another website may only read and play; this needs the right \"publish game:1\"",
        ),
        (
            Principal::Anonymous,
            Object::Stream("broker", &broker),
            403,
            "no_right",
            "the program alone writes the stream \"broker\"",
        ),
        (player(&[]), Object::Everything, 403, "no_right", "the right \"publish\" is missing"),
    ] {
        let denied = allow(&principal, Right::Publish, object).unwrap_err();
        assert_eq!((denied.status().as_u16(), denied.code(), denied.message()), (status, code, message));
    }
}
