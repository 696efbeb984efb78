use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};

use super::*;
use crate::config::{ConfigError, Flags};

const LOCAL_PEER: &str = "127.0.0.1:50000";

/// Whoever an authenticator of this configuration takes a request for, as `Debug` writes it, or the refusal's code.
/// `headers` are `name: value` lines.
fn principal(
    authenticator: &Authenticator,
    uri: &str,
    headers: &[&str],
    peer: &str,
) -> Result<Principal, Refused> {
    let mut map = HeaderMap::new();
    for line in headers {
        let (name, value) = line.split_once(": ").unwrap();
        map.append(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    authenticator.principal(&map, &uri.parse().unwrap(), peer.parse().unwrap())
}

fn config(text: &str, insecure: bool) -> Result<Config, ConfigError> {
    Config::from_text("t.toml", text, [], &Flags { insecure, ..Flags::default() })
}

fn authenticator(text: &str) -> Authenticator {
    Authenticator::new(&config(text, false).unwrap()).unwrap()
}

fn name(principal: Result<Principal, Refused>) -> String {
    match principal {
        Ok(Principal::Key(program)) => format!("key {}", program.name),
        Ok(Principal::Player(player)) => {
            let rights: Vec<String> = player.rights.iter().map(ToString::to_string).collect();
            format!("player {} {rights:?}", player.id).replace(" []", "")
        }
        Ok(other) => format!("{other:?}"),
        Err(refused) => format!("{} {}", refused.status().as_u16(), refused.code()),
    }
}

#[test]
fn without_authentication_this_machine_alone_is_served() {
    let loopback = authenticator("");
    for (headers, peer, expected) in [
        (&["host: 127.0.0.1:9922"][..], LOCAL_PEER, "Local"),
        (&["host: localhost:9922"], "[::1]:4", "Local"),
        (&["host: localhost:9922"], "[::ffff:127.0.0.1]:4", "Local"),
        (&["host: localhost:9922", "authorization: Bearer whatever"], LOCAL_PEER, "Local"),
        (&["host: localhost"], "192.168.0.7:4", "403 not_local"),
        (&["host: game.example"], LOCAL_PEER, "403 not_local"),
        (&["host: localhost", "host: game.example"], LOCAL_PEER, "403 not_local"),
        (&["host: localhost", "host: \u{e4}"], LOCAL_PEER, "403 not_local"),
        (&[], LOCAL_PEER, "403 not_local"),
        (&["host: localhost", "forwarded: for=1.2.3.4"], LOCAL_PEER, "403 not_local"),
        (&["host: localhost", "x-forwarded-for: 1.2.3.4"], LOCAL_PEER, "403 not_local"),
        (&["host: localhost", "X-Forwarded-Anything: 1"], LOCAL_PEER, "403 not_local"),
        (&["host: localhost", "origin: http://localhost:9922"], LOCAL_PEER, "Local"),
        (&["host: localhost", "origin: http://127.0.0.1:5173"], LOCAL_PEER, "Local"),
        (&["host: localhost", "origin: https://game.example"], LOCAL_PEER, "CrossSite"),
        (&["host: localhost", "origin: http://localhost.game.example"], LOCAL_PEER, "CrossSite"),
        (&["host: localhost", "origin: null"], LOCAL_PEER, "CrossSite"),
        (
            &["host: localhost", "origin: http://localhost", "origin: http://a.example"],
            LOCAL_PEER,
            "CrossSite",
        ),
        (&["host: localhost", "origin: chrome-extension://localhost"], LOCAL_PEER, "CrossSite"),
    ] {
        assert_eq!(name(principal(&loopback, "/x", headers, peer)), expected, "{headers:?} {peer}");
    }
    for (uri, expected) in [("http://localhost:9922/x", "Local"), ("http://game.example/x", "403 not_local")]
    {
        assert_eq!(name(principal(&loopback, uri, &["host: localhost"], LOCAL_PEER)), expected, "{uri}");
    }
}

#[test]
fn a_refusal_says_what_to_configure_in_one_line() {
    let refused = principal(&authenticator(""), "/x", &["host: game.example"], LOCAL_PEER).unwrap_err();
    assert_eq!(
        refused.message(),
        "without authentication only this machine is served, and this request is for the host \"game.example\"; \
         configure [[key]] or [jwt] (\"stadion key\" makes a key), or start with --insecure"
    );
}

#[test]
fn insecure_serves_everybody_but_other_websites() {
    let insecure = Authenticator::new(&config("listen = \"0.0.0.0:1\"", true).unwrap()).unwrap();
    for (headers, expected) in [
        (&["host: game.example:9922", "x-forwarded-for: 1.2.3.4"][..], "Local"),
        (&["host: game.example:9922", "origin: http://GAME.example:80"], "Local"),
        (&["host: game.example:9922", "origin: http://other.example"], "CrossSite"),
        (&["origin: http://other.example"], "CrossSite"),
        (&[], "Local"),
    ] {
        assert_eq!(name(principal(&insecure, "/x", headers, "8.8.8.8:1")), expected, "{headers:?}");
    }
}

#[test]
fn a_key_is_shown_in_any_of_the_three_places() {
    let timing = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let text = format!("[[key]]\nname = \"timing\"\nsha256 = \"{timing}\"\n");
    let with_key = authenticator(&text);
    for (uri, headers, expected) in [
        ("/x", &["authorization: Bearer abc"][..], "key timing"),
        ("/x", &["authorization: Token abc", "host: game.example", "forwarded: for=1.2.3.4"], "key timing"),
        ("/x", &["sec-websocket-protocol: stadion.token.abc"], "key timing"),
        ("/x?access_token=abc", &[], "key timing"),
        ("/x", &["authorization: Bearer abd"], "401 bad_credential"),
        ("/x?access_token=abc", &["authorization: Bearer abd"], "401 bad_credential"),
        ("/x", &["authorization: Bearer a.b.c"], "401 bad_credential"),
        ("/x", &["authorization: abc"], "401 bad_credential"),
        ("/x", &[], "Anonymous"),
        ("/x", &["host: localhost", "origin: https://other.example"], "Anonymous"),
    ] {
        assert_eq!(name(principal(&with_key, uri, headers, "8.8.8.8:1")), expected, "{uri} {headers:?}");
    }
}

/// A key pair in a folder of its own, and an authenticator that knows the public half.
struct Issuer {
    folder: tempfile::TempDir,
    signing: EncodingKey,
    algorithm: Algorithm,
    /// The `[jwt]` line that names the file.
    file_line: &'static str,
}

impl Issuer {
    fn new(algorithm: Algorithm, file_line: &'static str, file: &[u8], signing: EncodingKey) -> Issuer {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), file).unwrap();
        Issuer { folder, signing, algorithm, file_line }
    }

    fn hs256(file: &[u8]) -> Issuer {
        Issuer::new(Algorithm::HS256, "secret_file = \"key\"", file, EncodingKey::from_secret(b"the secret"))
    }

    fn public(algorithm: Algorithm) -> Issuer {
        let (private, public) = match algorithm {
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::generate().unwrap();
                let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
                (pair.to_pkcs8v1().unwrap().as_ref().to_vec(), public.as_ref().to_vec())
            }
            Algorithm::ES256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
                let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
                (pair.to_pkcs8v1().unwrap().as_ref().to_vec(), public.as_ref().to_vec())
            }
            _ => {
                let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
                let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
                let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
                (private.as_ref().to_vec(), public.as_ref().to_vec())
            }
        };
        let private = pem("PRIVATE KEY", &private);
        let signing = match algorithm {
            Algorithm::EdDSA => EncodingKey::from_ed_pem(private.as_bytes()),
            Algorithm::ES256 => EncodingKey::from_ec_pem(private.as_bytes()),
            _ => EncodingKey::from_rsa_pem(private.as_bytes()),
        };
        let public = pem("PUBLIC KEY", &public);
        Issuer::new(algorithm, "key_file = \"key\"", public.as_bytes(), signing.unwrap())
    }

    fn load(&self, more: &str) -> Result<Authenticator, KeyFileError> {
        let text = format!("[jwt]\n{}\n{more}", self.file_line);
        let name = self.folder.path().join("t.toml").display().to_string();
        Authenticator::new(&Config::from_text(&name, &text, [], &Flags::default()).unwrap())
    }

    fn token(&self, claims: &Value) -> String {
        encode(&Header::new(self.algorithm), claims, &self.signing).unwrap()
    }

    /// Who a token with these claims is, where `[jwt]` holds `more`.
    fn check(&self, more: &str, claims: &Value, expected: &str) {
        self.check_token(more, &self.token(claims), expected, &claims.to_string());
    }

    fn check_token(&self, more: &str, token: &str, expected: &str, what: &str) {
        let authenticator = self.load(more).unwrap();
        let header = format!("authorization: Bearer {token}");
        let found = principal(&authenticator, "/x", &[&header], "8.8.8.8:1");
        let found = match found {
            Err(Refused::BadCredential(reason)) => reason.to_owned(),
            other => name(other),
        };
        assert_eq!(found, expected, "{what} with {more:?}");
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let lines: Vec<String> = STANDARD
        .encode(der)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[test]
fn a_token_names_its_player() {
    let issuer = Issuer::hs256(b"the secret");
    let no_name =
        "the token names no player: \"sub\" or \"user_id\", 1 to 128 bytes without control characters";
    for (claims, expected) in [
        (json!({"sub": "ann"}), "player ann"),
        (json!({"user_id": "UserA", "username": "Alice"}), "player UserA"),
        (json!({"user_id": 17}), "player 17"),
        (json!({"sub": "ann", "user_id": "17"}), "player ann"),
        (json!({"sub": null, "user_id": "17"}), "player 17"),
        (json!({"sub": "ann", "rights": ["publish game:*", "fly"]}), "player ann [\"publish game:*\"]"),
        (json!({"sub": "ann", "rights": null}), "player ann"),
        (
            json!({"sub": "ann", "rights": "operate"}),
            "the token's \"rights\" are not a list of at most 256 texts",
        ),
        (json!({"sub": "ann", "rights": [1]}), "the token's \"rights\" are not a list of at most 256 texts"),
        (json!({}), no_name),
        (json!({"sub": ""}), no_name),
        (json!({"sub": "a\nb"}), no_name),
        (json!({"sub": "x".repeat(129)}), no_name),
        (json!({"sub": {"a": 1}}), "the token cannot be read"),
        (json!({"sub": 1.5}), no_name),
    ] {
        issuer.check("", &claims, expected);
    }
}

#[test]
fn a_token_holds_at_its_time_from_its_issuer_for_us() {
    let issuer = Issuer::hs256(b"the secret\n");
    let now = get_current_timestamp();
    let strict = "leeway = \"0ms\"\n";
    for (more, claims, expected) in [
        ("", json!({"sub": "a", "exp": now + 100}), "player a"),
        ("", json!({"sub": "a", "exp": now - 30}), "player a"),
        ("", json!({"sub": "a", "exp": now - 3_000}), "the token has expired"),
        (strict, json!({"sub": "a", "exp": now - 30}), "the token has expired"),
        ("", json!({"sub": "a", "nbf": now + 30}), "player a"),
        ("", json!({"sub": "a", "nbf": now + 3_000}), "the token is not valid yet"),
        (strict, json!({"sub": "a", "nbf": now + 30}), "the token is not valid yet"),
        ("", json!({"sub": "a", "exp": "soon"}), "the token cannot be read"),
        ("", json!({"sub": "a", "exp": -1}), "the token cannot be read"),
        (
            "require_exp = true",
            json!({"sub": "a"}),
            "the token lacks a claim that is required: exp, iss or aud",
        ),
        ("require_exp = true", json!({"sub": "a", "exp": now + 100}), "player a"),
        ("issuer = \"us\"", json!({"sub": "a", "iss": "us"}), "player a"),
        ("issuer = \"us\"", json!({"sub": "a", "iss": "them"}), "the token is of another issuer"),
        ("issuer = \"us\"", json!({"sub": "a"}), "the token lacks a claim that is required: exp, iss or aud"),
        ("", json!({"sub": "a", "iss": "anyone", "aud": "anyone"}), "player a"),
        ("audience = \"here\"", json!({"sub": "a", "aud": ["there", "here"]}), "player a"),
        ("audience = \"here\"", json!({"sub": "a", "aud": "there"}), "the token is for another audience"),
        (
            "audience = \"here\"",
            json!({"sub": "a"}),
            "the token lacks a claim that is required: exp, iss or aud",
        ),
    ] {
        issuer.check(more, &claims, expected);
    }
}

#[test]
fn one_line_break_at_the_secrets_end_does_not_count() {
    let wrong = "the token's signature is wrong";
    for (file, expected) in [
        (&b"the secret"[..], "player a"),
        (b"the secret\n", "player a"),
        (b"the secret\r\n", "player a"),
        (b"the secret\n\n", wrong),
        (b"the secret\r", wrong),
        (b"the secret ", wrong),
        (b"another", wrong),
    ] {
        Issuer::hs256(file).check("", &json!({"sub": "a"}), expected);
    }
}

#[test]
fn each_kind_of_public_key_has_its_algorithm() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let issuer = Issuer::public(algorithm);
        issuer.check("", &json!({"sub": "ann"}), "player ann");
        let stranger = Issuer::public(algorithm);
        let token = stranger.token(&json!({"sub": "ann"}));
        issuer.check_token("", &token, "the token's signature is wrong", "a stranger's token");
    }
}

