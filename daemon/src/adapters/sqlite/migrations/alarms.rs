/// Thresholds that are watched, where people are told of them, and what is on its way there.
pub(super) const ALARMS: &str = "
CREATE TABLE alarms (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created_at INTEGER NOT NULL,            -- milliseconds since the epoch
    put_at INTEGER NOT NULL,
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    metric TEXT NOT NULL,
    comparison TEXT NOT NULL,
    threshold REAL NOT NULL,
    periods INTEGER NOT NULL,
    datapoints INTEGER NOT NULL,
    missing TEXT NOT NULL,                  -- what missing data are taken for
    channels TEXT NOT NULL,                 -- separated by spaces
    triggers TEXT NOT NULL,                 -- separated by spaces
    is_enabled INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    state_since INTEGER NOT NULL,
    before_test TEXT,                       -- what it said before somebody tried it
    period INTEGER NOT NULL                 -- seconds
) STRICT;
CREATE INDEX alarms_of_instance ON alarms (instance_id);

CREATE TABLE contact_methods (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    is_valid INTEGER NOT NULL,
    code TEXT,                              -- none: nothing is waited for
    code_sent_at INTEGER,
    code_tries INTEGER,
    UNIQUE (owner, channel)
) STRICT;

CREATE TABLE letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    contact_id TEXT NOT NULL REFERENCES contact_methods (id) ON DELETE CASCADE,
    alarm_id TEXT REFERENCES alarms (id) ON DELETE CASCADE,     -- none: it bears a code
    notice TEXT NOT NULL,                   -- JSON
    delivery TEXT NOT NULL,
    tries INTEGER NOT NULL,
    error TEXT NOT NULL,
    due INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX waiting_letters ON letters (number) WHERE delivery = 'waiting';
CREATE INDEX letters_of_alarm ON letters (alarm_id, number) WHERE alarm_id IS NOT NULL;
CREATE INDEX letters_to_contact ON letters (contact_id);
";
