//! The benchmarks work: a quick run of each on the real program, looked at for its shape, never for its times.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected shall stop there, with the line"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// `stadion`, built as this test was.
fn stadion() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let bench = Path::new(env!("CARGO_BIN_EXE_stadion-bench"));
        let folder = bench.parent().unwrap();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "stadion", "--bin", "stadion"]);
        build.arg("--target-dir").arg(folder.parent().unwrap());
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "stadion could not be built");
        folder.join("stadion")
    })
}

/// Runs one benchmark quickly. What it printed, and what it wrote as JSON.
fn quick(name: &str) -> (String, Value) {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("figures.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_stadion-bench"));
    command.args([name, "--quick", "--stadion"]).arg(stadion()).arg("--json").arg(&json);
    let output = command.output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert_eq!(stderr, "", "progress is for terminals");
    (stdout, serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap())
}

/// Every row has a figure, in both outputs, and the goals stand at those that have one.
fn check(name: &str, rows: usize, goals: usize) {
    let (printed, report) = quick(name);
    assert_eq!(report["quick"], true);
    assert!(report["command"].as_str().unwrap().starts_with(&format!("stadion-bench {name} --quick")));
    let [table] = &report["tables"].as_array().unwrap()[..] else { panic!("one table: {report}") };
    let measured = table["rows"].as_array().unwrap();
    assert_eq!(measured.len(), rows, "{printed}");
    for row in measured {
        let median = row["median"].as_f64().unwrap_or(f64::NAN);
        assert!(median.is_finite() && median >= 0.0, "{row}");
        let what = row["what"].as_str().unwrap();
        assert!(printed.lines().any(|line| line.starts_with(&format!("| {what} | "))), "{what} in {printed}");
        if let Some(beside) = row["beside"].as_object() {
            assert!(beside["ratio"].as_f64().unwrap() > 0.0, "{row}");
        }
    }
    assert_eq!(measured.iter().filter(|row| row["goal"].is_object()).count(), goals);
    let columns = |line: &str| line.matches('|').count();
    let lines: Vec<_> = printed.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(lines.len(), rows + 2);
    assert!(lines.iter().all(|line| columns(line) == 7), "{printed}");
}

#[test]
fn sync_gives_a_figure_for_each_length_beside_the_bare_handler() {
    check("sync", 7, 4);
}

#[test]
fn push_gives_figures_beside_the_bare_send_and_memory() {
    check("push", 11, 4);
}

#[test]
fn start_gives_a_time_and_memory() {
    check("start", 3, 2);
}

#[test]
fn a_missing_program_is_one_clear_line() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stadion-bench"));
    let output = command.args(["start", "--stadion", "/nowhere/stadion"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("/nowhere/stadion") && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn a_server_that_cannot_be_reached_is_not_measured() {
    let folder = tempfile::tempdir().unwrap();
    let fake = folder.path().join("stadion");
    // It says that it is ready where nobody listens.
    std::fs::write(&fake, "#!/bin/sh\necho ready at http://127.0.0.1:1\nsleep 60\n").unwrap();
    let mut permissions = std::fs::metadata(&fake).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&fake, permissions).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_stadion-bench"));
    let output = command.args(["sync", "--quick", "--stadion"]).arg(&fake).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot connect"), "says what failed");
}
