use serde_json::{Value, json};
use stadion_client::Hasher;

use crate::golden;

#[test]
fn hashes() {
    let cases = [
        json!([]),
        json!([["i32", 0]]),
        json!([["i32", 0], ["i32", 0]]),
        json!([["i32", 1], ["i32", -1]]),
        json!([["i32", -1], ["i32", 1]]),
        json!([["i32", i32::MAX], ["i32", i32::MIN]]),
        json!([["i32", 4_294_967_295_u32]]),
        json!([["bool", true], ["bool", false]]),
        json!([["str", ""]]),
        json!([["str", "ab"], ["str", "c"]]),
        json!([["str", "a"], ["str", "bc"]]),
        json!([["str", "Grüße, 世界, 🎲\u{0}"]]),
    ];
    golden::check(
        "hash.json",
        &[("hashes", cases.map(|take| json!({"hex": hex(&take), "take": take})).into())],
    );
}

fn hex(take: &Value) -> String {
    let mut hasher = Hasher::new();
    for step in take.as_array().unwrap() {
        match (step[0].as_str().unwrap(), &step[1]) {
            ("i32", x) => hasher.i32(x.as_i64().unwrap() as i32),
            ("bool", x) => hasher.bool(x.as_bool().unwrap()),
            ("str", x) => hasher.str(x.as_str().unwrap()),
            (other, _) => panic!("{other}"),
        }
    }
    hasher.hex()
}
