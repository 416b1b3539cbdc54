//! `sloop image import`: a file goes to the daemon, which says what it thinks of it.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use sloop_proto::v1::{ImportOrder, OwnBlueprint};

use super::{arrived, attend, upload};
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;

/// Arguments of `import`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("target").required(true).args(["blueprint", "name"]), after_help = "\
Examples:
  sloop image import debian-12-genericcloud-amd64.qcow2 --blueprint debian_12
  sloop image import rocky.qcow2 --blueprint rocky_9 --digest 8f2c...
  sloop image import golden.qcow2 --name golden --user admin --firmware uefi
  curl -s https://example.org/disk.qcow2 | sloop image import - --name mine --user admin

A file for a blueprint of the catalogue must be one that its publisher vouches for,
or have the digest that is given; --unverified takes it though nobody does.")]
pub(crate) struct ImportArgs {
    /// File with the disk; - reads standard input
    file: PathBuf,
    /// Blueprint of the catalogue that it becomes the image of
    #[arg(long, value_name = "ID", add = complete::blueprints())]
    blueprint: Option<String>,
    /// SHA-256 or SHA-512 that the file must have
    #[arg(long, value_name = "HEX")]
    digest: Option<String>,
    /// The blueprint's id again: take the file though nobody vouches for it
    #[arg(long, value_name = "ID", requires = "blueprint", conflicts_with = "name")]
    unverified: Option<String>,
    /// Blueprint of one's own that it becomes
    #[arg(long, value_name = "ID", requires = "user")]
    name: Option<String>,
    /// User whom its guests let in
    #[arg(long, conflicts_with = "blueprint")]
    user: Option<String>,
    /// How its guests start [default: as the partition table says]
    #[arg(long, value_enum, conflicts_with = "blueprint")]
    firmware: Option<Firmware>,
    /// What it is, for the list of blueprints
    #[arg(long, value_name = "TEXT", conflicts_with = "blueprint")]
    description: Option<String>,
}

/// How a guest starts.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Firmware {
    /// As a PC of old
    Bios,
    /// As PCs do now
    Uefi,
}

/// Takes in a file.
pub(super) async fn run(session: &Session, output: &Output, args: ImportArgs) -> Outcome {
    check(&args)?;
    let file = upload::Source::open(&args.file).await?;
    let order = order(args, file.size());
    attend(output, "nothing was imported", async {
        let name = order.own.as_ref().map_or(&order.blueprint_id, |own| &own.name);
        let stage = Progress::new(output).stage(name);
        let image = upload::send(session, order, file, &stage).await?;
        drop(stage);
        output.answer("Image", &image, || arrived(&image))?;
        Ok(0)
    })
    .await
}

/// What cannot be said in the terms of the command line.
fn check(args: &ImportArgs) -> Result<(), Failure> {
    match (&args.unverified, &args.blueprint) {
        (Some(unverified), Some(blueprint)) if unverified != blueprint => Err(Failure::usage(format!(
            "--unverified repeats the blueprint, so that nobody says it by accident: {blueprint}, not {unverified}"
        ))
        .tip(format!("--unverified {blueprint}"))),
        _ => Ok(()),
    }
}

fn order(args: ImportArgs, size: u64) -> ImportOrder {
    let own = args.name.map(|name| OwnBlueprint {
        name,
        user: args.user.unwrap_or_default(),
        firmware: args.firmware.map_or("", Firmware::word).to_owned(),
        description: args.description.unwrap_or_default(),
    });
    ImportOrder {
        file_name: args.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        blueprint_id: args.blueprint.unwrap_or_default(),
        digest: args.digest.unwrap_or_default(),
        unverified: args.unverified.unwrap_or_default(),
        own,
        size,
    }
}

impl Firmware {
    fn word(self) -> &'static str {
        match self {
            Self::Bios => "bios",
            Self::Uefi => "uefi",
        }
    }
}
