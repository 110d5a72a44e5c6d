//! A queue between those who submit and those who work, in a file of this machine: at least once each.
//!
//! A message that was received is hidden from others for a while; who has dealt with it deletes it. One that was received
//! too often without that is a dead letter, kept until it is sent again. A message may come twice: it is the ledger that
//! computes nothing twice, and from the ledger the queue can be made anew.

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The version of the tables.
const FORMAT: i64 = 2;

/// The longest a message can be hidden, as on SQS.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

/// A message is hidden from `hidden` until `visible`: both, so that a clock that is set back can be told. `delivery` counts receives for ever, so that no receipt comes twice; `receives` starts anew with a redrive.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL UNIQUE,
    sent INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0,
    receives INTEGER NOT NULL DEFAULT 0,
    delivery INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0,
    why TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS by_turn ON messages (dead, visible, id);
";

/// Which messages can be received at the time ?1.
const TURN: &str = "dead = 0 AND visible <= ?1";

/// What was hidden later than ?1, which is now, was so by a clock that was set back since: it stays hidden for as long as it was to
/// be, not for as long as the clock takes to come back.
const SET_BACK: &str = "UPDATE messages SET visible = visible - hidden + ?1, hidden = ?1 WHERE hidden > ?1";

/// A queue in a file: SQLite with a write-ahead log. Any number of processes may use it at once.
///
/// The file must be on a disk of this machine: SQLite's log does not work over the network.
pub struct Queue {
    path: PathBuf,
    most_receives: u32,
    connection: Mutex<Connection>,
    clock: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

/// A message that was taken from the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What was sent.
    pub body: String,
    /// How often it was received, this time included.
    pub receives: u32,
    id: i64,
    delivery: i64,
}

/// How many messages there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Can be received.
    pub waiting: usize,
    /// Are hidden, being dealt with.
    pub hidden: usize,
    /// Are dead letters.
    pub dead: usize,
}

/// A message that was received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// What was sent.
    pub body: String,
    /// When it was sent: seconds since 1970.
    pub sent: u64,
    /// How often it was received.
    pub receives: u32,
    /// Why it was given back the last time; empty when its receivers just died.
    pub why: String,
}

/// Why a queue does not serve.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The queue's file cannot be used.
    #[error("the queue `{place}` cannot be used: {why}")]
    Store {
        /// Where the queue is.
        place: String,
        /// Why not.
        why: String,
    },
    /// A later version of this program made the queue.
    #[error("the queue `{place}` has format {format}, which this cpb does not know: take a newer one")]
    Format {
        /// Where the queue is.
        place: String,
        /// The format it has.
        format: i64,
    },
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Queue({})", self.path.display())
    }
}

impl Queue {
    /// Opens the queue in a file, making it and its folder. A message that was received `most_receives` times is a dead letter the
    /// next time its turn comes.
    ///
    /// # Errors
    /// When the file cannot be written or is something else.
    pub fn open(path: &Path, most_receives: u32) -> Result<Self, QueueError> {
        Self::with_clock(path, most_receives, SystemTime::now)
    }

    /// Opens the queue with another clock than the machine's.
    ///
    /// # Errors
    /// As [`Queue::open`].
    pub fn with_clock(
        path: &Path,
        most_receives: u32,
        clock: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Result<Self, QueueError> {
        let place = path.display().to_string();
        let fail = |why: String| QueueError::Store { place: place.clone(), why };
        fs::create_dir_all(path.parent().unwrap_or(Path::new("")))
            .map_err(|error| fail(error.to_string()))?;
        let connection = Connection::open(path).map_err(|error| fail(error.to_string()))?;
        let format = prepare(&connection).map_err(|error| fail(error.to_string()))?;
        if format != FORMAT {
            return Err(QueueError::Format { place, format });
        }
        let connection = Mutex::new(connection);
        Ok(Self { path: path.to_path_buf(), most_receives, connection, clock: Box::new(clock) })
    }

    /// Puts a message on the queue, unless the same is there. A dead letter of it comes back to life when `revive` says so.
    /// Once this returns, the message survives a crash. Returns whether anything was put there.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub fn send(&self, body: &str, revive: bool) -> Result<bool, QueueError> {
        let sql = "INSERT INTO messages (body, sent, visible) VALUES (?1, ?2, 0)
                   ON CONFLICT (body) DO UPDATE SET dead = 0, receives = 0, visible = 0, sent = ?2, why = ''
                   WHERE dead = 1 AND ?3";
        let changed = self.connection().execute(sql, params![body, self.now(), revive]);
        self.told(changed).map(|count| count > 0)
    }

