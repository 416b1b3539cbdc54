//! How domains ended.
//!
//! libvirt keeps the reason with the state, so that it is known to a daemon that was away. Two things it only tells at the time: that a
//! guest panicked, and that it was the host that had QEMU end.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use virt::{
    domain::{DomainShutoffReason as Off, DomainStateReason},
    enumutil::Enum::Known,
};
use virt_sys as sys;

use super::Libvirt;
use crate::model::{Ending, InstanceId, Result};

/// What libvirt told of a domain's end before it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// The guest's kernel gave up.
    Panicked,
    /// QEMU was told to end by a signal.
    Signal,
}

/// The hints of all domains since their last starts.
#[derive(Default)]
pub(super) struct Hints(Mutex<HashMap<InstanceId, Hint>>);

impl Hints {
    /// Takes a lifecycle event in: libvirt's numbers of it and of its detail.
    pub(super) fn hear(&self, id: InstanceId, (event, detail): (i32, i32)) {
        match (event.cast_unsigned(), detail.cast_unsigned()) {
            (sys::VIR_DOMAIN_EVENT_CRASHED, sys::VIR_DOMAIN_EVENT_CRASHED_PANICKED) => {
                self.all().insert(id, Hint::Panicked);
            }
            (sys::VIR_DOMAIN_EVENT_SHUTDOWN, sys::VIR_DOMAIN_EVENT_SHUTDOWN_HOST) => {
                self.all().insert(id, Hint::Signal);
            }
            (sys::VIR_DOMAIN_EVENT_STARTED | sys::VIR_DOMAIN_EVENT_UNDEFINED, _) => {
                self.all().remove(&id);
            }
            _ => {}
        }
    }

    pub(super) fn of(&self, id: InstanceId) -> Option<Hint> {
        self.all().get(&id).copied()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<InstanceId, Hint>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Libvirt {
    pub(super) async fn ending_of(&self, id: InstanceId) -> Result<Ending> {
        let reason = self.with_own(id, |domain| Ok(domain.state()?.1)).await?;
        let Some(Known(reason)) = reason else { return Ok(Ending::Unknown) };
        Ok(ending(reason, self.connection.hint(id)))
    }
}

fn ending(reason: DomainStateReason, hint: Option<Hint>) -> Ending {
    match (reason, hint) {
        // On its way from one to the other, or left so.
        (DomainStateReason::Crashed(_), _)
        | (DomainStateReason::Shutoff(Known(Off::Crashed)), Some(Hint::Panicked)) => Ending::Panicked,
        (DomainStateReason::Shutoff(Known(Off::Shutdown)), Some(Hint::Signal)) => Ending::Signal,
        (DomainStateReason::Shutoff(Known(Off::Shutdown)), _) => Ending::Guest,
        // One that could not be started says that it failed.
        (DomainStateReason::Shutoff(Known(Off::Crashed | Off::Failed)), _) => Ending::Crashed,
        (
            DomainStateReason::Shutoff(Known(
                Off::Destroyed | Off::Saved | Off::Migrated | Off::FromSnapshot,
            )),
            _,
        ) => Ending::Destroyed,
        _ => Ending::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(id: InstanceId, events: &[(u32, u32)]) -> Option<Hint> {
        let hints = Hints::default();
        for (event, detail) in events {
            hints.hear(id, (event.cast_signed(), detail.cast_signed()));
        }
        hints.of(id)
    }

    #[test]
    fn a_hint_lasts_until_the_next_start() {
        let id = InstanceId::fresh();
        let panicked = (sys::VIR_DOMAIN_EVENT_CRASHED, sys::VIR_DOMAIN_EVENT_CRASHED_PANICKED);
        let stopped = (sys::VIR_DOMAIN_EVENT_STOPPED, sys::VIR_DOMAIN_EVENT_STOPPED_CRASHED);
        let signal = (sys::VIR_DOMAIN_EVENT_SHUTDOWN, sys::VIR_DOMAIN_EVENT_SHUTDOWN_HOST);
        let by_guest = (sys::VIR_DOMAIN_EVENT_SHUTDOWN, sys::VIR_DOMAIN_EVENT_SHUTDOWN_GUEST);
        let started = (sys::VIR_DOMAIN_EVENT_STARTED, 0);
        assert_eq!(heard(id, &[panicked, stopped]), Some(Hint::Panicked));
        assert_eq!(heard(id, &[signal, stopped]), Some(Hint::Signal));
        assert_eq!(heard(id, &[by_guest, stopped]), None);
        assert_eq!(heard(id, &[panicked, stopped, started]), None);
    }

    #[test]
    fn reasons_and_hints_say_how_it_ended() {
        let off = |reason| DomainStateReason::Shutoff(Known(reason));
        for (reason, hint, expected) in [
            (Off::Shutdown, None, Ending::Guest),
            (Off::Shutdown, Some(Hint::Signal), Ending::Signal),
            (Off::Crashed, None, Ending::Crashed),
            (Off::Crashed, Some(Hint::Panicked), Ending::Panicked),
            (Off::Failed, None, Ending::Crashed),
            (Off::Destroyed, None, Ending::Destroyed),
            (Off::Destroyed, Some(Hint::Panicked), Ending::Destroyed),
            (Off::Saved, None, Ending::Destroyed),
            (Off::Daemon, None, Ending::Unknown),
            (Off::Unknown, Some(Hint::Signal), Ending::Unknown),
        ] {
            assert_eq!(ending(off(reason), hint), expected, "{reason:?} {hint:?}");
        }
    }
}