#[test]
fn mixed_up_algorithms_are_refused() {
    let other_way = "the token is signed in another way than is configured";
    let rsa = Issuer::public(Algorithm::RS256);
    let claims = json!({"sub": "ann"});

    // The public key is known to everybody; taken for a secret it would sign anything.
    let public_key = std::fs::read(rsa.folder.path().join("key")).unwrap();
    let confused = encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(&public_key));
    rsa.check_token("", &confused.unwrap(), other_way, "HS256 with the public key");
    let pss = encode(&Header::new(Algorithm::PS256), &claims, &rsa.signing).unwrap();
    rsa.check_token("", &pss, other_way, "PS256");

    let secret = Issuer::hs256(b"the secret");
    let hs512 = encode(&Header::new(Algorithm::HS512), &claims, &secret.signing).unwrap();
    secret.check_token("", &hs512, other_way, "HS512");
    secret.check_token("", &rsa.token(&claims), other_way, "RS256 where a secret is configured");

    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for none in ["none", "None", "NONE", ""] {
        let header = part(json!({"alg": none, "typ": "JWT"}));
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{}.{signature}", part(claims.clone()));
            secret.check_token("", &token, "the token cannot be read", none);
        }
    }
}

#[test]
fn a_damaged_token_is_refused() {
    let issuer = Issuer::hs256(b"the secret");
    let token = issuer.token(&json!({"sub": "ann"}));
    let parts: Vec<&str> = token.split('.').collect();
    let forged = URL_SAFE_NO_PAD.encode(json!({"sub": "bob"}).to_string());
    let wrong = "the token's signature is wrong";
    let unreadable = "the token cannot be read";
    for (damaged, expected) in [
        (format!("{}.{forged}.{}", parts[0], parts[2]), wrong),
        (format!("{}.{}.", parts[0], parts[1]), wrong),
        (format!("{}.{}", parts[0], parts[1]), unreadable),
        (format!("{token}.x"), unreadable),
        (format!(".{}.{}", parts[1], parts[2]), unreadable),
        ("..".to_owned(), unreadable),
    ] {
        issuer.check_token("", &damaged, expected, &damaged);
    }
    let mut header = Header::new(Algorithm::HS256);
    header.crit = Some(vec!["new".to_owned()]);
    let critical = encode(&header, &json!({"sub": "ann"}), &issuer.signing).unwrap();
    issuer.check_token("", &critical, "the token demands an extension that is not known here", "crit");
}

