use jiff::SignedDuration;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    model::{
        Bundle, Bytes, Caller, Month, Operation, OperationKind, OperationStatus, Order, ResourceType, Size,
        Transfer,
    },
    testing,
};

const EPSILON: f64 = 1e-9;

fn instant(time: &str) -> Timestamp {
    time.parse().expect("an instant")
}

/// From one day to another.
fn stretch(start: &str, end: &str) -> Stretch {
    Stretch { start: instant(&format!("{start}T00:00:00Z")), end: instant(&format!("{end}T00:00:00Z")) }
}

fn bundle(price_usd: f32) -> Bundle {
    Bundle {
        cpu_baseline: None,
        id: "nano_3_0".into(),
        name: "Nano".into(),
        instance_type: "nano".into(),
        cpu_count: 2,
        ram_mb: 512,
        disk_gb: 20,
        transfer_gb: 1024,
        bandwidth_kbps: None,
        price_usd,
        power: 298,
        active: true,
        supported_platforms: Vec::new(),
    }
}

fn ever() -> Stretch {
    stretch("2020-01-01", "2040-01-01")
}

/// What all of it comes to.
fn total(charges: &[Charge], asked: Stretch) -> f64 {
    estimate(charges, asked).iter().flat_map(|usage| &usage.days).map(|day| day.usd).sum()
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < EPSILON
}

#[test]
fn a_plan_costs_its_price_in_the_longest_month_and_less_in_others() {
    let months = [
        (stretch("2027-01-01", "2027-02-01"), 5.0),
        (stretch("2027-02-01", "2027-03-01"), 5.0 * 672.0 / 744.0),
        (stretch("2028-02-01", "2028-03-01"), 5.0 * 696.0 / 744.0),
        (stretch("2027-04-01", "2027-05-01"), 5.0 * 720.0 / 744.0),
        (stretch("2027-04-30", "2027-05-01"), 5.0 * 24.0 / 744.0),
    ];
    for (month, usd) in months {
        let cost = total(&[Charge::plan(&bundle(5.0), ever())], month);
        assert!(near(cost, usd), "{month:?}: {cost}");
    }
}

#[test]
fn a_disk_costs_the_same_in_every_month_however_long_it_is() {
    for month in [
        stretch("2027-01-01", "2027-02-01"),
        stretch("2027-02-01", "2027-03-01"),
        stretch("2028-02-01", "2028-03-01"),
        stretch("2027-04-01", "2027-05-01"),
    ] {
        assert!(near(total(&[Charge::disk(8 << 30, ever())], month), 0.8), "{month:?}");
        assert!(near(total(&[Charge::snapshot(8 << 30, ever())], month), 0.4), "{month:?}");
    }
    // Half of the 29 days.
    let half = Stretch { end: instant("2028-02-15T12:00:00Z"), ..stretch("2028-02-01", "2028-03-01") };
    assert!(near(total(&[Charge::disk(8 << 30, ever())], half), 0.4));
}

#[test]
fn days_are_told_with_what_was_used_on_them() {
    let life = Stretch { start: instant("2026-11-05T18:00:00Z"), ..stretch("2026-11-05", "2026-11-07") };
    let told = estimate(&[Charge::plan(&bundle(7.44), life)], stretch("2026-11-01", "2026-12-01"));
    let [usage] = told.as_slice() else { panic!("one usage, not {told:?}") };
    assert_eq!((usage.usage.as_str(), usage.unit), ("USE1-BundleUsage:0.5GB", PricingUnit::Hours));
    let days: Vec<_> = usage.days.iter().map(|day| (day.stretch, day.units)).collect();
    let expected = [(stretch("2026-11-05", "2026-11-06"), 6.0), (stretch("2026-11-06", "2026-11-07"), 24.0)];
    assert_eq!(days, expected, "a day on which it was not there yet is not told");
    assert!((usage.days[1].usd - 0.24).abs() < 1e-6);
    // A day is told as far as it is asked for.
    let asked = Stretch { start: instant("2026-11-06T06:00:00Z"), end: instant("2026-11-06T09:30:00Z") };
    let told = estimate(&[Charge::plan(&bundle(5.0), life)], asked);
    assert_eq!((told[0].days[0].stretch, told[0].days[0].units), (asked, 3.5));
    assert_eq!(estimate(&[Charge::plan(&bundle(5.0), life)], stretch("2026-11-07", "2026-11-09")), []);
}

#[test]
fn one_usage_of_several_stretches_is_one() {
    let (first, second) = (stretch("2026-11-01", "2026-11-03"), stretch("2026-11-03", "2026-11-04"));
    let charges =
        [Charge::disk(8 << 30, first), Charge::plan(&bundle(5.0), second), Charge::disk(16 << 30, second)];
    let told = estimate(&charges, ever());
    let words: Vec<_> = told.iter().map(|usage| (usage.usage.as_str(), usage.days.len())).collect();
    assert_eq!(words, [("USE1-BundleUsage:0.5GB", 1), ("USE1-DiskUsage", 3)]);
    assert!(near(told[1].days[2].units, 16.0 / 30.0));
}

