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
        if let Some(pair) = self.own_default(caller).await? {
            return Ok(pair);
        }
        let name = match self.policy.access {
            Access::Shared => NAME.to_owned(),
            // Owners' names may hold what a resource's may not, so the name alone does not tell whose it is.
            Access::Private => format!("{NAME}-{}", uuid::Uuid::new_v4().simple()),
        };
        let name = ResourceName::parse("keyPairName", &name)?;
        let made = self.ports.keys.generate(name.as_str())?;
        let mut pair = self.key_pair(caller, name, made.public, Vec::new())?;
        pair.private = Some(made.private);
        match self.add_key_pair(caller, &pair, OperationKind::CreateKeyPair).await {
            Ok(_) => Ok(pair),
            // Another caller made it a moment ago.
            Err(error) if error.kind == Kind::NameInUse => self.own_default(caller).await?.ok_or(error),
            Err(error) => Err(error),
        }
    }

    async fn own_default(&self, caller: &Caller) -> Result<Option<KeyPair>> {
        let shared = self.policy.access == Access::Shared;
        let pairs = self.ports.store.key_pairs().await?;
        Ok(pairs.into_iter().find(|pair| is_default(pair) && (shared || pair.owner == caller.owner)))
    }
}

/// Refuses names that would pass for a default key pair's.
pub(super) fn not_reserved(name: &ResourceName) -> Result<()> {
    if name.as_str().starts_with(NAME) {
        return Err(Error::invalid(
            "keyPairName",
            format!("Names that begin with {NAME} are the default key pairs'"),
        ));
    }
    Ok(())
}

pub(super) fn is_default(pair: &KeyPair) -> bool {
    pair.private.is_some()
}
