//! libvirt's errors as the domain's.

use virt::{
    enumutil::Enum::Known,
    error::{Error as VirtError, ErrorNumber},
};

use crate::model::{Error, Kind};

/// Whether the error says that there is no such domain.
pub(super) fn is_absent(error: &VirtError) -> bool {
    error.code() == Known(ErrorNumber::NoDomain)
}

/// Whether the operation found the domain in the state that it was to bring about.
pub(super) fn is_idle(error: &VirtError) -> bool {
    error.code() == Known(ErrorNumber::OperationInvalid)
}

/// Whether libvirt cannot do such a thing here.
pub(super) fn is_unsupported(error: &VirtError) -> bool {
    use ErrorNumber::{ConfigUnsupported, NoSupport, OperationUnsupported};
    matches!(error.code(), Known(ConfigUnsupported | NoSupport | OperationUnsupported))
}

pub(super) fn from_virt(error: &VirtError) -> Error {
    let message = format!("libvirt: {}", error.message());
    let Known(code) = error.code() else { return Error::internal(message) };
    match code {
        ErrorNumber::NoConnect | ErrorNumber::SystemError | ErrorNumber::Rpc | ErrorNumber::InternalError
            if is_connection(error.message()) =>
        {
            Error::unavailable(message).tip("is libvirtd running? try: systemctl status libvirtd")
        }
        ErrorNumber::AuthFailed | ErrorNumber::AccessDenied | ErrorNumber::AuthUnavailable => {
            Error::unavailable(message).tip("the daemon's user must be in the group libvirt")
        }
        ErrorNumber::OperationTimeout => Error::unavailable(message),
        ErrorNumber::NoDomain => Error::new(Kind::NotFound, "DoesNotExist", message),
        _ => Error::internal(message),
    }
}

/// libvirt has no code of its own for a line that broke; its RPC client says it in words, some with a capital.
fn is_connection(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["connect", "socket", "broken pipe", "end of file", "recv data", "write data", "keepalive"]
        .iter()
        .any(|word| message.contains(word))
}

#[cfg(test)]
mod tests {
    use super::is_connection;

    #[test]
    fn a_broken_line_is_known_however_libvirt_says_it() {
        for message in [
            "Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory",
            "End of file while reading data: Input/output error",
            "Cannot recv data: Connection reset by peer",
            "Cannot write data: Broken pipe",
            "internal error: client socket is closed",
            "internal error: received hangup event on socket",
            "internal error: connection closed due to keepalive timeout",
        ] {
            assert!(is_connection(message), "{message}");
        }
        assert!(!is_connection("internal error: process exited while starting"));
    }
}
