use super::Verbs;
use crate::{
    model::{Caller, Instance, PublicKey, Result},
    ports::Keys,
};

/// All that is needed to log in.
#[derive(Clone)]
pub struct AccessDetails {
    /// Whom to log in to.
    pub instance: Instance,
    /// Its host key, known before its first boot.
    pub host_key: PublicKey,
    /// The host key's SHA-1 fingerprint.
    pub host_key_sha1: String,
}

impl Verbs {
    /// Address, user, key and host key of an instance.
    pub async fn get_instance_access_details(&self, caller: &Caller, name: &str) -> Result<AccessDetails> {
        let instance = self.find(caller, name).await?;
        let keys: &dyn Keys = self.ports.keys.as_ref();
        let host_key = keys.parse(&instance.identity.host_key_public)?;
        Ok(AccessDetails { host_key_sha1: keys.sha1(&host_key), host_key, instance })
    }
}
