//! Who waits at which port, by the kernel's tables.

use crate::model::Protocol;

/// Whether a program waits at that port of one of this machine's addresses, or of all.
pub(super) fn at(protocol: Protocol, port: u16) -> bool {
    let word = protocol.word();
    [word.to_owned(), format!("{word}6")].iter().any(|table| {
        // Without IPv6 there is no such table.
        let sockets = std::fs::read_to_string(format!("/proc/self/net/{table}")).unwrap_or_default();
        waits(&sockets, port)
    })
}

/// Whether one of the sockets in a table waits at that port: those of TCP in the state 0A, those of UDP in 07.
fn waits(sockets: &str, port: u16) -> bool {
    sockets.lines().skip(1).any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, local, _, "0A" | "07", ..] = words.as_slice() else { return false };
        local.rsplit_once(':').and_then(|(_, hex)| u16::from_str_radix(hex, 16).ok()) == Some(port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_told_from_who_talks() {
        let sockets = "  sl  local_address rem_address   st tx_queue rx_queue\n\
                       0: 00000000:0016 00000000:0000 0A 00000000:00000000\n\
                       1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000\n\
                       2: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 0:0\n";
        let found: Vec<bool> = [22, 8080, 53, 40_000].iter().map(|port| waits(sockets, *port)).collect();
        assert_eq!(found, [true, false, true, false]);
        assert!(!waits("", 22));
    }
}
