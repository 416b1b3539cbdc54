use sloop_proto::v1::{self as wire, key_pairs_server::KeyPairs};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl KeyPairs for Door {
    async fn create_key_pair(
        &self,
        request: Request<wire::CreateKeyPairRequest>,
    ) -> Answer<wire::CreateKeyPairResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::CreateKeyPairRequest { key_pair_name, tags } = request.into_inner();
        let create = self.verbs.create_key_pair(&caller, &key_pair_name, convert::pairs(tags));
        let made = create.await.map_err(status)?;
        Ok(Response::new(wire::CreateKeyPairResult {
            // Lightsail's members say Base64 and carry the keys' text forms, and so do these.
            public_key_base64: Some(made.pair.public.line.clone()),
            private_key_base64: Some(made.private),
            key_pair: Some(convert::key_pair(self.verbs.place(), made.pair)),
            operation: Some(convert::operation(self.verbs.place(), made.operation)),
        }))
    }

    async fn import_key_pair(
        &self,
        request: Request<wire::ImportKeyPairRequest>,
    ) -> Answer<wire::ImportKeyPairResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::ImportKeyPairRequest { key_pair_name, public_key_base64 } = request.into_inner();
        let import = self.verbs.import_key_pair(&caller, &key_pair_name, &public_key_base64);
        let operation = Some(convert::operation(self.verbs.place(), import.await.map_err(status)?));
        Ok(Response::new(wire::ImportKeyPairResult { operation }))
    }

    async fn get_key_pair(
        &self,
        request: Request<wire::GetKeyPairRequest>,
    ) -> Answer<wire::GetKeyPairResult> {
        let caller = self.caller(&request).map_err(status)?;
        let pair =
            self.verbs.get_key_pair(&caller, &request.get_ref().key_pair_name).await.map_err(status)?;
        let key_pair = Some(convert::key_pair(self.verbs.place(), pair));
        Ok(Response::new(wire::GetKeyPairResult { key_pair }))
    }

    async fn get_key_pairs(
        &self,
        request: Request<wire::GetKeyPairsRequest>,
    ) -> Answer<wire::GetKeyPairsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::GetKeyPairsRequest { page_token, include_default_key_pair } = request.into_inner();
        let list = self.verbs.get_key_pairs(
            &caller,
            page_token.as_deref(),
            include_default_key_pair.unwrap_or_default(),
        );
        let page = list.await.map_err(status)?;
        let key_pairs =
            page.items.into_iter().map(|pair| convert::key_pair(self.verbs.place(), pair)).collect();
        Ok(Response::new(wire::GetKeyPairsResult { key_pairs, next_page_token: page.next }))
    }

    async fn delete_key_pair(
        &self,
        request: Request<wire::DeleteKeyPairRequest>,
    ) -> Answer<wire::DeleteKeyPairResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::DeleteKeyPairRequest { key_pair_name, expected_fingerprint } = request.into_inner();
        let delete = self.verbs.delete_key_pair(&caller, &key_pair_name, expected_fingerprint.as_deref());
        let operation = Some(convert::operation(self.verbs.place(), delete.await.map_err(status)?));
        Ok(Response::new(wire::DeleteKeyPairResult { operation }))
    }

    async fn download_default_key_pair(
        &self,
        request: Request<wire::DownloadDefaultKeyPairRequest>,
    ) -> Answer<wire::DownloadDefaultKeyPairResult> {
        let caller = self.caller(&request).map_err(status)?;
        let default = self.verbs.download_default_key_pair(&caller).await.map_err(status)?;
        Ok(Response::new(wire::DownloadDefaultKeyPairResult {
            public_key_base64: Some(default.pair.public.line),
            private_key_base64: Some(default.private),
            created_at: Some(convert::timestamp(default.pair.created_at)),
        }))
    }
}
