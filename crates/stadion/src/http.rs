//! The edge that knows HTTP.

pub mod access;
pub mod body;
pub mod error;
mod pages;
pub mod service;
mod streams;
pub mod upgrade;
