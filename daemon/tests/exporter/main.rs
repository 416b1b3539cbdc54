//! What is exported for Prometheus: that it is sound OpenMetrics, who may read it, and that the dashboard asks for nothing else.

#[path = "../common/mod.rs"]
mod common;

mod dashboard;
mod door;
mod exposition;
mod grammar;
mod made_up;
