//! The schema, and every step that led to it. A step that was released is never changed.

mod alarms;

use std::sync::LazyLock;

use rusqlite_migration::{M, Migrations};

pub(super) static ALL: LazyLock<Migrations<'static>> = LazyLock::new(|| {
    Migrations::new(vec![
        M::up(FIRST),
        M::up(NETWORKING),
        M::up(TRANSFER),
        M::up(PUBLICATIONS),
        M::up(LAYERS),
        M::up(AUTO_SNAPSHOTS),
        M::up(HEIRS),
        M::up(DIGESTS),
        M::up(HISTORY),
        M::up(BURSTS),
        M::up(RECOVERY),
        M::up(alarms::ALARMS),
    ])
});

const FIRST: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

-- Names are unique across resource types, as at Lightsail.
CREATE TABLE names (
    name TEXT PRIMARY KEY,
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE instances (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created_at INTEGER NOT NULL,           -- milliseconds since the epoch
    status TEXT NOT NULL,
    blueprint_id TEXT NOT NULL,
    blueprint_name TEXT NOT NULL,
    bundle_id TEXT NOT NULL,
    cpu_count INTEGER NOT NULL,
    ram_mb INTEGER NOT NULL,
    disk_gb INTEGER NOT NULL,
    transfer_gb INTEGER NOT NULL,
    username TEXT NOT NULL,
    key_pair TEXT,
    firmware TEXT NOT NULL,
    base TEXT NOT NULL,
    private_ip TEXT NOT NULL UNIQUE,
    public_ip TEXT UNIQUE,
    host_key_private TEXT NOT NULL,
    host_key_public TEXT NOT NULL,
    access_key_private TEXT NOT NULL,
    authorized_keys TEXT NOT NULL,         -- one a line
    vendor_config TEXT NOT NULL,
    user_data TEXT NOT NULL,
    first_boot TEXT NOT NULL,              -- pending, done, failed
    first_boot_errors TEXT NOT NULL        -- one a line
) STRICT;

CREATE TABLE ports (
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    from_port INTEGER NOT NULL,
    to_port INTEGER NOT NULL,
    protocol TEXT NOT NULL,
    PRIMARY KEY (instance_id, position)
) STRICT;

CREATE TABLE key_pairs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    public_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    private_key TEXT
) STRICT;

CREATE TABLE tags (
    resource_id TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (resource_id, key)
) STRICT;

CREATE TABLE operations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    status_changed_at INTEGER NOT NULL,
    details TEXT NOT NULL,
    error_code TEXT,
    error_details TEXT,
    steps_done INTEGER NOT NULL,
    undoing INTEGER NOT NULL,
    force INTEGER NOT NULL
) STRICT;
CREATE INDEX operations_of_resource ON operations (resource_name, number);
CREATE INDEX unfinished_operations ON operations (status) WHERE status IN ('NotStarted', 'Started');
";

/// Firewall rules with sources, static addresses, and owners by number.
const NETWORKING: &str = "
ALTER TABLE ports ADD COLUMN cidrs TEXT NOT NULL DEFAULT '0.0.0.0/0';       -- separated by spaces
ALTER TABLE ports ADD COLUMN ipv6_cidrs TEXT NOT NULL DEFAULT '::/0';
ALTER TABLE ports ADD COLUMN from_host INTEGER NOT NULL DEFAULT 0;

ALTER TABLE instances ADD COLUMN ipv6 TEXT;
ALTER TABLE instances ADD COLUMN metadata_tokens_required INTEGER NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN metadata_enabled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE instances ADD COLUMN metadata_hop_limit INTEGER NOT NULL DEFAULT 1;
ALTER TABLE instances ADD COLUMN metadata_ipv6 INTEGER NOT NULL DEFAULT 0;

CREATE TABLE static_ips (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    address TEXT NOT NULL UNIQUE,
    instance_id TEXT UNIQUE REFERENCES instances (id) ON DELETE SET NULL
) STRICT;

