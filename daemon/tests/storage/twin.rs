//! The simulated host with real files: what the world does to its disks is done to files as well, and these are read.

mod machines;

use std::{
    collections::BTreeSet,
    fs::File,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use async_trait::async_trait;
use sloopd::{
    adapters::volumes::Files,
    model::{
        Arrival, Beneath, Cut, Error, Instance, InstanceId, Layer, LayerId, Layout, Result, Slot, Stack, Way,
    },
    ports::{Parcel, Pieces, Told, Volumes},
    simulated::Simulated,
};
use tokio::sync::Notify;

use crate::stand::Content;

/// What a guest writes at once, in bytes.
const BLOCK: u64 = 64 << 10;

/// The world, which may fail, and the files.
pub(crate) struct Twin {
    pub(crate) world: Simulated,
    files: Files,
    layout: Layout,
    dir: tempfile::TempDir,
    /// Who does something to both.
    turn: tokio::sync::Mutex<()>,
    /// What failed at the files alone.
    faults: Mutex<Vec<Error>>,
}

impl Twin {
    pub(crate) fn new(world: Simulated) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let layout = Layout::new(dir.path());
        std::fs::create_dir(layout.instances()).expect("made");
        let files = Files::open(layout.clone()).expect("opened");
        Self { world, files, layout, dir, turn: tokio::sync::Mutex::default(), faults: Mutex::default() }
    }

    /// Does it to the world and then, where that did not fail, to the files. As in the world alone, nobody sees one without the
    /// other, and whoever asked cannot leave before both are done.
    fn both<W, F>(
        &self,
        world: impl Future<Output = Result<W>>,
        files: impl Future<Output = Result<F>>,
    ) -> Result<F> {
        let work = async {
            let _turn = self.turn.lock().await;
            world.await?;
            let done = files.await;
            if let Err(error) = &done {
                self.faults.lock().expect("unpoisoned").push(error.clone());
            }
            done
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work))
    }

    /// The same with a real base image, which is empty as the simulated one is.
    fn to_files(&self, beneath: &Beneath) -> Beneath {
        let Beneath::Base(path) = beneath else { return beneath.clone() };
        let image = self.dir.path().join(path.strip_prefix("/").expect("a whole path"));
        if !image.exists() {
            std::fs::create_dir_all(image.parent().expect("it is in a directory")).expect("made");
            run("qemu-img", &["create", "-q", "-f", "qcow2", text(&image), "1G"], "a base image");
        }
        Beneath::Base(image)
    }

    /// The same with the simulated base image.
    fn to_world(&self, beneath: Beneath) -> Beneath {
        match beneath {
            Beneath::Base(image) => {
                Beneath::Base(Path::new("/").join(image.strip_prefix(self.dir.path()).expect("one of ours")))
            }
            other => other,
        }
    }

    fn to_files_way(&self, way: &Way) -> Way {
        match way {
            Way::Pull { into, base } => Way::Pull { into: *into, base: self.to_files(base) },
            Way::Commit { .. } => way.clone(),
        }
    }

    /// Where a disk is written.
    fn top(&self, id: InstanceId, slot: Slot) -> Result<LayerId> {
        let world = self.world.world();
        let top = world.drives.get(&id).and_then(|drives| drives.get(&slot)).copied();
        top.ok_or_else(|| Error::internal(format!("{id} has no disk at {slot}")))
    }

    /// The layer of a disk whose file names that one.
    fn above(&self, id: InstanceId, slot: Slot, layer: LayerId) -> Option<LayerId> {
        let mut above = self.top(id, slot).ok()?;
        let world = self.world.world();
        loop {
            let Beneath::Layer(below) = world.layers.get(&above)?.beneath else { return None };
            if below == layer {
                return Some(above);
            }
            above = below;
        }
    }

    /// Makes the file as large as the world's.
    async fn enlarge(&self, id: LayerId) -> Result<()> {
        let bytes = self.world.world().layers.get(&id).map(|file| file.bytes);
        let bytes = bytes.ok_or_else(|| Error::internal(format!("layer {id} is missing")))?;
        self.files.grow_layer(id, bytes).await
    }

    /// A guest that runs writes a block of one of its disks.
    pub(crate) fn write(&self, id: InstanceId, slot: Slot, block: u64, value: u64) -> Result<()> {
        let world = async { self.world.write(id, slot, block, value) };
        let fill = |top: LayerId| {
            let command = format!("write -P {} {} {BLOCK}", byte(value), block * BLOCK);
            let file = self.layout.layer(top);
            run("qemu-io", &["-f", "qcow2", "-c", &command, text(&file)], "a guest writes");
        };
        let files = async { self.top(id, slot).map(fill) };
        self.both(world, files)
    }

    /// Nothing has failed at the files that went well in the world.
    pub(crate) fn went_well(&self, case: &str) {
        assert_eq!(*self.faults.lock().expect("unpoisoned"), [], "{case}");
    }

    /// What is read from the files of these disks is what they should hold.
    pub(crate) fn hold(&self, all: &[(Stack, Content)], case: &str) {
        let wanted = self.dir.path().join("wanted.raw");
        for (stack, content) in all {
            let Some(top) = stack.made().next() else {
                assert!(content.is_empty(), "{case}: {stack:?} has no files for {content:?}");
                continue;
            };
            let raw = File::create(&wanted).expect("made");
            raw.set_len(stack.bytes()).expect("enough room for nothing");
            for (block, value) in content {
                let bytes = vec![byte(*value); usize::try_from(BLOCK).expect("not so many")];
                raw.write_all_at(&bytes, block * BLOCK).expect("written");
            }
            let file = self.layout.layer(top.id);
            let words = ["compare", "-f", "qcow2", "-F", "raw", text(&file), text(&wanted)];
            run("qemu-img", &words, case);
        }
    }

    /// There are the files that the world says, each sound, and each on the same as there.
    pub(crate) async fn are_sound(&self) {
        let layers = self.world.world().layers.clone();
        let entries = std::fs::read_dir(self.layout.layers()).expect("listed");
        let found: BTreeSet<PathBuf> = entries.map(|entry| entry.expect("read").path()).collect();
        let wanted: BTreeSet<PathBuf> = layers.keys().map(|id| self.layout.layer(*id)).collect();
        assert_eq!(found, wanted);
        for (id, layer) in layers {
            run("qemu-img", &["check", "-q", "-f", "qcow2", text(&self.layout.layer(id))], "at the end");
            let beneath = self.files.beneath_layer(id).await.expect("read");
            assert_eq!(self.to_world(beneath), layer.beneath, "layer {id}");
        }
    }
}

