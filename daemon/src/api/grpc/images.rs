use std::pin::Pin;

use futures::{Stream, StreamExt as _, stream};
use sloop_proto::v1::{self as wire, images_server::Images};
use tokio_stream::wrappers::WatchStream;
use tonic::{Request, Response, Status, Streaming};

use super::{Door, convert, failure::status};
use crate::{
    model::{Error, ImageMoment},
    ports::Pieces,
    verbs::{Course, ImageInUse, ImportRequest, SupplyMoment},
};

type Answer<T> = Result<Response<T>, Status>;
type Moments = Pin<Box<dyn Stream<Item = Result<wire::ImageProgress, Status>> + Send>>;

#[tonic::async_trait]
impl Images for Door {
    async fn list_images(&self, request: Request<wire::ListImagesRequest>) -> Answer<wire::ListImagesResult> {
        self.caller(&request).map_err(status)?;
        let list = self.verbs.list_images().await.map_err(status)?;
        let missing = list.missing.into_iter();
        Ok(Response::new(wire::ListImagesResult {
            images: list.images.into_iter().map(image).collect(),
            missing: missing
                .map(|missing| wire::MissingImage { blueprint_id: missing.blueprint_id, how: missing.how })
                .collect(),
        }))
    }

    type PullImageStream = Moments;
    async fn pull_image(&self, request: Request<wire::PullImageRequest>) -> Answer<Moments> {
        let caller = self.caller(&request).map_err(status)?;
        let course = self.verbs.pull_image(&caller, &request.get_ref().blueprint_id).await.map_err(status)?;
        Ok(Response::new(moments(course)))
    }

    type BakeImageStream = Moments;
    async fn bake_image(&self, request: Request<wire::BakeImageRequest>) -> Answer<Moments> {
        let caller = self.caller(&request).map_err(status)?;
        let course = self.verbs.bake_image(&caller, &request.get_ref().blueprint_id).await.map_err(status)?;
        Ok(Response::new(moments(course)))
    }

    type ImportImageStream = Moments;
    async fn import_image(&self, request: Request<Streaming<wire::ImportImageRequest>>) -> Answer<Moments> {
        let caller = self.caller(&request).map_err(status)?;
        let mut parts = request.into_inner();
        let first = parts.message().await?.and_then(|first| first.part);
        let Some(wire::import_image_request::Part::Order(order)) = first else {
            return Err(status(Error::invalid("order", "the order comes first, and then the file")));
        };
        let course = self.verbs.import_image(&caller, asked(order), pieces(parts)).map_err(status)?;
        Ok(Response::new(moments(course)))
    }

    type VerifyImageStream = Moments;
    async fn verify_image(&self, request: Request<wire::VerifyImageRequest>) -> Answer<Moments> {
        self.caller(&request).map_err(status)?;
        let course = self.verbs.verify_image(&request.get_ref().image_id).await.map_err(status)?;
        Ok(Response::new(moments(course)))
    }

    type ExportImageStream = Pin<Box<dyn Stream<Item = Result<wire::ExportImageResult, Status>> + Send>>;
    async fn export_image(
        &self,
        request: Request<wire::ExportImageRequest>,
    ) -> Answer<Self::ExportImageStream> {
        self.caller(&request).map_err(status)?;
        let (found, file) = self.verbs.export_image(&request.get_ref().image_id).await.map_err(status)?;
        let first = wire::ExportImageResult { image: Some(image(found)), data: Vec::new() };
        let rest =
            file.map(|piece| piece.map(|data| wire::ExportImageResult { image: None, data }).map_err(status));
        Ok(Response::new(Box::pin(stream::once(async { Ok(first) }).chain(rest))))
    }

    async fn remove_image(
        &self,
        request: Request<wire::RemoveImageRequest>,
    ) -> Answer<wire::RemoveImageResult> {
        let caller = self.caller(&request).map_err(status)?;
        let removed = self.verbs.remove_image(&caller, &request.get_ref().image_id).await.map_err(status)?;
        Ok(Response::new(wire::RemoveImageResult { images: removed.into_iter().map(image).collect() }))
    }

    async fn prune_images(
        &self,
        request: Request<wire::PruneImagesRequest>,
    ) -> Answer<wire::PruneImagesResult> {
        let caller = self.caller(&request).map_err(status)?;
        let pruned = self.verbs.prune_images(&caller, request.get_ref().dry_run).await.map_err(status)?;
        let freed_bytes = pruned.iter().map(|one| one.image.file_bytes).sum();
        Ok(Response::new(wire::PruneImagesResult {
            images: pruned.into_iter().map(image).collect(),
            freed_bytes,
        }))
    }
}

/// A course as it goes, ending with the image or with what kept it from coming.
fn moments(course: Course) -> Moments {
    let ended = |moment: &SupplyMoment| matches!(moment, SupplyMoment::Ended(_));
    let mut over = false;
    let until_end = WatchStream::new(course).take_while(move |moment| {
        let goes_on = !over;
        over |= ended(moment);
        async move { goes_on }
    });
    Box::pin(until_end.map(|moment| match moment {
        SupplyMoment::Working(ImageMoment { stage, done, total, note }) => {
            let stage = if note.is_empty() { stage.to_owned() } else { format!("{stage}: {note}") };
            Ok(wire::ImageProgress { stage, done_bytes: done, total_bytes: total, image: None })
        }
        SupplyMoment::Ended(Ok(found)) => {
            let found = ImageInUse { image: *found, used_by: Vec::new() };
            Ok(wire::ImageProgress { image: Some(image(found)), ..wire::ImageProgress::default() })
        }
        SupplyMoment::Ended(Err(error)) => Err(status(error)),
    }))
}

fn image(found: ImageInUse) -> wire::Image {
    let ImageInUse { image, used_by } = found;
    wire::Image {
        blueprint_id: image.blueprint_id,
        image_id: image.id,
        sha256: image.sha256,
        file_bytes: image.file_bytes,
        virtual_bytes: image.virtual_bytes,
        origin: image.origin,
        verified: image.verified,
        created_at: Some(convert::timestamp(image.created_at)),
        is_newest: image.is_newest,
        used_by,
    }
}

fn asked(order: wire::ImportOrder) -> ImportRequest {
    let wire::ImportOrder { file_name, blueprint_id, digest, unverified, own, size } = order;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    ImportRequest {
        file_name,
        size: Some(size).filter(|size| *size > 0),
        blueprint_id: given(blueprint_id),
        digest: given(digest),
        unverified: given(unverified),
        own: own.map(|own| (own.name, own.user, own.firmware, own.description)),
    }
}

/// The file that follows the order.
fn pieces(parts: Streaming<wire::ImportImageRequest>) -> Pieces {
    Box::pin(parts.map(|part| match part {
        Ok(wire::ImportImageRequest { part: Some(wire::import_image_request::Part::Data(data)) }) => Ok(data),
        Ok(_) => Err(Error::invalid("data", "after the order come pieces of the file, and nothing else")),
        Err(broken) => Err(Error::unavailable(format!("the file broke off: {}", broken.message()))),
    }))
}
