//! Persistent taps. A tap cannot be made through rtnetlink (EOPNOTSUPP), so it is asked of `/dev/net/tun`.

use std::{
    fs::{File, OpenOptions},
    io,
    os::fd::AsRawFd as _,
};

use nix::libc;

const IFF_TAP: libc::c_short = 0x0002;
const IFF_NO_PI: libc::c_short = 0x1000;
/// QEMU opens the tap with this flag, and a tap keeps the flags it was made with.
const IFF_VNET_HDR: libc::c_short = 0x4000;

/// The kernel's `struct ifreq`, as far as TUNSETIFF reads it.
#[repr(C)]
struct IfReq {
    name: [u8; libc::IFNAMSIZ],
    flags: libc::c_short,
    rest: [u8; 22],
}

mod raw {
    nix::ioctl_write_ptr_bad!(
        tunsetiff,
        nix::request_code_write!(b'T', 202, size_of::<nix::libc::c_int>()),
        super::IfReq
    );
    nix::ioctl_write_int_bad!(
        tunsetpersist,
        nix::request_code_write!(b'T', 203, size_of::<nix::libc::c_int>())
    );
}

/// Makes the tap `name`, or finds it. It stays when this process ends.
pub fn ensure_tap(name: &str) -> io::Result<()> {
    let tun = match attach_tap(name) {
        // QEMU holds it: it is there.
        Err(error) if error.raw_os_error() == Some(libc::EBUSY) => return Ok(()),
        other => other?,
    };
    // SAFETY: the descriptor is open for the whole call, and the argument is a plain number.
    unsafe { raw::tunsetpersist(tun.as_raw_fd(), 1) }?;
    Ok(())
}

/// Takes hold of the tap `name`, made if there is none: what is written here comes out of it, and the other way round, each
/// frame behind a `virtio_net_hdr` of ten bytes.
pub fn attach_tap(name: &str) -> io::Result<File> {
    if name.len() >= libc::IFNAMSIZ {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "an interface's name has at most 15 characters",
        ));
    }
    let tun = OpenOptions::new().read(true).write(true).open("/dev/net/tun")?;
    let mut request =
        IfReq { name: [0; libc::IFNAMSIZ], flags: IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, rest: [0; 22] };
    request.name[..name.len()].copy_from_slice(name.as_bytes());
    // SAFETY: the descriptor is open for the whole call; the kernel reads 40 bytes, the size of IfReq, which outlives it.
    unsafe { raw::tunsetiff(tun.as_raw_fd(), std::ptr::from_ref(&request)) }?;
    Ok(tun)
}
