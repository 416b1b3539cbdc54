//! The accounts of all instances.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use super::{
    BurstReport, Spent,
    account::{Account, Call, Plan},
};
use crate::{
    model::{Burst, BurstRecord, CpuShare, Error, Instance, InstanceId, OperationKind, Sample, Status},
    ports::{Change, DomainEvent},
};

/// Between two times that all is written down: as much as a daemon that is killed loses.
const SAVE: Duration = Duration::from_mins(1);

/// What instances have saved.
pub(in crate::engine) struct Ledger {
    /// The baselines of plans, by their ids; none where instances use what they can get.
    baselines: OnceLock<BTreeMap<String, CpuShare>>,
    /// One round at a time.
    pub(super) alone: tokio::sync::Mutex<()>,
    books: Mutex<Books>,
}

struct Books {
    /// Whether what was written down is in it.
    is_open: bool,
    accounts: HashMap<InstanceId, Account>,
    /// Instances that lost what they had before the books were open: what is read of them may be out of date.
    gone: HashSet<InstanceId>,
    /// Starts of domains, which nobody is held after.
    events: Receiver<DomainEvent>,
    /// Counts the calls.
    calls: u64,
    /// Time that is booked and not written down.
    unsaved: Duration,
    /// The last one that was to be held could not be: this host holds nobody.
    is_powerless: bool,
}

impl Ledger {
    /// One of a host where instances use what they can get.
    pub(in crate::engine) fn new(events: Receiver<DomainEvent>) -> Self {
        let books = Books {
            is_open: false,
            accounts: HashMap::new(),
            gone: HashSet::new(),
            events,
            calls: 0,
            unsaved: Duration::ZERO,
            is_powerless: false,
        };
        Self { baselines: OnceLock::new(), alone: tokio::sync::Mutex::default(), books: Mutex::new(books) }
    }

    /// From now on it has rules.
    pub(super) fn meter(&self, baselines: BTreeMap<String, CpuShare>) {
        if self.baselines.set(baselines).is_err() {
            tracing::error!("the plans' baselines were given twice; the first ones count");
        }
    }

    pub(super) fn is_metered(&self) -> bool {
        self.baselines.get().is_some()
    }

