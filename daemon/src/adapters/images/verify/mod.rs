//! Whether a download is genuine: lists of digests, and the signatures on them. Pure.

mod checksums;
mod digest;
mod openpgp;

pub(super) use self::{
    checksums::{Listed, newest_match},
    digest::{Digest, Hasher},
    openpgp::{clear, detached},
};
