use jiff::SignedDuration;
use uuid::Uuid;

use super::*;
use crate::{
    adapters::sqlite::migrations,
    model::{Caller, Door, OperationKind, OperationStatus, Resource, ResourceType},
};

fn database() -> Connection {
    let mut db = Connection::open_in_memory().expect("in memory");
    migrations::ALL.to_latest(&mut db).expect("every step applies");
    db
}

fn day(number: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * number)
}

/// What somebody asked for on that day, on a resource of theirs, and what ended at once.
fn asked(owner: &str, resource: &str, on: i64) -> Operation {
    let caller = Caller::new(owner, Door::Grpc, false);
    let resource = Resource::from((ResourceType::Instance, Uuid::nil(), resource));
    Operation::accepted(OperationKind::StopInstance, &caller, resource, "", day(on)).succeeded()
}

fn written(db: &Connection, all: &[&Operation]) {
    for one in all {
        put(db, one).expect("written");
    }
}

fn found(db: &Connection, filter: OperationFilter) -> Vec<OperationId> {
    let filter = OperationFilter { limit: filter.limit.max(10), ..filter };
    some(db, &filter).expect("read").into_iter().map(|one| one.id).collect()
}

fn by_name(name: &str) -> OperationFilter {
    OperationFilter { resource: Some(name.into()), ..OperationFilter::default() }
}

fn by_owner(owner: &str) -> OperationFilter {
    OperationFilter { owner: Some(Owner(owner.into())), ..OperationFilter::default() }
}

#[test]
fn what_is_written_is_read_again() {
    let db = database();
    let caller = Caller { owner: Owner("ann".into()), ..Caller::new("key AKIA7", Door::Lightsail, true) };
    let bob = Owner("bob".into());
    let resource = Resource { owner: Some(&bob), ..Resource::image("tiny") };
    let begun = Operation::accepted(OperationKind::PullImage, &caller, resource, "", day(3));
    let begun = begun.changing("from a mirror");
    written(&db, &[&begun]);
    assert_eq!(one(&db, begun.id).expect("read"), Some(begun.clone()));
    assert_eq!((begun.owner.0.as_str(), begun.caller.as_str()), ("bob", "key AKIA7"));
    // What it came to is known at its end.
    let mut ended = begun.changing("tiny-0123456789ab");
    ended.advance(OperationStatus::Succeeded, day(4));
    written(&db, &[&ended]);
    assert_eq!(one(&db, ended.id).expect("read"), Some(ended));
}

#[test]
fn owner_resource_and_time_each_leave_out_what_is_not_wanted() {
    let db = database();
    let (first, second) = (asked("ann", "web", 1), asked("bob", "web", 2));
    let (third, fourth) = (asked("ann", "db", 3), asked("ann", "web", 4));
    written(&db, &[&first, &second, &third, &fourth]);
    assert_eq!(found(&db, OperationFilter::default()), [fourth.id, third.id, second.id, first.id]);
    assert_eq!(found(&db, by_name("web")), [fourth.id, second.id, first.id]);
    assert_eq!(found(&db, by_owner("ann")), [fourth.id, third.id, first.id]);
    let both = OperationFilter { owner: Some(Owner("ann".into())), ..by_name("web") };
    assert_eq!(found(&db, both.clone()), [fourth.id, first.id]);
    let since = Some(day(2));
    assert_eq!(found(&db, OperationFilter { since, ..by_owner("ann") }), [fourth.id, third.id]);
    assert_eq!(found(&db, OperationFilter { since, ..both.clone() }), [fourth.id]);
    assert_eq!(found(&db, OperationFilter { before: Some(fourth.id), ..both }), [first.id]);
    assert_eq!(found(&db, OperationFilter { since: Some(day(5)), ..OperationFilter::default() }), []);
}

#[test]
fn a_clock_that_was_turned_back_hides_nothing() {
    let db = database();
    let (ahead, right, early) = (asked("ann", "web", 9), asked("ann", "web", 3), asked("ann", "web", 1));
    written(&db, &[&early, &ahead, &right]);
    let since = OperationFilter { since: Some(day(2)), ..OperationFilter::default() };
    assert_eq!(found(&db, since), [right.id, ahead.id]);
}

