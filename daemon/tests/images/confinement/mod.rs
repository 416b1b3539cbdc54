//! What qemu-img may do with a stranger's file, and what becomes of it when the file has taken it over.
//!
//! A script takes its place, which no test but this sees; the real one is beside it.

mod explosion;
mod left_behind;
mod rights;

use std::os::unix::fs::PermissionsExt as _;

use crate::{
    disks::{self, run, text},
    stand::Stand,
};

/// Mounts are seen by these tests alone.
const NAMESPACES: &[&str] = &["--mount"];
/// As the daemon's unit has it.
const BEFORE: &str = "umask 0066\nexport SECRET=swordfish";

/// A stand whose qemu-img is a script. In it, `$REAL` is the real one and `$NOTES` a directory where anybody may write.
async fn stand(script: &str) -> Stand {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    let (real, fake, notes) = (place(&stand, "real"), place(&stand, "fake"), place(&stand, "notes"));
    std::fs::copy("/usr/bin/qemu-img", &real).expect("qemu-img of qemu-utils");
    let head = format!("#!/bin/sh\nREAL={real} NOTES={notes} VICTIM={}\n", place(&stand, "victim"));
    std::fs::write(&fake, head + script).expect("written");
    std::fs::create_dir(&notes).expect("made");
    for (path, mode) in [(&real, 0o755), (&fake, 0o755), (&notes, 0o777)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("changed");
    }
    run("mount", &["--bind", &fake, "/usr/bin/qemu-img"], "");
    stand
}

fn place(stand: &Stand, name: &str) -> String {
    text(&stand.dir.path().join(name)).to_owned()
}

/// Whether a process has that word on its command line.
fn runs(word: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("mounted").flatten();
    processes
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .any(|line| line.split(|byte| *byte == 0).any(|found| found == word.as_bytes()))
}
