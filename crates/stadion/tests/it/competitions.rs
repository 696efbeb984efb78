//! Live competitions: their own addresses, live state by the built-in rules, posting, and a real recording.

use std::path::Path;

use serde_json::{Value, json};

use crate::events::{LINES, Reader, all_events, exists, page, publish, texts, try_publish};
use crate::harness::Server;
use crate::raw_http::{Reply, request};
use crate::socket::Ws;

const PATH: &str = "/v1/competitions";

fn try_post(server: &Server, lines: &str) -> Reply {
    request(server.addr(), "POST", PATH, &[LINES], lines)
}

fn post(server: &Server, lines: &str) -> Vec<Value> {
    let reply = try_post(server, lines);
    assert_eq!(reply.status, 200, "{} {lines}", reply.text());
    let value: Value = serde_json::from_str(reply.text()).unwrap();
    value["streams"].as_array().unwrap_or_else(|| panic!("{value}")).clone()
}

/// An event of competition `c` from words: its type without `Event`, a distance, a heat's round and number, `-` for none.
fn event(n: usize, words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    let word = |place: usize| words.get(place).copied().filter(|word| *word != "-");
    let mut event = json!({ "typeName": format!("{}Event", words[0]), "competitionId": "c", "n": n });
    if let Some(distance) = word(1) {
        event["distanceId"] = distance.into();
    }
    if let Some(heat) = word(2) {
        let (round, number) = heat.split_once('.').unwrap();
        event["heat"] =
            json!({ "round": round.parse::<i64>().unwrap(), "number": number.parse::<i64>().unwrap() });
    }
    event.to_string()
}

/// Posts a script and checks which of its lines (from 0) are live state, in which order.
fn check(script: &[&str], expected: &[usize]) {
    let server = Server::start();
    let lines: Vec<String> = script.iter().enumerate().map(|(n, words)| event(n, words)).collect();
    let mut live = Ws::connect(server.addr(), &format!("{PATH}/c"));
    // Once it has heard the first, it is a reader for all of the rest.
    post(&server, &lines[0]);
    assert_eq!(live.text(), lines[0]);
    post(&server, &lines[1..].join("\n"));
    let expected: Vec<&String> = expected.iter().map(|n| &lines[*n]).collect();
    let (state, _) = Reader::open(server.addr(), "competition:c", "").state();
    assert_eq!(state.iter().map(|event| &event.body).collect::<Vec<_>>(), expected, "{script:?}");
    let mut late = Ws::connect(server.addr(), &format!("{PATH}/c"));
    for line in expected {
        assert_eq!(late.text(), *line);
    }
    // Whatever its scope, whoever was there got all of it.
    assert_eq!(texts(&mut live, lines.len() - 1), lines[1..]);
    let sentinel = event(lines.len(), "Sentinel");
    post(&server, &sentinel);
    assert_eq!(live.text(), sentinel);
    assert_eq!(late.text(), sentinel, "nothing else stands between live state and live");
}

#[test]
fn live_state_is_competition_then_distance_then_heats() {
    check(
        &[
            "CompetitionActivated",
            "DistanceActivated d",
            "HeatActivated d 1.1",
            "Weather",
            "HeatStarted d 1.1",
            "RecordSet d",
            "RacePassingAdded d 1.1",
            "SomethingUnknown d 1.1",
            "SomethingUnknown",
        ],
        &[0, 3, 8, 1, 5, 2, 4, 6, 7],
    );
}

#[test]
fn several_heats_may_be_active() {
    check(
        &[
            "CompetitionActivated",
            "DistanceActivated d",
            "HeatActivated d 1.1",
            "HeatActivated d 1.2",
            "RaceLapAdded d 1.1",
            "RaceLapAdded d 1.2",
            "HeatActivated d 2.1",
            "HeatDeactivated d 1.2",
            "RaceLapAdded d 1.1",
            "RaceLapAdded d 1.2",
        ],
        &[0, 1, 2, 4, 8, 6],
    );
}

#[test]
fn a_heat_activated_again_begins_anew_and_stands_last() {
    check(
        &[
            "CompetitionActivated",
            "DistanceActivated d",
            "HeatActivated d 1.1",
            "RaceLapAdded d 1.1",
            "HeatActivated d 1.2",
            "HeatActivated d 1.1",
            "RaceLapAdded d 1.1",
        ],
        &[0, 1, 4, 5, 6],
    );
}

