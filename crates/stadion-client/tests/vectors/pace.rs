use serde_json::{Value, json};
use stadion_client::Pace;

use crate::golden;

/// One frame: when, in milliseconds, and how many ticks were announced since the last one.
type Frame = (u32, i64);

#[test]
fn paces() {
    let cases = [
        ("a tick at a time, 60 frames a second", frames(200, 60, |i| i64::from(i % 3 == 0))),
        ("four ticks at a time, 60 frames a second", frames(200, 60, |i| if i % 12 == 0 { 4 } else { 0 })),
        ("20 s late", frames(200, 60, |i| if i == 10 { 400 } else { i64::from(i % 3 == 0) })),
        ("a slow machine", frames(40, 6, |_| 3)),
        ("nothing comes", frames(10, 10, |i| if i == 0 { 2 } else { 0 })),
        (
            "three ticks too many come once, and the surplus goes",
            frames(1200, 100, |i| match i {
                0 => 4,
                i => i64::from(i % 5 == 0),
            }),
        ),
    ];
    golden::check("pace.json", &[("paces", cases.map(|(name, frames)| case(name, 50, &frames)).into())]);
}

fn frames(count: u32, frames_a_second: u32, arrivals: impl Fn(u32) -> i64) -> Vec<Frame> {
    (0..count).map(|i| (5000 + i * 1000 / frames_a_second, arrivals(i))).collect()
}

/// Each frame becomes `[now_ms, arrived, played, interpolation]`, the last in billionths.
fn case(name: &str, tick_ms: u32, frames: &[Frame]) -> Value {
    let mut pace = Pace::new(f64::from(tick_ms));
    let mut behind = 0;
    let steps: Vec<_> = frames
        .iter()
        .map(|&(now_ms, arrived)| {
            behind += arrived;
            pace.advance(f64::from(now_ms), behind);
            let mut played = 0;
            while pace.take(behind) {
                behind -= 1;
                played += 1;
            }
            assert!((0.0..=1.0).contains(&pace.interpolation()), "{name}");
            json!([now_ms, arrived, played, (pace.interpolation() * 1e9).round() as i64])
        })
        .collect();
    json!({"name": name, "tick_ms": tick_ms, "frames": steps})
}
