//! Images on their way to this host: from every publisher of the catalogue, and from mirrors, files and images that nobody
//! should trust.
//!
//! The mirror is a server on loopback, the disks are real. Root alone may hand strangers' files to another user and make
//! namespaces: these tests are root's, as the lab's are.

mod adopt;
mod catalogue;
mod confinement;
mod damaged;
mod directory;
mod disks;
mod failures;
mod formats;
mod full_disk;
mod import;
mod inside;
mod keys;
mod lies;
mod lists;
mod mirror;
mod mirrors;
mod offline;
mod packed;
mod refused;
mod resume;
mod shelf;
mod signatures;
mod stand;
mod unprivileged;
