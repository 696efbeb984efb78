use serde_json::{Value, json};
use stadion_client::{Random, Seed};

use crate::golden;

const SEEDS: [&str; 5] = ["0", "1", "8157455327416287193", "9223372036854775807", "18446744073709551615"];
const TICKS: [i64; 6] = [0, 1, 2, 0xffff_ffff, 0x1_0000_0000, (1 << 53) - 1];
const BELOW: [u32; 7] = [1, 2, 3, 6, 1000, 0x8000_0001, 0xffff_ffff];
const RANGE: [(i32, i32); 5] = [(0, 1), (1, 7), (-3, 4), (i32::MIN, i32::MAX), (i32::MAX - 1, i32::MAX)];

#[test]
fn random_numbers() {
    let mut numbers = Vec::new();
    for seed in SEEDS {
        for t in TICKS {
            numbers.push(drawn(seed, t));
        }
    }
    golden::check("random.json", &[("numbers", numbers), ("bad_seeds", bad_seeds())]);
}

/// All from one generator, in the order of the members.
fn drawn(seed: &str, t: i64) -> Value {
    let mut random = Random::new(Seed::parse(seed).unwrap(), t);
    let u32: Vec<_> = (0..8).map(|_| random.next_u32()).collect();
    let below: Vec<_> = BELOW.map(|n| json!([n, random.below(n)])).into();
    let range: Vec<_> = RANGE.map(|(lo, hi)| json!([lo, hi, random.range(lo, hi)])).into();
    let fixed01: Vec<_> = (0..4).map(|_| random.fixed01()).collect();
    json!({"seed": seed, "t": t, "u32": u32, "below": below, "range": range, "fixed01": fixed01})
}

fn bad_seeds() -> Vec<Value> {
    let bodies = [
        "",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x10",
        "18446744073709551616",
        "000000000000000000001",
        "\u{661}",
    ];
    for body in bodies {
        assert!(Seed::parse(body).is_err(), "{body:?}");
    }
    bodies.map(Value::from).into()
}
