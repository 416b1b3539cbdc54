//! Guests that do something, and the files that they write to.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use sloop_lab::Lab;

use crate::virsh;

/// Makes a guest and waits until it has nothing left to do of its first boot: what it does then would be measured as well.
pub(super) fn launch(lab: &Lab, name: &str, bundle: &str) -> Result<()> {
    lab.must(&["launch", name, "--blueprint", "tiny", "--bundle", bundle, "--wait-for", "first-boot"])
        .map(drop)
}

/// Runs a script as root in a guest.
pub(super) fn inside(lab: &Lab, name: &str, script: &str) -> Result<()> {
    let file = format!("cat >/tmp/script <<\\END\nset -e\n{script}\nEND\nsudo sh /tmp/script");
    lab.must(&["ssh", name, "--", &file]).map(drop)
}

/// The name of the disk that a guest was given.
pub(super) fn disk_of(name: &str) -> String {
    format!("{name}-data")
}

/// Gives the only guest that runs a disk of so many GB, and says which file it is.
pub(super) fn give_disk(lab: &Lab, name: &str, gigabytes: u32) -> Result<PathBuf> {
    let disk = disk_of(name);
    lab.must(&["disk", "create", &disk, "--size", &gigabytes.to_string()])?;
    lab.must(&["disk", "attach", &disk, name, "--path", "/dev/xvdf"])?;
    file_of_disk(lab)
}

/// The file that the only guest that runs writes to when it writes to its disk.
pub(super) fn file_of_disk(lab: &Lab) -> Result<PathBuf> {
    let drives = virsh::run(lab, &["domblklist", &virsh::only_domain(lab)?])?;
    source(&drives, "sdf").with_context(|| format!("a disk: {drives}"))
}

/// Where a drive of that name leads to, by virsh.
fn source(drives: &str, name: &str) -> Option<PathBuf> {
    let drive = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next()? == name).then_some(PathBuf::from(words.next()?))
    };
    drives.lines().find_map(drive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_drive_is_read() {
        let told = " vda   /layers/one.qcow2\n sdf   /layers/two.qcow2\n vdb   /seed.img\n\n";
        assert_eq!(source(told, "sdf"), Some("/layers/two.qcow2".into()));
        assert_eq!(source(told, "sdg"), None);
    }
}
