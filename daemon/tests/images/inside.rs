//! Tests in namespaces of their own: a full disk, a host without a network, a qemu-img that is somebody else's.

use std::process::Command;

use crate::stand::open_dir;

/// Says that this process is inside already.
const MARK: &str = "SLOOP_TEST_INSIDE";

/// Runs the test that calls it again, as root in new namespaces and after some shell commands. Gives whether this is that
/// run; the other one has nothing left to do.
pub(crate) fn inside(namespaces: &[&str], before: &str) -> bool {
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let thread = std::thread::current();
    let test = thread.name().expect("a test's thread has its name");
    let itself = std::env::current_exe().expect("this program");
    let script = format!("{before}\nexec \"$0\" --exact {test} --nocapture");
    // What was mounted over cannot be removed inside: this is, when the namespace is gone. Whoever it is there may write.
    let dir = open_dir(0o1777);
    let mut command = Command::new("unshare");
    command
        .args(namespaces)
        .args(["sh", "-ec", &script])
        .arg(itself)
        .env(MARK, "1")
        .env("TMPDIR", dir.path());
    let output = command.output().expect("unshare of util-linux; see tools/deps.sh");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "inside new namespaces, which only root can make: {said}");
    assert!(said.contains("1 passed"), "no test has the name {test}: {said}");
    false
}
