//! The rules in Rust against the match that the rules in JavaScript played.

use drift::{Drift, parse_name, parse_steer};
use serde::Deserialize;
use stadion_client::{Answer, SimDriver, sync_test};

#[derive(Deserialize)]
struct Vector {
    answers: Vec<Answer>,
    hashes: Vec<String>,
}

fn vector() -> Vector {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/drift.json");
    let text = std::fs::read_to_string(path).expect("the vector is in the repository");
    serde_json::from_str(&text).expect("the vector is JSON")
}

#[test]
fn the_rules_compute_the_vectors_hash_at_every_tick() {
    let Vector { answers, hashes } = vector();
    let mut driver = SimDriver::new(Drift::default(), Default::default());
    let mut expected = hashes.iter();
    for answer in answers {
        driver.on_answer(answer).unwrap();
        while driver.step().unwrap() {
            let hash = driver.last_hash().unwrap();
            assert_eq!(Some(&hash.hash), expected.next(), "tick {}", hash.t);
        }
    }
    assert_eq!(expected.len(), 0, "ticks are missing");
    assert!(hashes.len() >= 2_000);
}

#[test]
fn each_tick_computed_twice_from_a_copy_is_the_same() {
    let Vector { answers, hashes } = vector();
    assert_eq!(sync_test(Drift::default(), answers).unwrap(), hashes.len() as u64);
}

#[test]
fn steering_is_two_whole_numbers_within_the_disc() {
    for (body, expected) in [
        ("0,0", Some((0, 0))),
        ("-0,-0", Some((0, 0))),
        ("16,0", Some((16, 0))),
        ("-11,11", Some((-11, 11))),
        ("08,00", Some((8, 0))),
        ("16,1", None),
        ("1,2,3", None),
        ("1.0,0", None),
        ("", None),
        ("1,2\n", None),
        ("+1,0", None),
        (" 1,0", None),
        ("--1,0", None),
        ("١,٢", None),
    ] {
        assert_eq!(parse_steer(body), expected, "{body:?}");
    }
}

#[test]
fn a_name_has_1_to_16_visible_code_points() {
    let penguins = "🐧".repeat(16);
    for good in ["A", "Grace Hopper", "日本の氷", penguins.as_str(), "<b>x</b>"] {
        assert_eq!(parse_name(good), Some(good));
    }
    let too_many = "🐧".repeat(17);
    for bad in [
        "",
        "seventeen letters",
        too_many.as_str(),
        "a\nb",
        "\u{202e}evil",
        "a\u{200b}b",
        "\u{85}",
        "\u{feff}",
    ] {
        assert_eq!(parse_name(bad), None, "{bad:?}");
    }
}
