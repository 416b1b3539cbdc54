//! What a qemu-img that has been taken over leaves behind: files that are none, and processes.

use std::os::unix::fs::MetadataExt as _;

use rstest::rstest;

use super::{BEFORE, NAMESPACES, place, runs, stand};
use crate::{inside::inside, stand::LIMIT};

/// What a qemu-img that has been taken over might leave for the daemon to stumble on.
#[rstest]
#[case::a_link("ln -s $VICTIM")]
#[case::a_pipe("mkfifo")]
#[case::a_directory("mkdir")]
#[case::another_name("ln $NOTES/last")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_must_be_a_file_of_its_own(#[case] make: &str) {
    if !inside(NAMESPACES, BEFORE) {
        return;
    }
    let stand = stand(&format!(
        "case $1 in\nconvert) for last; do :; done; $REAL \"$@\" && cp $last $NOTES/disk\n\
         mv $last $NOTES/last; {make} $last ;;\n\
         dd) exec $REAL $1 $2 $3 $4 $5 $6 $7 if=$NOTES/disk $9 ;;\nesac\n"
    ))
    .await;
    let victim = place(&stand, "victim");
    std::fs::write(&victim, "for root alone").expect("written");
    let before = std::fs::metadata(&victim).expect("it is there");
    std::os::unix::fs::chown(&victim, Some(1), Some(1)).expect("root may");
    let error = stand.refused().await;
    assert!(error.message.contains("base.qcow2"), "{error:?}");
    let after = std::fs::metadata(&victim).expect("it is there");
    assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), 1, 1), "the daemon followed a link");
    assert_eq!(std::fs::read_to_string(&victim).expect("readable"), "for root alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_started_outlives_its_work() {
    if !inside(NAMESPACES, BEFORE) {
        return;
    }
    let stand =
        stand("[ $1 != convert ] || setsid sleep 31536001 </dev/null >/dev/null 2>&1 &\n$REAL \"$@\"\n")
            .await;
    stand.succeeds().await;
    assert!(!runs("31536001"), "it outlived the work");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_given_up_leaves_nothing_running() {
    if !inside(NAMESPACES, BEFORE) {
        return;
    }
    let stand = stand("[ $1 = convert ] || exec $REAL \"$@\"\nexec sleep 31536002\n").await;
    let until = async |so: bool| {
        while runs("31536002") != so {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        ended = stand.pull() => panic!("it ended: {ended:?}"),
        () = until(true) => {}
    }
    tokio::time::timeout(LIMIT, until(false)).await.expect("it ends with the work");
    stand.nothing_half_made();
}
