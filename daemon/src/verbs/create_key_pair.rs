use super::{Verbs, download_default_key_pair::not_reserved};
use crate::{
    model::{Caller, KeyPair, KeyPairId, Operation, OperationKind, PublicKey, ResourceName, Result, Tags},
    ports::Change,
};

/// A new key pair with its private half, which is kept nowhere.
#[derive(Clone)]
pub struct CreatedKeyPair {
    /// The public half, as it is kept.
    pub pair: KeyPair,
    /// The private half, in OpenSSH's form.
    pub private: String,
    /// What was done.
    pub operation: Operation,
}

impl Verbs {
    /// Makes a key pair.
    pub async fn create_key_pair(
        &self,
        caller: &Caller,
        name: &str,
        tags: Vec<(String, String)>,
    ) -> Result<CreatedKeyPair> {
        let name = ResourceName::parse("keyPairName", name)?;
        not_reserved(&name)?;
        let made = self.ports.keys.generate(name.as_str())?;
        let pair = self.key_pair(caller, name, made.public, tags)?;
        let operation = self.add_key_pair(caller, &pair, OperationKind::CreateKeyPair).await?;
        Ok(CreatedKeyPair { pair, private: made.private, operation })
    }

    pub(super) fn key_pair(
        &self,
        caller: &Caller,
        name: ResourceName,
        public: PublicKey,
        pairs: Vec<(String, String)>,
    ) -> Result<KeyPair> {
        let mut tags = Tags::default();
        tags.put(pairs, self.policy.quotas.tags)?;
        Ok(KeyPair {
            id: KeyPairId::fresh(),
            name,
            owner: caller.owner.clone(),
            created_at: self.ports.clock.now(),
            public,
            private: None,
            tags,
        })
    }

    pub(super) async fn add_key_pair(
        &self,
        caller: &Caller,
        pair: &KeyPair,
        kind: OperationKind,
    ) -> Result<Operation> {
        let _alone = self.admission.lock().await;
        let count = self.ports.store.key_pairs().await?.len();
        self.admit_key_pairs(count)?;
        let operation =
            self.done(caller, kind, pair, pair.name.as_str()).changing(pair.public.fingerprint.as_str());
        let changes = vec![
            Change::AddKeyPair(Box::new(pair.clone())),
            Change::PutOperation(Box::new(operation.clone())),
        ];
        self.ports.store.commit(changes).await?;
        Ok(operation)
    }
}
