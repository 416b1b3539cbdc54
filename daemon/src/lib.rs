//! `sloopd`: the Lightsail experience on one Linux host.
//!
//! `model` and `ports` say what there is and what is needed; `verbs` are the use cases; `engine` makes them so;
//! `adapters` and `simulated` are two worlds; `api` has the doors; `wiring` alone knows every room. ARCHITECTURE.md has
//! the picture.

pub mod adapters;
pub mod api;
pub mod config;
pub mod engine;
pub mod model;
pub mod ports;
pub mod simulated;
mod socket;
#[cfg(test)]
mod testing;
pub mod verbs;
pub mod wiring;
