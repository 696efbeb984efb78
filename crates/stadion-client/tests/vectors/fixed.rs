use serde_json::{Value, json};
use stadion_client::{Random, Seed, fixed};

use crate::golden;

/// Where signs, carries, halves and overflow lie.
const EDGES: [i32; 19] = [
    0,
    1,
    -1,
    2,
    -2,
    0x7fff,
    0x8000,
    -0x8000,
    0xffff,
    0x1_0000,
    -0x1_0000,
    0x1_8000,
    -0x1_8000,
    0x3_243f,
    0x00ff_ffff,
    0x0100_0000,
    i32::MAX,
    i32::MIN,
    i32::MIN + 1,
];

#[test]
fn fixed_point_results() {
    let pairs = pairs();
    let singles = singles();
    let both =
        |f: fn(i32, i32) -> i32| pairs.iter().map(|&(a, b)| json!([a, b, f(a, b)])).collect::<Vec<Value>>();
    let one = |f: fn(i32) -> i32| singles.iter().map(|&x| json!([x, f(x)])).collect::<Vec<Value>>();
    let div = pairs.iter().filter(|(_, b)| *b != 0).map(|&(a, b)| json!([a, b, fixed::div(a, b)])).collect();
    let sqrt = singles.iter().filter(|x| **x >= 0).map(|&x| json!([x, fixed::sqrt(x)])).collect();
    golden::check(
        "fixed.json",
        &[
            ("mul", both(fixed::mul)),
            ("div", div),
            ("hypot", both(fixed::hypot)),
            ("sqrt", sqrt),
            ("sin", one(fixed::sin)),
            ("cos", one(fixed::cos)),
            ("from_int", one(fixed::from_int)),
            ("to_int", one(fixed::to_int)),
            ("floor", one(fixed::floor)),
            ("round", one(fixed::round)),
        ],
    );
}

fn pairs() -> Vec<(i32, i32)> {
    let edges = EDGES.iter().flat_map(|&a| EDGES.iter().map(move |&b| (a, b)));
    let mut random = Random::new(Seed(16), 1);
    let mut any = || random.range(i32::MIN, i32::MAX) >> random.below(32);
    edges.chain((0..300).map(|_| (any(), any()))).collect()
}

fn singles() -> Vec<i32> {
    let mut random = Random::new(Seed(16), 2);
    let quarters = (-5..=5).flat_map(|quarter| (-2..=2).map(move |step| quarter * 0x4000 + step));
    let any = (0..200).map(|_| random.range(i32::MIN, i32::MAX) >> random.below(32));
    EDGES.into_iter().chain(quarters).chain(any).collect()
}
