//! How people are told: mail servers, webhooks and commands that do what they should, and those that do not.

mod commands;
mod contract;
mod email;
mod http_sink;
mod inside;
mod smtp_sink;
mod stand;
mod webhooks;
