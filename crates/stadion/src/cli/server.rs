//! Which server a command speaks to, and by which right.

use clap::Args;
use stadion_core::StreamName;

use crate::client::address::{Address, AddressError};

/// Which server a command speaks to, and by which right.
#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// The server's address
    #[arg(long, value_name = "URL", env = "STADION_SERVER", default_value = "http://127.0.0.1:9922")]
    pub server: String,

    /// An API key or a JSON Web Token; the environment does not show it to other users of this machine
    #[arg(long, value_name = "TOKEN", env = "STADION_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

impl ServerArgs {
    pub(super) fn address(&self) -> Result<Address, AddressError> {
        Address::parse(&self.server)
    }
}

pub(super) fn parse_stream(text: &str) -> Result<String, String> {
    StreamName::check(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}