#[test]
fn an_activation_that_is_repeated_keeps_what_is_inside() {
    let script = [
        "CompetitionActivated",
        "Weather",
        "DistanceActivated d",
        "RecordSet d",
        "HeatActivated d 1.1",
        "RaceLapAdded d 1.1",
        "CompetitionActivated",
    ];
    check(&script, &[6, 2, 3, 4, 5]);
    check(&[&script[..], &["DistanceActivated d"]].concat(), &[6, 7, 4, 5]);
}

#[test]
fn another_distance_closes_the_current_one_and_its_heats() {
    let script = [
        "CompetitionActivated",
        "DistanceActivated d",
        "HeatActivated d 1.1",
        "DistanceActivated e",
        "RaceLapAdded d 1.1",
        "RecordSet d",
        "HeatActivated e 1.1",
    ];
    check(&script, &[0, 3, 6]);
    check(&[&script[..], &["DistanceDeactivated e", "RaceLapAdded e 1.1", "Weather"]].concat(), &[0, 9]);
}

#[test]
fn what_is_not_active_is_delivered_and_no_part_of_live_state() {
    check(
        &[
            "CompetitionActivated",
            "RecordSet d",
            "HeatActivated d 1.1",
            "DistanceActivated d",
            "RaceLapAdded d 1.1",
            "HeatActivated d 1.1",
            "HeatDeactivated d 1.1",
            "HeatCleared d 1.1",
        ],
        &[0, 3],
    );
}

#[test]
fn a_committed_heat_is_the_distances() {
    check(
        &[
            "CompetitionActivated",
            "DistanceActivated d",
            "HeatActivated d 1.1",
            "RaceLapAdded d 1.1",
            "HeatCommitted d 1.1",
            "HeatDeactivated d 1.1",
            "HeatCommitted d 1.9",
            "HeatActivated d 1.2",
        ],
        &[0, 1, 4, 6, 7],
    );
}

#[test]
fn a_key_that_is_null_or_partial_is_absent() {
    let server = Server::start();
    let lines = [
        event(0, "CompetitionActivated"),
        event(1, "DistanceActivated d"),
        event(2, "HeatActivated d 1.1"),
        r#"{"typeName":"XEvent","competitionId":"c","distanceId":null,"heat":null}"#.to_owned(),
        r#"{"typeName":"XEvent","competitionId":"c","distanceId":"d","heat":null}"#.to_owned(),
        r#"{"typeName":"XEvent","competitionId":"c","distanceId":"d","heat":{"round":1}}"#.to_owned(),
        r#"{"typeName":"XEvent","competitionId":"c","distanceId":"d","heat":{"round":1,"number":null}}"#
            .to_owned(),
    ];
    post(&server, &lines.join("\n"));
    let (state, _) = Reader::open(server.addr(), "competition:c", "").state();
    assert_eq!(state.iter().map(|event| event.offset).collect::<Vec<_>>(), [0, 3, 1, 4, 5, 6, 2]);
}

#[test]
fn ids_are_compared_without_regard_to_case() {
    let server = Server::start();
    let lines = [
        r#"{"typeName":"CompetitionActivatedEvent","competitionId":"AbC"}"#,
        r#"{"typeName":"DistanceActivatedEvent","competitionId":"aBc","distanceId":"Dd"}"#,
        r#"{"typeName":"XEvent","competitionId":"ABC","distanceId":"dD"}"#,
    ];
    let mut early = Ws::connect(server.addr(), &format!("{PATH}/aBC"));
    let streams = post(&server, &lines.join("\n"));
    assert_eq!(streams.len(), 2, "{streams:?}");
    assert_eq!(texts(&mut early, 3), lines);
    for id in ["abc", "ABC", "AbC"] {
        assert_eq!(texts(&mut Ws::connect(server.addr(), &format!("{PATH}/{id}")), 3), lines, "{id}");
    }
    assert_eq!(page(server.addr(), "competition:abc", "from=start").bodies(), lines);
}

