//! Packet sockets bound to one interface.

use std::{io, mem};

use nix::libc;
use socket2::{Domain, SockAddr, SockAddrStorage, SockFilter, Socket, Type};
use tokio::io::unix::AsyncFd;

// The C headers give these as other integers than the address holds; each fits, being far below 2^16.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
const FAMILY: libc::sa_family_t = libc::AF_PACKET as libc::sa_family_t;
/// The EtherType of IPv4.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub const IPV4: u16 = libc::ETH_P_IP as u16;
/// The EtherType of IPv6.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub const IPV6: u16 = libc::ETH_P_IPV6 as u16;
#[allow(clippy::cast_possible_truncation)]
const LENGTH: libc::socklen_t = mem::size_of::<libc::sockaddr_ll>() as libc::socklen_t;

/// A raw Ethernet socket on the interface with that index, which sees frames of that EtherType as far as `filter` lets them
/// through.
pub fn open(index: u32, ether_type: u16, filter: &[SockFilter]) -> io::Result<AsyncFd<Socket>> {
    // Protocol 0 receives nothing, so that no packet slips in before the filter and the interface are set.
    let socket = Socket::new(Domain::PACKET, Type::RAW.nonblocking().cloexec(), None)?;
    socket.attach_filter(filter)?;
    socket.bind(&address(index, ether_type)?)?;
    // SAFETY: a Socket owns its descriptor and never changes it, so the descriptor stays open as long as the AsyncFd.
    unsafe { AsyncFd::register(socket) }.map_err(Into::into)
}

/// Takes one frame, as far as it fits, and gives its length. None where there was none after all, or where somebody took the
/// interface down: it may come up again.
pub async fn receive(socket: &AsyncFd<Socket>, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let mut ready = socket.readable().await?;
    match ready.try_io(|socket| io::Read::read(&mut socket.get_ref(), buffer)) {
        Ok(Err(error)) if error.raw_os_error() == Some(libc::ENETDOWN) => Ok(None),
        Ok(read) => read.map(Some),
        Err(_would_block) => Ok(None),
    }
}

fn address(index: u32, ether_type: u16) -> io::Result<SockAddr> {
    let index = i32::try_from(index).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: sockaddr_ll is a kind of socket address, so the storage is large enough and aligned for it, and every bit
    // pattern of it is valid.
    let link = unsafe { storage.view_as::<libc::sockaddr_ll>() };
    link.sll_family = FAMILY;
    link.sll_protocol = ether_type.to_be();
    link.sll_ifindex = index;
    let length = LENGTH;
    // SAFETY: the first `length` bytes were initialised above as an address of the family it names.
    Ok(unsafe { SockAddr::new(storage, length) })
}
