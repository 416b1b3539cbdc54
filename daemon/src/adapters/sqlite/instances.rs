//! Instances as rows.

use rusqlite::{Connection, Row, params};

use super::{drives, ports, publications, readable, unreadable};
use crate::{
    adapters::sqlite::write::{millis, stamp, tags_of},
    model::{
        Error, Firmware, FirstBoot, Identity, Instance, InstanceId, MetadataOptions, Owner, ResourceName,
        Size, Status, UserData,
    },
};

pub(super) fn insert(db: &Connection, instance: &Instance) -> rusqlite::Result<()> {
    // Taken apart whole: a new field does not compile until it is stored.
    let Instance {
        id,
        name,
        owner,
        owner_number: _,
        created_at,
        status,
        blueprint_id,
        blueprint_name,
        bundle_id,
        cpu_count,
        ram_mb,
        disk_gb,
        transfer_gb,
        bandwidth_kbps,
        username,
        key_pair,
        firmware,
        drives: stacks,
        private_ip,
        public_ip,
        has_static_ip: _,
        ipv6,
        ports: rules,
        published,
        metadata,
        identity,
        vendor_config,
        user_data,
        first_boot,
        tags: _,
    } = instance;
    let Identity { host_key_private, host_key_public, access_key_private, authorized_keys } = identity;
    let MetadataOptions { tokens_required, enabled, hop_limit, ipv6: metadata_ipv6 } = metadata;
    let (word, errors) = first_boot_columns(first_boot);
    db.execute("INSERT OR IGNORE INTO owners (owner) VALUES (?1)", [&owner.0])?;
    db.execute(
        "INSERT INTO instances VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26,?27,?28,?29,?30,?31)",
        params![
            id.to_string(), name.as_str(), owner.0, millis(*created_at), status.word(), blueprint_id, blueprint_name,
            bundle_id, cpu_count, ram_mb, disk_gb, transfer_gb, username,
            key_pair.as_ref().map(ResourceName::as_str), firmware_word(*firmware),
            private_ip.to_string(), public_ip.map(|ip| ip.to_string()), host_key_private, host_key_public,
            access_key_private, authorized_keys.join("\n"), vendor_config, user_data.as_str(), word, errors,
            ipv6.map(|ip| ip.to_string()), tokens_required, enabled, hop_limit, metadata_ipv6, bandwidth_kbps,
        ],
    )?;
    ports::replace(db, *id, rules)?;
    publications::replace(db, *id, published)?;
    stacks.iter().try_for_each(|drive| drives::insert(db, instance, drive))
}

/// What other tables say of an instance.
const DERIVED: &str = "(SELECT number FROM owners o WHERE o.owner = instances.owner) AS owner_number,
    EXISTS (SELECT 1 FROM static_ips s WHERE s.instance_id = instances.id) AS has_static_ip";

pub(super) fn set_metadata(
    db: &Connection,
    id: InstanceId,
    options: MetadataOptions,
) -> rusqlite::Result<()> {
    let MetadataOptions { tokens_required, enabled, hop_limit, ipv6 } = options;
    let sql =
        "UPDATE instances SET metadata_tokens_required = ?2, metadata_enabled = ?3, metadata_hop_limit = ?4,
               metadata_ipv6 = ?5 WHERE id = ?1";
    db.execute(sql, params![id.to_string(), tokens_required, enabled, hop_limit, ipv6]).map(drop)
}

pub(super) fn set_size(db: &Connection, id: InstanceId, size: &Size) -> rusqlite::Result<()> {
    let Size { bundle_id, cpu_count, ram_mb, disk_gb, transfer_gb, bandwidth_kbps } = size;
    let sql =
        "UPDATE instances SET bundle_id = ?2, cpu_count = ?3, ram_mb = ?4, disk_gb = ?5, transfer_gb = ?6,
               bandwidth_kbps = ?7 WHERE id = ?1";
    db.execute(
        sql,
        params![id.to_string(), bundle_id, cpu_count, ram_mb, disk_gb, transfer_gb, bandwidth_kbps],
    )
    .map(drop)
}

