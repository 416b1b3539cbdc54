use super::{super::Verbs, Course, course};
use crate::model::Result;

impl Verbs {
    /// Reads an image again and holds it against its digest.
    pub async fn verify_image(&self, name: &str) -> Result<Course> {
        let image = self.find_image(name).await?;
        let images = self.ports.images.clone();
        Ok(course::begin(|told| async move {
            images.verify(&image, told).await?;
            Ok(image)
        }))
    }
}
