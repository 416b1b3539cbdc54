//! Images of a few bytes; what becomes of the work on one lies in the name of its blueprint.

use sloop_proto::v1::images_server::Images;
use sloop_proto::v1::import_image_request::Part;
use sloop_proto::v1::*;
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status, Streaming};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{Answer, Moments, Script, answer};

/// The file of every image: a quarter of a mebibyte.
pub(crate) const FILE: &[u8] = &[b'x'; 1 << 18];
/// Its SHA-256.
pub(crate) const SHA256: &str = "d509bff642a353f88582e8a846ecae041c333b79c57a7a24ff310fbdb7e914e9";

fn image(blueprint: &str) -> Image {
    Image {
        blueprint_id: blueprint.into(),
        image_id: format!("{blueprint}-f0088ff50111"),
        sha256: SHA256.into(),
        file_bytes: FILE.len() as u64,
        virtual_bytes: 3 << 30,
        verified: "signed by its publisher, whose key the catalogue knows".into(),
        is_newest: true,
        used_by: ["web", "db", "app"].map(str::to_owned).into(),
        ..Image::default()
    }
}

fn at(stage: &str, done: u64, total: u64) -> ImageProgress {
    let (done_bytes, total_bytes) = (done << 20, total << 20);
    ImageProgress { stage: stage.into(), done_bytes, total_bytes, image: None }
}

fn there(image: Image) -> ImageProgress {
    ImageProgress { image: Some(image), ..ImageProgress::default() }
}

fn refusal(code: Code, kind: &str, message: &str) -> Status {
    Status::with_error_details(code, message, ErrorDetails::with_error_info(kind, "lightsail", []))
}

/// A download, and the end that the name asks for.
fn brought(blueprint: &str) -> Answer<Moments<ImageProgress>> {
    let begun = [at("looking", 0, 0), at("downloading", 0, 600), at("downloading", 30, 600)];
    let begun = tokio_stream::iter(begun.map(Ok));
    let ended = [at("downloading", 66, 600), at("downloading", 600, 600), at("checking", 0, 0)];
    let there = tokio_stream::once(Ok(there(image(blueprint))));
    match blueprint {
        "debian_12" => answer(Box::pin(there)),
        "ubuntu_24_04" => answer(Box::pin(begun.chain(tokio_stream::iter(ended.map(Ok))).chain(there))),
        "slow" => answer(Box::pin(begun.chain(tokio_stream::pending()))),
        "broken" => {
            let forged = refusal(Code::Internal, "ServiceException", "the signature is another's");
            answer(Box::pin(begun.chain(tokio_stream::once(Err(forged)))))
        }
        "vague" => answer(Box::pin(begun)),
        _ => Err(refusal(Code::InvalidArgument, "InvalidInputException", "no such blueprint")),
    }
}

/// Reads all that comes, and tells what it came to.
async fn taken(
    mut parts: Streaming<ImportImageRequest>,
    order: ImportOrder,
) -> Result<ImageProgress, Status> {
    let mut file = Vec::new();
    while let Some(part) = parts.message().await? {
        match part.part {
            Some(Part::Data(data)) if (1..=128 << 10).contains(&data.len()) => file.extend(data),
            _ => return Err(Status::internal("no piece of a file")),
        }
    }
    let own = order.own.unwrap_or_default();
    let blueprint = if order.blueprint_id.is_empty() { &own.name } else { &order.blueprint_id };
    let origin = format!("{} of {}, {} came", order.file_name, order.size, file.len());
    let verified = [own.user, own.firmware, order.digest, order.unverified].join("/");
    Ok(there(Image { origin, verified, ..image(blueprint) }))
}

#[tonic::async_trait]
impl Images for Script {
    type PullImageStream = Moments<ImageProgress>;
    type BakeImageStream = Moments<ImageProgress>;
    type ImportImageStream = Moments<ImageProgress>;
    type VerifyImageStream = Moments<ImageProgress>;
    type ExportImageStream = Moments<ExportImageResult>;

    async fn list_images(&self, _: Request<ListImagesRequest>) -> Answer<ListImagesResult> {
        let missing = |id: &str, how: &str| MissingImage { blueprint_id: id.into(), how: how.into() };
        answer(ListImagesResult {
            images: vec![image("debian_12")],
            missing: vec![missing("ubuntu_24_04", "pulled from https://x"), missing("lamp", "baked")],
        })
    }

    async fn pull_image(&self, request: Request<PullImageRequest>) -> Answer<Self::PullImageStream> {
        brought(&request.into_inner().blueprint_id)
    }

    async fn bake_image(&self, request: Request<BakeImageRequest>) -> Answer<Self::BakeImageStream> {
        brought(&request.into_inner().blueprint_id)
    }

    async fn import_image(
        &self,
        request: Request<Streaming<ImportImageRequest>>,
    ) -> Answer<Self::ImportImageStream> {
        let mut parts = request.into_inner();
        let Some(ImportImageRequest { part: Some(Part::Order(order)) }) = parts.message().await? else {
            return Err(Status::internal("no order"));
        };
        let refused = refusal(Code::InvalidArgument, "InvalidInputException", "not a disk");
        match order.blueprint_id.as_str() {
            "refused" => Err(refused),
            "late" => {
                parts.message().await?;
                answer(Box::pin(tokio_stream::iter([Ok(at("receiving", 0, 1)), Err(refused)])))
            }
            _ => {
                let taken = futures::stream::once(taken(parts, order));
                answer(Box::pin(tokio_stream::once(Ok(at("receiving", 0, 0))).chain(taken)))
            }
        }
    }

    async fn verify_image(&self, request: Request<VerifyImageRequest>) -> Answer<Self::VerifyImageStream> {
        brought(&request.into_inner().image_id)
    }

    async fn export_image(&self, request: Request<ExportImageRequest>) -> Answer<Self::ExportImageStream> {
        let id = request.into_inner().image_id;
        let mut image = image(&id);
        if id == "broken" {
            image.sha256 = "0".repeat(64);
        }
        let head = ExportImageResult { image: Some(image), data: Vec::new() };
        let pieces = FILE.chunks(100_000).map(|data| ExportImageResult { image: None, data: data.to_vec() });
        let all = tokio_stream::iter(std::iter::once(head).chain(pieces).map(Ok).collect::<Vec<_>>());
        match id.as_str() {
            "slow" => answer(Box::pin(all.chain(tokio_stream::pending()))),
            _ => answer(Box::pin(all)),
        }
    }

    async fn remove_image(&self, request: Request<RemoveImageRequest>) -> Answer<RemoveImageResult> {
        match request.into_inner().image_id.as_str() {
            "ghost" => Err(refusal(Code::NotFound, "NotFoundException", "no such image")),
            "mine" => answer(RemoveImageResult { images: vec![image("mine")] }),
            _ => Err(refusal(Code::FailedPrecondition, "OperationFailureException", "web stands on it")),
        }
    }

    async fn prune_images(&self, request: Request<PruneImagesRequest>) -> Answer<PruneImagesResult> {
        let freed_bytes = if request.into_inner().dry_run { 0 } else { 5 << 20 };
        answer(PruneImagesResult { images: vec![image("debian_12")], freed_bytes })
    }
}
