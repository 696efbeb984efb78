//! `stadion serve`: its options. What it then does is not the command line's.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use tracing::level_filters::LevelFilter;

use crate::config::{Config, ConfigError, Flags};

const AFTER_HELP: &str = "\
Every key of the configuration file can be set by an environment variable too:
STADION_LISTEN, STADION_DATA, STADION_LIMITS__CONNECTIONS (\"__\" separates the levels).
They stand above the file, options above both.

Examples:
  stadion serve                                this machine alone, on http://127.0.0.1:9922
  stadion serve --listen 127.0.0.1:0 --memory  a free port, nothing is kept
  stadion serve --config stadion.toml          as the file says; \"stadion check-config\" checks it
  stadion serve --listen 0.0.0.0:9922 --insecure
                                               everybody who reaches this machine may do everything";

/// Options of `stadion serve`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ServeArgs {
    /// Address and port to listen on; port 0 picks a free one [default: 127.0.0.1:9922] [env: STADION_LISTEN]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,

    /// Folder for what is kept; it is made when something is [default: ./stadion-data] [env: STADION_DATA]
    #[arg(long, value_name = "FOLDER", conflicts_with = "memory")]
    pub data: Option<String>,

    /// Keep nothing: all streams are gone when the server ends
    #[arg(long, env = "STADION_MEMORY", value_parser = FalseyValueParser::new())]
    pub memory: bool,

    /// The configuration file (TOML) [default: none]
    #[arg(long, value_name = "FILE", env = "STADION_CONFIG")]
    pub config: Option<PathBuf>,

    /// Open the server's page in a browser when it is ready
    #[arg(long)]
    pub open: bool,

    /// Serve without authentication even so: on a public address, behind a proxy or under another name
    #[arg(long, env = "STADION_INSECURE", value_parser = FalseyValueParser::new())]
    pub insecure: bool,

    /// How the log on standard error is written.
    #[command(flatten)]
    pub log: LogArgs,
}

/// How the log on standard error is written.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct LogArgs {
    /// How the log on standard error is written
    #[arg(long = "log-format", value_name = "FORMAT", env = "STADION_LOG_FORMAT", default_value = "text")]
    pub format: LogFormat,

    /// From which level on something is logged
    #[arg(long = "log", value_name = "LEVEL", env = "STADION_LOG", default_value = "info")]
    pub level: LogLevel,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object a line, for programs.
    Json,
}

/// From which level on something is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogLevel {
    /// Only what went wrong.
    Error,
    /// And what looks wrong.
    Warn,
    /// And what changes: started, stopped.
    #[default]
    Info,
    /// And each connection.
    Debug,
    /// And each request.
    Trace,
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> LevelFilter {
        match level {
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Trace => LevelFilter::TRACE,
        }
    }
}

impl ServeArgs {
    /// The configuration: these options above the process's environment above the file.
    ///
    /// # Errors
    /// Every fault of it. Exit code 2.
    pub fn load_config(&self) -> Result<Config, ConfigError> {
        let flags = Flags {
            listen: self.listen.clone(),
            data: self.data.clone(),
            memory: self.memory,
            insecure: self.insecure,
        };
        Config::load(self.config.as_deref(), std::env::vars_os(), &flags)
    }
}
