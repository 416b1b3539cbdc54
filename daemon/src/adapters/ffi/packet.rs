//! Packet sockets bound to one interface.

use std::{io, mem};

use nix::libc;
use socket2::{Domain, SockAddr, SockAddrStorage, SockFilter, Socket, Type};

/// A raw Ethernet socket on the interface with that index, which sees only what `filter` lets through.
pub fn open(index: u32, filter: &[SockFilter]) -> io::Result<Socket> {
    // Protocol 0 receives nothing, so that no packet slips in before the filter and the interface are set.
    let socket = Socket::new(Domain::PACKET, Type::RAW.nonblocking().cloexec(), None)?;
    socket.attach_filter(filter)?;
    socket.bind(&address(index)?)?;
    Ok(socket)
}

fn address(index: u32) -> io::Result<SockAddr> {
    let index = i32::try_from(index).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: sockaddr_ll is a kind of socket address, so the storage is large enough and aligned for it, and every bit
    // pattern of it is valid.
    let link = unsafe { storage.view_as::<libc::sockaddr_ll>() };
    link.sll_family = libc::AF_PACKET.cast_unsigned() as libc::sa_family_t;
    link.sll_protocol = (libc::ETH_P_IP as u16).to_be();
    link.sll_ifindex = index;
    let length = mem::size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: the first `length` bytes were initialised above as an address of the family it names.
    Ok(unsafe { SockAddr::new(storage, length) })
}
