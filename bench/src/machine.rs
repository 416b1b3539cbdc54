//! The machine that the figures belong to.

use std::{fs::read_to_string, process::Command};

/// Lines that say what the figures were taken on.
pub(crate) fn facts() -> Vec<String> {
    let processor = entry("/proc/cpuinfo", "model name");
    let memory = entry("/proc/meminfo", "MemTotal");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    vec![
        format!("processor    {processor}, {cores} cores"),
        format!("memory       {memory}"),
        format!("kernel       {}", kernel.trim()),
        // What the lab's configuration says, so that figures of different machines can be told apart.
        "accelerator  TCG".to_owned(),
        format!("qemu         {}", version("qemu-system-x86_64")),
        format!("libvirt      {}", version("libvirtd")),
        format!("load         {} before", load()),
    ]
}

/// The load of the last minute, five and fifteen minutes: a busy machine gives other figures.
pub(crate) fn load() -> String {
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn entry(file: &str, key: &str) -> String {
    let text = read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(key)).and_then(|line| line.split_once(':'));
    line.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}

fn version(program: &str) -> String {
    let output = Command::new(program).arg("--version").output().map(|output| output.stdout);
    let text = String::from_utf8(output.unwrap_or_default()).unwrap_or_default();
    text.lines().next().unwrap_or("not found").to_owned()
}
