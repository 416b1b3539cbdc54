//! Alarms on the simulated host: what they say, what they tell, whom, and what becomes of it when things fail.

#[path = "../common/mod.rs"]
mod common;

mod contacts;
mod firing;
mod missing;
mod sending;
mod stand;
mod verbs;
