//! What a domain has used. `virt` leaks the records of its own call, and has none for the time of virtual processors.

use std::{
    ffi::{CStr, c_int},
    ptr,
    time::Duration,
};

use virt::{domain::Domain, error::Error as VirtError};
use virt_sys as sys;

/// More than any plan has.
const VCPUS_MAX: usize = 256;

/// Time that a running domain's virtual processors ran, all together. libvirt reads it from the kernel: QEMU is not asked, and
/// one that hangs keeps nobody waiting.
pub fn vcpu_time(domain: &Domain) -> Result<Duration, VirtError> {
    let none = sys::virVcpuInfo { number: 0, state: 0, cpuTime: 0, cpu: 0 };
    let mut infos = [none; VCPUS_MAX];
    let room = c_int::try_from(VCPUS_MAX).unwrap_or(c_int::MAX);
    // SAFETY: the domain is valid while it is borrowed, the array has as many places as is said, and no maps are asked for.
    let found =
        unsafe { sys::virDomainGetVcpus(domain.as_ptr(), infos.as_mut_ptr(), room, ptr::null_mut(), 0) };
    let found = usize::try_from(found).map_err(|_| VirtError::last_error())?;
    Ok(infos.iter().take(found).map(|info| Duration::from_nanos(info.cpuTime)).sum())
}

/// What libvirt counts of a domain's disks and memory: whole numbers by libvirt's names for them. Asks QEMU, and waits for it.
pub fn disks_and_memory(domain: &Domain) -> Result<Vec<(String, u64)>, VirtError> {
    // SAFETY: the pointer is used while the domain is borrowed, and is not freed.
    let mut domains = [unsafe { domain.as_ptr() }, ptr::null_mut()];
    let mut records: *mut sys::virDomainStatsRecordPtr = ptr::null_mut();
    let wanted = sys::VIR_DOMAIN_STATS_BLOCK | sys::VIR_DOMAIN_STATS_BALLOON;
    // Where something else is being done to the domain, what is known without it is given.
    let flags = sys::VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;
    // SAFETY: the domain is valid while it is borrowed, the list ends with a null, and `records` is freed below.
    let count = unsafe { sys::virDomainListGetStats(domains.as_mut_ptr(), wanted, &raw mut records, flags) };
    let count = usize::try_from(count).map_err(|_| VirtError::last_error())?;
    let mut numbers = Vec::new();
    for at in 0..count {
        // SAFETY: libvirt gave so many records, each of them valid until the list is freed.
        let record = unsafe { &**records.add(at) };
        let held = usize::try_from(record.nparams).unwrap_or_default();
        if record.params.is_null() || held == 0 {
            continue;
        }
        // SAFETY: the record has so many parameters.
        let parameters = unsafe { std::slice::from_raw_parts(record.params, held) };
        numbers.extend(parameters.iter().filter_map(number));
    }
    // SAFETY: the list is libvirt's, and is not used any more.
    unsafe { sys::virDomainStatsRecordListFree(records) };
    Ok(numbers)
}

/// The name and the value of a parameter that is an unsigned number.
fn number(parameter: &sys::virTypedParameter) -> Option<(String, u64)> {
    if parameter.type_ != sys::VIR_TYPED_PARAM_ULLONG.cast_signed() {
        return None;
    }
    // SAFETY: libvirt ends the name with NUL within the field.
    let name = unsafe { CStr::from_ptr(parameter.field.as_ptr()) };
    // SAFETY: the type says that this is the field of the union that was written.
    let value = unsafe { parameter.value.ul };
    Some((name.to_str().ok()?.to_owned(), value))
}