/// What SQLite is going to do, a line for each step.
fn plan(db: &Connection, sql: &str, values: Vec<Value>) -> String {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("sound");
    let steps = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3)).expect("asked");
    steps.collect::<rusqlite::Result<Vec<_>>>().expect("read").join("\n")
}

/// Hundreds of thousands of rows are no matter: nothing is sorted, and nothing is walked through that is not wanted.
#[test]
fn every_question_finds_its_index() {
    let db = database();
    let since = Some(day(2));
    let owner = Some(Owner("ann".into()));
    let before = Some(OperationId::fresh());
    let of_resource = "USING INDEX operations_of_resource (resource_name=?";
    let of_owner = "USING INDEX operations_of_owner (owner=?";
    for (filter, expected) in [
        (by_name("web"), of_resource),
        (OperationFilter { owner: owner.clone(), since, before, ..by_name("web") }, of_resource),
        (by_owner("ann"), of_owner),
        (OperationFilter { since, before, ..by_owner("ann") }, of_owner),
        (OperationFilter { since, ..OperationFilter::default() }, "USING INTEGER PRIMARY KEY (rowid>?)"),
        (
            OperationFilter { since, ..OperationFilter::default() },
            "COVERING INDEX operations_by_age (created_at>?)",
        ),
    ] {
        let (sql, values) = question(&filter);
        let plan = plan(&db, &sql, values);
        assert!(plan.contains(expected), "{filter:?}:\n{plan}");
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{filter:?}:\n{plan}");
    }
    // All of them, the newest first: the walk ends with the page.
    let (sql, values) = question(&OperationFilter::default());
    let all = plan(&db, &sql, values);
    assert!(all.starts_with("SCAN operations") && !all.contains("TEMP B-TREE"), "{all}");
    let forgotten = plan(&db, FORGET, vec![Value::Integer(0), Value::Integer(1)]);
    assert!(forgotten.contains("INDEX operations_by_age (created_at<?)"), "{forgotten}");
    assert!(forgotten.contains("INDEX operations_that_follow (follows=?)"), "{forgotten}");
    assert!(!forgotten.contains("TEMP B-TREE") && !forgotten.contains("SCAN"), "{forgotten}");
}

#[test]
fn what_is_old_is_forgotten_but_not_what_is_unfinished_or_followed() {
    let db = database();
    let (old, new) = (asked("ann", "gone", 1), asked("ann", "web", 900));
    let unfinished = Operation { status: OperationStatus::Started, ..asked("ann", "web", 2) };
    let mut slow = asked("ann", "web", 3);
    slow.status_changed_at = day(901);
    let leader = asked("ann", "web", 4);
    let disk = Resource::from((ResourceType::Disk, Uuid::nil(), "data"));
    let follower = leader.other_side(disk);
    written(&db, &[&old, &unfinished, &slow, &leader, &follower, &new]);
    let forget = |most| forget(&db, day(800), most).expect("written");
    assert_eq!(forget(1), 1, "no more than that");
    assert_eq!(found(&db, by_name("gone")), []);
    assert_eq!(forget(10), 1, "the one that follows first");
    assert_eq!(found(&db, by_name("data")), []);
    assert_eq!((forget(10), forget(10)), (1, 0), "then the one that was followed");
    assert_eq!(found(&db, OperationFilter::default()), [new.id, slow.id, unfinished.id]);
}

/// The schema before operations were the history.
#[test]
fn operations_of_earlier_daemons_are_in_the_history_of_their_owners() {
    let mut db = Connection::open_in_memory().expect("in memory");
    migrations::ALL.to_version(&mut db, 8).expect("the old schema");
    let id = OperationId::fresh();
    let sql = "INSERT INTO operations (id, owner, resource_name, resource_id, resource_type, kind, status, created_at,
                   status_changed_at, details, steps_done, undoing, force)
               VALUES (?1, 'ann', 'web', ?1, 'Instance', 'StopInstance', 'Succeeded', 0, 7, '', 2, 0, 0)";
    db.execute(sql, [id.to_string()]).expect("inserted");
    migrations::ALL.to_latest(&mut db).expect("every step applies");
    let read = one(&db, id).expect("read").expect("there");
    assert_eq!((read.owner.0.as_str(), read.caller.as_str()), ("ann", "ann"));
    assert_eq!((read.door, read.change.as_str()), (Door::Grpc, ""));
    assert_eq!(found(&db, by_owner("ann")), [id]);
}
