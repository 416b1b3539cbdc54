use super::Verbs;
use crate::{
    model::{Caller, Result, Status},
    ports::ConsoleStream,
};

/// As much of what the console kept as an attached person is shown first.
const RECALL: usize = 16 * 1024;

impl Verbs {
    /// Attaches to the serial console of a running instance; gives what it kept, and the live stream.
    pub async fn attach_console(&self, caller: &Caller, name: &str) -> Result<(Vec<u8>, ConsoleStream)> {
        let instance = self.find(caller, name).await?;
        if instance.status == Status::Stopped {
            let tip =
                format!("start it: sloop start {name}; or read what it kept: sloop console {name} --log");
            return Err(instance.status.refuse("attach to the console of", &instance.name, &tip));
        }
        let recall = self.ports.hypervisor.console_log(instance.id, RECALL).await?;
        Ok((recall, self.ports.hypervisor.console(instance.id).await?))
    }

    /// What the console of an instance kept, the last `tail` bytes of it or all.
    pub async fn get_console_log(&self, caller: &Caller, name: &str, tail: usize) -> Result<Vec<u8>> {
        let instance = self.find(caller, name).await?;
        let tail = if tail == 0 { usize::MAX } else { tail };
        self.ports.hypervisor.console_log(instance.id, tail).await
    }
}
