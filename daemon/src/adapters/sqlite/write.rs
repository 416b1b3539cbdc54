//! Changes, written together or not at all.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::{
    alarms, auto_snapshots, bursts, digests, disks, drives, instances, key_pairs, layers, merges, operations,
    ports, publications, recovery, snapshots, static_ips, transfer, unreadable,
};
use crate::{
    model::{Error, InstanceId, Kind, Status, Tags},
    ports::{Address, Change},
};

pub(super) fn commit(db: &mut Connection, changes: &[Change]) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for change in changes {
        apply(&transaction, change)?;
    }
    transaction.commit()
}

fn apply(db: &Connection, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::AddInstance(instance) => {
            take_name(db, instance.name.as_str(), "Instance", instance.id.0)?;
            instances::insert(db, instance)?;
            put_tags(db, instance.id.0, &instance.tags)
        }
        Change::SetStatus { id, expect, status, address } => {
            expected(db, *id, *expect)?;
            set_status(db, *id, *status, *address)
        }
        Change::SetPublicIp(id, address) => {
            let sql = "UPDATE instances SET public_ip = ?2 WHERE id = ?1";
            db.execute(sql, params![id.to_string(), address.map(|ip| ip.to_string())]).map(drop)
        }
        Change::SetIpv6(id, address) => {
            let sql = "UPDATE instances SET ipv6 = ?2 WHERE id = ?1";
            db.execute(sql, params![id.to_string(), address.map(|ip| ip.to_string())]).map(drop)
        }
        Change::SetPorts(id, rules) => ports::replace(db, *id, rules),
        Change::SetPublished(id, all) => publications::replace(db, *id, all),
        Change::SetMetadataOptions(id, options) => instances::set_metadata(db, *id, *options),
        Change::SetBase(id, base) => layers::set_base(db, *id, base),
        Change::AddDisk(disk) => {
            take_name(db, disk.name.as_str(), "Disk", disk.id.0)?;
            disks::insert(db, disk)?;
            put_tags(db, disk.id.0, &disk.tags)
        }
        Change::AttachDisk { disk, instance, slot } => disks::attach(db, *disk, *instance, *slot),
        Change::SetAttached(id) => disks::set_attached(db, *id),
        Change::DetachDisk(id) => disks::detach(db, *id),
        Change::SetDiskTags(id, tags) => put_tags(db, id.0, tags),
        Change::RemoveDisk(id) => {
            auto_snapshots::leave(db, id.0)?;
            remove(db, "disks", id.0)
        }
        Change::PutAutoSnapshot(daily) => auto_snapshots::put(db, daily),
        Change::RemoveAutoSnapshot(source) => auto_snapshots::remove(db, *source),
        Change::PutOnTop(id, layer) => disks::put_on_top(db, *id, layer),
        Change::SetTop(id, layer) => disks::set_top(db, *id, *layer),
        Change::AddLayer(layer) => layers::insert(db, layer),
        Change::SetMade(id) => layers::set_made(db, *id),
        Change::SetLayerSize(id, bytes) => layers::set_bytes(db, *id, *bytes),
        Change::SetDigest(id, digest) => digests::set(db, *id, digest.as_deref()),
        Change::SetMerged(way) => merges::apply(db, way),
        Change::RemoveLayer(id) => layers::remove(db, *id),
        Change::AddSnapshot(snapshot) => {
            if let Some(name) = &snapshot.name {
                take_name(db, name.as_str(), snapshot.resource_type().word(), snapshot.id.0)?;
            }
            snapshots::insert(db, snapshot)?;
            put_tags(db, snapshot.id.0, &snapshot.tags)
        }
        Change::Freeze(id, disks) => snapshots::freeze(db, *id, disks),
        Change::Settle(id) => snapshots::settle(db, *id),
        Change::SetQuiesced(id, quiesced) => snapshots::set_quiesced(db, *id, *quiesced),
        Change::SetSnapshotTags(id, tags) => put_tags(db, id.0, tags),
        Change::AbandonSnapshot(id, moved) => {
            snapshots::abandon(db, *id, moved)?;
            remove(db, "snapshots", id.0)
        }
        Change::RemoveSnapshot(id) => remove(db, "snapshots", id.0),
        Change::SetSize(id, size) => instances::set_size(db, *id, size),
        Change::Expect(id, status) => expected(db, *id, Some(*status)),
        Change::RemoveInstance(id) => {
            drives::leave(db, *id)?;
            auto_snapshots::leave(db, id.0)?;
            alarms::leave(db, *id)?;
            remove(db, "instances", id.0)
        }
        Change::SetFirstBoot(id, first_boot) => {
            let (word, errors) = instances::first_boot_columns(first_boot);
            let sql = "UPDATE instances SET first_boot = ?2, first_boot_errors = ?3 WHERE id = ?1";
            db.execute(sql, params![id.to_string(), word, errors]).map(drop)
        }
        Change::SetInstanceTags(id, tags) => put_tags(db, id.0, tags),
        Change::AddKeyPair(pair) => {
            take_name(db, pair.name.as_str(), "KeyPair", pair.id.0)?;
            key_pairs::insert(db, pair)?;
            put_tags(db, pair.id.0, &pair.tags)
        }
        Change::SetKeyPairTags(id, tags) => put_tags(db, id.0, tags),
        Change::RemoveKeyPair(id) => remove(db, "key_pairs", id.0),
        Change::AddStaticIp(static_ip) => {
            take_name(db, static_ip.name.as_str(), "StaticIp", static_ip.id.0)?;
            static_ips::insert(db, static_ip)
        }
        Change::SetHolder(id, holder) => {
            let sql = "UPDATE static_ips SET instance_id = ?2 WHERE id = ?1";
            db.execute(sql, params![id.to_string(), holder.map(|id| id.to_string())]).map(drop)
        }
        Change::RemoveStaticIp(id) => remove(db, "static_ips", id.0),
        Change::AddTransfer { id, month, moved, reading } => transfer::add(db, *id, *month, *moved, *reading),
        Change::PutBurst(record) => bursts::put(db, record),
        Change::Recovery(id, change) => recovery::apply(db, *id, change),
        Change::SetBootId(id) => recovery::set_boot_id(db, id),
        Change::Alarm(change) => alarms::apply(db, change),
        Change::PutOperation(operation) => operations::put(db, operation),
    }
}

