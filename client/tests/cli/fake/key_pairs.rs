//! Keys that are words.

use sloop_proto::v1::key_pairs_server::KeyPairs;
use sloop_proto::v1::*;
use tonic::{Request, Status};

use super::{Answer, Script, answer, beyond};

#[tonic::async_trait]
impl KeyPairs for Script {
    async fn create_key_pair(&self, request: Request<CreateKeyPairRequest>) -> Answer<CreateKeyPairResult> {
        match request.into_inner().key_pair_name.as_str() {
            "taken" => Err(Status::already_exists("Some names are already in use: taken")),
            _ => answer(CreateKeyPairResult {
                private_key_base64: Some("-----BEGIN\nKEY\n".into()),
                ..CreateKeyPairResult::default()
            }),
        }
    }

    async fn import_key_pair(&self, request: Request<ImportKeyPairRequest>) -> Answer<ImportKeyPairResult> {
        assert_eq!(request.into_inner().public_key_base64, "ssh-ed25519 AAAA me@laptop");
        answer(ImportKeyPairResult::default())
    }

    async fn get_key_pair(&self, _: Request<GetKeyPairRequest>) -> Answer<GetKeyPairResult> {
        beyond()
    }

    async fn get_key_pairs(&self, _: Request<GetKeyPairsRequest>) -> Answer<GetKeyPairsResult> {
        beyond()
    }

    async fn delete_key_pair(&self, _: Request<DeleteKeyPairRequest>) -> Answer<DeleteKeyPairResult> {
        beyond()
    }

    async fn download_default_key_pair(
        &self,
        _: Request<DownloadDefaultKeyPairRequest>,
    ) -> Answer<DownloadDefaultKeyPairResult> {
        beyond()
    }
}
