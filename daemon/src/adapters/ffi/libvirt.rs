//! What `virt` does not wrap: events and the close callback of a libvirt connection, a guest's file systems,
//! and work on the files of its disks.

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    ptr,
};

use virt::{connect::Connect, domain::Domain};
use virt_sys as sys;

/// A domain's lifecycle event: its UUID, libvirt's event number, and the number of its detail.
pub type OnLifecycle = Box<dyn Fn(&str, c_int, c_int) + Send + Sync>;

/// Called once when the connection is lost.
pub type OnClose = Box<dyn Fn() + Send + Sync>;

/// Calls `on_event` from the event loop's thread for every lifecycle event of every domain, for as long as the connection
/// is open.
pub fn watch_lifecycle(connection: &Connect, on_event: OnLifecycle) -> Result<(), virt::error::Error> {
    // A box of a box: a fat pointer does not fit the opaque argument.
    let opaque = Box::into_raw(Box::new(on_event)).cast::<c_void>();
    // SAFETY: libvirt calls a lifecycle callback with the signature of `lifecycle`, whatever its generic type says; the
    // library's own macro VIR_DOMAIN_EVENT_CALLBACK makes this same cast.
    let callback: sys::virConnectDomainEventGenericCallback = unsafe {
        std::mem::transmute::<LifecycleCallback, sys::virConnectDomainEventGenericCallback>(Some(lifecycle))
    };
    // SAFETY: the connection is open; `opaque` stays valid until libvirt hands it to `free_lifecycle`, once.
    let id = unsafe {
        sys::virConnectDomainEventRegisterAny(
            connection.as_ptr(),
            ptr::null_mut(),
            sys::VIR_DOMAIN_EVENT_ID_LIFECYCLE.cast_signed(),
            callback,
            opaque,
            Some(free_lifecycle),
        )
    };
    if id >= 0 {
        return Ok(());
    }
    let error = virt::error::Error::last_error();
    // SAFETY: registration failed, so libvirt neither keeps nor frees the pointer.
    unsafe { free_lifecycle(opaque) };
    Err(error)
}

/// Calls `on_close` when the connection is lost.
pub fn watch_close(connection: &Connect, on_close: OnClose) -> Result<(), virt::error::Error> {
    let opaque = Box::into_raw(Box::new(on_close)).cast::<c_void>();
    // SAFETY: the connection is open; `opaque` stays valid until libvirt hands it to `free_close`, once.
    let result = unsafe {
        sys::virConnectRegisterCloseCallback(connection.as_ptr(), Some(closed), opaque, Some(free_close))
    };
    if result == 0 {
        return Ok(());
    }
    let error = virt::error::Error::last_error();
    // SAFETY: registration failed, so libvirt neither keeps nor frees the pointer.
    unsafe { free_close(opaque) };
    Err(error)
}

type LifecycleCallback =
    Option<unsafe extern "C" fn(sys::virConnectPtr, sys::virDomainPtr, c_int, c_int, *mut c_void) -> c_int>;

unsafe extern "C" fn lifecycle(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    event: c_int,
    detail: c_int,
    opaque: *mut c_void,
) -> c_int {
    let mut buffer = [0 as c_char; sys::VIR_UUID_STRING_BUFLEN as usize];
    // SAFETY: the domain is valid during the callback, and the buffer has the size that libvirt demands.
    if unsafe { sys::virDomainGetUUIDString(domain, buffer.as_mut_ptr()) } != 0 {
        return 0;
    }
    // SAFETY: libvirt ended the string with NUL within the buffer.
    let uuid = unsafe { CStr::from_ptr(buffer.as_ptr()) };
    // SAFETY: `opaque` is the box that `watch_lifecycle` registered and that is not yet freed.
    let on_event = unsafe { &*opaque.cast::<OnLifecycle>() };
    if let Ok(uuid) = uuid.to_str() {
        on_event(uuid, event, detail);
    }
    0
}

unsafe extern "C" fn closed(_: sys::virConnectPtr, _: c_int, opaque: *mut c_void) {
    // SAFETY: `opaque` is the box that `watch_close` registered and that is not yet freed.
    let on_close = unsafe { &*opaque.cast::<OnClose>() };
    on_close();
}

unsafe extern "C" fn free_lifecycle(opaque: *mut c_void) {
    // SAFETY: the pointer came from Box::into_raw in `watch_lifecycle`, and is freed once.
    drop(unsafe { Box::from_raw(opaque.cast::<OnLifecycle>()) });
}

unsafe extern "C" fn free_close(opaque: *mut c_void) {
    // SAFETY: the pointer came from Box::into_raw in `watch_close`, and is freed once.
    drop(unsafe { Box::from_raw(opaque.cast::<OnClose>()) });
}

