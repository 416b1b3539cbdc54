//! `sloop image remove` and `prune`.

use clap::Args;
use sloop_proto::v1::{Image, PruneImagesRequest, PruneImagesResult, RemoveImageRequest, RemoveImageResult};

use crate::commands::worst;
use crate::complete;
use crate::confirm::{REMOVE, confirm};
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::text;

/// Arguments of `remove`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop image remove debian_12-f0088ff50111
  sloop image remove mine --yes                     a blueprint of one's own, with all its images")]
pub(crate) struct RemoveArgs {
    /// Images, or blueprints of one's own: then with all their images
    #[arg(value_name = "IMAGE", required = true, add = complete::images())]
    images: Vec<String>,
    /// Remove without being asked
    #[arg(long, short)]
    yes: bool,
}

/// Arguments of `prune`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop image prune --dry-run
  sloop image prune --yes")]
pub(crate) struct PruneArgs {
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
    /// Remove without being asked
    #[arg(long, short)]
    yes: bool,
}

/// Removes images, after asking; each by itself, whatever becomes of the others.
pub(super) async fn run(session: &Session, output: &Output, args: RemoveArgs) -> Outcome {
    if !args.yes {
        confirm(&REMOVE, &args.images.join(", "))?;
    }
    let (mut result, mut failures, mut told) = (RemoveImageResult::default(), Vec::new(), String::new());
    for image_id in args.images {
        match session.images().remove_image(RemoveImageRequest { image_id: image_id.clone() }).await {
            Ok(answer) => {
                let gone = answer.into_inner().images;
                told.push_str(&removed(&image_id, &gone));
                result.images.extend(gone);
            }
            Err(status) => failures.push(Failure::from(status)),
        }
    }
    output.answer("RemoveImageResult", &result, || told)?;
    Ok(worst(output, &failures))
}

/// Removes the images that nobody needs, after naming them.
pub(super) async fn prune(session: &Session, output: &Output, args: &PruneArgs) -> Outcome {
    if args.dry_run {
        let result = ask(session, true).await?;
        output.answer("PruneImagesResult", &result, || proposal(&result))?;
        return Ok(0);
    }
    if !args.yes {
        let would = ask(session, true).await?.images;
        if !would.is_empty() {
            confirm(&REMOVE, &format!("{} ({})", ids(&would), size(&would)))?;
        }
    }
    let result = ask(session, false).await?;
    output.answer("PruneImagesResult", &result, || {
        let lines: String = result.images.iter().map(|image| line(&image.image_id)).collect();
        format!("{lines}{} freed\n", text::bytes(result.freed_bytes))
    })?;
    Ok(0)
}

async fn ask(session: &Session, dry_run: bool) -> Result<PruneImagesResult, Failure> {
    Ok(session.images().prune_images(PruneImagesRequest { dry_run }).await?.into_inner())
}

fn proposal(result: &PruneImagesResult) -> String {
    match result.images.as_slice() {
        [] => "nothing would be removed".to_owned(),
        images => {
            format!("would be removed: {}\n  it would free {}", text::safe(&ids(images)), size(images))
        }
    }
}

/// A sentence for each image that went, or for what was asked for if it had none.
fn removed(asked: &str, gone: &[Image]) -> String {
    match gone {
        [] => line(asked),
        gone => gone.iter().map(|image| line(&image.image_id)).collect(),
    }
}

fn line(id: &str) -> String {
    format!("{}: removed\n", text::safe(id))
}

fn ids(images: &[Image]) -> String {
    images.iter().map(|image| image.image_id.as_str()).collect::<Vec<_>>().join(", ")
}

fn size(images: &[Image]) -> String {
    text::bytes(images.iter().map(|image| image.file_bytes).sum())
}