pub(super) fn select(db: &Connection, condition: &str, value: &str) -> rusqlite::Result<Vec<Instance>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT *, {DERIVED} FROM instances WHERE {condition} ORDER BY name"))?;
    let mut instances = readable("instance", statement.query_map([value], read)?);
    for instance in &mut instances {
        instance.ports = ports::of(db, instance.id)?;
        instance.drives = drives::of(db, instance.id)?;
        instance.published = publications::of(db, instance.id)?;
        instance.tags = tags_of(db, &instance.id.to_string())?;
    }
    Ok(instances)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Instance> {
    let public_ip: Option<String> = row.get("public_ip")?;
    let key_pair: Option<String> = row.get("key_pair")?;
    let ipv6: Option<String> = row.get("ipv6")?;
    Ok(Instance {
        id: parse(row, "id")?,
        name: parse(row, "name")?,
        owner: Owner(row.get("owner")?),
        owner_number: row.get("owner_number")?,
        created_at: stamp(row.get("created_at")?)?,
        status: parse::<Status>(row, "status")?,
        blueprint_id: row.get("blueprint_id")?,
        blueprint_name: row.get("blueprint_name")?,
        bundle_id: row.get("bundle_id")?,
        cpu_count: row.get("cpu_count")?,
        ram_mb: row.get("ram_mb")?,
        disk_gb: row.get("disk_gb")?,
        transfer_gb: row.get("transfer_gb")?,
        bandwidth_kbps: row.get("bandwidth_kbps")?,
        username: row.get("username")?,
        key_pair: key_pair
            .map(|name| name.parse())
            .transpose()
            .map_err(|error: Error| unreadable(13, error))?,
        firmware: if row.get::<_, String>("firmware")? == "uefi" { Firmware::Uefi } else { Firmware::Bios },
        drives: Vec::new(),
        private_ip: parse(row, "private_ip")?,
        public_ip: public_ip.map(|ip| ip.parse()).transpose().map_err(|error| unreadable(17, error))?,
        has_static_ip: row.get("has_static_ip")?,
        ipv6: ipv6.map(|ip| ip.parse()).transpose().map_err(|error| unreadable(26, error))?,
        ports: Vec::new(),
        published: Vec::new(),
        metadata: MetadataOptions {
            tokens_required: row.get("metadata_tokens_required")?,
            enabled: row.get("metadata_enabled")?,
            hop_limit: row.get("metadata_hop_limit")?,
            ipv6: row.get("metadata_ipv6")?,
        },
        identity: Identity {
            host_key_private: row.get("host_key_private")?,
            host_key_public: row.get("host_key_public")?,
            access_key_private: row.get("access_key_private")?,
            authorized_keys: row.get::<_, String>("authorized_keys")?.lines().map(str::to_owned).collect(),
        },
        vendor_config: row.get("vendor_config")?,
        user_data: UserData::parse(row.get("user_data")?).map_err(|error| unreadable(22, error))?,
        first_boot: first_boot_of(
            &row.get::<_, String>("first_boot")?,
            &row.get::<_, String>("first_boot_errors")?,
        ),
        tags: crate::model::Tags::default(),
    })
}

fn parse<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<T> {
    row.get::<_, String>(column)?.parse().map_err(|error| unreadable(0, error))
}

pub(super) fn first_boot_columns(first_boot: &FirstBoot) -> (&'static str, String) {
    match first_boot {
        FirstBoot::Pending => ("pending", String::new()),
        FirstBoot::Done => ("done", String::new()),
        FirstBoot::Failed(errors) => ("failed", errors.join("\n")),
    }
}

fn first_boot_of(word: &str, errors: &str) -> FirstBoot {
    match word {
        "done" => FirstBoot::Done,
        "failed" => FirstBoot::Failed(errors.lines().map(str::to_owned).collect()),
        _ => FirstBoot::Pending,
    }
}

fn firmware_word(firmware: Firmware) -> &'static str {
    match firmware {
        Firmware::Bios => "bios",
        Firmware::Uefi => "uefi",
    }
}
