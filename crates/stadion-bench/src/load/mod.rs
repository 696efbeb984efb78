//! The load: raw sockets on one core, cheap enough not to be the limit, and suspicious of what they are sent.

pub(crate) mod answer;
pub(crate) mod frame;
pub(crate) mod http;
pub(crate) mod polls;
pub(crate) mod readiness;
pub(crate) mod sockets;
