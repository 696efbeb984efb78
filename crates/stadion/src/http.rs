//! The edge that knows HTTP.

pub mod access;
pub mod body;
pub mod error;
mod pages;
pub mod service;
pub mod upgrade;