#[test]
fn beyond_the_allowance_only_the_way_out_is_paid_for() {
    let month = stretch("2026-11-01", "2026-12-01");
    let charge = |inward: u64, outward: u64| {
        let moved = Bytes { inward: inward << 30, outward: outward << 30 };
        Charge::overage(&Transfer::new(Month::of(month.start), moved, 1024), month)
    };
    assert_eq!((charge(0, 0), charge(512, 512)), (None, None));
    // A quarter of all came in, so that a quarter of the 1024 GB beyond is free.
    let over = charge(512, 1536).expect("too much");
    assert!(near(total(std::slice::from_ref(&over), month), 768.0 * 0.09));
    assert!(near(total(&[over], stretch("2026-11-01", "2026-11-16")), 384.0 * 0.09), "spread evenly");
    assert!(near(total(&[charge(9000, 0).expect("too much")], month), 0.0));
}

#[test]
fn a_static_address_is_free_for_an_hour_each_time_that_it_leads_nowhere() {
    let start = instant("2026-11-05T10:00:00Z");
    let idle = |minutes| Stretch { start, end: start + SignedDuration::from_mins(minutes) };
    assert_eq!((Charge::idle_address(idle(30)), Charge::idle_address(idle(60))), (None, None));
    assert!(near(total(&[Charge::idle_address(idle(180)).expect("too long")], ever()), 0.01));
}

#[test]
fn an_address_is_idle_whenever_nothing_has_it() {
    let at = |hour: i64| instant("2026-11-05T00:00:00Z") + SignedDuration::from_hours(hour);
    let idle = |turns: &[(i64, bool)]| {
        let turns: Vec<_> = turns.iter().map(|(hour, is_held)| (at(*hour), *is_held)).collect();
        let found = idle_stretches(at(0), &turns, false, at(10)).into_iter();
        found.map(|stretch| (stretch.start, stretch.end)).collect::<Vec<_>>()
    };
    assert_eq!(idle(&[]), [(at(0), at(10))]);
    assert_eq!(idle(&[(0, true)]), []);
    assert_eq!(
        idle(&[(2, true), (5, false), (6, false), (7, true), (8, true)]),
        [(at(0), at(2)), (at(5), at(7))]
    );
    assert_eq!(idle(&[(2, true), (5, false)]), [(at(0), at(2)), (at(5), at(10))]);
    assert_eq!(idle(&[(12, true)]), [(at(0), at(10))], "what a clock that was ahead wrote down");
    assert_eq!(idle(&[(4, false)]), [(at(4), at(10))], "it had been got at a time that is forgotten");
    assert_eq!(idle_stretches(at(0), &[], true, at(10)), [], "it still is what it got then");
}

fn size(bundle_id: &str, transfer_gb: u32) -> Size {
    Size {
        bundle_id: bundle_id.into(),
        cpu_count: 2,
        ram_mb: 512,
        disk_gb: 20,
        transfer_gb,
        bandwidth_kbps: None,
    }
}

/// A plan that was changed, and when it was.
fn resize(of: Uuid, from: Size, time: &str, status: OperationStatus) -> Operation {
    let resource = (ResourceType::Instance, of, "web");
    let begun = instant(time) - SignedDuration::from_mins(5);
    let mut one = Operation::accepted(
        OperationKind::ResizeInstance,
        &Caller::daemon(&testing::instance("web").owner),
        resource,
        "",
        begun,
    );
    one.order = Order::Resize { to: from.clone(), from, tops: None, restart: false };
    one.advance(status, instant(time));
    one
}

