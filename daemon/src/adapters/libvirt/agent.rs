//! Whether the agent in a guest answers.

use std::time::Duration;

use super::Libvirt;
use crate::model::{Error, InstanceId, Result};

/// So many are asked at once: a guest that hangs keeps a call waiting, and libvirtd serves five of ours at a time.
pub(super) const AT_ONCE: usize = 3;
/// How long the agent has for its answer, in seconds. libvirt gives it five more to come to its senses first.
const SECONDS: i32 = 2;
/// Longer than all that together.
const LIMIT: Duration = Duration::from_secs(8);

const PING: &str = r#"{"execute":"guest-ping"}"#;

impl Libvirt {
    pub(super) async fn ping_agent(&self, id: InstanceId) -> Result<bool> {
        let gone = |_| Error::internal("nobody may ask an agent any more");
        let _turn = self.asking.acquire().await.map_err(gone)?;
        // Whatever libvirt says against it, one that is not connected, does not answer or has no such command is not there.
        let asked = self.with_own(id, |domain| Ok(domain.qemu_agent_command(PING, SECONDS, 0).is_ok()));
        match tokio::time::timeout(LIMIT, asked).await {
            Ok(answered) => Ok(answered?.unwrap_or_default()),
            Err(_) => Ok(false),
        }
    }
}
