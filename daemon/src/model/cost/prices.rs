//! Lightsail's prices, in US dollars, and the words that its bills have for them.
//!
//! All are those of us-east-1, whichever region the host plays, and the usage types say so. A plan's price is in the catalogue. The
//! others are those of the pricing page of November 2026, transfer's with the list of its regions in the user guide ("Data transfer
//! in Lightsail"). The words are those of the price list and of Cost Explorer. For disks no bill was at hand: theirs is spelt like
//! the others.

use jiff::SignedDuration;

use super::{Amount, Charge, Stretch};
use crate::model::{Bundle, Transfer};

/// How usage types of us-east-1 begin.
const REGION: &str = "USE1-";

/// Hours of the longest month. The price list has a plan's monthly price by this for an hour, so that no month costs more.
const LONGEST_MONTH: f64 = 744.0;

/// A GB of a disk for a month, whether it is written to or not.
const DISK: f64 = 0.10;

/// A GB of what snapshots hold for a month.
const SNAPSHOT: f64 = 0.05;

/// A GB that goes out beyond a plan's allowance.
const OVERAGE: f64 = 0.09;

/// An hour of a static address that leads nowhere.
const IDLE_ADDRESS: f64 = 0.005;

/// So long it may lead nowhere for nothing, each time.
const GRACE: SignedDuration = SignedDuration::from_hours(1);

impl Charge {
    /// An instance's plan, which is paid for from its creation to its deletion, whether it runs or not.
    pub fn plan(bundle: &Bundle, stretch: Stretch) -> Self {
        let memory = f64::from(bundle.ram_mb) / 1024.0;
        let rate = f64::from(bundle.price_usd) / LONGEST_MONTH;
        Self::of(&format!("BundleUsage:{memory}GB"), stretch, Amount::Hours, rate)
    }

    /// What moved beyond a plan's allowance in a month, given the part of the month in which the instance was there. Both ways use
    /// the allowance up, and only the way out is paid for: of what is beyond it, that is as much as of all that moved, because the
    /// records do not say which of it came last.
    pub fn overage(moved: &Transfer, stretch: Stretch) -> Option<Self> {
        let used = moved.used_bytes();
        let beyond = used.checked_sub(moved.allowed_bytes).filter(|beyond| *beyond > 0)?;
        let out = gigabytes(beyond) * (gigabytes(moved.outward) / gigabytes(used));
        Some(Self::of("DataXfer-Out-Overage-Bytes", stretch, Amount::Moved(out), OVERAGE))
    }

    /// A disk of a size, in bytes.
    pub fn disk(bytes: u64, stretch: Stretch) -> Self {
        Self::of("DiskUsage", stretch, Amount::Kept(gigabytes(bytes)), DISK)
    }

    /// A snapshot that takes so much room, in bytes.
    pub fn snapshot(bytes: u64, stretch: Stretch) -> Self {
        Self::of("SnapshotUsage", stretch, Amount::Kept(gigabytes(bytes)), SNAPSHOT)
    }

    /// A static address for as long as no instance has it. One that an instance has costs nothing.
    pub fn idle_address(stretch: Stretch) -> Option<Self> {
        let start = stretch.start.checked_add(GRACE).ok()?;
        let paid = Stretch { start, ..stretch };
        (start < stretch.end).then(|| Self::of("UnusedStaticIP", paid, Amount::Hours, IDLE_ADDRESS))
    }

    fn of(usage: &str, stretch: Stretch, amount: Amount, rate: f64) -> Self {
        Self { usage: format!("{REGION}{usage}"), stretch, amount, rate }
    }
}

/// Bytes in GB, which are as large here as those of plans.
#[allow(clippy::cast_precision_loss)] // Exact up to eight petabytes.
fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1_u32 << 30)
}
