use super::{Verbs, download_default_key_pair::not_reserved};
use crate::model::{Caller, Operation, OperationKind, ResourceName, Result};

impl Verbs {
    /// Takes in a public key made elsewhere, in OpenSSH's one-line form.
    pub async fn import_key_pair(&self, caller: &Caller, name: &str, line: &str) -> Result<Operation> {
        let name = ResourceName::parse("keyPairName", name)?;
        not_reserved(&name)?;
        let public = self.ports.keys.parse(line)?;
        let pair = self.key_pair(caller, name, public, Vec::new())?;
        self.add_key_pair(caller, &pair, OperationKind::ImportKeyPair).await
    }
}
