//! An image store on a directory of its own, before a mirror on loopback.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use sha2::{Digest as _, Sha256, Sha512};
use sloopd::{
    adapters::{
        catalogue,
        images::{ImageStore, Mirror, Patience, Settings},
    },
    model::{
        Blueprint, Catalogue, Download, Error, ImageMoment, ImageSource, Layout, Result, StoredImage,
        Verification,
    },
    ports::{Images as _, Told},
};

use crate::mirror::Site;

/// Nothing here takes longer unless it is broken.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);
/// What the publisher of the tests offers.
pub(crate) const DISK: &str = "https://images.example.test/tiny/disk.qcow2";
pub(crate) const LIST: &str = "https://images.example.test/tiny/SHA256SUMS";

pub(crate) struct Stand {
    pub(crate) site: Site,
    pub(crate) settings: Settings,
    pub(crate) store: ImageStore,
    pub(crate) blueprint: Blueprint,
    pub(crate) dir: tempfile::TempDir,
}

/// Everything that was told of some work.
#[derive(Clone, Default)]
pub(crate) struct Tale(Arc<Mutex<Vec<ImageMoment>>>);

pub(crate) fn quiet() -> Told {
    Arc::new(drop)
}

impl Tale {
    pub(crate) fn told(&self) -> Told {
        let tale = self.0.clone();
        Arc::new(move |moment| tale.lock().expect("unpoisoned").push(moment))
    }

    /// The stages, each once, in the order of their beginning.
    pub(crate) fn stages(&self) -> Vec<&'static str> {
        let mut stages: Vec<_> =
            self.0.lock().expect("unpoisoned").iter().map(|moment| moment.stage).collect();
        stages.dedup();
        stages
    }

    pub(crate) fn last_of(&self, stage: &str) -> Option<ImageMoment> {
        self.0.lock().expect("unpoisoned").iter().rfind(|moment| moment.stage == stage).cloned()
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

pub(crate) fn sha512(bytes: &[u8]) -> String {
    format!("{:x}", Sha512::digest(bytes))
}

pub(crate) fn real_catalogue() -> Catalogue {
    let images = concat!(env!("CARGO_MANIFEST_DIR"), "/../images");
    catalogue::load(images.as_ref()).expect("the catalogue")
}

/// A blueprint whose publisher offers `disk.qcow2`, with a list of digests beside it.
pub(crate) fn blueprint() -> Blueprint {
    let verification = Verification::Published { checksums: "SHA256SUMS".to_owned() };
    let directory = "https://images.example.test/tiny/".to_owned();
    let source = ImageSource::Download(Download { directory, file: "disk.qcow2".to_owned(), verification });
    let like = real_catalogue().blueprint("debian_12").expect("it is in the catalogue").clone();
    Blueprint { id: "made_up".to_owned(), source, ..like }
}

/// A directory that others may use, whatever the umask is.
pub(crate) fn open_dir(mode: u32) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a directory");
    let opened = std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(mode));
    opened.expect("its owner may");
    dir
}

fn is_a(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == ending)
}

impl Stand {
    pub(crate) async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// One with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        // As the daemon's own is: others pass through it, to strangers' files.
        let (site, dir) = (Site::open().await, open_dir(0o711));
        let mut settings = Settings {
            dir: dir.path().join("images"),
            layout: Layout::new(dir.path()),
            mirror: Mirror::parse(&site.url()).expect("loopback is trusted"),
            patience: Patience { stall: Duration::from_secs(20), tries: 3 },
            largest: 1 << 30,
            headroom: 0,
        };
        change(&mut settings);
        let store = ImageStore::open(settings.clone());
        Self { site, settings, store, blueprint: blueprint(), dir }
    }

    /// The daemon was killed and has started again.
    pub(crate) fn restart(&mut self) {
        self.store = ImageStore::open(self.settings.clone());
    }

    /// The publisher offers this, and its right digest.
    pub(crate) fn offer(&self, bytes: &[u8]) {
        self.site.hold(DISK, bytes);
        self.site.hold(LIST, format!("{} *disk.qcow2\n", sha256(bytes)));
    }

    pub(crate) async fn pull(&self) -> Result<StoredImage> {
        self.pull_telling(quiet()).await
    }

    pub(crate) async fn pull_telling(&self, told: Told) -> Result<StoredImage> {
        let pull = self.store.pull(&self.blueprint, told);
        tokio::time::timeout(LIMIT, pull).await.expect("it ends in time")
    }

    /// Pulls what cannot be used: nothing is visible afterwards, and nothing left but what can be taken up again.
    pub(crate) async fn refused(&self) -> Error {
        let error = self.pull().await.expect_err("it cannot be used");
        self.nothing_half_made();
        assert_eq!(self.images().await, [], "{error:?}");
        error
    }

    pub(crate) async fn images(&self) -> Vec<StoredImage> {
        self.store.list().await.expect("readable")
    }

    /// Names in a directory; none when it is not there.
    pub(crate) fn names(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    pub(crate) fn staging(&self) -> PathBuf {
        self.settings.dir.join(".staging")
    }

    /// Downloads that can be taken up again.
    pub(crate) fn parts(&self) -> Vec<String> {
        let mut names = Self::names(&self.staging());
        names.retain(|name| is_a(name, "part"));
        names
    }

    pub(crate) fn nothing_half_made(&self) {
        let mut names = Self::names(&self.staging());
        names.retain(|name| !is_a(name, "part") && !is_a(name, "label"));
        assert_eq!(names, [""; 0], "left in staging");
    }

    /// Not even that.
    pub(crate) fn nothing_left(&self) {
        assert_eq!(Self::names(&self.staging()), [""; 0], "left in staging");
    }

    /// The next try works.
    pub(crate) async fn succeeds(&self) -> StoredImage {
        let image = self.pull().await.expect("a good mirror");
        self.nothing_left();
        assert!(image.is_newest && self.images().await.contains(&image), "{image:?}");
        image
    }
}
