//! `sloop image pull`, `bake` and `verify`: work of the daemon that is watched.

use clap::Args;
use futures::future::join_all;
use sloop_proto::v1::{BakeImageRequest, Image, ImageProgress, PullImageRequest, VerifyImageRequest};
use tonic::{Response, Status, Streaming};

use super::{arrived, attend, follow};
use crate::commands::worst;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;
use crate::text;

/// Arguments of `pull`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop image pull ubuntu_24_04
  sloop image pull debian_12 wordpress -o json      an Image for each that came

An application's image is baked first when there is none. sloopd goes on when this
is ended with Ctrl-C; the same command joins it again.")]
pub(crate) struct PullArgs {
    /// Blueprints to fetch images of
    #[arg(value_name = "BLUEPRINT", required = true, add = complete::blueprints())]
    blueprints: Vec<String>,
}

/// Arguments of `bake`.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  sloop image bake wordpress

Instances stay on the image that they were made from; new ones get the new one.")]
pub(crate) struct BakeArgs {
    /// Blueprint of the application
    #[arg(value_name = "BLUEPRINT", add = complete::blueprints())]
    blueprint: String,
}

/// Arguments of `verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop image verify debian_12-f0088ff50111
  sloop image verify debian_12                      its newest image")]
pub(crate) struct VerifyArgs {
    /// Image, or a blueprint: then its newest one
    #[arg(value_name = "IMAGE", add = complete::images_or_blueprints())]
    image: String,
}

/// Fetches images, all at once: what they have to wait for is for the daemon to say.
pub(super) async fn pull(session: &Session, output: &Output, args: &PullArgs) -> Outcome {
    let again = format!("sloopd goes on; to join it again: sloop image pull {}", args.blueprints.join(" "));
    attend(output, &again, async {
        let progress = Progress::new(output);
        let pulled = args.blueprints.iter().map(async |blueprint| {
            let stage = progress.stage(blueprint);
            let request = PullImageRequest { blueprint_id: blueprint.clone() };
            follow(session.images().pull_image(request).await?.into_inner(), &stage).await
        });
        let ends: Vec<Result<Image, Failure>> = join_all(pulled).await;
        for image in ends.iter().flatten() {
            output.answer("Image", image, || arrived(image))?;
        }
        let failures: Vec<_> = ends.into_iter().filter_map(Result::err).collect();
        Ok(worst(output, &failures))
    })
    .await
}

/// Bakes an image.
pub(super) async fn bake(session: &Session, output: &Output, args: &BakeArgs) -> Outcome {
    let request = BakeImageRequest { blueprint_id: args.blueprint.clone() };
    attend(output, "sloopd goes on; `sloop image list` shows the image once it is there", async {
        let asked = async { session.images().bake_image(request).await };
        let image = watch(output, &args.blueprint, asked).await?;
        output.answer("Image", &image, || arrived(&image))?;
        Ok(0)
    })
    .await
}

/// Verifies an image.
pub(super) async fn verify(session: &Session, output: &Output, args: &VerifyArgs) -> Outcome {
    let request = VerifyImageRequest { image_id: args.image.clone() };
    attend(output, "the image was not read to its end", async {
        let asked = async { session.images().verify_image(request).await };
        let image = watch(output, &args.image, asked).await?;
        output.answer("Image", &image, || {
            format!(
                "{} is as it came\n  SHA-256: {}\n",
                text::safe(&image.image_id),
                text::safe(&image.sha256)
            )
        })?;
        Ok(0)
    })
    .await
}

/// Asks for work on one image and follows it.
async fn watch(
    output: &Output,
    name: &str,
    asked: impl Future<Output = Result<Response<Streaming<ImageProgress>>, Status>>,
) -> Result<Image, Failure> {
    let stage = Progress::new(output).stage(name);
    follow(asked.await?.into_inner(), &stage).await
}
