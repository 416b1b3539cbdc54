//! Disks on their way from one host to another, as files.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{Beneath, Error, Kind, LayerId, Result, Stack};

/// What of a disk is handed out as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The disk, from a layer on that nobody writes to any more.
    pub stack: Stack,
    /// What the receiver has already. The file then holds only what differs from it; without one it holds the whole disk.
    pub since: Option<Stack>,
    /// Size of the disk in bytes.
    pub bytes: u64,
    /// Free space that the file may not touch, in bytes.
    pub headroom: u64,
}

/// A file that is to become a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The layer.
    pub layer: LayerId,
    /// The file that it stands on, if the disk is not whole without one.
    pub beneath: Beneath,
    /// Size of its disk in bytes, where the sender said it.
    pub bytes: Option<u64>,
    /// Length of the file in bytes.
    pub file_bytes: u64,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// Free space that it may not touch, in bytes.
    pub headroom: u64,
}

/// Bytes that go by, counted and digested.
#[derive(Clone, Default)]
pub struct Tally {
    sha256: Sha256,
    bytes: u64,
}

impl Tally {
    /// More bytes.
    pub fn add(&mut self, piece: &[u8]) {
        self.sha256.update(piece);
        self.bytes += piece.len() as u64;
    }

    /// How many there were.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of them all, in lower-case hexadecimal.
    pub fn digest(self) -> String {
        self.sha256.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl Arrival {
    /// Refuses a file that is longer than was said, as soon as that shows.
    pub fn bound(&self, tally: &Tally) -> Result<()> {
        if tally.bytes <= self.file_bytes {
            return Ok(());
        }
        Err(refused(&format!("it goes on after the {} bytes that it should have", self.file_bytes)))
    }

    /// Refuses a file that ended too early, or is another than was said.
    pub fn verify(&self, tally: Tally) -> Result<()> {
        if tally.bytes != self.file_bytes {
            return Err(refused(&format!("it ended after {} of {} bytes", tally.bytes, self.file_bytes)));
        }
        let found = tally.digest();
        if found == self.sha256 {
            return Ok(());
        }
        let message = format!("the file's SHA-256 is {found}; it should be {}", self.sha256);
        Err(Error::new(Kind::InvalidInput, "DigestMismatch", message)
            .tip("the file is damaged, or another one; export the snapshot again"))
    }

    /// Refuses a disk of another size than was said, and one that no disk can have. Gives the size.
    pub fn size(&self, found: u64) -> Result<u64> {
        match self.bytes {
            Some(said) if said != found => {
                Err(refused(&format!("its disk has {found} bytes; it should have {said}")))
            }
            _ if found == 0 || !found.is_multiple_of(512) => {
                Err(refused(&format!("its disk has {found} bytes, which is no number of sectors")))
            }
            _ => Ok(found),
        }
    }
}

fn refused(why: &str) -> Error {
    Error::new(Kind::InvalidInput, "SnapshotRefused", format!("the file cannot be taken: {why}"))
        .tip("export the snapshot again, and copy all of its files")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn arrival(bytes: Option<u64>, file_bytes: u64) -> Arrival {
        Arrival {
            layer: LayerId::fresh(),
            beneath: Beneath::Nothing,
            bytes,
            file_bytes,
            sha256: EMPTY.to_owned(),
            headroom: 0,
        }
    }

    #[test]
    fn a_file_is_as_it_was_said_to_be() {
        let mut three = Tally::default();
        three.add(b"abc");
        assert_eq!(
            three.clone().digest(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        arrival(None, 0).verify(Tally::default()).expect("it is empty");
        assert!(arrival(None, 4).verify(three.clone()).expect_err("short").message.contains("3 of 4"));
        assert_eq!(arrival(None, 3).verify(three.clone()).expect_err("another").code, "DigestMismatch");
        arrival(None, 3).bound(&three).expect("within");
        arrival(None, 2).bound(&three).expect_err("longer");
    }

    #[test]
    fn a_disk_has_the_size_that_was_said_and_whole_sectors() {
        assert_eq!(arrival(Some(1024), 0).size(1024).expect("as said"), 1024);
        assert_eq!(arrival(None, 0).size(1 << 30).expect("any"), 1 << 30);
        for (said, found) in [(Some(1024), 2048), (None, 0), (None, 1000), (Some(1000), 1000)] {
            arrival(said, 0).size(found).expect_err("another size");
        }
    }
}
