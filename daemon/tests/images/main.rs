//! Images on their way to this host: from every publisher of the catalogue, and from mirrors, files and images that nobody
//! should trust.
//!
//! The mirror is a server on loopback, the disks are real. Root alone may hand strangers' files to another user and make
//! namespaces: these tests are root's, as the lab's are.

mod catalogue;
mod disks;
mod keys;
mod mirror;

mod lies;
mod lists;
mod resume;
mod stand;
