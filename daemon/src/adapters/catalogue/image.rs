//! Where images come from, as the catalogue files say it.

use std::path::PathBuf;

use serde::Deserialize;

use crate::model::{
    self, Download, Error, FirstPassword, ImageSource, Result, SignatureForm, SigningKey, Verification,
};

/// The table `[image]`.
#[derive(Deserialize)]
#[serde(tag = "source", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Image {
    Recipe {
        recipe: String,
    },
    Download {
        directory: String,
        file: String,
        checksums: Option<String>,
        /// A file's name, or `clear` where the list carries its signature itself.
        signature: Option<String>,
        /// Fingerprint; the key is in `keys/<fingerprint>.asc`.
        key: Option<String>,
        digest: Option<String>,
    },
    Bake {
        base: String,
    },
}

/// The table `[bake]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bake {
    packages: Vec<String>,
    #[serde(default)]
    files: Vec<BakeFile>,
    #[serde(default)]
    script: String,
    #[serde(default)]
    first_boot: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BakeFile {
    path: String,
    mode: String,
    text: String,
}

/// The table `[password]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Password {
    file: String,
    user: String,
    hint: String,
}

/// The directory of pinned keys.
pub(super) struct Keys {
    dir: PathBuf,
}

impl Keys {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// A key that is not here is known by its fingerprint only: what it signs cannot be pulled until it is.
    fn get(&self, fingerprint: String) -> Result<SigningKey> {
        if fingerprint.len() != 40 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Error::internal(format!(
                "image.key {fingerprint:?} is no fingerprint of forty digits"
            )));
        }
        let armored = std::fs::read_to_string(self.dir.join(format!("{fingerprint}.asc"))).ok();
        Ok(SigningKey { fingerprint, armored })
    }
}

impl Image {
    pub(super) fn into_model(self, bake: Option<Bake>, keys: &Keys) -> Result<ImageSource> {
        match (self, bake) {
            (Self::Recipe { recipe }, None) => Ok(ImageSource::Recipe(recipe)),
            (Self::Bake { base }, Some(bake)) => bake.into_model(base).map(ImageSource::Bake),
            (Self::Download { directory, file, checksums, signature, key, digest }, None) => {
                if !directory.starts_with("https://") || !directory.ends_with('/') {
                    return Err(Error::internal(format!("image.directory {directory:?} must be https://…/")));
                }
                if file.matches('*').count() > 1 || file.contains('/') || file.is_empty() {
                    return Err(Error::internal(format!(
                        "image.file {file:?} must be a name with at most one *"
                    )));
                }
                let verification = verification(checksums, signature, key, digest, keys)?;
                if matches!(verification, Verification::Pinned { .. }) && file.contains('*') {
                    return Err(Error::internal(
                        "image.digest belongs to one file: image.file must have no *",
                    ));
                }
                Ok(ImageSource::Download(Download { directory, file, verification }))
            }
            (Self::Bake { .. }, None) => Err(Error::internal("image.source is bake, and there is no [bake]")),
            (_, Some(_)) => Err(Error::internal("there is a [bake], and image.source is something else")),
        }
    }
}

/// How a download is verified: there is no way not to.
fn verification(
    checksums: Option<String>,
    signature: Option<String>,
    key: Option<String>,
    digest: Option<String>,
    keys: &Keys,
) -> Result<Verification> {
    match (checksums, signature, key, digest) {
        (Some(checksums), Some(signature), Some(key), None) => Ok(Verification::Signed {
            checksums,
            signature: if signature == "clear" {
                SignatureForm::Clear
            } else {
                SignatureForm::Detached(signature)
            },
            key: keys.get(key)?,
        }),
        (Some(checksums), None, None, None) => Ok(Verification::Published { checksums }),
        (None, None, None, Some(digest)) => Ok(Verification::Pinned { digest }),
        _ => Err(Error::internal(
            "image needs one way to be verified: checksums with signature and key, checksums alone, or digest",
        )),
    }
}

impl Bake {
    fn into_model(self, base: String) -> Result<model::Bake> {
        let Self { packages, files, script, first_boot } = self;
        for package in &packages {
            let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte);
            if package.is_empty() || package.starts_with('-') || !package.bytes().all(sound) {
                return Err(Error::internal(format!("bake.packages: {package:?} is no package's name")));
            }
        }
        let files = files.into_iter().map(BakeFile::into_model).collect::<Result<_>>()?;
        Ok(model::Bake { base, packages, files, script, first_boot })
    }
}

impl BakeFile {
    fn into_model(self) -> Result<model::BakeFile> {
        let Self { path, mode, text } = self;
        if !path.starts_with('/')
            || path.split('/').any(|part| part == "..")
            || path.contains(['\n', '\'', '\0'])
        {
            return Err(Error::internal(format!("bake.files: {path:?} must be an absolute path")));
        }
        if !(3..=4).contains(&mode.len()) || !mode.bytes().all(|digit| (b'0'..=b'7').contains(&digit)) {
            return Err(Error::internal(format!("bake.files: {mode:?} are no octal permissions")));
        }
        Ok(model::BakeFile { path, mode, text })
    }
}

impl Password {
    pub(super) fn into_model(self) -> FirstPassword {
        let Self { file, user, hint } = self;
        FirstPassword { file, user, hint }
    }
}
