//! One worker for each instance: the only one who changes it.

use std::sync::{Arc, PoisonError};

use tokio::sync::{Notify, mpsc};

use super::{Engine, Job, Worker, run::Outcome};
use crate::model::InstanceId;

impl Engine {
    pub(super) fn tell(&self, instance: InstanceId, job: Job) {
        let mut workers = self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let worker = workers.entry(instance).or_insert_with(|| self.hire(instance));
        if let Err(unsent) = worker.jobs.send(job) {
            // The worker ended with its instance; a new one takes the job.
            *worker = self.hire(instance);
            let _ = worker.jobs.send(unsent.0);
        }
    }

    fn hire(&self, instance: InstanceId) -> Worker {
        let (jobs, inbox) = mpsc::unbounded_channel();
        let hurry = Arc::new(Notify::new());
        tokio::spawn(self.clone().work(instance, inbox, hurry.clone()));
        Worker { jobs, hurry }
    }

    async fn work(self, instance: InstanceId, mut inbox: mpsc::UnboundedReceiver<Job>, hurry: Arc<Notify>) {
        while let Some(job) = inbox.recv().await {
            // The gate bounds how many instances are worked on at once; it is never closed.
            let Ok(_turn) = self.shared.gate.acquire().await else {
                return;
            };
            let outcome = match job {
                Job::Run(operation) => self.run(operation, &hurry).await,
                Job::Look => self.look(instance).await,
                Job::Hung => self.hung(instance).await.unwrap_or(Outcome::Killed),
            };
            match outcome {
                Outcome::Done => {}
                Outcome::Killed => return,
                Outcome::Gone => {
                    self.retire(instance, &mut inbox, &hurry).await;
                    return;
                }
            }
        }
    }

    /// The instance is no more: forget the worker, and settle what was still asked of it.
    async fn retire(&self, instance: InstanceId, inbox: &mut mpsc::UnboundedReceiver<Job>, hurry: &Notify) {
        self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner).remove(&instance);
        inbox.close();
        while let Some(job) = inbox.recv().await {
            if let Job::Run(operation) = job {
                self.run(operation, hurry).await;
            }
        }
        self.shared.readiness.forget(instance);
        self.forget_measured(instance).await;
        self.shared.health.forget(instance);
        self.shared.waits.forget(instance);
    }
}
