use async_trait::async_trait;

use super::Simulated;
use crate::{
    model::{BaseImage, Blueprint, Result},
    ports::Images,
};

#[async_trait]
impl Images for Simulated {
    async fn base(&self, blueprint: &Blueprint) -> Result<BaseImage> {
        drop(self.call("base")?);
        Ok(BaseImage { path: format!("/simulated/{}.qcow2", blueprint.id).into(), virtual_bytes: 1 << 30 })
    }
}
