//! What is remembered, in SQLite.
//!
//! One thread owns the connection and does one thing after the other; everybody else sends it closures. Commits are on the
//! disk when they return (`synchronous = FULL`: 0.3 ms, against the tens of milliseconds of what follows them).

mod alarms;
mod auto_snapshots;
mod bursts;
mod contacts;
mod digests;
mod disks;
mod drives;
mod instances;
mod key_pairs;
mod layers;
mod letters;
mod merges;
mod migrations;
mod operations;
mod ports;
mod publications;
mod recovery;
mod snapshots;
mod static_ips;
mod store;
mod transfer;
mod write;

use std::path::Path;

use rusqlite::Connection;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::model::{Error, HostId, Kind, Result};

type Task = Box<dyn FnOnce(&mut Connection) + Send>;

/// The store.
pub struct Sqlite {
    tasks: std::sync::mpsc::Sender<Task>,
    host_id: HostId,
}

impl Sqlite {
    /// Opens the database, makes it if there is none, and brings it to the present schema.
    pub fn open(path: &Path) -> Result<Self> {
        let refused = |error: &dyn std::fmt::Display| {
            Error::internal(format!("cannot open the state database {}: {error}", path.display()))
                .tip("nothing was changed; look at the file, its directory's rights and the free space")
        };
        let mut connection = Connection::open(path).map_err(|error| refused(&error))?;
        // It holds private keys. One that an earlier daemon left readable for others is not any more.
        let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(path, own).map_err(|error| refused(&error))?;
        prepare(&connection).map_err(|error| refused(&error))?;
        migrations::ALL.to_latest(&mut connection).map_err(|error| refused(&error))?;
        let host_id = host_id(&connection).map_err(|error| refused(&error))?;

        let (tasks, inbox) = std::sync::mpsc::channel::<Task>();
        std::thread::Builder::new()
            .name("state".into())
            .spawn(move || inbox.into_iter().for_each(|task| task(&mut connection)))
            .map_err(|error| refused(&error))?;
        Ok(Self { tasks, host_id })
    }

    /// Runs `work` on the thread that owns the connection.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let task: Task = Box::new(move |connection| {
            let _ = answer.send(work(connection));
        });
        let gone = || Error::internal("the state database's thread has ended");
        self.tasks.send(task).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?.map_err(failure)
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // The daemon's memory is counted in few megabytes, and so is its state.
    connection.pragma_update(None, "cache_size", -512)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))
}

fn host_id(connection: &Connection) -> rusqlite::Result<HostId> {
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('host_id', ?1)", [Uuid::new_v4().to_string()])?;
    let text: String =
        connection.query_row("SELECT value FROM meta WHERE key = 'host_id'", [], |row| row.get(0))?;
    text.parse().map_err(|error| unreadable(0, error))
}

/// A column that holds something else than it should.
fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

fn failure(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    // A refusal of ours, carried out of a transaction.
    let error = match error {
        rusqlite::Error::ToSqlConversionFailure(inner) => match inner.downcast::<Error>() {
            Ok(own) => return *own,
            Err(other) => rusqlite::Error::ToSqlConversionFailure(other),
        },
        other => other,
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            Error::new(Kind::Capacity, "InsufficientDisk", "The state could not be written: the disk is full")
                .tip("make room on the file system of the state directory; nothing was changed")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => {
            Error::unavailable(format!("The state could not be written: {error}"))
                .tip("look at the file system of the state directory; nothing was changed")
        }
        _ => Error::internal(format!("state database: {error}")),
    }
}

/// Reads rows, keeping those that can be read. The others are reported and stay where they are.
fn readable<T>(what: &str, rows: impl Iterator<Item = rusqlite::Result<T>>) -> Vec<T> {
    rows.filter_map(|row| {
        row.inspect_err(
            |error| tracing::error!(what, %error, "a record cannot be read; it is kept and left out"),
        )
        .ok()
    })
    .collect()
}
