//! Plans earn, pay, and are held, whatever happens.

use proptest::prelude::*;

use super::*;

fn plan(percent: f32, cpu_count: u32) -> Burst {
    Burst::new(CpuShare::of_percent(percent).expect("a share"), cpu_count)
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6
}

const HOUR: Duration = Duration::from_hours(1);

/// The balance after an hour of that use, in hundredths, from that of four hours of idling.
fn after_an_hour(plan: Burst, percent: u32) -> f64 {
    let before = plan.after(0.0, HOUR * 4, Duration::ZERO);
    let used = HOUR * plan.cpu_count * percent / 100;
    plan.after(before, HOUR, used) - before
}

#[test]
fn shares_are_whole_thousandths_from_one_to_a_hundred_percent() {
    for (percent, thousandths, shown) in
        [(1.0, 10, "1 %"), (5.0, 50, "5 %"), (22.5, 225, "22.5 %"), (100.0, 1000, "100 %")]
    {
        let share = CpuShare::of_percent(percent).expect("a share");
        assert_eq!((share.thousandths(), share.to_string().as_str()), (thousandths, shown));
    }
    for percent in [0.0, 0.99, -5.0, 100.1, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(CpuShare::of_percent(percent), None, "{percent}");
    }
}

#[test]
fn a_day_of_idling_fills_it_and_each_hour_adds_a_24th() {
    for plan in [plan(5.0, 2), plan(10.0, 2), plan(22.5, 4), plan(17.0, 8)] {
        let hour = plan.after(0.0, HOUR, Duration::ZERO);
        assert!((plan.percentage(hour) - 4.17).abs() < 0.01, "{}", plan.percentage(hour));
        let day = plan.after(0.0, HOUR * 24, Duration::ZERO);
        assert!(near(day, plan.capacity()) && near(plan.percentage(day), 100.0));
        assert!(near(plan.after(day, HOUR * 24, Duration::ZERO), plan.capacity()));
    }
    assert!(near(plan(5.0, 2).capacity(), 8640.0));
}

#[test]
fn use_is_paid_from_what_is_earned_and_then_from_what_is_saved() {
    let micro = plan(10.0, 2);
    // Two processors: an hour earns twice six minutes.
    assert!(near(after_an_hour(micro, 0), 720.0));
    assert!(near(after_an_hour(micro, 5), 360.0));
    assert!(near(after_an_hour(micro, 10), 0.0));
    assert!(near(after_an_hour(micro, 15), -360.0));
}

#[test]
fn time_is_that_at_full_speed_on_what_is_saved() {
    let micro = plan(10.0, 2);
    assert_eq!(micro.time_left(7200.0), HOUR);
    assert_eq!(plan(17.0, 8).time_left(8.0 * 3600.0), HOUR);
    assert_eq!((micro.time_left(-20.0), micro.time_left(0.0)), (Duration::ZERO, Duration::ZERO));
    assert!(near(micro.percentage(-20.0), 0.0));
}

#[test]
fn one_begins_with_half_an_hour_or_a_days_worth() {
    assert!(near(plan(5.0, 2).launch(), 3600.0));
    assert_eq!(plan(17.0, 8).time_left(plan(17.0, 8).launch()), Duration::from_mins(30));
    // A plan that earns less than that in a day begins with all that it can have.
    assert!(near(plan(1.0, 2).launch(), plan(1.0, 2).capacity()));
}

#[test]
fn one_is_held_at_nothing_and_let_go_with_enough_for_a_round() {
    let nano = plan(5.0, 2);
    let held = CpuShare::of_percent(5.0);
    assert_eq!((nano.quota(0.1, false), nano.quota(0.0, false), nano.quota(-1.0, false)), (None, held, held));
    assert_eq!((nano.quota(20.0, true), nano.quota(20.1, true)), (held, None));
    // At most a round is then used before it is looked at again: nothing is owed.
    let spent = nano.after(20.1, Duration::from_secs(10), Duration::from_secs(20));
    assert!(spent > 0.0);
}

