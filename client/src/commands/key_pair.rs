//! `sloop key-pair …`

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _, stdin};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sloop_proto::v1::{
    CreateKeyPairRequest, DeleteKeyPairRequest, DownloadDefaultKeyPairRequest, GetKeyPairRequest,
    GetKeyPairsRequest, GetKeyPairsResult, ImportKeyPairRequest, KeyPair, Tag,
};

use crate::commands::{instance, tag};
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::{Output, facts};
use crate::{pages, text};

/// The verbs of key pairs.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyPairCommand {
    /// Make a key pair; its private half is given out now and never again
    Create(CreateArgs),
    /// Take in a public key made elsewhere
    #[command(after_help = "Example:\n  sloop key-pair import laptop ~/.ssh/id_ed25519.pub")]
    Import {
        /// Name of the key pair
        name: String,
        /// File with the public key in OpenSSH's format; - reads standard input
        file: PathBuf,
    },
    /// List key pairs
    #[command(visible_alias = "ls")]
    List(instance::list::ListArgs),
    /// Show one key pair
    Show(OneName),
    /// Forget a key pair; instances keep the keys they were made with
    #[command(visible_alias = "rm")]
    Delete(OneName),
    /// Print the public half of the default key pair, which is made when first asked for
    Default {
        /// New file for the private half
        #[arg(long, value_name = "PATH")]
        private_out: Option<PathBuf>,
    },
}

/// Arguments of `create`.
#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// Name of the key pair
    name: String,
    /// New file for the private half, which is printed otherwise
    #[arg(long, value_name = "PATH")]
    output_file: Option<PathBuf>,
    /// Tag to put on the key pair; may be given several times
    #[arg(long = "tag", value_name = "KEY[=VALUE]", value_parser = tag::parse)]
    tags: Vec<Tag>,
}

/// One key pair.
#[derive(Args, Debug)]
pub(crate) struct OneName {
    /// Name of the key pair
    #[arg(add = complete::key_pairs())]
    name: String,
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: KeyPairCommand) -> Outcome {
    match command {
        KeyPairCommand::Create(args) => create(session, output, args).await?,
        KeyPairCommand::Import { name, file } => import(session, output, name, &file).await?,
        KeyPairCommand::List(args) => list(session, output, &args).await?,
        KeyPairCommand::Show(one) => show(session, output, one.name).await?,
        KeyPairCommand::Delete(one) => delete(session, output, one.name).await?,
        KeyPairCommand::Default { private_out } => default(session, output, private_out).await?,
    }
    Ok(0)
}

/// All key pairs, of all pages.
pub(crate) async fn fetch(session: &Session) -> Result<GetKeyPairsResult, Failure> {
    let request = |page_token| GetKeyPairsRequest { page_token, include_default_key_pair: Some(true) };
    pages::all(async |token| session.key_pairs().get_key_pairs(request(token)).await).await
}

async fn create(session: &Session, output: &Output, args: CreateArgs) -> Result<(), Failure> {
    let file = args.output_file.map(NewFile::create).transpose()?;
    let request = CreateKeyPairRequest { key_pair_name: args.name, tags: args.tags };
    let mut result = session.key_pairs().create_key_pair(request).await?.into_inner();
    let Some(file) = file else {
        return output
            .answer("CreateKeyPairResult", &result, || text::safe_lines(result.private_key_base64()));
    };
    let said = format!("private key written to {}", file.path.display());
    file.keep(&result.private_key_base64.take().unwrap_or_default())?;
    output.answer("CreateKeyPairResult", &result, || said)
}

async fn default(session: &Session, output: &Output, private_out: Option<PathBuf>) -> Result<(), Failure> {
    let file = private_out.map(NewFile::create).transpose()?;
    let mut result =
        session.key_pairs().download_default_key_pair(DownloadDefaultKeyPairRequest {}).await?.into_inner();
    if let Some(file) = file {
        file.keep(&result.private_key_base64.take().unwrap_or_default())?;
    }
    output
        .answer("DownloadDefaultKeyPairResult", &result, || text::safe(result.public_key_base64().trim_end()))
}

async fn import(session: &Session, output: &Output, name: String, file: &Path) -> Result<(), Failure> {
    let mut key = String::new();
    let read = match file.to_str() {
        Some("-") => stdin().read_to_string(&mut key),
        _ => File::open(file).and_then(|mut file| file.read_to_string(&mut key)),
    };
    read.map_err(|error| Failure::file(file, &error))?;
    if key.contains("PRIVATE KEY") {
        return Err(Failure::usage(format!(
            "{} holds a private key, which stays where it is",
            file.display()
        ))
        .tip(format!("sloop key-pair import {name} {}.pub", file.display())));
    }
    let said = format!("{}: imported", text::safe(&name));
    let request = ImportKeyPairRequest { key_pair_name: name, public_key_base64: key.trim().to_owned() };
    let result = session.key_pairs().import_key_pair(request).await?.into_inner();
    output.answer("ImportKeyPairResult", &result, || said)
}

async fn list(session: &Session, output: &Output, args: &instance::list::ListArgs) -> Result<(), Failure> {
    let all = fetch(session).await?;
    let row = |pair: &KeyPair| {
        vec![pair.name().to_owned(), pair.fingerprint().to_owned(), text::age(pair.created_at.as_ref())]
    };
    let rows = all.key_pairs.iter().map(row).collect();
    output.list(("GetKeyPairsResult", &all), args.quiet, &["NAME", "FINGERPRINT", "AGE"], rows)
}

async fn show(session: &Session, output: &Output, key_pair_name: String) -> Result<(), Failure> {
    let result = session.key_pairs().get_key_pair(GetKeyPairRequest { key_pair_name }).await?.into_inner();
    output.answer("GetKeyPairResult", &result, || result.key_pair.as_ref().map(describe).unwrap_or_default())
}

async fn delete(session: &Session, output: &Output, key_pair_name: String) -> Result<(), Failure> {
    let said = format!("{}: deleted", text::safe(&key_pair_name));
    let request = DeleteKeyPairRequest { key_pair_name, ..DeleteKeyPairRequest::default() };
    let result = session.key_pairs().delete_key_pair(request).await?.into_inner();
    output.answer("DeleteKeyPairResult", &result, || said)
}

fn describe(pair: &KeyPair) -> String {
    let tags: Vec<_> = pair.tags.iter().map(tag::spell).collect();
    facts(&[
        ("Name", pair.name().to_owned()),
        ("Fingerprint", pair.fingerprint().to_owned()),
        ("Tags", tags.join(", ")),
        ("Age", text::age(pair.created_at.as_ref())),
        ("ARN", pair.arn().to_owned()),
    ])
}

/// A file for a private key, made before the key is: a key that cannot be kept should not come to be. It goes again
/// unless it is kept.
struct NewFile {
    path: PathBuf,
    file: Option<File>,
}

impl NewFile {
    fn create(path: PathBuf) -> Result<Self, Failure> {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = made.map_err(|error| Failure::file(&path, &error))?;
        Ok(Self { path, file: Some(file) })
    }

    fn keep(mut self, text: &str) -> Result<(), Failure> {
        let written = self.file.as_mut().map_or(Ok(()), |file| file.write_all(text.as_bytes()));
        written.map_err(|error| Failure::file(&self.path, &error))?;
        self.file = None;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}
