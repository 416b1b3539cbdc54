//! `sloop image export`: an image as a file of its own, held against its digest before it gets its name.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest as _, Sha256};
use sloop_proto::v1::{ExportImageRequest, Image};
use tokio_stream::StreamExt as _;

use super::attend;
use super::part::Part;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;
use crate::text;

/// Arguments of `export`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop image export debian_12 debian.qcow2         sha256sum -c debian.qcow2.sha256 checks the copy
  sloop image export wordpress - | ssh other sloop image import - --name wordpress --user admin")]
pub(crate) struct ExportArgs {
    /// Image, or a blueprint: then its newest one
    #[arg(value_name = "IMAGE", add = complete::images_or_blueprints())]
    image: String,
    /// New file, with a .sha256 beside it; - writes to standard output
    file: PathBuf,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
}

/// Hands an image out.
pub(super) async fn run(session: &Session, output: &Output, args: &ExportArgs) -> Outcome {
    let target = Target::open(args)?;
    attend(output, "nothing was exported", async {
        match target {
            Target::Stdout => {
                let image = receive(session, output, args, &mut io::stdout().lock()).await?;
                output.note(&format!("{}  {}", text::safe(&image.sha256), text::safe(&image.image_id)));
            }
            Target::File(mut part) => {
                let image = receive(session, output, args, &mut part).await?;
                part.keep(&image.sha256)?;
                let (id, file) = (text::safe(&image.image_id), text::safe(&args.file.display().to_string()));
                let digest = text::safe(&image.sha256);
                output.answer("Image", &image, || format!("{id} is in {file}\n  SHA-256: {digest}\n"))?;
            }
        }
        Ok(0)
    })
    .await
}

/// Writes the image as it comes, and gives it when it has come as it should.
async fn receive(
    session: &Session,
    output: &Output,
    args: &ExportArgs,
    target: &mut impl io::Write,
) -> Result<Image, Failure> {
    let stage = Progress::new(output).stage(&args.image);
    let request = ExportImageRequest { image_id: args.image.clone() };
    let mut pieces = session.images().export_image(request).await?.into_inner();
    let (mut image, mut digest, mut done) = (Image::default(), Sha256::new(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        image = piece.image.unwrap_or(image);
        target.write_all(&piece.data).map_err(|error| Failure::file(&args.file, &error))?;
        digest.update(&piece.data);
        done += piece.data.len() as u64;
        stage.bytes("exporting", done, image.file_bytes);
    }
    target.flush().map_err(|error| Failure::file(&args.file, &error))?;
    let came = format!("{:x}", digest.finalize());
    if came == image.sha256 {
        return Ok(image);
    }
    Err(Failure::new(Exit::Other, format!("what came has the SHA-256 {came} and not {}", image.sha256))
        .tip(format!("sloop image verify {}", args.image)))
}

/// Where the image goes.
enum Target {
    Stdout,
    File(Part),
}

impl Target {
    fn open(args: &ExportArgs) -> Result<Self, Failure> {
        if args.file != Path::new("-") {
            return Part::create(&args.file, args.force).map(Self::File);
        }
        if io::stdout().is_terminal() {
            return Err(Failure::usage("an image is nothing for a terminal to show")
                .tip(format!("sloop image export {} FILE", args.image)));
        }
        Ok(Self::Stdout)
    }
}