#[test]
fn a_debt_is_paid_back_before_anything_is_saved() {
    let nano = plan(5.0, 2);
    let round = Duration::from_secs(10);
    let owing = nano.after(1.0, round, Duration::from_secs(20));
    assert!(near(owing, -18.0));
    // Held to the baseline it earns what it uses, and stays as it is.
    assert!(near(nano.after(owing, round, Duration::from_secs(1)), owing));
    let paid = nano.after(owing, Duration::from_mins(3), Duration::ZERO);
    assert!(near(paid, 0.0) && nano.quota(paid, true).is_some());
    // A host that holds nobody does not make it one for days.
    assert!(near(nano.after(owing, HOUR, HOUR * 2), -60.0));
}

#[test]
fn a_plan_without_processors_is_no_division_by_nothing() {
    let odd = plan(5.0, 0);
    assert!(odd.capacity() > 0.0 && odd.percentage(1.0) > 0.0);
    assert_eq!(odd.time_left(60.0), Duration::from_mins(1));
}

/// A time, and how much of all processors was used in it, in thousandths.
fn stretch() -> impl Strategy<Value = (u64, u64)> {
    (0_u64..200_000, 0_u64..=1000)
}

fn used(plan: Burst, millis: u64, thousandths: u64) -> Duration {
    Duration::from_micros(millis * thousandths * u64::from(plan.cpu_count))
}

fn plans() -> impl Strategy<Value = Burst> {
    (10_u16..=1000, 1_u32..64).prop_map(|(thousandths, cpus)| plan(f32::from(thousandths) / 10.0, cpus))
}

proptest! {
    #[test]
    fn a_balance_keeps_its_bounds(plan in plans(), stretches in proptest::collection::vec(stretch(), 0..60)) {
        let mut balance = plan.launch();
        for (millis, thousandths) in stretches {
            balance = plan.after(balance, Duration::from_millis(millis), used(plan, millis, thousandths));
            prop_assert!(balance <= plan.capacity());
            prop_assert!(balance >= -30.0 * f64::from(plan.cpu_count));
            prop_assert!((0.0..=100.0).contains(&plan.percentage(balance)));
            prop_assert!(plan.time_left(balance).as_secs_f64() * f64::from(plan.cpu_count) <= plan.capacity() + 1e-6);
        }
    }

    /// Between the bounds nothing comes from nowhere and nothing goes.
    #[test]
    fn what_is_earned_is_paid_out_or_saved(plan in plans(), stretches in proptest::collection::vec(stretch(), 0..60)) {
        let begun = plan.capacity() / 2.0;
        let (mut balance, mut earned, mut paid) = (begun, 0.0, 0.0);
        for (millis, thousandths) in stretches {
            let (elapsed, used) = (Duration::from_millis(millis), used(plan, millis, thousandths));
            let next = plan.after(balance, elapsed, used);
            if next >= plan.capacity() || next <= 0.0 {
                break;
            }
            balance = next;
            earned += f64::from(plan.baseline.0) / 1000.0 * f64::from(plan.cpu_count) * elapsed.as_secs_f64();
            paid += used.as_secs_f64();
        }
        prop_assert!((begun + earned - paid - balance).abs() < 1e-3, "{begun} + {earned} - {paid} is not {balance}");
    }

    /// However often one looks.
    #[test]
    fn parts_of_a_stretch_come_to_the_whole(
        plan in plans(),
        part in 0.0..1.0_f64,
        (millis, thousandths) in stretch(),
        parts in 1_u32..50,
    ) {
        let before = part * plan.capacity();
        let (elapsed, used) = (Duration::from_millis(millis), used(plan, millis, thousandths));
        let whole = plan.after(before, elapsed, used);
        let balance = (0..parts).fold(before, |balance, _| plan.after(balance, elapsed / parts, used / parts));
        prop_assert!((balance - whole).abs() < 1e-3, "{balance} is not {whole}");
    }

    /// Who is held cannot be let go by being looked at, nor held while there is enough.
    #[test]
    fn who_is_held_is_never_quicker_let_go(plan in plans(), balance in -100.0..1000.0_f64) {
        let (free, held) = (plan.quota(balance, false), plan.quota(balance, true));
        prop_assert!(free.is_none() || held.is_some());
        prop_assert_eq!(free.is_some(), balance <= 0.0);
    }
}
