use async_trait::async_trait;

use super::Simulated;
use crate::{
    model::{Endpoint, Notice, Result},
    ports::Notifier,
};

#[async_trait]
impl Notifier for Simulated {
    fn admit(&self, _: &Endpoint) -> Result<()> {
        self.call("admit").map(drop)
    }

    async fn tell(&self, endpoint: &Endpoint, notice: &Notice) -> Result<()> {
        self.call("tell")?.told.push((endpoint.clone(), notice.clone()));
        Ok(())
    }
}
