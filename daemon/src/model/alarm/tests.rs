use proptest::prelude::*;

use super::*;
use crate::model::{Endpoint, Point};

const MISSING: [MissingData; 4] =
    [MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching];

fn rule(datapoints: u32, periods: u32, missing: MissingData) -> AlarmRule {
    AlarmRule { comparison: Comparison::Above, threshold: 80.0, periods, datapoints, missing }
}

/// `0` is within the threshold, `X` outside, `-` missing and `?` unknown; the latest is on the right.
fn drawn(picture: &str) -> Vec<Datum> {
    let datum = |(nth, mark): (i64, char)| match mark {
        '0' => Datum::Value { at: 300 * nth, value: 10.5 },
        'X' => Datum::Value { at: 300 * nth, value: 95.0 },
        '-' => Datum::Missing,
        _ => Datum::Unknown,
    };
    (0..).zip(picture.split_whitespace().filter_map(|mark| mark.chars().next())).map(datum).collect()
}

/// What is said of a picture for each way to treat what is missing: `stays` where it is what was said before.
fn said(datapoints: u32, picture: &str) -> [&'static str; 4] {
    MISSING.map(|missing| {
        let judged = judge(&rule(datapoints, 3, missing), AlarmState::InsufficientData, &drawn(picture));
        judged.map_or("stays", |judged| judged.state.word())
    })
}

