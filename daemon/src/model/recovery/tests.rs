use jiff::SignedDuration;
use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("an instant")
}

fn rules() -> RecoveryRules {
    RecoveryRules::default()
}

fn crashed(times: &[Timestamp]) -> Situation<'_> {
    Situation {
        status: Status::Running,
        policy: RecoveryPolicy::LastState,
        cause: Cause::Crashed,
        again: false,
        given_up: false,
        times,
        now: at(0),
    }
}

#[rstest]
#[case(Cause::PoweredOff, [true, false, false])]
#[case(Cause::Destroyed, [true, false, false])]
#[case(Cause::Signal, [true, true, false])]
#[case(Cause::Crashed, [true, true, false])]
#[case(Cause::Panicked, [true, true, false])]
#[case(Cause::Hung, [true, true, false])]
#[case(Cause::HostDown, [true, true, false])]
#[case(Cause::Unseen, [true, true, false])]
fn policies_cover_what_they_say(#[case] cause: Cause, #[case] expected: [bool; 3]) {
    assert_eq!(RecoveryPolicy::ALL.map(|policy| policy.covers(cause)), expected);
}

#[test]
fn words_are_read_as_they_are_written() {
    for policy in RecoveryPolicy::ALL {
        assert_eq!(policy.word().parse(), Ok(policy));
    }
    for cause in Cause::ALL {
        assert_eq!(cause.word().parse(), Ok(cause));
    }
    let odd = "sometimes".parse::<RecoveryPolicy>().expect_err("no policy");
    assert_eq!(odd.field, Some("policy"));
}

#[test]
fn the_first_is_at_once_and_the_others_rest_longer_and_longer() {
    let seconds = |count: i64| {
        let times: Vec<_> = (1..=count).map(|nth| at(-60 * nth)).collect();
        rules().decide(&crashed(&times))
    };
    assert_eq!(seconds(0), Decision::Recover { counts: true });
    assert_eq!(seconds(1), Decision::After(Duration::from_secs(10)));
    assert_eq!(seconds(2), Decision::After(Duration::from_secs(30)));
    assert_eq!(seconds(3), Decision::After(Duration::from_mins(1)));
    assert_eq!(seconds(4), Decision::After(Duration::from_mins(5)));
    assert_eq!(seconds(5), Decision::GiveUp);
    let patient = RecoveryRules { limit: 9, ..rules() };
    let times: Vec<_> = (1..=8).map(|nth| at(-nth)).collect();
    assert_eq!(patient.decide(&crashed(&times)), Decision::After(Duration::from_mins(5)));
}

#[test]
fn what_was_long_ago_counts_no_more() {
    let times: Vec<_> = (0..9).map(|nth| at(-3600 - nth)).collect();
    assert_eq!(rules().decide(&crashed(&times)), Decision::Recover { counts: true });
}

#[test]
fn a_host_that_went_down_is_not_held_against_an_instance_once() {
    let times: Vec<_> = (1..=9).map(|nth| at(-nth)).collect();
    let down = Situation { cause: Cause::HostDown, ..crashed(&times) };
    assert_eq!(rules().decide(&down), Decision::Recover { counts: false });
    assert_eq!(rules().decide(&Situation { again: true, ..down }), Decision::GiveUp);
}

#[test]
fn who_was_given_up_is_left_alone() {
    assert_eq!(rules().decide(&Situation { given_up: true, ..crashed(&[]) }), Decision::Leave);
}

#[test]
fn a_clock_that_is_set_back_forgets_nothing_that_is_recent() {
    let times: Vec<_> = (0..5).map(|nth| at(1800 + nth)).collect();
    assert_eq!(rules().decide(&crashed(&times)), Decision::GiveUp);
}

/// Seconds between crashes, and the rests in between are taken.
fn life(rules: &RecoveryRules, policy: RecoveryPolicy, gaps: &[(u64, Cause)]) -> Vec<Timestamp> {
    let (mut now, mut times) = (at(0), Vec::new());
    for (gap, cause) in gaps {
        now += SignedDuration::from_secs((*gap).cast_signed());
        let situation = Situation { policy, cause: *cause, times: &times, now, again: true, ..crashed(&[]) };
        match rules.decide(&situation) {
            Decision::Recover { counts: true } => times.push(now),
            Decision::After(pause) => {
                now += SignedDuration::from_secs(pause.as_secs().cast_signed());
                times.push(now);
            }
            Decision::Recover { counts: false } | Decision::Leave | Decision::GiveUp => {}
        }
    }
    times
}

fn any_cause() -> impl Strategy<Value = Cause> {
    (0..Cause::ALL.len()).prop_map(|nth| Cause::ALL[nth])
}

fn any_status() -> impl Strategy<Value = Status> {
    (0..Status::ALL.len()).prop_map(|nth| Status::ALL[nth])
}

proptest! {
    #[test]
    fn no_window_ever_holds_more_than_the_limit(
        gaps in proptest::collection::vec((0_u64..2000, any_cause()), 0..60),
        limit in 1_usize..8,
        window in 1_u64..7200,
        pauses in proptest::collection::vec(0_u64..400, 0..5),
    ) {
        let window = Duration::from_secs(window);
        let pauses = pauses.into_iter().map(Duration::from_secs).collect();
        let rules = RecoveryRules { limit, window, pauses, ..rules() };
        let times = life(&rules, RecoveryPolicy::Always, &gaps);
        for (nth, first) in times.iter().enumerate() {
            let within = times[nth..].iter().filter(|time| time.duration_since(*first).unsigned_abs() < window);
            prop_assert!(within.count() <= limit, "{times:?}");
        }
    }

    #[test]
    fn what_somebody_stopped_is_never_started(
        status in any_status(),
        cause in any_cause(),
        again in any::<bool>(),
        count in 0_usize..9,
    ) {
        let times = vec![at(-1); count];
        let situation =
            Situation { status, policy: RecoveryPolicy::Always, cause, again, ..crashed(&times) };
        let decision = rules().decide(&situation);
        prop_assert_eq!(decision == Decision::Leave, status != Status::Running);
    }

    #[test]
    fn never_is_never(cause in any_cause(), again in any::<bool>(), count in 0_usize..9) {
        let times = vec![at(-1); count];
        let situation = Situation { policy: RecoveryPolicy::Never, cause, again, ..crashed(&times) };
        prop_assert_eq!(rules().decide(&situation), Decision::Leave);
    }
}