-- Instances of one owner reach each other; the filter knows owners by number.
CREATE TABLE owners (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO owners (owner) SELECT DISTINCT owner FROM instances;
";

/// What instances move, and what their plans let through.
const TRANSFER: &str = "
ALTER TABLE instances ADD COLUMN bandwidth_kbps INTEGER;        -- each way; none without a cap

CREATE TABLE transfer (
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    month TEXT NOT NULL,                                        -- such as 2026-11, by UTC
    inward INTEGER NOT NULL,                                    -- bytes
    outward INTEGER NOT NULL,
    PRIMARY KEY (instance_id, month)
) STRICT;

-- What the filter's counters said when they were last added up.
CREATE TABLE transfer_readings (
    instance_id TEXT PRIMARY KEY REFERENCES instances (id) ON DELETE CASCADE,
    inward INTEGER NOT NULL,
    outward INTEGER NOT NULL
) STRICT;
";

/// Ports of the host's own addresses that lead to instances.
const PUBLICATIONS: &str = "
CREATE TABLE publications (
    protocol TEXT NOT NULL,
    host_port INTEGER NOT NULL,
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    port INTEGER NOT NULL,
    PRIMARY KEY (protocol, host_port)
) STRICT;
CREATE INDEX publications_of_instance ON publications (instance_id);
";

/// Disks as stacks of layers. The disk of an instance that is there becomes a layer of the same identity: its file is found by that.
const LAYERS: &str = "
CREATE TABLE layers (
    id TEXT PRIMARY KEY,
    parent TEXT REFERENCES layers (id),     -- the layer that it stands on
    base TEXT,                              -- or the base image; empty while that is being fetched
    bytes INTEGER NOT NULL,                 -- size of the disk, seen from here
    is_made INTEGER NOT NULL                -- whether there is a file
) STRICT;
CREATE INDEX layers_on_layer ON layers (parent);

CREATE TABLE disks (
    id TEXT PRIMARY KEY,
    name TEXT UNIQUE,                       -- none: the system disk of an instance, whose identity it has
    owner TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    layer TEXT NOT NULL UNIQUE REFERENCES layers (id),
    instance_id TEXT REFERENCES instances (id),
    slot INTEGER,
    is_attached INTEGER NOT NULL,           -- 0 while it is on its way
    UNIQUE (instance_id, slot)
) STRICT;

CREATE TABLE snapshots (
    id TEXT PRIMARY KEY,
    name TEXT UNIQUE,                       -- none: an automatic one
    owner TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    origin TEXT NOT NULL,                   -- JSON
    source_id TEXT NOT NULL,                -- of the instance or disk
    day TEXT,                               -- of an automatic one
    is_from_auto INTEGER NOT NULL,
    quiesced INTEGER
) STRICT;
CREATE INDEX snapshots_of_source ON snapshots (source_id);

CREATE TABLE snapshot_disks (
    snapshot_id TEXT NOT NULL REFERENCES snapshots (id) ON DELETE CASCADE,
    disk_id TEXT NOT NULL,
    name TEXT,
    slot INTEGER,
    bytes INTEGER NOT NULL,
    layer TEXT NOT NULL REFERENCES layers (id),
    next TEXT REFERENCES layers (id),       -- the disk's new top, until it is that
    PRIMARY KEY (snapshot_id, disk_id)
) STRICT;
CREATE INDEX snapshot_disks_on_layer ON snapshot_disks (layer);
CREATE INDEX snapshot_disks_to_layer ON snapshot_disks (next) WHERE next IS NOT NULL;

ALTER TABLE operations ADD COLUMN orders TEXT NOT NULL DEFAULT '\"Plain\"';     -- JSON
ALTER TABLE operations ADD COLUMN follows TEXT;
CREATE INDEX operations_that_follow ON operations (follows) WHERE follows IS NOT NULL;

INSERT INTO layers SELECT id, NULL, base, disk_gb << 30, base != '' FROM instances;
INSERT INTO disks SELECT id, NULL, owner, created_at, id, id, 0, 1 FROM instances;
ALTER TABLE instances DROP COLUMN base;
";

/// Daily snapshots.
const AUTO_SNAPSHOTS: &str = "
CREATE TABLE auto_snapshots (
    source_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,                     -- of the source: Instance or Disk
    time TEXT NOT NULL,                     -- of the day, by UTC
    since INTEGER NOT NULL,                 -- milliseconds since the epoch
    last_day TEXT
) STRICT;
";

/// Layers that went into others.
const HEIRS: &str = "
CREATE TABLE heirs (
    id TEXT PRIMARY KEY,
    heir TEXT NOT NULL                      -- the layer that holds what it held
) STRICT;
CREATE INDEX heirs_of ON heirs (heir);
";

/// What frozen layers held when they were read.
const DIGESTS: &str = "
CREATE TABLE digests (
    layer TEXT PRIMARY KEY REFERENCES layers (id) ON DELETE CASCADE,
    digest TEXT NOT NULL                    -- SHA-256
) STRICT;
";

/// Operations as the history of the host. Of those that are there, nobody knows more than whose they are.
const HISTORY: &str = "
ALTER TABLE operations ADD COLUMN caller TEXT NOT NULL DEFAULT '';      -- who asked for it
ALTER TABLE operations ADD COLUMN door TEXT NOT NULL DEFAULT 'grpc';    -- from where
ALTER TABLE operations ADD COLUMN change TEXT NOT NULL DEFAULT '';      -- in words: before -> after
UPDATE operations SET caller = owner;
CREATE INDEX operations_of_owner ON operations (owner, number);
CREATE INDEX operations_by_age ON operations (created_at);
";

/// What instances have saved of their processors' time.
const BURSTS: &str = "
CREATE TABLE bursts (
    instance_id TEXT PRIMARY KEY REFERENCES instances (id) ON DELETE CASCADE,
    balance REAL NOT NULL,                  -- seconds of one virtual processor; below zero it is a debt
    held INTEGER NOT NULL                   -- whether its processors may be held to their baseline
) STRICT;
";

/// What is done with instances that end by themselves, and was.
const RECOVERY: &str = "
CREATE TABLE recovery (
    instance_id TEXT PRIMARY KEY REFERENCES instances (id) ON DELETE CASCADE,
    policy TEXT,                            -- none: the configuration's
    cause TEXT,                             -- of the recovery that is not done yet, or was given up
    given_up INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0     -- the guest, since it was started
) STRICT;

-- Those that count towards the limit.
CREATE TABLE recoveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    at INTEGER NOT NULL                     -- milliseconds since the epoch
) STRICT;
CREATE INDEX recoveries_of_instance ON recoveries (instance_id, number);
";

#[cfg(test)]
mod tests;