    /// Takes the message that waits the longest, if one does, and hides it from others for `hidden`, at most 12 hours.
    ///
    /// # Errors
    /// When the queue cannot be read or written.
    pub fn receive(&self, hidden: Duration) -> Result<Option<Received>, QueueError> {
        let now = self.now();
        let take = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(SET_BACK, params![now])?;
            let bury = format!("UPDATE messages SET dead = 1 WHERE {TURN} AND receives >= ?2");
            transaction.execute(&bury, params![now, self.most_receives])?;
            let next = format!(
                "UPDATE messages SET visible = ?2, hidden = ?1, receives = receives + 1, delivery = delivery + 1
                 WHERE id = (SELECT id FROM messages WHERE {TURN} ORDER BY id LIMIT 1)
                 RETURNING id, body, receives, delivery"
            );
            let until = now.saturating_add(milliseconds(hidden));
            let message = transaction.query_row(&next, params![now, until], received).optional()?;
            transaction.commit()?;
            Ok(message)
        };
        self.told(take(&mut self.connection()))
    }

    /// Hides a received message for `hidden` from now on; nothing lets it go at once. `why` is told of it, should it become a dead
    /// letter. Returns false when it is not the receiver's any more.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub fn hide(&self, message: &Received, hidden: Duration, why: &str) -> Result<bool, QueueError> {
        let now = self.now();
        let until = now.saturating_add(milliseconds(hidden));
        let sql = "UPDATE messages SET visible = ?3, why = ?4, hidden = ?5 WHERE id = ?1 AND delivery = ?2 AND dead = 0";
        let changed = self.connection().execute(sql, params![message.id, message.delivery, until, why, now]);
        self.told(changed).map(|count| count > 0)
    }

    /// Gives a message back that was not dealt with by no fault of its own: it waits again and was not received.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub fn give_back(&self, message: &Received) -> Result<bool, QueueError> {
        let sql = "UPDATE messages SET visible = 0, receives = receives - 1
                   WHERE id = ?1 AND delivery = ?2 AND dead = 0";
        let changed = self.connection().execute(sql, params![message.id, message.delivery]);
        self.told(changed).map(|count| count > 0)
    }

    /// Deletes a received message. Returns false when it is not the receiver's any more.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub fn delete(&self, message: &Received) -> Result<bool, QueueError> {
        let sql = "DELETE FROM messages WHERE id = ?1 AND delivery = ?2 AND dead = 0";
        let changed = self.connection().execute(sql, params![message.id, message.delivery]);
        self.told(changed).map(|count| count > 0)
    }

    /// Counts the messages.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub fn depth(&self) -> Result<Depth, QueueError> {
        let sql = format!(
            "SELECT count(*) FILTER (WHERE {TURN} AND receives < ?2), count(*) FILTER (WHERE dead = 0 AND NOT ({TURN})),
                    count(*) FILTER (WHERE dead = 1 OR ({TURN} AND receives >= ?2)) FROM messages"
        );
        let depth = self.connection().query_row(&sql, params![self.now(), self.most_receives], |row| {
            Ok(Depth { waiting: row.get(0)?, hidden: row.get(1)?, dead: row.get(2)? })
        });
        self.told(depth)
    }

    /// Returns the dead letters, the oldest first.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub fn dead_letters(&self) -> Result<Vec<DeadLetter>, QueueError> {
        let now = self.now();
        let list = |connection: &Connection| {
            let sql = format!(
                "SELECT body, sent, receives, why FROM messages
                 WHERE dead = 1 OR ({TURN} AND receives >= ?2) ORDER BY id"
            );
            let values = params![now, self.most_receives];
            connection.prepare(&sql)?.query_map(values, dead_letter)?.collect()
        };
        self.told(list(&self.connection()))
    }

    /// Puts all dead letters back on the queue, to be received as often as new ones. Returns how many.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub fn redrive(&self) -> Result<usize, QueueError> {
        let now = self.now();
        let sql = format!(
            "UPDATE messages SET dead = 0, receives = 0, visible = 0
             WHERE dead = 1 OR ({TURN} AND receives >= ?2)"
        );
        let redriven = self.connection().execute(&sql, params![now, self.most_receives]);
        self.told(redriven)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the time in milliseconds since 1970.
    fn now(&self) -> i64 {
        let since = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn told<T>(&self, result: rusqlite::Result<T>) -> Result<T, QueueError> {
        let place = || self.path.display().to_string();
        result.map_err(|error| QueueError::Store { place: place(), why: error.to_string() })
    }
}

/// Makes the tables where there are none, and returns the format of those that there are.
fn prepare(connection: &Connection) -> rusqlite::Result<i64> {
    connection.busy_timeout(Duration::from_secs(60))?;
    // FULL: what was sent survives a power cut, not the process's end alone.
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    let format =
        |connection: &Connection| connection.pragma_query_value(None, "user_version", |row| row.get(0));
    if format(connection)? == 1_i64 {
        connection.execute_batch(
            "BEGIN IMMEDIATE; ALTER TABLE messages ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
             PRAGMA user_version = 2; COMMIT;",
        )?;
    }
    if format(connection)? == 0_i64 {
        connection
            .execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {FORMAT}; COMMIT;"))?;
    }
    format(connection)
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.min(LONGEST).as_millis()).unwrap_or(i64::MAX)
}

fn received(row: &Row<'_>) -> rusqlite::Result<Received> {
    let (id, delivery) = (row.get("id")?, row.get("delivery")?);
    Ok(Received { body: row.get("body")?, receives: row.get("receives")?, id, delivery })
}

fn dead_letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let sent: i64 = row.get("sent")?;
    let sent = sent.unsigned_abs() / 1000;
    Ok(DeadLetter { body: row.get("body")?, sent, receives: row.get("receives")?, why: row.get("why")? })
}
