use super::{super::Verbs, Course, course, only_admins};
use crate::{
    model::{
        Caller, Error, Firmware, ImageSource, ImportOrder, ImportTarget, Kind, OperationKind, OwnBlueprint,
        Resource, Result, Trust,
    },
    ports::Pieces,
};

/// What the caller says of a file.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// Its name.
    pub file_name: String,
    /// Its size in bytes, where it is known.
    pub size: Option<u64>,
    /// Blueprint of the catalogue that it is the image of.
    pub blueprint_id: Option<String>,
    /// Digest that it must have.
    pub digest: Option<String>,
    /// The blueprint's id again: nobody need vouch for it.
    pub unverified: Option<String>,
    /// A blueprint of its own: name, user, firmware, description.
    pub own: Option<(String, String, String, String)>,
}

impl Verbs {
    /// Takes an image from a file.
    pub fn import_image(&self, caller: &Caller, asked: ImportRequest, file: Pieces) -> Result<Course> {
        only_admins(self, caller, "import one")?;
        let order = self.import_order(asked)?;
        let blueprint = match &order.target {
            ImportTarget::Blueprint(blueprint) => blueprint.id.as_str(),
            ImportTarget::Own(own) => own.id.as_str(),
        };
        let from = order.file_name.clone();
        let operation = self
            .accept(caller, OperationKind::ImportImage, Resource::image(blueprint), "")
            .changing(format!("from {from}"));
        let verbs = self.clone();
        Ok(course::begin(|told| async move {
            let importing = verbs.ports.images.import(order, file, told);
            verbs.traced(operation, importing, |image| format!("{} from {from}", image.id)).await
        }))
    }

    fn import_order(&self, asked: ImportRequest) -> Result<ImportOrder> {
        let ImportRequest { file_name, size, blueprint_id, digest, unverified, own } = asked;
        // A name for messages, and perhaps to look up: never a path.
        let name = file_name.rsplit('/').next().unwrap_or_default();
        let file_name: String = name.chars().filter(|c| !c.is_control()).take(255).collect();
        let target = match (&blueprint_id, own) {
            (Some(id), None) => {
                let blueprint = self.catalogue.blueprint(id)?.clone();
                if matches!(blueprint.source, ImageSource::Recipe(_))
                    && digest.is_none()
                    && unverified.is_none()
                {
                    let tip = format!("--digest HEX, or --unverified {id}");
                    let message = format!("{id} has no publisher who could vouch for the file");
                    return Err(Error::invalid("digest", message).tip(tip));
                }
                ImportTarget::Blueprint(Box::new(blueprint))
            }
            (None, Some(own)) => ImportTarget::Own(self.own_blueprint(own)?),
            _ => {
                let message =
                    "an image becomes that of a blueprint, or a blueprint of its own: name one of them";
                return Err(Error::invalid("blueprintId", message));
            }
        };
        let trust = match (digest, unverified) {
            (Some(digest), None) => Trust::Digest(digest),
            (None, None) => Trust::Publisher,
            (None, Some(id)) if Some(&id) == blueprint_id.as_ref() => Trust::Nobody,
            (None, Some(_)) => {
                let message =
                    "unverified must name the same blueprint again: so nobody skips the check by habit";
                return Err(Error::invalid("unverified", message));
            }
            (Some(_), Some(_)) => {
                return Err(Error::invalid("unverified", "a digest was given: there is something to check"));
            }
        };
        Ok(ImportOrder { file_name, size, trust, target })
    }

    fn own_blueprint(
        &self,
        (id, user, firmware, description): (String, String, String, String),
    ) -> Result<OwnBlueprint> {
        let firmware = match firmware.as_str() {
            "" => None,
            "bios" => Some(Firmware::Bios),
            "uefi" => Some(Firmware::Uefi),
            _ => return Err(Error::invalid("firmware", "firmware is bios or uefi")),
        };
        let plain = |text: &str, also: &[u8]| {
            text.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || also.contains(&byte))
                && text.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        };
        // A hyphen is between a blueprint and its digest.
        if !plain(&id, b"_") || !(2..=60).contains(&id.len()) {
            let message = "a blueprint's name has 2 to 60 of a-z, 0-9 and _, and begins with a letter";
            return Err(Error::invalid("name", message));
        }
        if !plain(&user, b"_-") || user.len() > 32 {
            let message = "a user's name has at most 32 of a-z, 0-9, _ and -, and begins with a letter";
            return Err(Error::invalid("user", message));
        }
        if self.catalogue.blueprints.iter().any(|blueprint| blueprint.id == id) {
            let message = format!("{id} is a blueprint of the catalogue");
            return Err(Error::new(Kind::NameInUse, "NameExists", message)
                .tip(format!("choose another name, or give its image: --blueprint {id}")));
        }
        let description: String = description.chars().filter(|c| !c.is_control()).take(500).collect();
        Ok(OwnBlueprint { id, user, firmware, description })
    }
}
