use super::Verbs;
use crate::model::{Access, Caller, Error, KeyPair, Kind, OperationKind, ResourceName, Result};

/// Both halves of the default key pair.
#[derive(Clone)]
pub struct DefaultKeyPair {
    /// The public half, and when it was made.
    pub pair: KeyPair,
    /// The private half, in OpenSSH's form.
    pub private: String,
}

/// Lightsail calls it so.
const NAME: &str = "LightsailDefaultKeyPair";

impl Verbs {
    /// Both halves of the default key pair, which is made when it is first needed.
    pub async fn download_default_key_pair(&self, caller: &Caller) -> Result<DefaultKeyPair> {
        let pair = self.default_key_pair(caller).await?;
        let private = pair.private.clone().ok_or_else(|| Error::not_found("private key", &pair.name))?;
        Ok(DefaultKeyPair { pair, private })
    }

    /// The default key pair that the caller's instances get: one for all where everything is shared, else one each.
    pub(super) async fn default_key_pair(&self, caller: &Caller) -> Result<KeyPair> {
        let name = match self.policy.access {
            Access::Shared => ResourceName::parse("keyPairName", NAME)?,
            Access::Private => {
                ResourceName::parse("keyPairName", &format!("{NAME}-{}", plain(&caller.owner.0)))?
            }
        };
        if let Some(pair) = self.ports.store.key_pair(&name).await? {
            return Ok(pair);
        }
        let made = self.ports.keys.generate(name.as_str())?;
        let mut pair = self.key_pair(caller, name, made.public, Vec::new())?;
        pair.private = Some(made.private);
        match self.add_key_pair(&pair, OperationKind::CreateKeyPair).await {
            Ok(_) => Ok(pair),
            // Another caller made it a moment ago.
            Err(error) if error.kind == Kind::NameInUse => {
                self.find_key_pair(caller, pair.name.as_str()).await
            }
            Err(error) => Err(error),
        }
    }
}

pub(super) fn is_default(pair: &KeyPair) -> bool {
    pair.private.is_some()
}

fn plain(owner: &str) -> String {
    owner.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).chain(['0']).collect()
}