/// Breaks a stream off, so that whoever waits on it is woken. `virt` offers this only to the stream's single owner.
pub fn abort(stream: &virt::stream::Stream) {
    // SAFETY: the stream is valid while it is borrowed; libvirt locks it against the thread that is receiving. An error
    // means that it had ended already.
    unsafe { sys::virStreamAbort(stream.as_ptr()) };
}

/// Has the guest's agent hold all file systems still. Gives up after `seconds`; then the guest may hold them all the same.
pub fn freeze_file_systems(domain: &Domain, seconds: c_int) -> Result<(), virt::error::Error> {
    // SAFETY: the domain is valid while it is borrowed.
    let limited = unsafe { sys::virDomainAgentSetResponseTimeout(domain.as_ptr(), seconds, 0) };
    if limited < 0 {
        return Err(virt::error::Error::last_error());
    }
    // SAFETY: the domain is valid while it is borrowed; no list of mount points means all of them.
    let frozen = unsafe { sys::virDomainFSFreeze(domain.as_ptr(), ptr::null_mut(), 0, 0) };
    if frozen < 0 { Err(virt::error::Error::last_error()) } else { Ok(()) }
}

/// Has the guest's agent let go of its file systems.
pub fn thaw_file_systems(domain: &Domain) -> Result<(), virt::error::Error> {
    // SAFETY: the domain is valid while it is borrowed; no list of mount points means all of them.
    let thawed = unsafe { sys::virDomainFSThaw(domain.as_ptr(), ptr::null_mut(), 0, 0) };
    if thawed < 0 { Err(virt::error::Error::last_error()) } else { Ok(()) }
}

/// Begins to copy into a disk's top what is between it and `base`; without one, all that is beneath it.
pub fn block_rebase(domain: &Domain, disk: &str, base: Option<&Path>) -> Result<(), virt::error::Error> {
    let (disk, base) =
        (text(disk.as_bytes())?, base.map(|base| text(base.as_os_str().as_bytes())).transpose()?);
    let base = base.as_ref().map_or(ptr::null(), |base| base.as_ptr());
    // SAFETY: the domain is valid while it is borrowed, and the strings live until the call returns.
    let begun = unsafe { sys::virDomainBlockRebase(domain.as_ptr(), disk.as_ptr(), base, 0, 0) };
    if begun < 0 { Err(virt::error::Error::last_error()) } else { Ok(()) }
}

/// Begins to copy what one file of a disk holds into one beneath it.
pub fn block_commit(domain: &Domain, disk: &str, top: &Path, base: &Path) -> Result<(), virt::error::Error> {
    let (disk, top) = (text(disk.as_bytes())?, text(top.as_os_str().as_bytes())?);
    let base = text(base.as_os_str().as_bytes())?;
    // SAFETY: the domain is valid while it is borrowed, and the strings live until the call returns.
    let begun = unsafe {
        sys::virDomainBlockCommit(domain.as_ptr(), disk.as_ptr(), base.as_ptr(), top.as_ptr(), 0, 0)
    };
    if begun < 0 { Err(virt::error::Error::last_error()) } else { Ok(()) }
}

/// Whether work on the files of a disk is under way.
pub fn has_block_job(domain: &Domain, disk: &str) -> Result<bool, virt::error::Error> {
    let disk = text(disk.as_bytes())?;
    // SAFETY: all fields are numbers, for which zero is a value.
    let mut info: sys::virDomainBlockJobInfo = unsafe { std::mem::zeroed() };
    // SAFETY: the domain is valid while it is borrowed, and the others live until the call returns.
    let found = unsafe { sys::virDomainGetBlockJobInfo(domain.as_ptr(), disk.as_ptr(), &raw mut info, 0) };
    if found < 0 { Err(virt::error::Error::last_error()) } else { Ok(found > 0) }
}

/// Breaks it off, and waits until it is.
pub fn abort_block_job(domain: &Domain, disk: &str) -> Result<(), virt::error::Error> {
    let disk = text(disk.as_bytes())?;
    // SAFETY: the domain is valid while it is borrowed, and the string lives until the call returns.
    let aborted = unsafe { sys::virDomainBlockJobAbort(domain.as_ptr(), disk.as_ptr(), 0) };
    if aborted < 0 { Err(virt::error::Error::last_error()) } else { Ok(()) }
}

/// None of the names that are handed over, a disk's target and files named after identities, has a NUL in it.
fn text(bytes: &[u8]) -> Result<CString, virt::error::Error> {
    CString::new(bytes).map_err(|_| virt::error::Error::last_error())
}
