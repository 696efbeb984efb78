//! Compares what was computed with a file of `vectors/`, or writes the file.

use std::path::Path;

use serde_json::{Map, Value};

/// The file's members are lists of cases; each case stands on its own line, so that a change is easy to see.
pub(crate) fn check(name: &str, members: &[(&str, Vec<Value>)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(name);
    if std::env::var_os("UPDATE_VECTORS").is_some_and(|value| value == "1") {
        std::fs::write(&path, render(members)).unwrap();
        return;
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let golden: Map<String, Value> = serde_json::from_str(&text).unwrap();
    let names: Vec<_> = members.iter().map(|(member, _)| *member).collect();
    assert!(
        golden.keys().all(|key| names.contains(&key.as_str())),
        "{name} has other members than {names:?}"
    );
    for (member, cases) in members {
        let expected = golden[*member].as_array().unwrap();
        assert_eq!(cases.len(), expected.len(), "{name}: number of cases in {member}");
        for (i, (case, expected)) in cases.iter().zip(expected).enumerate() {
            assert_eq!(case, expected, "{name}: {member}, case {i}");
        }
    }
}

fn render(members: &[(&str, Vec<Value>)]) -> String {
    let list =
        |cases: &[Value]| cases.iter().map(|case| format!("    {case}")).collect::<Vec<_>>().join(",\n");
    let members: Vec<_> =
        members.iter().map(|(name, cases)| format!("  \"{name}\": [\n{}\n  ]", list(cases))).collect();
    format!("{{\n{}\n}}\n", members.join(",\n"))
}