    /// What was written: one that is stopped loses all, and one that has another plan has other rules.
    pub(in crate::engine) fn follow(&self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::SetStatus { id, status: Status::Stopped, .. } | Change::RemoveInstance(id) => {
                    self.books().forget(*id);
                }
                Change::PutOperation(operation) if operation.kind == OperationKind::ResizeInstance => {
                    let id = InstanceId(operation.resource_id);
                    if let Some(account) = self.books().accounts.get_mut(&id) {
                        account.plan = Plan::Unread;
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.books().is_open
    }

    /// Takes up what was written down. Without rules only those matter that may be held still.
    pub(super) fn open(&self, records: &[BurstRecord]) {
        let is_metered = self.is_metered();
        let mut books = self.books();
        let gone = std::mem::take(&mut books.gone);
        for record in records.iter().filter(|record| !gone.contains(&record.id)) {
            if is_metered {
                books.accounts.insert(record.id, Account::kept(record));
            } else if record.held {
                books.accounts.insert(record.id, Account::closed(record));
            }
        }
        books.is_open = true;
    }

    /// Looks who was started meanwhile.
    pub(super) fn catch_up(&self) {
        let mut books = self.books();
        loop {
            let event = books.events.try_recv();
            match event {
                Ok(DomainEvent::Started(id)) => {
                    if let Some(account) = books.accounts.get_mut(&id) {
                        account.restarted();
                    }
                }
                Ok(DomainEvent::Resync) | Err(TryRecvError::Lagged(_)) => {
                    books.accounts.values_mut().for_each(Account::restarted);
                }
                Ok(DomainEvent::Stopped(_) | DomainEvent::Halted(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// Opens an account for everybody who has none. Says whether there are plans to be read.
    pub(super) fn admit(&self, spent: &[Spent]) -> bool {
        let mut books = self.books();
        let mut is_unread = false;
        for (id, ..) in spent {
            let account = books.accounts.entry(*id).or_insert_with(Account::new);
            is_unread |= account.plan == Plan::Unread;
        }
        is_unread
    }

    /// Takes up the plans that are to be read. One that was stopped meanwhile has no account; one that nobody knows has no rules.
    pub(super) fn learn(&self, instances: &[Instance], spent: &[Spent]) {
        let mut books = self.books();
        for instance in instances {
            if instance.status == Status::Stopped {
                books.accounts.remove(&instance.id);
            } else if let Some(account) = books.accounts.get_mut(&instance.id) {
                account.name = instance.name.to_string();
                account.plan = self.plan(instance);
            }
        }
        for (id, ..) in spent {
            if let Some(account) = books.accounts.get_mut(id).filter(|account| account.plan == Plan::Unread) {
                account.plan = Plan::Free;
            }
        }
    }

    fn plan(&self, instance: &Instance) -> Plan {
        let baseline = self.baselines.get().and_then(|baselines| baselines.get(&instance.bundle_id));
        baseline.map_or(Plan::Free, |baseline| Plan::Bound(Burst::new(*baseline, instance.cpu_count)))
    }

    /// Books what was used, and gives what is to be measured.
    pub(super) fn book(&self, spent: &[Spent]) -> Vec<Sample> {
        let mut books = self.books();
        let longest = spent.iter().map(|(_, elapsed, _)| *elapsed).max().unwrap_or_default();
        books.unsaved = books.unsaved.saturating_add(longest);
        let book = |(id, elapsed, used): &Spent| books.accounts.get_mut(id)?.book(*id, *elapsed, *used);
        spent.iter().filter_map(book).flatten().collect()
    }

    /// Those that are to be held, and whose records do not say so.
    pub(super) fn unrecorded(&self) -> Vec<BurstRecord> {
        let books = self.books();
        let unrecorded = books.accounts.iter().filter(|(_, account)| account.wants_record());
        unrecorded.filter_map(|(id, account)| account.record(*id)).collect()
    }

    /// What is to be written down, of everybody.
    pub(super) fn records(&self) -> Vec<BurstRecord> {
        self.books().accounts.iter().filter_map(|(id, account)| account.record(*id)).collect()
    }

    /// That is written down.
    pub(super) fn recorded(&self, records: &[BurstRecord]) {
        let mut books = self.books();
        for record in records {
            if let Some(account) = books.accounts.get_mut(&record.id) {
                account.recorded(record);
            }
        }
    }

    /// Whether it is time to write everything down.
    pub(super) fn is_save_due(&self) -> bool {
        self.books().unsaved >= SAVE
    }

    /// Everything is written down.
    pub(super) fn saved(&self) {
        self.books().unsaved = Duration::ZERO;
    }

    /// Calls that are to be made now. Each instance has one at a time.
    pub(super) fn due(&self) -> Vec<Call> {
        let mut books = self.books();
        let Books { accounts, calls, .. } = &mut *books;
        let mut due = Vec::new();
        for (id, account) in accounts {
            due.extend(account.due(*id, *calls));
            *calls += 1;
        }
        due
    }

    /// A call has come back, with what went wrong.
    pub(super) fn answered(&self, call: Call, fault: Option<&Error>) {
        let mut books = self.books();
        let Some(account) = books.accounts.get_mut(&call.id) else { return };
        let is_news = account.answered(call, fault);
        if is_news && !std::mem::replace(&mut books.is_powerless, true) {
            let error = fault.map(ToString::to_string).unwrap_or_default();
            tracing::warn!(error, "burst capacity is accounted for, but nobody is held to a baseline");
        }
        if fault.is_none() && call.share.is_some() {
            books.is_powerless = false;
        }
    }

    /// Those that are let go, where there are no rules any more.
    pub(super) fn let_go(&self) -> Vec<BurstRecord> {
        let books = self.books();
        let done = books.accounts.iter().filter(|(_, account)| !account.may_be_held());
        done.filter_map(|(id, account)| account.record(*id)).collect()
    }

    /// Nothing is left to do for these.
    pub(super) fn close(&self, records: &[BurstRecord]) {
        let mut books = self.books();
        for record in records {
            books.accounts.remove(&record.id);
        }
    }

    pub(super) fn report(&self) -> BurstReport {
        let books = self.books();
        let held = |account: &Account| Some((account.name.clone(), account.held_to()?));
        let mut held: Vec<_> = books.accounts.values().filter_map(held).collect();
        held.sort();
        BurstReport { is_metered: self.is_metered(), is_powerless: books.is_powerless, held }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn forget(&mut self, id: InstanceId) {
        self.accounts.remove(&id);
        if !self.is_open {
            self.gone.insert(id);
        }
    }
}
