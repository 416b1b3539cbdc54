//! Sends letters. Each contact method has a task of its own, so that one that stalls keeps nobody else waiting.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinHandle,
};

use crate::{
    engine::{Engine, run::Killed},
    model::{
        Alarm, Caller, ContactId, Delivery, Error, Kind, Letter, Operation, OperationKind, OperationStatus,
        Result,
    },
    ports::{AlarmChange, Change},
};

/// So many are sent at once, to whomever.
const AT_ONCE: usize = 64;
/// So many to one contact method one after the other, until it is looked at again what is to be sent there.
const IN_A_ROW: usize = 8;
/// A notifier promises to end within a minute.
const PATIENCE: Duration = Duration::from_secs(75);
/// So long nothing is sent where it cannot be written down that it was: it would be sent again and again.
const UNWRITTEN: Duration = Duration::from_secs(30);
/// It is looked at again after so long, whatever happens.
const LONGEST: Duration = Duration::from_mins(5);

/// Letters that are being sent.
pub(in crate::engine) struct Post {
    bell: Notify,
    /// One looks for letters at a time.
    turn: tokio::sync::Mutex<()>,
    /// To whom something is being sent.
    busy: Mutex<HashSet<ContactId>>,
    gate: Semaphore,
}

impl Default for Post {
    fn default() -> Self {
        Self {
            bell: Notify::new(),
            turn: tokio::sync::Mutex::default(),
            busy: Mutex::default(),
            gate: Semaphore::new(AT_ONCE),
        }
    }
}

impl Post {
    fn busy(&self) -> MutexGuard<'_, HashSet<ContactId>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something is being sent to a contact method, until this is dropped.
struct Claim(Engine, ContactId);

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.shared.post.busy().remove(&self.1);
        self.0.post_soon();
    }
}

impl Claim {
    async fn send(self, letters: Vec<Letter>) {
        for letter in letters {
            if self.0.send(letter).await.is_err() {
                return;
            }
        }
    }
}

impl Engine {
    /// There may be letters to send.
    pub fn post_soon(&self) {
        self.shared.post.bell.notify_one();
    }

    /// Sends letters when they are due.
    pub(super) async fn keep_posting(self) {
        loop {
            let pause = match self.send_due().await {
                Ok((_, next)) => next.map_or(LONGEST, |next| self.until(next)),
                Err(error) => {
                    tracing::warn!(%error, "cannot look for notices that are to be sent");
                    Duration::from_secs(10)
                }
            };
            tokio::select! {
                () = self.shared.post.bell.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Begins to send what is due, but for what goes where something is being sent already. Gives the tasks that do it, and when the next
    /// letter is due.
    pub async fn send_due(&self) -> Result<(Vec<JoinHandle<()>>, Option<Timestamp>)> {
        let _one = self.shared.post.turn.lock().await;
        // Looked at before the letters: one that is being sent now may be sent when they are read, and would be sent again.
        let busy = self.shared.post.busy().clone();
        let now = self.ports().clock.now();
        let (mut due, mut next) = (BTreeMap::<ContactId, Vec<Letter>>::new(), None::<Timestamp>);
        for letter in self.ports().store.waiting_letters().await? {
            if letter.is_due(now) {
                due.entry(letter.contact).or_default().push(letter);
            } else {
                next = Some(next.map_or(letter.due, |next| next.min(letter.due)));
            }
        }
        let mut tasks = Vec::new();
        for (contact, mut letters) in due {
            if busy.contains(&contact) {
                continue;
            }
            self.shared.post.busy().insert(contact);
            let claim = Claim(self.clone(), contact);
            letters.truncate(IN_A_ROW);
            tasks.push(tokio::spawn(claim.send(letters)));
        }
        Ok((tasks, next))
    }

    async fn send(&self, letter: Letter) -> Result<(), Killed> {
        // The gate is never closed.
        let Ok(_turn) = self.shared.post.gate.acquire().await else { return Ok(()) };
        self.alive("before", "a notice is sent")?;
        let sending = self.ports().notifier.tell(&letter.endpoint, &letter.notice);
        let sent = tokio::time::timeout(PATIENCE, sending).await;
        let sent = sent.unwrap_or_else(|_| Err(Error::unavailable("it did not answer in time")));
        self.alive("after", "a notice was sent")?;
        let letter = letter.tried(&sent, self.ports().clock.now());
        let (by, error) = (letter.endpoint.channel.word(), letter.error.as_str());
        let mut changes = vec![Change::Alarm(AlarmChange::SetLetter(Box::new(letter.clone())))];
        match letter.delivery {
            Delivery::Sent => tracing::debug!(by, "a notice was sent"),
            Delivery::Waiting => tracing::warn!(by, error, due = %letter.due, "a notice cannot be sent now"),
            Delivery::GivenUp => {
                tracing::error!(by, error, "a notice is given up");
                changes.extend(self.undelivered(&letter).await);
            }
        }
        self.alive("before", "it is recorded that a notice was sent")?;
        if let Err(error) = self.ports().store.commit(changes).await {
            tracing::error!(%error, "cannot write down what became of a notice; it is sent again");
            tokio::time::sleep(UNWRITTEN).await;
        }
        self.alive("after", "it is recorded that a notice was sent")
    }

    /// The history says that somebody was not told; of an alarm that is there still.
    async fn undelivered(&self, letter: &Letter) -> Option<Change> {
        let alarms = self.ports().store.alarms().await.unwrap_or_default();
        let Alarm { name, watched, .. } = alarms.into_iter().find(|alarm| Some(alarm.id) == letter.alarm)?;
        let (daemon, kind) = (Caller::daemon(&watched.owner), OperationKind::ChangeAlarmState);
        let mut told = Operation::accepted(kind, &daemon, &watched, name.as_str(), self.ports().clock.now());
        let message =
            format!("{name} could not be told by {}: {}", letter.endpoint.channel.word(), letter.error);
        told.blame(&Error::new(Kind::Unavailable, "NoticeNotDelivered", message));
        told.advance(OperationStatus::Failed, told.created_at);
        Some(Change::PutOperation(Box::new(told)))
    }

    /// How long it is until then, at most so long as anybody waits.
    fn until(&self, then: Timestamp) -> Duration {
        let left = then.duration_since(self.ports().clock.now());
        Duration::try_from(left).unwrap_or_default().clamp(Duration::from_millis(100), LONGEST)
    }
}