/// The tables of CloudWatch's documentation, whose columns are these, and what it says of them in words.
#[test]
fn what_is_missing_is_treated_as_cloudwatch_treats_it() {
    for (datapoints, picture, expected) in [
        (3, "0 - X - X", ["OK", "OK", "OK", "OK"]),
        (3, "0 - - - -", ["OK", "OK", "OK", "OK"]),
        (3, "- - - - -", ["INSUFFICIENT_DATA", "stays", "ALARM", "OK"]),
        (3, "0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (3, "- - X - -", ["ALARM", "stays", "ALARM", "OK"]),
        (2, "0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (2, "0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (2, "0 - X - -", ["OK", "OK", "ALARM", "OK"]),
        (2, "- - - - 0", ["OK", "OK", "ALARM", "OK"]),
        (2, "- - - X -", ["ALARM", "stays", "ALARM", "OK"]),
        // Not before the next one may be within.
        (3, "- - - - X", ["stays", "stays", "ALARM", "OK"]),
        (3, "- - - X -", ["stays", "stays", "ALARM", "OK"]),
        (3, "- - - X 0", ["OK", "OK", "OK", "OK"]),
        // The oldest are not needed.
        (3, "X X 0 0 0", ["OK", "OK", "OK", "OK"]),
        (1, "X X 0 0 0", ["OK", "OK", "OK", "OK"]),
        (1, "0 0 X 0 0", ["ALARM", "ALARM", "ALARM", "ALARM"]),
    ] {
        assert_eq!(said(datapoints, picture), expected, "{datapoints} of 3: {picture}");
    }
}

#[test]
fn what_nobody_could_see_decides_nothing() {
    for (datapoints, picture, expected) in [
        (3, "? ? ? ? ?", ["stays", "stays", "stays", "stays"]),
        (3, "? ? ? - -", ["stays", "stays", "stays", "stays"]),
        // Now there was time enough to see something.
        (3, "? ? - - -", ["INSUFFICIENT_DATA", "stays", "ALARM", "OK"]),
        (3, "? ? ? ? 0", ["OK", "OK", "OK", "OK"]),
        (3, "? ? ? ? X", ["stays", "stays", "stays", "OK"]),
        (2, "? ? ? X -", ["ALARM", "stays", "ALARM", "OK"]),
        (2, "? ? ? ? 0", ["OK", "OK", "stays", "OK"]),
        (1, "? ? ? ? X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
    ] {
        assert_eq!(said(datapoints, picture), expected, "{datapoints} of 3: {picture}");
    }
}

#[test]
fn reasons_are_told_in_cloudwatchs_manner() {
    let told = |datapoints, missing, before, picture| {
        judge(&rule(datapoints, 3, missing), before, &drawn(picture)).expect("it is decided").reason
    };
    assert_eq!(
        told(2, MissingData::Missing, AlarmState::Ok, "0 0 X 0 X"),
        "Threshold Crossed: 2 out of the last 3 datapoints [95.0 (1970-01-01 00:20:00Z), 95.0 (1970-01-01 00:10:00Z)] \
         were greater than the threshold (80.0) (minimum 2 datapoints for OK -> ALARM transition)."
    );
    assert_eq!(
        told(3, MissingData::Breaching, AlarmState::Alarm, "0 - - - -"),
        "Threshold Crossed: 1 out of the last 1 datapoint [10.5 (1970-01-01 00:00:00Z)] was not greater than the \
         threshold (80.0) (minimum 1 datapoint for ALARM -> OK transition) and 2 missing datapoints were treated as \
         [Breaching]."
    );
    assert_eq!(
        told(3, MissingData::NotBreaching, AlarmState::Alarm, "- - - - -"),
        "Threshold Crossed: no datapoints were received for 5 periods and 3 missing datapoints were treated as \
         [NonBreaching]."
    );
    assert_eq!(
        told(3, MissingData::Missing, AlarmState::Alarm, "- - - - -"),
        "Insufficient Data: nothing was measured in 5 periods."
    );
}

#[test]
fn every_comparison_knows_its_threshold() {
    let breached = |comparison, value| {
        AlarmRule { comparison, ..rule(1, 1, MissingData::Missing) }.is_breached_by(value)
    };
    for (comparison, expected) in [
        (Comparison::AtLeast, [false, true, true]),
        (Comparison::Above, [false, false, true]),
        (Comparison::Below, [true, false, false]),
        (Comparison::AtMost, [true, true, false]),
    ] {
        assert_eq!([79.9, 80.0, 80.1].map(|value| breached(comparison, value)), expected, "{comparison:?}");
    }
}

#[test]
fn rules_have_lightsails_bounds() {
    let said = |threshold, periods, datapoints| {
        let compared = (Comparison::Above, threshold);
        AlarmRule::new(compared, periods, datapoints, MissingData::Missing)
            .map_err(|error| error.field.expect("a member is at fault"))
    };
    assert_eq!(said(1.0, 288, None).map(|rule| (rule.periods, rule.datapoints)), Ok((288, 288)));
    assert_eq!(said(-1e300, 3, Some(2)).map(|rule| (rule.periods, rule.datapoints)), Ok((3, 2)));
    for threshold in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(said(threshold, 1, None), Err("threshold"));
    }
    for periods in [0, -1, 289, i32::MIN, i32::MAX] {
        assert_eq!(said(1.0, periods, None), Err("evaluationPeriods"));
    }
    for datapoints in [0, -1, 4, i32::MAX] {
        assert_eq!(said(1.0, 3, Some(datapoints)), Err("datapointsToAlarm"));
    }
}

#[test]
fn words_are_read_as_they_are_written() {
    for one in Comparison::ALL {
        assert_eq!(one.word().parse(), Ok(*one));
    }
    for one in MissingData::ALL {
        assert_eq!(one.word().parse(), Ok(*one));
    }
    "greaterThan".parse::<Comparison>().expect_err("no word");
}

#[test]
fn periods_are_told_apart_by_what_is_known_of_them() {
    let points = [Point::one(600, 10.0), Point::one(900, f64::NAN), Point::one(1500, 30.0)];
    let found = data((Metric::CpuUtilization, 300), &points, (5, 1800), 700);
    let value = |at, value| Datum::Value { at, value };
    assert_eq!(
        found,
        [Datum::Unknown, value(600, 10.0), Datum::Missing, Datum::Missing, value(1500, 30.0)],
        "what was measured counts, whoever watched"
    );
    let mut two = Point::one(600, 3.0);
    two.merge(&Point::one(600, 5.0));
    assert_eq!(data((Metric::NetworkIn, 300), &[two], (1, 900), 0), [value(600, 8.0)], "a sum");
    assert_eq!(data((Metric::CpuUtilization, 300), &[two], (1, 900), 0), [value(600, 4.0)], "a mean");
    assert_eq!(data((Metric::StatusCheckFailed, 60), &[two], (1, 660), 0), [value(600, 8.0)], "of a minute");
}

fn contact(owner: &str, channel: Channel) -> ContactMethod {
    let endpoint = Endpoint { channel, address: format!("{owner}@home") };
    let contact = ContactMethod::new(Owner(owner.into()), endpoint, Tags::default(), Timestamp::UNIX_EPOCH);
    ContactMethod { is_valid: true, code: None, ..contact }
}

fn alarm(telling: Telling) -> Alarm {
    let name = |text| ResourceName::parse("alarmName", text).expect("a name");
    let owner = Owner("ann".into());
    Alarm {
        id: AlarmId::fresh(),
        name: name("busy"),
        owner: owner.clone(),
        created_at: Timestamp::UNIX_EPOCH,
        put_at: Timestamp::UNIX_EPOCH,
        watched: Watched { id: InstanceId::fresh(), name: name("web"), owner },
        metric: Metric::CpuUtilization,
        period: 300,
        rule: rule(2, 3, MissingData::Missing),
        telling,
        state: AlarmState::Ok,
        reason: String::new(),
        state_since: Timestamp::UNIX_EPOCH,
        before_test: None,
        tags: Tags::default(),
    }
}

#[test]
fn those_are_told_who_asked_for_it_and_nobody_else() {
    let telling = |channels: &[Channel], triggers: &[AlarmState], enabled| {
        Telling::new(channels, triggers.to_vec(), enabled).expect("sound")
    };
    let told = |telling, now| {
        let alarm = alarm(telling);
        let unproven = ContactMethod { is_valid: false, ..contact("ann", Channel::Webhook) };
        let contacts = [contact("ann", Channel::Email), contact("bob", Channel::Email), unproven];
        let notice = alarm.notice(now, "why", Timestamp::UNIX_EPOCH, "home".into());
        let letters = alarm.letters(&contacts, &notice);
        letters.into_iter().map(|letter| letter.endpoint.to_string()).collect::<Vec<_>>()
    };
    let all = Channel::ALL;
    assert_eq!(told(telling(all, &[], true), AlarmState::Alarm), ["Email ann@home"]);
    assert_eq!(told(telling(all, &[], true), AlarmState::Ok), [""; 0], "ALARM alone, unless more is said");
    assert_eq!(told(telling(all, AlarmState::ALL, true), AlarmState::Ok), ["Email ann@home"]);
    assert_eq!(told(telling(all, AlarmState::ALL, false), AlarmState::Alarm), [""; 0]);
    assert_eq!(told(telling(&[Channel::Command], &[], true), AlarmState::Alarm), [""; 0]);
    let without = Telling::new(&[Channel::Email], vec![AlarmState::Ok], true).expect_err("not without ALARM");
    assert_eq!(without.field, Some("notificationTriggers"));
}

#[test]
fn an_alarm_is_told_in_a_sentence() {
    let telling = Telling::new(&[Channel::Webhook, Channel::Email], Vec::new(), true).expect("sound");
    assert_eq!(
        alarm(telling).sentence(),
        "CPUUtilization of web > 80.0 in 2 of 3 periods of 5 minutes; Email, Webhook told of ALARM"
    );
    let nobody = alarm(Telling::new(&[], Vec::new(), true).expect("sound"));
    let checked = Alarm { metric: Metric::StatusCheckFailed, period: 60, ..nobody };
    assert_eq!(
        checked.sentence(),
        "StatusCheckFailed of web > 80.0 in 2 of 3 periods of a minute; nobody is told"
    );
}

proptest! {
    #[test]
    fn whatever_is_known_the_word_is_sound(
        picture in "([0X?-] ){0,12}",
        datapoints in 1_u32..4,
        spare in 0_u32..4,
        missing in prop::sample::select(MISSING.to_vec()),
        before in prop::sample::select(AlarmState::ALL.to_vec()),
    ) {
        let rule = rule(datapoints, datapoints + spare, missing);
        let data = drawn(&picture);
        let judged = judge(&rule, before, &data);
        let values: Vec<_> = data.iter().rev().filter_map(|datum| match datum {
            Datum::Value { value, .. } => Some(rule.is_breached_by(*value)),
            _ => None,
        }).take((datapoints + spare) as usize).collect();
        let breaching = values.iter().filter(|breaches| **breaches).count();
        match judged.as_ref().map(|judged| judged.state) {
            Some(AlarmState::Alarm) => prop_assert!(breaching > 0 || missing == MissingData::Breaching),
            Some(AlarmState::Ok) => prop_assert!(breaching < datapoints as usize),
            Some(AlarmState::InsufficientData) => prop_assert!(values.is_empty() && missing == MissingData::Missing),
            None => prop_assert!(breaching < datapoints as usize),
        }
        if breaching >= datapoints as usize {
            prop_assert_eq!(judged.as_ref().map(|judged| judged.state), Some(AlarmState::Alarm));
        }
        // What decides is not what it said before.
        for other in AlarmState::ALL {
            let again = judge(&rule, *other, &data);
            prop_assert_eq!(again.map(|one| one.state), judged.as_ref().map(|one| one.state));
        }
        prop_assert!(judged.is_none_or(|judged| judged.reason.chars().count() < 500));
    }
}
