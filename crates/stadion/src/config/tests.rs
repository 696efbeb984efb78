use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::source::known_keys;
use super::*;

/// A flag is `--name=value` or `--name`.
fn load(text: &str, env: &[(&str, &str)], flags: &[&str]) -> Result<Config, ConfigError> {
    let mut given = Flags::default();
    for flag in flags {
        match flag.split_once('=').unwrap_or((flag, "")) {
            ("--listen", value) => given.listen = Some(value.to_owned()),
            ("--data", value) => given.data = Some(value.to_owned()),
            ("--memory", "") => given.memory = true,
            ("--insecure", "") => given.insecure = true,
            _ => panic!("{flag}"),
        }
    }
    let env = env.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::from_text("stadion.toml", text, env, &given)
}

fn good(text: &str) -> Config {
    load(text, &[], &[]).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// Checks the faults of a file, in order; an expected line may leave out how it goes on.
fn check(text: &str, expected: &[&str]) {
    check_all(text, &[], &[], expected);
}

fn check_all(text: &str, env: &[(&str, &str)], flags: &[&str], expected: &[&str]) {
    let error = load(text, env, flags);
    let lines = error.as_ref().err().map_or(&[][..], ConfigError::lines);
    let agree = lines.len() == expected.len()
        && lines.iter().zip(expected).all(|(line, expected)| line.starts_with(expected));
    assert!(agree, "{text}\n{env:?} {flags:?}\nfound    {lines:#?}\nexpected {expected:#?}");
}

#[test]
fn the_defaults_are_those_of_the_document() {
    let config = Config::default();
    assert_eq!(config.listen.to_string(), "127.0.0.1:9922");
    assert_eq!(config.data, Data::Folder("./stadion-data".into()));
    assert_eq!(config.access, Access::Loopback);
    assert_eq!((config.jwt, config.keys), (None, Vec::new()));
    let limits = &config.limits;
    let free_here = |value| PerAddress { value, holds_for_loopback: false };
    assert_eq!(limits.connections_per_address, free_here(1000));
    assert_eq!(limits.streams_per_address_per_minute, free_here(60));
    assert_eq!((limits.connections, limits.streams, limits.body_bytes), (20_000, 100_000, 1 << 20));
    assert_eq!((limits.header_timeout, limits.body_timeout), (seconds(10), seconds(10)));
    assert!(!limits.trusted_proxies.contains([127, 0, 0, 1].into()));
    let lockstep = Lockstep {
        root: true,
        tick: Duration::from_millis(50),
        disconnect_after: seconds(10),
        idle_after: seconds(60),
        stream_bytes_max: 64 << 20,
        clients_max: 1000,
        events_per_request_max: 1000,
        state_keys_max: 64,
        state_bytes_max: 16 << 10,
        cors_origin: CorsOrigin::Any,
    };
    assert_eq!(config.lockstep, lockstep);
    let jwt = good("[jwt]\nsecret_file = 's'").jwt.unwrap();
    assert_eq!((jwt.leeway, jwt.require_exp, jwt.issuer, jwt.audience), (seconds(60), false, None, None));
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn what_is_written_holds() {
    let config = good(
        "listen = 'localhost:80'\ndata = 'd'\n\
         [limits]\nconnections = 5\ntrusted_proxies = ['10.0.0.0/8', '::1']\nbody_bytes = '64KiB'\n\
         header_timeout = '1m30s'\n\
         [lockstep]\nroot = false\nstate_bytes_max = 2048\ncors_origin = 'https://game.example'\n\
         [[key]]\nname = 'timing'\n\
         sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'\n\
         rights = ['publish competition:*', 'server']\n\
         [jwt]\nkey_file = '/keys/jwt.pem'\nissuer = 'us'\naudience = 'here'\nleeway = '0ms'\nrequire_exp = true\n",
    );
    assert_eq!(config.listen.to_string(), "127.0.0.1:80");
    assert_eq!(config.data, Data::Folder("d".into()));
    assert_eq!((config.limits.connections, config.limits.body_bytes), (5, 65_536));
    assert_eq!(config.limits.header_timeout, seconds(90));
    assert!(config.limits.trusted_proxies.contains([10, 1, 2, 3].into()));
    assert!(!config.lockstep.root);
    assert_eq!(config.lockstep.state_bytes_max, 2048);
    assert_eq!(config.lockstep.cors_origin.header().unwrap(), "https://game.example");
    let rights: Vec<String> = config.keys[0].rights.iter().map(ToString::to_string).collect();
    assert_eq!(
        (config.keys[0].name.as_str(), rights.as_slice()),
        ("timing", &["publish competition:*".to_owned(), "server".to_owned()][..])
    );
    let jwt = Jwt {
        key: JwtKey::Public("/keys/jwt.pem".into()),
        issuer: Some("us".to_owned()),
        audience: Some("here".to_owned()),
        leeway: Duration::ZERO,
        require_exp: true,
    };
    assert_eq!(config.jwt, Some(jwt));
    assert_eq!(config.access, Access::Authenticated);
    assert_eq!(good("[lockstep]\ncors_origin = 'none'").lockstep.cors_origin.header(), None);
}

#[test]
fn a_bound_of_each_address_holds_for_this_machine_once_it_is_written() {
    let limits = good("[limits]\nconnections_per_address = 1000").limits;
    assert_eq!(limits.connections_per_address, PerAddress { value: 1000, holds_for_loopback: true });
    assert!(!limits.streams_per_address_per_minute.holds_for_loopback);
    let limits = load("", &[("STADION_LIMITS__STREAMS_PER_ADDRESS_PER_MINUTE", "5")], &[]).unwrap().limits;
    assert_eq!(limits.streams_per_address_per_minute, PerAddress { value: 5, holds_for_loopback: true });
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_one() {
    check(
        "# a comment\n[lockstep]\n\ndisconect_after = '10s'",
        &["stadion.toml:4: unknown key \"lockstep.disconect_after\"; did you mean \"disconnect_after\"?"],
    );
    check("lsten = '127.0.0.1:1'", &["stadion.toml:1: unknown key \"lsten\"; did you mean \"listen\"?"]);
    check("[limit]\n", &["stadion.toml:1: unknown key \"limit\"; did you mean \"limits\"?"]);
    check(
        "[lockstep]\nfoo = 1",
        &["stadion.toml:2: unknown key \"lockstep.foo\"; known here: \"root\", \"tick\", "],
    );
    check(
        "[limits]\nidle_after = '10s'",
        &[
            "stadion.toml:2: unknown key \"limits.idle_after\"; did you mean \"idle_after\" in the section [lockstep]?",
        ],
    );
    check(
        "[limits]\nlisten = 'localhost:1'",
        &["stadion.toml:2: unknown key \"limits.listen\"; did you mean \"listen\", above the first section?"],
    );
    check(
        "[[namespace]]\nname = 'x'\nkind = 'lockstep'\ntik = '1s'",
        &["stadion.toml:4: unknown key \"namespace.tik\"; did you mean \"tick\"?"],
    );
    check(
        "[[key]]\nnam = 'x'",
        &[
            "stadion.toml:1: [[key]] needs \"name\", text of at most 64 bytes",
            "stadion.toml:1: [[key]] needs \"sha256\", 64 hexadecimal digits",
            "stadion.toml:2: unknown key \"key.nam\"; did you mean \"name\"?",
        ],
    );
}

#[test]
fn a_wrong_value_is_named_with_what_is_allowed() {
    for (text, expected) in [
        ("listen = 9922", "\"listen\" must be an address and port like \"127.0.0.1:9922\"; found 9922"),
        (
            "listen = ':9922'",
            "\"listen\" must be an address and port like \"127.0.0.1:9922\"; found \":9922\"",
        ),
        ("data = ''", "\"data\" must be a path; found \"\""),
        ("limits.connections = 0", "\"limits.connections\" must be a number from 1 to 1000000; found 0"),
        ("limits.connections = -1", "\"limits.connections\" must be a number from 1 to 1000000; found -1"),
        ("limits.connections = 1.5", "\"limits.connections\" must be a number from 1 to 1000000; found 1.5"),
        (
            "limits.connections = '5'",
            "\"limits.connections\" must be a number from 1 to 1000000; found \"5\"",
        ),
        (
            "limits.connections = 99999999999999999999",
            "\"limits.connections\" must be a number from 1 to 1000000; found a number of more than 64 bits",
        ),
        ("lockstep.tick = 50", "\"lockstep.tick\" must be a duration from 1ms to 10s; found 50"),
        ("lockstep.tick = '0ms'", "\"lockstep.tick\" must be a duration from 1ms to 10s; found \"0ms\""),
        ("lockstep.tick = '11s'", "\"lockstep.tick\" must be a duration from 1ms to 10s; found \"11s\""),
        (
            "limits.body_bytes = '1MB'",
            "\"limits.body_bytes\" must be a size from 1KiB to 64MiB; found \"1MB\"",
        ),
        ("limits.body_bytes = 5", "\"limits.body_bytes\" must be a size from 1KiB to 64MiB; found 5"),
        ("lockstep.root = 'yes'", "\"lockstep.root\" must be true or false; found \"yes\""),
        ("lockstep.root = 1979-05-27", "\"lockstep.root\" must be true or false; found 1979-05-27"),
        ("lockstep = 5", "\"lockstep\" must be a section, [lockstep]; found 5"),
        (
            "namespace.name = 'x'",
            "\"namespace\" must be sections with two brackets, [[namespace]]; found a section",
        ),
        ("key = [1]", "\"key\" must be sections with two brackets, [[key]]; found 1"),
        (
            "limits.trusted_proxies = ['10.0.0.0/8', 'proxy']",
            "\"limits.trusted_proxies\" must be a list of addresses or ranges like \"10.0.0.0/8\"; found \"proxy\"",
        ),
        (
            "limits.trusted_proxies = '10.0.0.0/8'",
            "\"limits.trusted_proxies\" must be a list of addresses or ranges like \"10.0.0.0/8\"; found \"10.0.0.0/8\"",
        ),
        (
            "lockstep.cors_origin = 'https://game.example/'",
            "\"lockstep.cors_origin\" must be \"*\", \"none\" or an origin like \"https://game.example\"; \
             found \"https://game.example/\"",
        ),
        (
            "[[namespace]]\nname = 'x'\nkind = 'stream'",
            "\"namespace.kind\" must be \"events\" or \"lockstep\"; found \"stream\"",
        ),
        (
            "[[namespace]]\nname = 'game'\nanonymous = ['read', 'operate']",
            "\"namespace.anonymous\" must be a list of rights: \"read\", \"play\", \"publish\" or \"administer\"; \
             found \"operate\"",
        ),
    ] {
        let line = text.split('\n').count();
        let expected = format!("stadion.toml:{line}: {expected}");
        let found = load(text, &[], &[]).unwrap_err();
        assert_eq!(found.lines()[0], expected, "{text}");
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    check(
        "[lockstep]\nroot = 1\ntikc = 2\n[limits]\nconnections = 0\n",
        &[
            "stadion.toml:2: \"lockstep.root\"",
            "stadion.toml:3: unknown key",
            "stadion.toml:5: \"limits.connections\"",
        ],
    );
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    check("listen = 'x'\nlimits = [", &["stadion.toml:2: this is not TOML: "]);
    check("\n\na = 1\na = 2", &["stadion.toml:4: this is not TOML: duplicate key"]);
}

#[test]
fn a_value_with_a_password_is_not_repeated() {
    let error = load("[lobby]\nstore = 'http://me:hush@host:1'", &[], &[]).unwrap_err().to_string();
    assert!(error.contains("found \"http://…@host:1\"") && !error.contains("hush"), "{error}");
}

#[test]
fn flags_stand_above_the_environment_and_that_above_the_file() {
    let text = "listen = '127.0.0.1:1'\n[lockstep]\ntick = '1s'\nclients_max = 7\n";
    let env = [("STADION_LISTEN", "127.0.0.1:2"), ("STADION_LOCKSTEP__TICK", "2s")];
    assert_eq!(load(text, &[], &[]).unwrap().listen.port(), 1);
    let config = load(text, &env, &[]).unwrap();
    assert_eq!((config.listen.port(), config.lockstep.tick, config.lockstep.clients_max), (2, seconds(2), 7));
    assert_eq!(load(text, &env, &["--listen=127.0.0.1:3"]).unwrap().listen.port(), 3);
    assert_eq!(load("data = 'f'", &[], &["--data=g"]).unwrap().data, Data::Folder("g".into()));
    assert_eq!(load("data = 'f'", &[("STADION_DATA", "e")], &["--memory"]).unwrap().data, Data::Memory);
}

#[test]
fn an_environment_variable_is_of_the_kind_of_the_key_it_sets() {
    let config = load(
        "",
        &[
            ("STADION_LIMITS__CONNECTIONS", "12"),
            ("STADION_LIMITS__TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1"),
            ("STADION_LIMITS__BODY_BYTES", "2048"),
            ("STADION_LOCKSTEP__ROOT", "false"),
            ("STADION_JWT__SECRET_FILE", "jwt.secret"),
            ("STADION_CONFIG", "not a key"),
            ("STADION_LOG", "not a key"),
            ("OTHER_THING", "1"),
        ],
        &[],
    )
    .unwrap();
    assert_eq!(
        (config.limits.connections, config.limits.body_bytes, config.lockstep.root),
        (12, 2048, false)
    );
    assert!(config.limits.trusted_proxies.contains([10, 0, 0, 1].into()));
    assert_eq!(config.jwt.unwrap().key, JwtKey::Secret("jwt.secret".into()));
    assert!(
        !load("limits.trusted_proxies = ['::1']", &[("STADION_LIMITS__TRUSTED_PROXIES", "")], &[])
            .unwrap()
            .limits
            .trusted_proxies
            .contains("::1".parse().unwrap())
    );
}

#[test]
fn a_wrong_environment_variable_or_flag_is_named() {
    let var = "the environment variable STADION_";
    for (env, expected) in [
        (("STADION_LSTEN", "x"), format!("{var}LSTEN: unknown key \"lsten\"; did you mean \"listen\"?")),
        (
            ("STADION_LIMITS__CONECTIONS", "1"),
            format!(
                "{var}LIMITS__CONECTIONS: unknown key \"limits.conections\"; did you mean \"connections\"?"
            ),
        ),
        (
            ("STADION_LIMITS__CONNECTIONS", "many"),
            format!(
                "{var}LIMITS__CONNECTIONS: \"limits.connections\" must be a number from 1 to 1000000; found \"many\""
            ),
        ),
        (
            ("STADION_LIMITS", "1"),
            format!("{var}LIMITS: \"limits\" must be a section, [limits]; found \"1\""),
        ),
        (("STADION_LISTEN__PORT", "1"), format!("{var}LISTEN__PORT: \"listen\" must be an address")),
        (
            ("STADION_NAMESPACE__TICK", "1s"),
            format!("{var}NAMESPACE__TICK: \"namespace\" must be sections with two brackets"),
        ),
        (("STADION_LOBBY__STORE", "embedded"), format!("{var}LOBBY__STORE: [lobby] is not built yet")),
        (("STADION_", "1"), format!("{var}: unknown key \"\"; known here: ")),
        (
            ("STADION_LISTEN", ""),
            format!(
                "{var}LISTEN: \"listen\" must be an address and port like \"127.0.0.1:9922\"; found \"\""
            ),
        ),
    ] {
        check_all("", &[env], &[], &[&expected]);
    }
    check_all("", &[], &["--listen=x"], &["--listen: \"listen\" must be an address"]);
    check_all(
        "[[key]]\nname = 'k'\nsha256 = '00000000000000000000000000000000ffffffffffffffffffffffffffffffff'",
        &[("STADION_KEY__NAME", "x")],
        &[],
        &[
            "the environment variable STADION_KEY__NAME: \"key\" is not a section that a variable can reach into",
        ],
    );
}

#[test]
fn a_public_address_needs_authentication_or_says_so() {
    let refusal = "stadion.toml:1: \"listen\" is a public address, 0.0.0.0:9922, and there is neither [[key]] nor [jwt]: \
                   add one of them (\"stadion key\" makes a key), listen on 127.0.0.1, or start with --insecure";
    let public = "listen = '0.0.0.0:9922'\n";
    check(public, &[refusal]);
    check("listen = '[::]:1'", &["stadion.toml:1: \"listen\" is a public address"]);
    check("listen = '192.168.0.7:1'", &["stadion.toml:1: \"listen\" is a public address"]);
    check_all("", &[], &["--listen=8.8.8.8:1"], &["--listen: \"listen\" is a public address, 8.8.8.8:1"]);
    for local in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert_eq!(good(&format!("listen = '{local}'")).access, Access::Loopback, "{local}");
    }
    assert_eq!(load(public, &[], &["--insecure"]).unwrap().access, Access::Insecure);
    assert_eq!(good(&format!("{public}[jwt]\nsecret_file = 's'")).access, Access::Authenticated);
    let jwt = "[jwt]\nsecret_file = 's'\n";
    assert_eq!(load(jwt, &[], &["--insecure"]).unwrap().access, Access::Authenticated);
    check(
        &format!("{public}[jwt]\n"),
        &["stadion.toml:2: [jwt] needs \"secret_file\" (HS256) or \"key_file\""],
    );
}

#[test]
fn keys_and_tokens_are_whole() {
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let key = |name: &str, digest: &str| format!("[[key]]\nname = '{name}'\nsha256 = '{digest}'\n");
    let twice = key("a", digest) + &key("a", &digest.replace('b', "c"));
    check(&twice, &["stadion.toml:5: \"key.name\" is that of another [[key]] too: \"a\""]);
    let twice = key("a", digest) + &key("b", &digest.to_uppercase());
    check(&twice, &["stadion.toml:6: \"key.sha256\" is that of another [[key]] too"]);
    check(&key("a", "abc"), &["stadion.toml:3: \"key.sha256\" must be 64 hexadecimal digits"]);
    check(
        &(key("a", digest) + "rights = ['publish']"),
        &[
            "stadion.toml:4: \"key.rights\" must be a list of rights like \"publish competition:*\"; found \"publish\"",
        ],
    );
    check(
        "[jwt]\nsecret_file = 'a'\nkey_file = 'b'",
        &["stadion.toml:1: [jwt] takes either \"secret_file\" or \"key_file\"; found both"],
    );
    check("[jwt]\nsecret_file = 5", &["stadion.toml:2: \"jwt.secret_file\" must be a path; found 5"]);
    check(
        "[jwt]\njwks_url = 'https://us.example/keys'",
        &["stadion.toml:2: \"jwt.jwks_url\" is not built yet in this version of stadion; use \"key_file\""],
    );
}

#[test]
fn a_part_that_is_not_built_says_so_after_its_keys() {
    let built = "is not built yet in this version of stadion";
    for (text, section) in [
        ("[tls]\ncert = 'c'\nkey = 'k'", "[tls]"),
        ("[nats]\nurl = 'nats://127.0.0.1:4222'", "[nats]"),
        (
            "[lobby]\nstore = 'redis://127.0.0.1:6379/0'\n[[lobby.product]]\nid = 'exrps'\ngame_server_url = 'http://g:1'\ntarget_game_server = 'g'\nplayers = 2",
            "[lobby]",
        ),
        ("[matchmaking]\ncatena_config = 'catena.json'", "[matchmaking]"),
        (
            "[broker]\npickup_time = '90s'\non_server_lost = 'requeue'\n[[broker.allocator]]\nany = 1",
            "[broker]",
        ),
        (
            "[[queue]]\nid = 'q'\nname = 'Q'\nteams = 2\nplayers_per_team = 1\nticket_expiration = '180s'\n[[queue.rule]]\nany = 1",
            "[[queue]]",
        ),
    ] {
        check(text, &[&format!("stadion.toml:1: {section} {built}")]);
    }
    check(
        "[nats]\nulr = 'nats://a'",
        &[
            &format!("stadion.toml:1: [nats] {built}"),
            "stadion.toml:2: unknown key \"nats.ulr\"; did you mean \"url\"?",
        ],
    );
    check(
        "[[namespace]]\nname = 'game'\ndurability = 'disk'\nretain = '24h'",
        &[
            &format!("stadion.toml:3: \"namespace.durability\" {built} but as \"memory\""),
            "stadion.toml:4: \"namespace.retain\" is for namespaces of the kind \"events\"",
        ],
    );
    check(
        "[[namespace]]\nname = 'game'\n[[namespace.scope]]\nname = 'r'\nkye = ['/a']\nreopen = 'again'\nlatest = [{ type = 'S', key = ['a'] }]",
        &[
            "stadion.toml:3: \"namespace.scope\" is not right: nothing opens the scope \"r\": name a type in its `open`",
            "stadion.toml:3: \"namespace.scope\" is for namespaces of the kind \"events\"",
            "stadion.toml:5: unknown key \"namespace.scope.kye\"; did you mean \"key\"?",
            "stadion.toml:6: \"namespace.scope.reopen\" must be \"anew\" or \"repeat\"; found \"again\"",
            "stadion.toml:7: \"namespace.scope.latest.key\" must be a list of JSON pointers",
        ],
    );
}

/// The example of the contract, in which everything is known.
#[test]
fn every_key_of_the_contract_is_known() {
    let error = load(include_str!("contract.toml"), &[], &[]).unwrap_err();
    for line in error.lines() {
        assert!(line.contains("is not built yet"), "{line}");
    }
}

#[test]
fn paths_in_a_file_count_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stadion.toml");
    std::fs::write(&file, "data = 'kept'\n[jwt]\nsecret_file = '/abs/secret'\n").unwrap();
    let env = [(OsString::from("STADION_JWT__KEY_FILE"), OsString::from("k"))];
    let config = Config::load(Some(&file), [], &Flags::default()).unwrap();
    assert_eq!(config.data, Data::Folder(folder.path().join("kept")));
    assert_eq!(config.jwt.unwrap().key, JwtKey::Secret("/abs/secret".into()));
    assert!(Config::load(Some(&file), env, &Flags::default()).is_err(), "both files");
    let flags = Flags { data: Some("here".to_owned()), ..Flags::default() };
    assert_eq!(Config::load(Some(&file), [], &flags).unwrap().data, Data::Folder("here".into()));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let check = |path: PathBuf, expected: &str| {
        let error = Config::load(Some(&path), [], &Flags::default()).unwrap_err().to_string();
        assert_eq!(error, format!("cannot read {}: {expected}", path.display()));
    };
    check(folder.path().join("none.toml"), "No such file or directory (os error 2)");
    check(folder.path().to_owned(), "Is a directory (os error 21)");
    std::fs::write(folder.path().join("big"), vec![b'#'; (1 << 20) + 1]).unwrap();
    check(folder.path().join("big"), "it is larger than 1048576 bytes, which no configuration is");
    std::fs::write(folder.path().join("binary"), [0xff, 0xfe]).unwrap();
    check(folder.path().join("binary"), "stream did not contain valid UTF-8");
}

/// The rows with four cells in docs/configuration.md: key, what is allowed, default, why.
fn documented_rows() -> BTreeSet<(String, String, String)> {
    let mut rows = BTreeSet::new();
    for row in
        include_str!("../../../../docs/configuration.md").lines().filter(|line| line.starts_with("| `"))
    {
        let cells: Vec<String> =
            row.split(" | ").map(|cell| cell.trim_matches(['|', ' ']).replace('`', "")).collect();
        if let [key, allowed, default, why] = cells.as_slice() {
            assert!(!why.is_empty(), "{key} is not explained");
            let is_new = rows.insert((key.clone(), allowed.clone(), default.replace('–', "")));
            assert!(is_new, "{key} stands there twice");
        }
    }
    rows
}

#[test]
fn the_documentation_knows_the_same_keys_ranges_and_defaults() {
    let known = known_keys(include_str!("contract.toml"))
        .into_iter()
        .map(|key| (key.path, key.allowed, key.default))
        .collect::<BTreeSet<_>>();
    let documented = documented_rows();
    let missing: Vec<_> = known.difference(&documented).collect();
    let invented: Vec<_> = documented.difference(&known).collect();
    assert!(missing.is_empty() && invented.is_empty(), "missing {missing:#?}\ninvented {invented:#?}");
}
