//! Snapshots as rows.

use rusqlite::{Connection, Row, params};

use super::{disks, layers, merges, readable, unreadable};
use crate::{
    adapters::sqlite::write::{millis, refuse, stamp, tags_of},
    model::{
        Beneath, DiskId, Error, FrozenDisk, Layer, Origin, Owner, ResourceName, Slot, Snapshot, SnapshotId,
        SnapshotState, Tags,
    },
};

pub(super) fn insert(db: &Connection, snapshot: &Snapshot) -> rusqlite::Result<()> {
    let Snapshot { id, name, owner, created_at, state, origin, day, is_from_auto, quiesced, disks, tags: _ } =
        snapshot;
    let source = match origin {
        Origin::Instance(instance) => instance.id.0,
        Origin::Disk { id, .. } => id.0,
    };
    let origin = serde_json::to_string(origin).map_err(|error| unreadable(5, error))?;
    db.execute(
        "INSERT INTO snapshots VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
        params![
            id.to_string(),
            name.as_ref().map(ResourceName::as_str),
            owner.0,
            millis(*created_at),
            state.word(),
            origin,
            source.to_string(),
            day,
            is_from_auto,
            quiesced,
        ],
    )?;
    disks.iter().try_for_each(|disk| insert_disk(db, *id, disk))
}

fn insert_disk(db: &Connection, id: SnapshotId, disk: &FrozenDisk) -> rusqlite::Result<()> {
    let FrozenDisk { disk, name, slot, bytes, layer, next } = disk;
    db.execute(
        "INSERT INTO snapshot_disks VALUES (?1,?2,?3,?4,?5,?6,?7)",
        params![
            id.to_string(),
            disk.to_string(),
            name.as_ref().map(ResourceName::as_str),
            slot.map(Slot::number),
            bytes,
            merges::heir(db, *layer)?,
            next.map(|next| next.to_string()),
        ],
    )
    .map(drop)
}

/// Says which layers the snapshot keeps, and which new ones take their places as tops. Refused where a disk is written to another one
/// by now.
pub(super) fn freeze(db: &Connection, id: SnapshotId, frozen: &[FrozenDisk]) -> rusqlite::Result<()> {
    for disk in frozen {
        if disks::top(db, &disk.disk.to_string())? != Some(merges::heir(db, disk.layer)?) {
            return refuse(Error::internal(format!(
                "the disk {} has another top than was looked at",
                disk.disk
            )));
        }
        if let Some(next) = disk.next {
            let beneath = Beneath::Layer(disk.layer);
            layers::insert(db, &Layer { id: next, beneath, bytes: disk.bytes, is_made: false })?;
        }
        insert_disk(db, id, disk)?;
    }
    Ok(())
}

/// The new layers are the tops of their disks from now on, and the snapshot is whole.
pub(super) fn settle(db: &Connection, id: SnapshotId) -> rusqlite::Result<()> {
    let id = id.to_string();
    move_tops(db, &id, None)?;
    // Only one that is whole counts for its day.
    let sql = "UPDATE auto_snapshots SET last_day = (SELECT day FROM snapshots WHERE id = ?1)
         WHERE source_id = (SELECT source_id FROM snapshots WHERE id = ?1 AND day IS NOT NULL)";
    db.execute(sql, [&id])?;
    db.execute("UPDATE snapshots SET state = 'available' WHERE id = ?1", [&id]).map(drop)
}

/// The snapshot is not to be. The disks in `moved` are written to their new tops all the same.
pub(super) fn abandon(db: &Connection, id: SnapshotId, moved: &[DiskId]) -> rusqlite::Result<()> {
    let id = id.to_string();
    moved.iter().try_for_each(|disk| move_tops(db, &id, Some(&disk.to_string())))
}

fn move_tops(db: &Connection, id: &str, only: Option<&str>) -> rusqlite::Result<()> {
    let which = "snapshot_id = ?1 AND next IS NOT NULL AND (?2 IS NULL OR disk_id = ?2)";
    let sql = format!(
        "UPDATE disks SET layer = (SELECT next FROM snapshot_disks s WHERE s.disk_id = disks.id AND {which})
         WHERE id IN (SELECT disk_id FROM snapshot_disks WHERE {which})"
    );
    db.execute(&sql, params![id, only])?;
    db.execute(&format!("UPDATE snapshot_disks SET next = NULL WHERE {which}"), params![id, only]).map(drop)
}

pub(super) fn set_quiesced(db: &Connection, id: SnapshotId, quiesced: bool) -> rusqlite::Result<()> {
    let sql = "UPDATE snapshots SET quiesced = ?2 WHERE id = ?1";
    db.execute(sql, params![id.to_string(), quiesced]).map(drop)
}

pub(super) fn select(db: &Connection, condition: &str, value: &str) -> rusqlite::Result<Vec<Snapshot>> {
    let sql = format!("SELECT * FROM snapshots WHERE {condition} ORDER BY name, created_at, id");
    let mut snapshots = readable("snapshot", db.prepare_cached(&sql)?.query_map([value], read)?);
    for snapshot in &mut snapshots {
        let id = snapshot.id.to_string();
        snapshot.tags = tags_of(db, &id)?;
        let sql = "SELECT * FROM snapshot_disks WHERE snapshot_id = ?1 ORDER BY slot, disk_id";
        let mut statement = db.prepare_cached(sql)?;
        snapshot.disks = statement.query_map([id], read_disk)?.collect::<rusqlite::Result<_>>()?;
    }
    Ok(snapshots)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Snapshot> {
    let odd = |error: Error| unreadable(1, error);
    let name: Option<String> = row.get("name")?;
    let state: String = row.get("state")?;
    Ok(Snapshot {
        id: row.get::<_, String>("id")?.parse().map_err(|error| unreadable(0, error))?,
        name: name.map(|name| name.parse()).transpose().map_err(odd)?,
        owner: Owner(row.get("owner")?),
        created_at: stamp(row.get("created_at")?)?,
        state: if state == "available" { SnapshotState::Available } else { SnapshotState::Pending },
        origin: serde_json::from_str(&row.get::<_, String>("origin")?)
            .map_err(|error| unreadable(5, error))?,
        day: row.get("day")?,
        is_from_auto: row.get("is_from_auto")?,
        quiesced: row.get("quiesced")?,
        disks: Vec::new(),
        tags: Tags::default(),
    })
}

fn read_disk(row: &Row<'_>) -> rusqlite::Result<FrozenDisk> {
    let odd = |error: Error| unreadable(2, error);
    let name: Option<String> = row.get("name")?;
    let next: Option<String> = row.get("next")?;
    Ok(FrozenDisk {
        disk: row.get::<_, String>("disk_id")?.parse().map_err(|error| unreadable(1, error))?,
        name: name.map(|name| name.parse()).transpose().map_err(odd)?,
        slot: row.get::<_, Option<u8>>("slot")?.map(Slot::stored).transpose().map_err(odd)?,
        bytes: row.get("bytes")?,
        layer: row.get::<_, String>("layer")?.parse().map_err(|error| unreadable(5, error))?,
        next: next.map(|next| next.parse()).transpose().map_err(|error| unreadable(6, error))?,
    })
}
