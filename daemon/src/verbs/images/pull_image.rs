use super::{super::Verbs, Course, course};
use crate::model::{Caller, Error, ImageSource, Result};

impl Verbs {
    /// Brings the newest image of a blueprint: pulled from its publisher, or baked where there is none yet.
    pub async fn pull_image(&self, caller: &Caller, blueprint_id: &str) -> Result<Course> {
        let blueprint = self.blueprint(blueprint_id).await?;
        match &blueprint.source {
            ImageSource::Download(_) => Ok(self.supply(&blueprint, caller)),
            ImageSource::Bake(_) | ImageSource::Recipe(_) => {
                match (self.newest(&blueprint.id).await?, &blueprint.source) {
                    (Some(image), _) => Ok(course::ended(image)),
                    (None, ImageSource::Recipe(recipe)) => {
                        let message = format!("{} is published by nobody: it is built here", blueprint.id);
                        Err(Error::invalid("blueprintId", message).tip(format!("make image ID={recipe}")))
                    }
                    (None, _) => Ok(self.supply(&blueprint, caller)),
                }
            }
            ImageSource::Own => {
                let message =
                    format!("{} is a blueprint of somebody's own and has no publisher", blueprint.id);
                let tip = format!("import a newer file: sloop image import FILE --name {}", blueprint.id);
                Err(Error::invalid("blueprintId", message).tip(tip))
            }
        }
    }
}
