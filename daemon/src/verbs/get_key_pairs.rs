use super::{Page, Verbs, download_default_key_pair::is_default};
use crate::model::{Caller, Error, KeyPair, ResourceName, Result};

impl Verbs {
    /// One key pair.
    pub async fn get_key_pair(&self, caller: &Caller, name: &str) -> Result<KeyPair> {
        self.find_key_pair(caller, name).await
    }

    /// The caller's key pairs by name, a page at a time; the default one only when it is asked for.
    pub async fn get_key_pairs(
        &self,
        caller: &Caller,
        token: Option<&str>,
        default: bool,
    ) -> Result<Page<KeyPair>> {
        let mut pairs = self.ports.store.key_pairs().await?;
        pairs.retain(|pair| self.policy.access.allows(caller, &pair.owner) && (default || !is_default(pair)));
        Page::by_name(pairs, |pair| pair.name.as_str(), token)
    }

    pub(super) async fn find_key_pair(&self, caller: &Caller, name: &str) -> Result<KeyPair> {
        let name = ResourceName::parse("keyPairName", name)?;
        let pair = self.ports.store.key_pair(&name).await?;
        pair.filter(|pair| self.policy.access.allows(caller, &pair.owner))
            .ok_or_else(|| Error::not_found("KeyPair", &name).tip("see which there are: sloop key-pair list"))
    }
}
