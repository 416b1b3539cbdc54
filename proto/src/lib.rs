//! The contract of Sloop.
//!
//! Operations, messages and members bear Lightsail's names; what Lightsail lacks lives in services of its own. The types
//! are generated from `sloop/v1/*.proto`, [`DESCRIPTORS`] describes them at run time, and [`json`] writes any of them
//! with Lightsail's member names and enum words.

pub mod json;

/// Messages, clients and servers of `sloop.v1`.
#[allow(missing_docs, clippy::pedantic, clippy::large_enum_variant, unreachable_pub)]
pub mod v1 {
    tonic::include_proto!("sloop.v1");
}

/// The encoded `FileDescriptorSet` of the contract and all it imports.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sloop.v1.bin"));
