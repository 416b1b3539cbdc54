//! The file: opened, made, looked at, and set aside where it is damaged.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode};

/// What this daemon reads and writes.
const VERSION: i64 = 1;

/// A file up to this is looked through before it is used, in bytes: what takes no time.
const SMALL: u64 = 32 << 20;

const TABLES: &str = "
    BEGIN;
    CREATE TABLE subjects (number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE);
    CREATE TABLE fine (key INTEGER PRIMARY KEY, block BLOB NOT NULL);
    CREATE TABLE minute (key INTEGER PRIMARY KEY, block BLOB NOT NULL);
    CREATE TABLE five_minutes (key INTEGER PRIMARY KEY, block BLOB NOT NULL);
    CREATE TABLE journal (number INTEGER PRIMARY KEY, hour INTEGER NOT NULL, samples BLOB NOT NULL);
    CREATE TABLE due (step INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (step, number)) WITHOUT ROWID;
    PRAGMA user_version = 1;
    COMMIT;";

/// Why a file cannot be used.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is damaged, or no such file at all: it will not get better.
    Damaged(String),
    /// It may be possible later.
    Failed(rusqlite::Error),
}

impl Refused {
    /// What an error says of the file.
    pub(super) fn of(error: rusqlite::Error) -> Self {
        let passes = matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::CannotOpen
                    | ErrorCode::ReadOnly
                    | ErrorCode::PermissionDenied
                    | ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::OutOfMemory
            )
        );
        if passes { Self::Failed(error) } else { Self::Damaged(error.to_string()) }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(why) => out.write_str(why),
            Self::Failed(error) => error.fmt(out),
        }
    }
}

/// Opens the file, and makes it if there is none.
pub(super) fn open(path: &Path) -> Result<Connection, Refused> {
    let file = Connection::open(path).map_err(Refused::of)?;
    prepare(&file).map_err(Refused::of)?;
    let number = |name| file.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(Refused::of);
    match number("user_version")? {
        0 => file.execute_batch(TABLES).map_err(Refused::of)?,
        VERSION => {}
        other => {
            return Err(Refused::Damaged(format!("it has the format {other}, and {VERSION} is known here")));
        }
    }
    if std::fs::metadata(path).is_ok_and(|found| found.len() <= SMALL) {
        let found = file.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
        let found = found.map_err(Refused::of)?;
        if found != "ok" {
            return Err(Refused::Damaged(found));
        }
    }
    Ok(file)
}

fn prepare(file: &Connection) -> rusqlite::Result<()> {
    // Before anything is written: it can shrink then.
    file.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    file.pragma_update(None, "journal_mode", "WAL")?;
    file.pragma_update(None, "synchronous", "NORMAL")?;
    // Pages of the log ahead, and how much of it stays, in bytes: room is counted with it.
    file.pragma_update(None, "wal_autocheckpoint", 256)?;
    file.pragma_update(None, "journal_size_limit", 1 << 20)?;
    file.pragma_update(None, "cache_size", -1024)?;
    file.set_prepared_statement_cache_capacity(32);
    file.busy_timeout(std::time::Duration::from_secs(5))
}

/// Whether a file is known to be damaged since that error.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Gives the file another name, with what belongs to it, and says which.
pub(super) fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let aside = beside(path, &format!(".damaged-{}", jiff::Timestamp::now().as_second()));
    // First, so that what belongs to this one is never taken for a part of the next.
    for end in ["-wal", "-shm"] {
        match std::fs::rename(beside(path, end), beside(&aside, end)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    std::fs::rename(path, &aside)?;
    Ok(aside)
}

/// Room that the file takes with what belongs to it, in bytes.
pub(super) fn room(path: &Path) -> u64 {
    let files = [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")];
    files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|found| found.len()).sum()
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
