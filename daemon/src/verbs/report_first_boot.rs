use std::net::Ipv4Addr;

use super::Verbs;
use crate::model::{Error, FirstBootReport, Result};

impl Verbs {
    /// A guest says that its first boot has ended. Which guest is known by the address that its wire is bound to; what it
    /// claims of itself is not asked.
    pub async fn report_first_boot(&self, from: Ipv4Addr, report: FirstBootReport) -> Result<()> {
        let Some(instance) = self.ports.store.instance_at(from).await? else {
            return Err(Error::not_found("Instance", from));
        };
        self.engine.first_boot_ended(instance.id, report).await
    }
}
