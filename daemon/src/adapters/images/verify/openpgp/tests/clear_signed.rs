//! Lists with their signature around them.

use super::*;

#[test]
fn a_clear_signed_text_comes_out_as_it_was_signed() {
    let publisher = Publisher::new();
    for text in [LIST, "", "one line", "-----\n- a\n-b\n\n", "\n\n", "ä\nö"] {
        let message = publisher.wrap(text);
        assert_eq!(publisher.unwrap(&message).as_deref(), Ok(text), "{message}");
        let elsewhere = message.replace('\n', "\r\n");
        assert_eq!(publisher.unwrap(&elsewhere).as_deref(), Ok(text), "with the line ends of Windows");
        assert_eq!(publisher.unwrap(&format!("{message}\n \n")).as_deref(), Ok(text));
    }
}

#[test]
fn a_clear_signed_text_that_was_changed_is_refused() {
    let (publisher, other) = (Publisher::new(), Publisher::new());
    let message = publisher.wrap(LIST);
    for (from, to) in [("aaa", "aab"), ("\n\n", "\n\n\n"), ("disk-2", "disk-3"), ("# Two builds\n", "")] {
        let changed = message.replacen(from, to, 1);
        assert_ne!(changed, message);
        assert_refused(publisher.unwrap(&changed), "not on this list");
    }
    assert_refused(other.unwrap(&message), "not made by the key");
}

#[test]
fn what_stands_around_the_signed_text_is_never_taken_for_it() {
    let publisher = Publisher::new();
    let message = publisher.wrap(LIST);
    let line = format!("{}  disk-3.img\n", "c".repeat(64));
    let headed = |header: &str| message.replacen("Hash: SHA256\n", &format!("Hash: SHA256\n{header}"), 1);
    for changed in [
        format!("{line}{message}"),
        format!("{message}{line}"),
        format!("{message}{message}"),
        headed(&line),
        headed("Comment: a\n"),
        headed(" \n"),
        headed(&format!("Hash: {line}{line}")),
        message.replacen("Hash: SHA256\n\n", "Hash: SHA256\n", 1),
        // Between text and signature.
        message.replacen(SIGNATURE_BEGINS, &format!("-----BEGIN\n{line}{SIGNATURE_BEGINS}"), 1),
        message.replacen(SIGNATURE_BEGINS, &format!("{TEXT_BEGINS}\n\n{line}{SIGNATURE_BEGINS}"), 1),
        // A line that looks as if it had ended.
        message.replacen("# Two", "-Two", 1),
        message.replacen(SIGNATURE_ENDS, "", 1),
        message.replacen(SIGNATURE_BEGINS, "", 1),
        message.replacen(TEXT_BEGINS, "-----BEGIN PGP MESSAGE-----", 1),
        LIST.to_owned(),
        String::new(),
    ] {
        assert_refused(publisher.unwrap(&changed), "the signature is not good");
    }
    assert_refused(clear(b"\xff", &publisher.key(), NOW.into()), "not text");
    // Other hashes that it names are of no account, for what was signed says which it is.
    assert_eq!(publisher.unwrap(&headed("Hash: SHA512\n")).as_deref(), Ok(LIST));
}

#[test]
fn a_signature_on_one_form_of_list_does_no_harm_on_the_other() {
    let publisher = Publisher::new();
    let message = publisher.wrap(LIST);
    let (_, signature) = parts(&message).expect("its parts");
    let judge = |list: &str| detached(list.as_bytes(), signature.as_bytes(), &publisher.key(), NOW.into());
    assert_eq!(judge(LIST), Ok(()), "the same lines");
    assert_refused(judge(&message), "not on this list");
    assert_refused(detached(&[], message.as_bytes(), &publisher.key(), NOW.into()), "cannot be read");
}
