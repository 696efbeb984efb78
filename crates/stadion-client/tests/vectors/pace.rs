use serde_json::{Value, json};
use stadion_client::Pace;

use crate::golden;

/// One frame: when, and how many ticks were announced since the last one.
type Frame = (f64, i64);

#[test]
fn paces() {
    let cases = [
        ("a tick at a time, 60 frames a second", frames(200, 1000.0 / 60.0, |i| i64::from(i % 3 == 0))),
        (
            "four ticks at a time, 60 frames a second",
            frames(200, 1000.0 / 60.0, |i| if i % 12 == 0 { 4 } else { 0 }),
        ),
        ("20 s late", frames(200, 1000.0 / 60.0, |i| if i == 10 { 400 } else { i64::from(i % 3 == 0) })),
        ("a slow machine", frames(40, 170.0, |_| 3)),
        ("nothing comes", frames(10, 100.0, |i| if i == 0 { 2 } else { 0 })),
        (
            "three ticks too many come once, and the surplus goes",
            frames(1200, 10.0, |i| match i {
                0 => 4,
                i => i64::from(i % 5 == 0),
            }),
        ),
    ];
    golden::check("pace.json", &[("paces", cases.map(|(name, frames)| case(name, 50.0, &frames)).into())]);
}

fn frames(count: u32, frame_ms: f64, arrivals: impl Fn(u32) -> i64) -> Vec<Frame> {
    (0..count).map(|i| (5000.0 + f64::from(i) * frame_ms, arrivals(i))).collect()
}

/// Each frame becomes `[now_ms, arrived, played, interpolation]`.
fn case(name: &str, tick_ms: f64, frames: &[Frame]) -> Value {
    let mut pace = Pace::new(tick_ms);
    let mut behind = 0;
    let steps: Vec<_> = frames
        .iter()
        .map(|&(now_ms, arrived)| {
            behind += arrived;
            pace.advance(now_ms, behind);
            let mut played = 0;
            while pace.take(behind) {
                behind -= 1;
                played += 1;
            }
            assert!((0.0..=1.0).contains(&pace.interpolation()), "{name}");
            json!([now_ms, arrived, played, pace.interpolation()])
        })
        .collect();
    json!({"name": name, "tick_ms": tick_ms, "frames": steps})
}
