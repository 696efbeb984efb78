use serde_json::{Value, json};
use stadion_client::{Answer, Lockstep, Request};

use crate::golden;

fn event(t: i64, kind: &str, origin: &str, body: &str) -> Value {
    json!({"T": t, "Type": kind, "Origin": origin, "Body": body})
}

fn answer(t: i64, events: &[Value]) -> Value {
    json!({"T": t, "Events": events, "States": [], "ProxyId": "1"})
}

/// The first two events of any stream.
fn opening() -> [Value; 2] {
    [event(1, "_a", "_", "8157455327416287193"), event(1, "_c", "_", "1")]
}

#[test]
fn answers_become_requests() {
    let [a, c] = opening();
    let cases = [
        ("the very first answer says nothing", vec![answer(0, &[])]),
        ("a stream opens", vec![answer(0, &[]), answer(3, &[a.clone(), c.clone()])]),
        (
            "events stand before their tick, in stream order",
            vec![
                answer(2, &[a.clone(), c.clone(), event(1, "x", "1", "first"), event(1, "x", "1", "second")]),
                answer(
                    6,
                    &[event(4, "y", "1", "third"), event(4, "_c", "_", "2"), event(6, "y", "2", "fourth")],
                ),
            ],
        ),
        (
            "an answer may close no tick, one or many",
            vec![
                answer(1, &[a.clone(), c.clone()]),
                answer(1, &[]),
                answer(2, &[event(2, "x", "1", "")]),
                answer(9, &[]),
            ],
        ),
        (
            "a client goes and comes back",
            vec![answer(5, &[a.clone(), c.clone(), event(3, "_d", "_", "1"), event(5, "_c", "_", "1")])],
        ),
        (
            "types of the server that nobody knows yet are events",
            vec![answer(2, &[a.clone(), c.clone(), event(2, "_z", "_", "later")])],
        ),
        (
            "a second opening begins a new game",
            vec![answer(4, &[a.clone(), c.clone(), event(3, "_a", "_", "7"), event(3, "_c", "_", "1")])],
        ),
    ];
    let errors = [
        ("an older answer", vec![answer(3, std::slice::from_ref(&a)), answer(2, &[])]),
        (
            "an event in a tick that was announced",
            vec![answer(3, std::slice::from_ref(&a)), answer(4, &[event(3, "x", "1", "")])],
        ),
        ("an event in tick 0", vec![answer(1, &[event(0, "_a", "_", "1")])]),
        (
            "events out of order",
            vec![answer(5, &[a.clone(), event(4, "x", "1", ""), event(3, "x", "1", "")])],
        ),
        ("an event past its answer", vec![answer(2, &[a.clone(), event(3, "x", "1", "")])]),
        ("no opening", vec![answer(2, &[])]),
        ("something before the opening", vec![answer(2, &[c, a])]),
        ("a seed that is none", vec![answer(2, &[event(1, "_a", "_", "seed")])]),
    ];
    let requests = cases.map(|(name, answers)| {
        let (requests, error) = play(&answers);
        assert_eq!(error, None, "{name}");
        json!({"name": name, "answers": answers, "requests": requests})
    });
    let errors = errors.map(|(name, answers)| {
        let (requests, error) = play(&answers);
        json!({"name": name, "answers": answers, "requests": requests, "error": error.unwrap()})
    });
    golden::check("lockstep.json", &[("requests", requests.into()), ("errors", errors.into())]);
}

/// Pushes one answer after the other, takes all requests after each, and ends at the first error.
fn play(answers: &[Value]) -> (Vec<Value>, Option<&'static str>) {
    let mut lockstep = Lockstep::new();
    let mut requests = Vec::new();
    for answer in answers {
        let answer: Answer = serde_json::from_value(answer.clone()).unwrap();
        if let Err(error) = lockstep.push(answer) {
            return (requests, Some(error.code()));
        }
        while let Some(request) = lockstep.next() {
            requests.push(to_json(&request));
            assert!(lockstep.t() <= lockstep.last_known());
        }
        assert_eq!(lockstep.behind(), 0);
    }
    (requests, None)
}

fn to_json(request: &Request) -> Value {
    match request {
        Request::Reset { t, seed } => json!({"kind": "reset", "t": t, "seed": seed.to_string()}),
        Request::Connect { t, id } => json!({"kind": "connect", "t": t, "id": id}),
        Request::Disconnect { t, id } => json!({"kind": "disconnect", "t": t, "id": id}),
        Request::Event(event) => {
            json!({"kind": "event", "t": event.t, "type": event.kind, "origin": event.origin, "body": event.body})
        }
        Request::Tick { t } => json!({"kind": "tick", "t": t}),
    }
}
