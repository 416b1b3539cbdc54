//! `sloop image …`: the files on this host that instances are made from.

mod bring;
mod export;
mod import;
pub(crate) mod list;
pub(super) mod part;
mod remove;
pub(super) mod upload;

use clap::Subcommand;
use sloop_proto::v1::{Image, ImageProgress};
use tokio::signal::unix::{SignalKind, signal};
use tokio_stream::StreamExt as _;
use tonic::Streaming;

use crate::connect::Session;
use crate::failure::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::progress::Stage;
use crate::text;

/// The exit code of someone who was interrupted, as a shell gives it: 128 and the number of the signal.
const INTERRUPTED: u8 = 130;
const TERMINATED: u8 = 143;

/// The verbs of images.
#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// List images, and what would bring those that are missing
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Fetch the newest images of blueprints from their publishers, and verify them
    Pull(bring::PullArgs),
    /// Bake an application's image anew
    Bake(bring::BakeArgs),
    /// Take in an image from a file
    Import(import::ImportArgs),
    /// Read an image again and hold it against the digest that was recorded when it came
    Verify(bring::VerifyArgs),
    /// Write an image to a file, with its digest beside it
    Export(export::ExportArgs),
    /// Remove images that no instance stands on
    #[command(visible_alias = "rm")]
    Remove(remove::RemoveArgs),
    /// Remove every image that a newer one has replaced and no instance stands on
    Prune(remove::PruneArgs),
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: ImageCommand) -> Outcome {
    match command {
        ImageCommand::List(args) => list::run(session, output, &args).await,
        ImageCommand::Pull(args) => bring::pull(session, output, &args).await,
        ImageCommand::Bake(args) => bring::bake(session, output, &args).await,
        ImageCommand::Import(args) => import::run(session, output, args).await,
        ImageCommand::Verify(args) => bring::verify(session, output, &args).await,
        ImageCommand::Export(args) => export::run(session, output, &args).await,
        ImageCommand::Remove(args) => remove::run(session, output, args).await,
        ImageCommand::Prune(args) => remove::prune(session, output, &args).await,
    }
}

/// Follows work on an image to its end, which is the image.
async fn follow(mut moments: Streaming<ImageProgress>, stage: &Stage) -> Result<Image, Failure> {
    let mut image = None;
    while let Some(moment) = moments.next().await {
        let moment = moment?;
        if !moment.stage.is_empty() {
            stage.bytes(&moment.stage, moment.done_bytes, moment.total_bytes);
        }
        image = moment.image.or(image);
    }
    image.ok_or_else(|| Failure::new(Exit::Other, "sloopd ended the work and named no image"))
}

/// Stays with the work until it ends, or until the person has had enough. Then it is dropped, files that are half
/// written and spinners with it, before anything is said.
pub(super) async fn attend(output: &Output, farewell: &str, work: impl Future<Output = Outcome>) -> Outcome {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let code = tokio::select! {
        end = work => return end,
        _ = interrupt.recv() => INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
    };
    output.note(&text::safe(farewell));
    Ok(code)
}

/// An image that has come, and what a person does next with it.
fn arrived(image: &Image) -> String {
    let blueprint = text::safe(&image.blueprint_id);
    let id = text::safe(&image.image_id);
    let verified = match image.verified.as_str() {
        "" => String::new(),
        verified => format!("  verified: {}\n", text::safe(verified)),
    };
    let launch = if image.is_newest {
        format!("  launch: sloop launch NAME --blueprint {blueprint}\n")
    } else {
        String::new()
    };
    format!("{blueprint} has the image {id}\n{verified}{launch}")
}