#[test]
fn plans_follow_one_another_as_they_were_changed() {
    let mut web = testing::instance("web");
    web.created_at = instant("2026-11-01T00:00:00Z");
    web.bundle_id = "small_3_0".into();
    web.transfer_gb = 3072;
    let now = instant("2026-11-20T00:00:00Z");
    let told = |operations: &[Operation]| {
        let plans = plan_times(&web, operations, now).into_iter();
        plans.map(|plan| (plan.bundle_id, plan.transfer_gb, plan.stretch)).collect::<Vec<_>>()
    };
    assert_eq!(told(&[]), [("small_3_0".to_owned(), 3072, stretch("2026-11-01", "2026-11-20"))]);
    let id = web.id.0;
    let done = OperationStatus::Succeeded;
    let operations = [
        resize(id, size("large_3_0", 1), "2026-11-15T00:00:00Z", OperationStatus::Failed),
        resize(id, size("micro_3_0", 2048), "2026-11-10T00:00:00Z", done),
        resize(id, size("nano_3_0", 1024), "2026-11-04T00:00:00Z", done),
        resize(Uuid::from_u128(1), size("xlarge_3_0", 1), "2026-11-02T00:00:00Z", done),
    ];
    let expected = [
        ("nano_3_0".to_owned(), 1024, stretch("2026-11-01", "2026-11-04")),
        ("micro_3_0".to_owned(), 2048, stretch("2026-11-04", "2026-11-10")),
        ("small_3_0".to_owned(), 3072, stretch("2026-11-10", "2026-11-20")),
    ];
    assert_eq!(told(&operations), expected);
    // Both in one moment: the first of them is the one that ended the first plan.
    let at_once = [
        resize(id, size("micro_3_0", 2048), "2026-11-04T00:00:00Z", done),
        resize(id, size("nano_3_0", 1024), "2026-11-04T00:00:00Z", done),
    ];
    let expected = [
        ("nano_3_0".to_owned(), 1024, stretch("2026-11-01", "2026-11-04")),
        ("small_3_0".to_owned(), 3072, stretch("2026-11-04", "2026-11-20")),
    ];
    assert_eq!(told(&at_once), expected);
}

#[test]
fn months_are_cut_where_they_end() {
    let months = |start, end| stretch(start, end).months().collect::<Vec<_>>();
    let expected = [
        stretch("2027-12-30", "2028-01-01"),
        stretch("2028-01-01", "2028-02-01"),
        stretch("2028-02-01", "2028-03-01"),
        stretch("2028-03-01", "2028-03-02"),
    ];
    assert_eq!(months("2027-12-30", "2028-03-02"), expected);
    assert_eq!(months("2027-12-01", "2027-12-01"), []);
}

const YEARS: i64 = 3 * 366 * DAY;

/// Some stretch between 2026 and 2029.
fn any_stretch() -> impl Strategy<Value = Stretch> {
    (0..YEARS, 1..YEARS).prop_map(|(start, length)| {
        let start = instant("2026-01-01T00:00:00Z") + SignedDuration::from_secs(start);
        Stretch { start, end: start + SignedDuration::from_secs(length) }
    })
}

fn any_charge() -> impl Strategy<Value = Charge> {
    (0..5_u8, any_stretch(), 0..1_u64 << 45).prop_map(|(kind, stretch, bytes)| {
        let moved = Bytes { inward: bytes / 3, outward: bytes };
        let overage = Charge::overage(&Transfer::new(Month::of(stretch.start), moved, 1024), stretch);
        match kind {
            0 => Charge::disk(bytes, stretch),
            1 => Charge::snapshot(bytes, stretch),
            2 => overage.unwrap_or_else(|| Charge::plan(&bundle(7.0), stretch)),
            3 => Charge::idle_address(stretch).unwrap_or_else(|| Charge::plan(&bundle(12.0), stretch)),
            _ => Charge::plan(&bundle(5.0), stretch),
        }
    })
}

proptest! {
    #[test]
    fn what_a_stretch_costs_is_what_its_parts_cost(
        charges in proptest::collection::vec(any_charge(), 0..4), asked in any_stretch(), share in 0.0..1.0_f64,
    ) {
        let middle = asked.start + asked.end.duration_since(asked.start).mul_f64(share);
        let whole = total(&charges, asked);
        let first = total(&charges, Stretch { end: middle, ..asked });
        let second = total(&charges, Stretch { start: middle, ..asked });
        prop_assert!((whole - first - second).abs() <= 1e-6 + whole * 1e-9, "{whole} {first} {second}");
        prop_assert!(first <= whole + 1e-6, "more time costs no less");
    }

    #[test]
    fn nothing_is_negative_and_days_lie_in_what_was_asked(
        charges in proptest::collection::vec(any_charge(), 0..4), asked in any_stretch(),
    ) {
        for usage in estimate(&charges, asked) {
            prop_assert!(!usage.days.is_empty());
            for day in &usage.days {
                prop_assert!(day.units >= 0.0 && day.usd >= 0.0, "{day:?}");
                prop_assert_eq!(day.stretch.common(asked), Some(day.stretch));
                prop_assert!(day.stretch.hours() <= 24.0);
            }
            prop_assert!(usage.days.windows(2).all(|two| two[0].stretch.end <= two[1].stretch.start));
        }
    }

    #[test]
    fn a_month_of_a_plan_costs_no_more_than_its_price(life in any_stretch(), asked in any_stretch()) {
        let charge = Charge::plan(&bundle(5.0), life);
        let months: Vec<_> = asked.months().collect();
        for month in &months {
            prop_assert!(total(std::slice::from_ref(&charge), *month) <= 5.0 + EPSILON);
        }
        let hours: f64 = months.iter().map(|month| month.hours()).sum();
        prop_assert!((hours - asked.hours()).abs() < 1e-6);
    }
}
