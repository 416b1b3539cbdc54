//! The catalogue files: `images/blueprints/*.toml` and `images/bundles.toml`. Unknown keys are refused, with their place.

mod image;
mod schema;

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::model::{BlueprintKind, Catalogue, Error, ImageSource, Result};

/// Reads the catalogue under `dir`, which holds `blueprints/` and `bundles.toml`.
pub fn load(dir: &Path) -> Result<Catalogue> {
    let bundles: schema::Bundles = read(&dir.join("bundles.toml"))?;
    let keys = image::Keys::new(dir.join("keys"));
    let mut blueprints = Vec::new();
    for path in toml_files(&dir.join("blueprints"))? {
        let file: schema::Blueprint = read(&path)?;
        if path.file_stem().is_none_or(|stem| stem != file.id.as_str()) {
            return Err(Error::internal(format!(
                "{}: the file must be named after its id, {}",
                path.display(),
                file.id
            )));
        }
        blueprints
            .push(file.into_model(&keys).map_err(|error| error.while_doing(&path.display().to_string()))?);
    }
    let mut bundles = bundles
        .bundle
        .into_iter()
        .map(schema::Bundle::into_model)
        .collect::<Result<Vec<_>>>()
        .map_err(|error| error.while_doing(&dir.join("bundles.toml").display().to_string()))?;
    blueprints.sort_by(|a, b| a.id.cmp(&b.id));
    for blueprint in &blueprints {
        if let ImageSource::Bake(bake) = &blueprint.source
            && !blueprints.iter().any(|base| base.id == bake.base && base.kind == BlueprintKind::Os)
        {
            let message =
                format!("blueprint {}: image.base {:?} is no operating system here", blueprint.id, bake.base);
            return Err(Error::internal(message));
        }
    }
    bundles.sort_by_key(|bundle| (bundle.ram_mb, bundle.cpu_count));
    Ok(Catalogue { blueprints, bundles })
}

fn toml_files(dir: &Path) -> Result<Vec<std::path::PathBuf>> {
    let unreadable = |error| Error::internal(format!("cannot read the catalogue {}: {error}", dir.display()));
    let entries =
        std::fs::read_dir(dir).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    Ok(entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::internal(format!("cannot read the catalogue file {}: {error}", path.display()))
    })?;
    toml::from_str(&text).map_err(|error| Error::internal(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests;
