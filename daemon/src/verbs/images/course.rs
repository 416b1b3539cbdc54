use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    model::{Error, ImageMoment, Result, StoredImage},
    ports::Told,
};

/// One moment of work on an image or a snapshot, for those who wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SupplyMoment<T = StoredImage> {
    /// It goes on.
    Working(ImageMoment),
    /// It has ended.
    Ended(Result<Box<T>>),
}

/// The course of work on an image or a snapshot: what happens now, and how it ends.
pub type Course<T = StoredImage> = watch::Receiver<SupplyMoment<T>>;

/// Begins work that goes on when those who wait for it have gone. A fault in it ends their wait with an error.
pub(in crate::verbs) fn begin<T, W>(work: impl FnOnce(Told) -> W) -> Course<T>
where
    T: Send + Sync + 'static,
    W: Future<Output = Result<T>> + Send + 'static,
{
    let (sender, course) = watch::channel(SupplyMoment::Working(ImageMoment::default()));
    let sender = Arc::new(sender);
    let teller = sender.clone();
    let work =
        tokio::spawn(work(Arc::new(move |moment| drop(teller.send_replace(SupplyMoment::Working(moment))))));
    tokio::spawn(async move {
        let broke_off = |error| Err(Error::internal(format!("the work broke off: {error}")));
        let result = work.await.unwrap_or_else(broke_off);
        sender.send_replace(SupplyMoment::Ended(result.map(Box::new)));
    });
    course
}

/// A course that has ended already.
pub(super) fn ended(image: StoredImage) -> Course {
    watch::channel(SupplyMoment::Ended(Ok(Box::new(image)))).1
}

/// Follows a course to its end.
pub(super) async fn follow(course: &mut Course, mut each: impl FnMut(&ImageMoment)) -> Result<StoredImage> {
    loop {
        let moment = course.borrow_and_update().clone();
        match moment {
            SupplyMoment::Working(moment) => each(&moment),
            SupplyMoment::Ended(result) => return result.map(|image| *image),
        }
        if course.changed().await.is_err() {
            return Err(Error::internal("the work on the image broke off"));
        }
    }
}