#[test]
fn the_list_holds_the_last_activation_of_each_oldest_first() {
    let server = Server::start();
    let activation = |id: &str, n: i64| {
        format!("{{\"typeName\":\"CompetitionActivatedEvent\",\"competitionId\":\"{id}\",\"n\":{n}}}")
    };
    let mut live = Ws::connect(server.addr(), PATH);
    let all = [activation("a", 0), activation("b", 1), activation("A", 2), activation("c", 3)];
    for line in &all {
        post(&server, line);
        post(&server, &event(9, "Weather"));
        assert_eq!(live.text(), *line, "only activations, each as it comes");
    }
    let mut late = Ws::connect(server.addr(), PATH);
    assert_eq!(texts(&mut late, 3), all[1..], "one of each, in the order of the last");
    post(&server, &activation("d", 4));
    assert_eq!(late.text(), activation("d", 4));
    assert_eq!(live.text(), activation("d", 4));
}

#[test]
fn a_post_answers_with_each_stream_it_wrote() {
    let server = Server::start();
    let of = |id: &str, kind: &str| format!("{{\"typeName\":\"{kind}Event\",\"competitionId\":\"{id}\"}}\n");
    let activated = "CompetitionActivated";
    post(&server, &of("a", activated));
    let streams = post(
        &server,
        &[of("a", "X"), of("b", activated), of("A", "Y"), "\n".to_owned(), of("b", "Z"), of("b", "Z")]
            .concat(),
    );
    let mut rows: Vec<(String, i64, i64)> = streams
        .iter()
        .map(|row| {
            assert_eq!(row.as_object().unwrap().len(), 4, "{row}");
            let epoch = row["epoch"].as_str().unwrap();
            let name = row["stream"].as_str().unwrap();
            assert!(all_events(server.addr(), name).iter().all(|event| event.epoch == epoch));
            (name.to_owned(), row["first"].as_i64().unwrap(), row["last"].as_i64().unwrap())
        })
        .collect();
    rows.sort();
    let expected = [("competition:a", 1, 2), ("competition:b", 0, 2), ("competitions", 1, 1)];
    assert_eq!(rows, expected.map(|(name, first, last)| (name.to_owned(), first, last)));
}

#[test]
fn one_bad_event_of_many_writes_nothing_anywhere() {
    let server = Server::start();
    let good = event(0, "CompetitionActivated");
    for bad in ["{", "5", "{\"typeName\":\"XEvent\"}", "{\"typeName\":\"X\",\"competitionId\":null}", "[]"] {
        let reply = try_post(&server, &format!("{good}\n\n{good}\n{bad}\n{good}"));
        assert_eq!(reply.status, 400, "{bad}: {reply:?}");
        reply.error_code();
        for stream in ["competition:c", "competitions"] {
            assert!(page(server.addr(), stream, "from=start").events.is_empty(), "{bad} wrote to {stream}");
        }
    }
}

#[test]
fn a_key_makes_posting_again_harmless() {
    let server = Server::start();
    let lines = [event(0, "CompetitionActivated"), event(1, "Weather")].join("\n");
    let once = |lines: &str| request(server.addr(), "POST", PATH, &[LINES, ("Idempotency-Key", "k")], lines);
    let first = once(&lines);
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(once(&lines).text(), first.text());
    assert_eq!(once(&event(2, "Weather")).status, 422);
    assert_eq!(all_events(server.addr(), "competition:c").len(), 2);
    assert_eq!(all_events(server.addr(), "competitions").len(), 1);
}

#[test]
fn an_event_of_another_competition_is_refused() {
    let server = Server::start();
    let of = |id: &str| format!("{{\"typeName\":\"XEvent\",\"competitionId\":\"{id}\"}}");
    let reply = try_publish(server.addr(), "competition:c", &format!("{}\n{}", of("c"), of("d")));
    assert_eq!(reply.status, 400, "{reply:?}");
    reply.error_code();
    assert!(!exists(server.addr(), "competition:c"));
    assert_eq!(publish(server.addr(), "competition:c", &of("C")).last, 0, "letter case does not count");
}

/// A recording from the shared fixtures where they are there, else a small one of our own.
fn recording() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/fixtures/competition/20200112-ec-single-distances-recover-10-3.json");
    match std::fs::read_to_string(path) {
        Ok(text) => text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        Err(_) => {
            let script =
                ["CompetitionActivated", "DistanceActivated d", "HeatActivated d 1.1", "HeatStarted d 1.1"];
            script
                .iter()
                .chain([&"RaceLapAdded d 1.1"; 20])
                .enumerate()
                .map(|(n, words)| event(n, words))
                .collect()
        }
    }
}