#[test]
fn a_file_without_a_key_is_named() {
    let check = |file_line: &'static str, content: Option<&str>, expected: &str| {
        let issuer = Issuer::new(Algorithm::HS256, file_line, b"", EncodingKey::from_secret(b"the secret"));
        let path = issuer.folder.path().join("key");
        match content {
            Some(content) => std::fs::write(&path, content).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let message = issuer.load("").unwrap_err().to_string();
        assert_eq!(message, expected.replace("FILE", &path.display().to_string()));
    };
    let (secret, public) = ("secret_file = \"key\"", "key_file = \"key\"");
    check(secret, None, "cannot read \"jwt.secret_file\", FILE: No such file or directory (os error 2)");
    check(secret, Some(""), "\"jwt.secret_file\", FILE, must hold a secret; it is empty");
    check(secret, Some("\r\n"), "\"jwt.secret_file\", FILE, must hold a secret; it is empty");
    let must = "\"jwt.key_file\", FILE, must hold a public key (RSA, EC P-256 or Ed25519) as PEM; it ";
    check(public, Some("hello"), &format!("{must}holds none"));
    check(public, Some(&pem("PUBLIC KEY", b"hello")), &format!("{must}holds one that cannot be read"));
    let private = pem("PRIVATE KEY", b"x");
    check(public, Some(&private), &format!("{must}holds a private key, which does not belong here"));
    let p384 = EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let p384: PublicKeyX509Der<'_> = p384.public_key().as_der().unwrap();
    check(public, Some(&pem("PUBLIC KEY", p384.as_ref())), &format!("{must}holds one of another curve"));
}

#[test]
fn nothing_secret_is_ever_written_out() {
    let issuer = Issuer::hs256(b"the secret");
    let authenticator = issuer.load("").unwrap();
    let shown = format!("{authenticator:?}");
    assert!(shown.contains("HS256"), "{shown}");
    let bytes = format!("{:?}", b"the secret").trim_matches(['[', ']']).to_owned();
    assert!(!shown.contains("the secret") && !shown.contains(&bytes), "{shown}");
    let token = issuer.token(&json!({"sub": "ann", "exp": 1}));
    let header = format!("authorization: Bearer {token}");
    let refused = principal(&authenticator, "/x", &[&header], LOCAL_PEER).unwrap_err();
    for part in token.split('.') {
        assert!(!format!("{refused:?} {refused}").contains(part));
    }
}