/// What a block of the files is filled with: never nothing.
fn byte(value: u64) -> u8 {
    u8::try_from(value % 255 + 1).expect("at most 255")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("plain")
}

fn run(program: &str, arguments: &[&str], case: &str) {
    let output = Command::new(program).args(arguments).output().expect("it is installed");
    assert!(output.status.success(), "{case}: {program} {arguments:?}: {output:?}");
}

#[async_trait]
impl Volumes for Twin {
    async fn make_layer(&self, layer: &Layer, beneath: &Beneath) -> Result<()> {
        let real = self.to_files(beneath);
        self.both(self.world.make_layer(layer, beneath), self.files.make_layer(layer, &real))
    }

    async fn grow_layer(&self, id: LayerId, bytes: u64) -> Result<()> {
        self.both(self.world.grow_layer(id, bytes), self.enlarge(id))
    }

    async fn check_layer(&self, id: LayerId) -> Result<Option<String>> {
        let damage = self.world.check_layer(id).await?;
        let found = self.both(async { Ok(()) }, self.files.check_layer(id))?;
        Ok(damage.or(found))
    }

    async fn digest_layer(&self, id: LayerId, stop: &Notify) -> Result<Option<String>> {
        self.both(self.world.digest_layer(id, stop), self.files.digest_layer(id, stop))
    }

    async fn beneath_layer(&self, id: LayerId) -> Result<Beneath> {
        let beneath = self.both(self.world.beneath_layer(id), self.files.beneath_layer(id))?;
        Ok(self.to_world(beneath))
    }

    async fn put_layer_on(&self, id: LayerId, beneath: &Beneath) -> Result<()> {
        let real = self.to_files(beneath);
        self.both(self.world.put_layer_on(id, beneath), self.files.put_layer_on(id, &real))
    }

    async fn merge_layers(&self, way: &Way, stop: &Notify) -> Result<bool> {
        // The world does not stop either.
        let (real, unstopped) = (self.to_files_way(way), Notify::new());
        self.both(self.world.merge_layers(way, stop), self.files.merge_layers(&real, &unstopped))
    }

    async fn remove_layer(&self, id: LayerId) -> Result<()> {
        self.both(self.world.remove_layer(id), self.files.remove_layer(id))
    }

    async fn layers(&self) -> Result<Vec<LayerId>> {
        self.world.layers().await
    }

    async fn export_layer(&self, cut: &Cut, told: Told) -> Result<Parcel> {
        self.world.export_layer(cut, told).await
    }

    async fn receive_layer(&self, arrival: &Arrival, file: Pieces, told: Told) -> Result<u64> {
        self.world.receive_layer(arrival, file, told).await
    }

    async fn keep_received(&self, id: LayerId) -> Result<()> {
        self.world.keep_received(id).await
    }

    async fn settle_received(&self, id: LayerId, is_recorded: bool) -> Result<()> {
        self.world.settle_received(id, is_recorded).await
    }

    async fn unsettled(&self) -> Result<Vec<LayerId>> {
        self.world.unsettled().await
    }

    async fn drop_received(&self, id: LayerId) {
        self.world.drop_received(id).await;
    }

    async fn ensure_seed(&self, instance: &Instance) -> Result<()> {
        self.world.ensure_seed(instance).await
    }

    async fn remove_seed(&self, id: InstanceId) -> Result<()> {
        self.world.remove_seed(id).await
    }

    async fn remove_all(&self, id: InstanceId) -> Result<()> {
        self.world.remove_all(id).await
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        self.world.list().await
    }

    async fn measure(&self) -> Result<Vec<(LayerId, u64)>> {
        self.world.measure().await
    }

    async fn total_bytes(&self) -> Result<u64> {
        self.world.total_bytes().await
    }

    async fn free_bytes(&self) -> Result<u64> {
        self.world.free_bytes().await
    }
}