/// What restores the state after these lines, straight from the contract's sentences, in one pass over all of them.
fn restoring(lines: &[String]) -> Vec<&str> {
    let (mut competition, mut of_distance) = (Vec::<&str>::new(), Vec::<&str>::new());
    let mut heats: Vec<(Value, Vec<&str>)> = Vec::new();
    let mut distance = Value::Null;
    for line in lines {
        let event: Value = serde_json::from_str(line).unwrap();
        let kind = event["typeName"].as_str().unwrap();
        let its_distance = event["distanceId"].clone();
        let heat = json!([event["heat"]["round"], event["heat"]["number"]]);
        let (of_heat, here) = (!heat[0].is_null() && !heat[1].is_null(), its_distance == distance);
        match kind {
            "CompetitionActivatedEvent" => competition = vec![line],
            "DistanceActivatedEvent" => {
                of_distance = vec![line];
                if !here {
                    heats.clear();
                }
                distance = its_distance;
            }
            "DistanceDeactivatedEvent" if here => {
                of_distance.clear();
                heats.clear();
                distance = Value::Null;
            }
            _ if its_distance.is_null() => competition.push(line),
            _ if !here => {}
            "HeatActivatedEvent" | "HeatDeactivatedEvent" => {
                heats.retain(|(key, _)| *key != heat);
                if kind == "HeatActivatedEvent" {
                    heats.push((heat, vec![line]));
                }
            }
            "HeatCommittedEvent" => of_distance.push(line),
            _ if of_heat => {
                if let Some((_, events)) = heats.iter_mut().find(|(key, _)| *key == heat) {
                    events.push(line);
                }
            }
            _ => of_distance.push(line),
        }
    }
    let of_heats = heats.into_iter().flat_map(|(_, events)| events);
    competition.into_iter().chain(of_distance).chain(of_heats).collect()
}

#[test]
fn a_recording_is_passed_on_byte_for_byte() {
    let server = Server::start();
    let lines = recording();
    let first: Value = serde_json::from_str(&lines[0]).unwrap();
    let address = format!("{PATH}/{}", first["competitionId"].as_str().unwrap());
    let mut live = Ws::connect(server.addr(), &address);
    post(&server, &lines[0]);
    assert!(live.text() == lines[0]);
    for cut in [1, lines.len() / 3, lines.len() / 2, lines.len()].windows(2) {
        post(&server, &lines[cut[0]..cut[1]].join("\r\n"));
        let expected = restoring(&lines[..cut[1]]);
        let mut late = Ws::connect(server.addr(), &address);
        for line in expected {
            assert!(late.text() == *line, "live state after {} lines", cut[1]);
        }
    }
    for (n, line) in lines.iter().enumerate().skip(1) {
        assert!(live.text() == *line, "line {n} did not come as it was sent");
    }
}

#[test]
fn nothing_comes_before_the_first_activation() {
    let server = Server::start();
    let mut reader = Ws::connect(server.addr(), &format!("{PATH}/c"));
    assert!(!exists(server.addr(), "competition:c"));
    post(&server, &event(0, "Weather"));
    let mut second = Ws::connect(server.addr(), &format!("{PATH}/c"));
    let lines = [event(1, "CompetitionActivated"), event(2, "Weather")];
    post(&server, &lines.join("\n"));
    assert_eq!(texts(&mut reader, 2), lines);
    assert_eq!(texts(&mut second, 2), lines);
}

#[test]
fn an_activation_published_to_its_stream_is_in_the_list_too() {
    let server = Server::start();
    let line = event(0, "CompetitionActivated");
    publish(server.addr(), "competition:c", &line);
    assert_eq!(Ws::connect(server.addr(), PATH).text(), line);
}

/// Also where the bad one is JSON: lines count from 1, empty ones too (wire/stadion.md, Publishing).
#[test]
fn a_bad_event_is_named_by_its_line() {
    let server = Server::start();
    let good = event(0, "CompetitionActivated");
    for bad in ["5", "{\"typeName\":\"XEvent\"}", "{\"typeName\":\"X\",\"competitionId\":null}", "[]"] {
        let reply = try_post(&server, &format!("{good}\n\n{good}\n{bad}\n{good}"));
        assert_eq!(reply.status, 400, "{bad}: {reply:?}");
        assert!(reply.text().contains("line 4"), "{bad}: {}", reply.text());
    }
}