fn set_status(db: &Connection, id: InstanceId, status: Status, address: Address) -> rusqlite::Result<()> {
    let (given, value) = match address {
        Address::Keep => (None, "public_ip"),
        Address::Give(ip) => (Some(ip.to_string()), "?3"),
        Address::LetGo => (None, "(SELECT address FROM static_ips WHERE instance_id = ?1)"),
    };
    // What is being deleted becomes nothing else any more, whatever an earlier operation ends with.
    let sql = format!(
        "UPDATE instances SET status = ?2, public_ip = coalesce(?3, {value})
         WHERE id = ?1 AND (status != 'shutting-down' OR ?2 = 'shutting-down')"
    );
    if status == Status::Stopped {
        bursts::lose(db, id)?;
    }
    db.execute(&sql, params![id.to_string(), status.word(), given]).map(drop)
}

/// Takes a name for a resource, or refuses because another has it.
pub(super) fn take_name(db: &Connection, name: &str, resource_type: &str, id: Uuid) -> rusqlite::Result<()> {
    let holder: Option<String> = db
        .query_row("SELECT resource_type FROM names WHERE name = ?1", [name], |row| row.get(0))
        .optional()?;
    if let Some(holder) = holder {
        // Clients match the words "Some names are already in use".
        let message = format!("Some names are already in use: {name} (by a resource of type {holder})");
        return refuse(
            Error::new(Kind::NameInUse, "NameExists", message)
                .tip("names are shared by all resource types; choose another"),
        );
    }
    db.execute("INSERT INTO names VALUES (?1,?2,?3)", params![name, resource_type, id.to_string()]).map(drop)
}

fn expected(db: &Connection, id: InstanceId, expect: Option<Status>) -> rusqlite::Result<()> {
    let Some(expect) = expect else { return Ok(()) };
    let row: Option<(String, String)> = db
        .query_row("SELECT status, name FROM instances WHERE id = ?1", [id.to_string()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    match row {
        None => refuse(Error::not_found("Instance", id)),
        Some((status, _)) if status == expect.word() => Ok(()),
        Some((status, name)) => {
            let message = format!("Something else happened to {name} at the same time: it is {status} now");
            refuse(
                Error::new(Kind::WrongState, "InvalidInstanceState", message).tip("look at it and try again"),
            )
        }
    }
}

pub(super) fn refuse<T>(error: Error) -> rusqlite::Result<T> {
    Err(rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

pub(super) fn remove(db: &Connection, table: &str, id: Uuid) -> rusqlite::Result<()> {
    let id = id.to_string();
    db.execute("DELETE FROM tags WHERE resource_id = ?1", [&id])?;
    db.execute("DELETE FROM names WHERE resource_id = ?1", [&id])?;
    db.execute(&format!("DELETE FROM {table} WHERE id = ?1"), [&id]).map(drop)
}

pub(super) fn put_tags(db: &Connection, id: Uuid, tags: &Tags) -> rusqlite::Result<()> {
    db.execute("DELETE FROM tags WHERE resource_id = ?1", [id.to_string()])?;
    for (key, value) in tags.iter() {
        db.execute("INSERT INTO tags VALUES (?1,?2,?3)", params![id.to_string(), key, value])?;
    }
    Ok(())
}

pub(super) fn tags_of(db: &Connection, id: &str) -> rusqlite::Result<Tags> {
    let mut statement = db.prepare_cached("SELECT key, value FROM tags WHERE resource_id = ?1")?;
    let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Tags::stored(rows.collect::<rusqlite::Result<Vec<_>>>()?))
}

pub(super) fn millis(instant: Timestamp) -> i64 {
    instant.as_millisecond()
}

pub(super) fn stamp(millis: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|error| unreadable(0, error))
}
