//! Whom strangers' files are read by.

use std::path::Path;

use super::{BEFORE, NAMESPACES, place, stand};
use crate::inside::inside;

#[tokio::test(flavor = "multi_thread")]
async fn strangers_files_are_read_by_nobody_with_nothing() {
    if !inside(NAMESPACES, BEFORE) {
        return;
    }
    let stand = stand(
        "{ cat /proc/self/status /proc/self/limits; env; cat /etc/shadow; ls /proc/self/fd; } >$NOTES/$1 2>&1\n\
         grep : /proc/net/dev >$NOTES/net-$1\nexec $REAL \"$@\"\n",
    )
    .await;
    stand.succeeds().await;
    for verb in ["check", "convert", "dd"] {
        let note = |name: String| std::fs::read_to_string(Path::new(&place(&stand, "notes")).join(name));
        let said = note(verb.to_owned()).expect("it ran");
        let words: Vec<String> =
            said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let mut wanted =
            vec!["Uid: 65534 65534 65534 65534", "Gid: 65534 65534 65534 65534", "Groups:", "NoNewPrivs: 1"];
        wanted.extend(["CapInh: 0000000000000000", "CapPrm: 0000000000000000", "CapEff: 0000000000000000"]);
        wanted.extend(["CapBnd: 0000000000000000", "CapAmb: 0000000000000000"]);
        wanted.extend(["Max open files 64 64 files", "Max core file size 0 0 bytes"]);
        wanted.extend(["Max address space 2147483648 2147483648 bytes", "Max cpu time 120 120 seconds"]);
        for line in wanted {
            assert!(words.iter().any(|word| word == line), "{verb}: {line} is not in {said}");
        }
        assert!(said.contains("Permission denied") && !said.contains("root:"), "{verb}: it read /etc/shadow");
        assert!(!said.contains("swordfish"), "{verb}: {said}");
        let net = note(format!("net-{verb}")).expect("it ran");
        assert!(net.trim().starts_with("lo:") && net.lines().count() == 1, "{verb}: {net}");
    }
}
