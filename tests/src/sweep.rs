//! Removes what dead labs left: known by name, and a lab's name holds the pid of the test that made it.

use std::{path::Path, process::Command};

use anyhow::Result;

const PREFIX: &str = "sloop-lab-";

/// Sweeps every lab whose test is dead.
pub(crate) fn dead_labs() -> Result<()> {
    for dir in [std::env::temp_dir(), "/run/netns".into()] {
        let Ok(entries) = std::fs::read_dir(&dir) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if maker(&name).is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
                namespace(&name)?;
                let _ = std::fs::remove_dir_all(std::env::temp_dir().join(&name));
            }
        }
    }
    Ok(())
}

/// Ends every process in the network namespace and removes it.
pub(crate) fn namespace(name: &str) -> Result<()> {
    if !Path::new("/run/netns").join(name).exists() {
        return Ok(());
    }
    let pids = Command::new("ip").args(["netns", "pids", name]).output()?;
    for pid in String::from_utf8_lossy(&pids.stdout).split_whitespace() {
        let _ = Command::new("kill").args(["-9", pid]).status();
    }
    let _ = Command::new("ip").args(["netns", "del", name]).status();
    Ok(())
}

/// The pid in a lab's name.
fn maker(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}
