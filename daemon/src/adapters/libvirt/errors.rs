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

fn is_connection(message: &str) -> bool {
    ["connect", "socket", "Broken pipe", "end of file", "keepalive"].iter().any(|word| message.contains(word))
}
