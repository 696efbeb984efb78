use super::*;
use crate::config::{Config, ConfigError, Flags};

fn load(text: &str, insecure: bool) -> Result<Config, ConfigError> {
    Config::from_text("stadion.toml", text, [], &Flags { insecure, ..Flags::default() })
}

fn good(text: &str) -> Config {
    load(text, false).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// Checks that there is one fault, which begins so.
fn check(text: &str, expected: &str) {
    let error = load(text, false).unwrap_err();
    assert!(
        error.lines().len() == 1 && error.lines()[0].starts_with(expected),
        "{text}\n{error}\n{expected}"
    );
}

fn check_namespace(config: &Config, stream: &str, kind: Kind, tick_ms: u64, written_by_program: bool) {
    let rules = config.namespace_of(stream);
    let found = (rules.kind, rules.tick, rules.written_by_program);
    assert_eq!(found, (kind, Duration::from_millis(tick_ms), written_by_program), "{stream}");
}

#[test]
fn a_stream_has_the_rules_of_its_namespace() {
    let config = good(
        "lockstep.tick = '40ms'\n\
         [[namespace]]\nname = 'match'\ntick = '20ms'\n\
         [[namespace]]\nname = 'arena'\nkind = 'lockstep'\ndurability = 'memory'\n",
    );
    for (stream, kind, tick_ms, written_by_program) in [
        ("lobby", Kind::Lockstep, 40, false),
        ("game:1", Kind::Lockstep, 40, false),
        ("match:1", Kind::Lockstep, 20, false),
        ("match:1:2", Kind::Lockstep, 20, false),
        ("arena:1", Kind::Lockstep, 40, false),
        ("hall:1", Kind::Events, 40, false),
        (":x", Kind::Lockstep, 40, false),
        ("competition:7", Kind::Events, 40, false),
        ("competitions", Kind::Events, 40, true),
        ("broker", Kind::Events, 40, true),
        ("tickets:duel", Kind::Events, 40, true),
        ("player:ann", Kind::Events, 40, true),
        ("lobby:exrps", Kind::Events, 40, true),
    ] {
        check_namespace(&config, stream, kind, tick_ms, written_by_program);
    }
    let closed = good("[[namespace]]\nname = ''\ntick = '1s'\n");
    check_namespace(&closed, "duel", Kind::Lockstep, 1000, false);
    check_namespace(&closed, "broker", Kind::Events, 50, true);
}

#[test]
fn namespaces_are_told_apart() {
    check(
        "[[namespace]]\nname = 'game'\n[[namespace]]\nname = 'game'",
        "stadion.toml:4: \"namespace.name\" is that of another [[namespace]] too: \"game\"",
    );
    check(
        "[[namespace]]\nkind = 'lockstep'",
        "stadion.toml:1: [[namespace]] needs \"name\", text of at most 127 bytes",
    );
    check(
        "[[namespace]]\nname = 'tickets'\nkind = 'lockstep'",
        "stadion.toml:2: \"namespace.name\" must be another one: the program alone writes the streams of \"tickets\"",
    );
    for name in ["a:b", "a/b", "_a", ".a", "a\\u0007"] {
        check(
            &format!("[[namespace]]\nname = \"{name}\"\nkind = 'lockstep'"),
            "stadion.toml:2: \"namespace.name\" must be text of at most 127 bytes",
        );
    }
}

fn check_anonymous(text: &str, insecure: bool, stream: &str, expected: &[Right]) {
    let rules = load(text, insecure).unwrap().namespace_of(stream);
    assert_eq!(
        rules.anonymous,
        expected.iter().copied().collect::<StreamRights>(),
        "{text} {insecure} {stream}"
    );
}

#[test]
fn without_a_credential_there_is_what_the_namespace_gives() {
    let all = [Right::Read, Right::Play, Right::Publish, Right::Administer];
    let written = "[[namespace]]\nname = 'game'\nanonymous = ['read']\n";
    let keyed = format!("{written}[jwt]\nsecret_file = 's'\n");
    let public = format!("listen = '0.0.0.0:1'\n{written}");
    for (text, insecure, game, other) in [
        ("", false, &all[..], &all[..]),
        (written, false, &all, &all),
        (written, true, &all, &all),
        (&public, true, &[Right::Read], &all),
        (&keyed, false, &[Right::Read], &[]),
        ("[jwt]\nsecret_file = 's'\n", false, &[], &[]),
    ] {
        check_anonymous(text, insecure, "game:1", game);
        check_anonymous(text, insecure, "match:1", other);
    }
}
