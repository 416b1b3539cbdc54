use std::sync::Arc;

use tokio::sync::watch;

use super::{super::Verbs, Course, SupplyMoment};
use crate::model::{ImageMoment, Result};

impl Verbs {
    /// Reads an image again and holds it against its digest.
    pub async fn verify_image(&self, name: &str) -> Result<Course> {
        let image = self.find_image(name).await?;
        let (sender, course) = watch::channel(SupplyMoment::Working(ImageMoment::default()));
        let images = self.ports.images.clone();
        tokio::spawn(async move {
            let sender = Arc::new(sender);
            let teller = sender.clone();
            let told = Arc::new(move |moment| drop(teller.send_replace(SupplyMoment::Working(moment))));
            let verified = images.verify(&image, told).await;
            sender.send_replace(SupplyMoment::Ended(verified.map(|()| Box::new(image))));
        });
        Ok(course)
    }
}
