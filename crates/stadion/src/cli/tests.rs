use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;

use super::*;
use crate::config::{Config, Flags};
use crate::rights::NewKey;

fn parse(line: &str) -> Result<Command, clap::Error> {
    // Environment variables of whoever runs the tests must not count: clap reads them itself.
    for name in crate::config::FLAG_VARIABLES {
        assert!(std::env::var_os(name).is_none(), "{name} is set");
    }
    let words = std::iter::once("stadion").chain(line.split_whitespace()).map(OsString::from);
    Cli::try_parse_from(words).map(|cli| cli.command)
}

fn serve(line: &str) -> ServeArgs {
    match parse(line).unwrap() {
        Command::Serve(args) => args,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn serve_takes_its_options() {
    let args = serve("serve");
    assert_eq!((args.listen, args.data, args.config), (None, None, None));
    assert!(!args.memory && !args.open && !args.insecure);
    assert_eq!((args.log.format, args.log.level), (LogFormat::Text, LogLevel::Info));
    let args = serve(
        "serve --listen 127.0.0.1:0 --data d --config c --open --insecure --log-format json --log warn",
    );
    assert_eq!(args.listen.as_deref(), Some("127.0.0.1:0"));
    assert_eq!((args.data.as_deref(), args.config), (Some("d"), Some("c".into())));
    assert!(args.open && args.insecure);
    assert_eq!((args.log.format, args.log.level), (LogFormat::Json, LogLevel::Warn));
    assert!(serve("serve --memory").memory);
}

fn check_refused(line: &str, kind: ErrorKind, exit_code: i32) {
    let error = parse(line).unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (kind, exit_code), "{line}\n{error}");
}

#[test]
fn what_is_mistyped_is_wrong_usage() {
    let usage = i32::from(EXIT_USAGE);
    check_refused("", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, usage);
    for command in ["worker", "sidecar", "why", "match-sim", "backup", "sevre"] {
        check_refused(command, ErrorKind::InvalidSubcommand, usage);
    }
    check_refused("serve --lisen x", ErrorKind::UnknownArgument, usage);
    check_refused("serve extra", ErrorKind::UnknownArgument, usage);
    check_refused("serve --listen", ErrorKind::InvalidValue, usage);
    check_refused("serve --memory --data d", ErrorKind::ArgumentConflict, usage);
    check_refused("serve --log loud", ErrorKind::InvalidValue, usage);
    check_refused("serve --log-format xml", ErrorKind::InvalidValue, usage);
    check_refused("check-config", ErrorKind::MissingRequiredArgument, usage);
    check_refused("key --right fly", ErrorKind::ValueValidation, usage);
    check_refused("key --name=", ErrorKind::ValueValidation, usage);
    check_refused("tail", ErrorKind::MissingRequiredArgument, usage);
    check_refused("tail hall:1 --from yesterday", ErrorKind::ValueValidation, usage);
    check_refused("tail a/b", ErrorKind::ValueValidation, usage);
    check_refused("record --competition 1 --stream hall:1", ErrorKind::ArgumentConflict, usage);
    for bad in ["--speed 0", "--speed -1", "--speed inf", "--from 12", "--address localhost"] {
        check_refused(&format!("replay {}", bad.replacen(' ', "=", 1)), ErrorKind::ValueValidation, usage);
    }
    check_refused("replay --stream hall:1", ErrorKind::MissingRequiredArgument, usage);
    check_refused("publish v1", ErrorKind::ValueValidation, usage);
    check_refused("completions cmd", ErrorKind::InvalidValue, usage);
    check_refused("--version", ErrorKind::DisplayVersion, 0);
    check_refused("serve --help", ErrorKind::DisplayHelp, 0);
}

#[test]
fn the_help_of_each_command_has_examples() {
    for command in Cli::command().get_subcommands_mut() {
        let help = command.render_long_help().to_string();
        assert!(help.contains("Example"), "{help}");
    }
    let mut root = Cli::command();
    let help = root.find_subcommand_mut("serve").unwrap().render_long_help().to_string();
    for said in
        ["127.0.0.1:9922", "./stadion-data", "STADION_LISTEN", "STADION_CONFIG", "STADION_INSECURE", "info"]
    {
        assert!(help.contains(said), "{said} is missing:\n{help}");
    }
}

#[test]
fn the_section_of_a_new_key_is_one_that_the_configuration_takes() {
    let args = KeyArgs {
        name: "it's \"timing\"\\".to_owned(),
        rights: ["publish competition:*", "read a \"b\"", "operate"]
            .iter()
            .map(|text| crate::rights::Grant::parse(text).unwrap())
            .collect(),
    };
    let key = NewKey::make().unwrap();
    let section = args.section(&key);
    assert!(!section.contains(key.secret()), "the key itself does not belong into the file");
    let config = Config::from_text("stadion.toml", &section, [], &Flags::default()).unwrap();
    let read = config.keys.first().unwrap();
    assert_eq!((&read.name, read.sha256, &read.rights), (&args.name, key.sha256(), &args.rights));
}

#[test]
fn each_shell_gets_a_script_that_knows_the_commands() {
    for shell in Shell::value_variants() {
        let script = CompletionsArgs { shell: *shell }.script();
        assert!(script.contains("check-config") && script.contains("insecure"), "{shell}");
    }
}

#[test]
fn check_config_reads_the_files_that_the_configuration_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stadion.toml");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        CheckConfigArgs { file: file.clone(), insecure: false }.run().map_err(|error| error.to_string())
    };
    let missing = check("[jwt]\nsecret_file = 'secret'").unwrap_err();
    assert!(missing.starts_with(&file.display().to_string()), "{missing}");
    assert!(missing.contains("cannot read \"jwt.secret_file\", "), "{missing}");
    std::fs::write(folder.path().join("secret"), "hush").unwrap();
    assert_eq!(check("[jwt]\nsecret_file = 'secret'"), Ok(()));
    assert!(check("lisen = 'x'").unwrap_err().contains("did you mean \"listen\"?"));
}
