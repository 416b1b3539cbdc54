//! What stands beside it: a row for each in a table of SQLite, as somebody would do it in an afternoon.

use std::path::{Path, PathBuf};

use anyhow::Result;
use rusqlite::Connection;
use sloopd::model::{Metric, Sample, Subject};

const SAMPLES: &str = "CREATE TABLE kept (subject INTEGER NOT NULL, metric INTEGER NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (subject, metric, at)) WITHOUT ROWID; BEGIN;";
const POINTS: &str =
    "CREATE TABLE kept (subject INTEGER NOT NULL, metric INTEGER NOT NULL, at INTEGER NOT NULL,
    count INTEGER NOT NULL, sum REAL NOT NULL, min REAL NOT NULL, max REAL NOT NULL,
    PRIMARY KEY (subject, metric, at)) WITHOUT ROWID; BEGIN;";
const ADD_SAMPLE: &str = "INSERT INTO kept VALUES (?1, ?2, ?3, ?4)";
const ADD_POINT: &str = "INSERT INTO kept VALUES (?1, ?2, ?3, 1, ?4, ?4, ?4)
    ON CONFLICT DO UPDATE SET count = count + 1, sum = sum + ?4, min = min(min, ?4), max = max(max, ?4)";
const READ: &str = "SELECT at, count, sum, min, max FROM kept WHERE subject = ?1 AND metric = ?2 ORDER BY at";

/// A plain table.
pub(super) struct Plain {
    file: Connection,
    path: PathBuf,
    add: &'static str,
    step: i64,
    /// Samples that were added.
    pub(super) count: usize,
}

impl Plain {
    /// One of samples.
    pub(super) fn of_samples(path: &Path) -> Result<Self> {
        Self::new(path, SAMPLES, ADD_SAMPLE, 1)
    }

    /// One of points of five minutes.
    pub(super) fn of_points(path: &Path) -> Result<Self> {
        Self::new(path, POINTS, ADD_POINT, 300)
    }

    fn new(path: &Path, schema: &str, add: &'static str, step: i64) -> Result<Self> {
        let file = Connection::open(path)?;
        file.execute_batch(schema)?;
        Ok(Self { file, path: path.to_owned(), add, step, count: 0 })
    }

    /// Adds what was measured in that second.
    pub(super) fn add(&mut self, at: i64, samples: &[Sample]) -> Result<()> {
        let at = at / self.step * self.step;
        let mut statement = self.file.prepare_cached(self.add)?;
        for Sample { subject, metric, value } in samples {
            statement.execute((number(*subject), metric.number(), at, value))?;
        }
        self.count += samples.len();
        Ok(())
    }

    /// How many points of a metric there are: all are read.
    pub(super) fn points(&self, of: Subject, metric: Metric) -> Result<usize> {
        let mut statement = self.file.prepare_cached(READ)?;
        let rows = statement.query_map((number(of), metric.number()), |row| {
            let values: [f64; 3] = [row.get(2)?, row.get(3)?, row.get(4)?];
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, values))
        })?;
        let points: Vec<(i64, i64, [f64; 3])> = rows.collect::<rusqlite::Result<_>>()?;
        Ok(points.len())
    }

    /// Room that it takes, in bytes.
    pub(super) fn room(&self) -> Result<u64> {
        self.file.execute_batch("COMMIT; BEGIN;")?;
        Ok(std::fs::metadata(&self.path)?.len())
    }
}

/// Short, as somebody would do it.
fn number(subject: Subject) -> i64 {
    let (_, low) = subject.0.as_u64_pair();
    low.cast_signed()
}
