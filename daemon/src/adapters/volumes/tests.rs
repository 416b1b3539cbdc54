//! Layers as files: what earlier daemons left, and what comes and goes.

use std::os::unix::fs::MetadataExt as _;

use futures::StreamExt as _;

use super::*;
use crate::model::{Stack, Tally};

#[test]
fn disks_of_earlier_daemons_become_layers_and_what_is_half_made_goes() {
    let dir = tempfile::tempdir().expect("a directory");
    let (layout, id) = (Layout::new(dir.path()), InstanceId::fresh());
    let old = layout.instance(id).dir;
    std::fs::create_dir_all(&old).expect("made");
    std::fs::write(old.join("disk.qcow2"), "a disk").expect("written");
    std::fs::create_dir_all(layout.layers()).expect("made");
    std::fs::write(layout.layers().join("half.new"), "").expect("written");
    for _ in 0..2 {
        Files::open(layout.clone()).expect("opened");
        let new = layout.layer(LayerId(id.0));
        let inode = |path: &Path| std::fs::metadata(path).expect("there").ino();
        assert_eq!(inode(&new), inode(&old.join("disk.qcow2")), "one file with two names");
        assert_eq!(std::fs::read_dir(layout.layers()).expect("listed").count(), 1);
    }
    std::fs::remove_dir_all(&old).expect("removed");
    assert_eq!(std::fs::read(layout.layer(LayerId(id.0))).expect("there"), b"a disk");
}

/// Files in a directory of their own.
fn files() -> (tempfile::TempDir, Files) {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a directory");
    // The one who reads strangers' files passes through.
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).expect("ours");
    let layout = Layout::new(dir.path());
    std::fs::create_dir(layout.instances()).expect("made");
    (dir, Files::open(layout).expect("opened"))
}

fn run(program: &str, arguments: &[&str]) {
    let output = std::process::Command::new(program).args(arguments).output().expect("it is installed");
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("plain")
}

/// A guest writes to a layer.
fn write(files: &Files, layer: &Layer, command: &str) {
    run("qemu-io", &["-f", "qcow2", "-c", command, text(&files.layout.layer(layer.id))]);
}

/// A new layer that has a file.
async fn layer(files: &Files, beneath: Beneath, bytes: u64) -> Layer {
    let layer = Layer { is_made: true, ..Layer::on(beneath.clone(), bytes) };
    files.make_layer(&layer, &beneath).await.expect("made");
    layer
}

fn told() -> Told {
    std::sync::Arc::new(drop)
}

async fn exported(files: &Files, stack: &Stack, since: Option<&Stack>) -> Vec<u8> {
    let cut = Cut { stack: stack.clone(), since: since.cloned(), bytes: stack.bytes(), headroom: 0 };
    let parcel = files.export_layer(&cut, told()).await.expect("exported");
    let pieces: Vec<_> = parcel.pieces.collect().await;
    let file: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.expect("readable")).collect();
    assert_eq!(file.len() as u64, parcel.bytes);
    nothing_is_left(files);
    file
}

fn arrival(file: &[u8], beneath: Beneath, bytes: Option<u64>) -> Arrival {
    let mut tally = Tally::default();
    tally.add(file);
    let layer = LayerId::fresh();
    Arrival { layer, beneath, bytes, file_bytes: tally.bytes(), sha256: tally.digest(), headroom: 0 }
}

async fn receive(files: &Files, arrival: &Arrival, file: &[u8]) -> Result<u64> {
    let pieces: Vec<_> = file.chunks(100_000).map(|piece| Ok(piece.to_vec())).collect();
    files.receive_layer(arrival, futures::stream::iter(pieces).boxed(), told()).await
}

/// Takes the file in and keeps it.
async fn imported(files: &Files, file: &[u8], beneath: Beneath, bytes: u64) -> Layer {
    let arrival = arrival(file, beneath.clone(), Some(bytes));
    assert_eq!(receive(files, &arrival, file).await.expect("received"), bytes);
    files.keep_received(arrival.layer).await.expect("kept");
    nothing_is_left(files);
    Layer { id: arrival.layer, beneath, bytes, is_made: true }
}

fn nothing_is_left(files: &Files) {
    let left: Vec<_> = std::fs::read_dir(files.layout.staging()).expect("listed").flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

fn same(a: (&Files, &Layer), b: (&Files, &Layer)) {
    let (one, other) = (a.0.layout.layer(a.1.id), b.0.layout.layer(b.1.id));
    run("qemu-img", &["compare", "-f", "qcow2", "-F", "qcow2", text(&one), text(&other)]);
    run("qemu-img", &["check", "-q", "-f", "qcow2", text(&other)]);
}

fn stack(layers: &[&Layer]) -> Stack {
    Stack::read(layers.iter().map(|layer| (*layer).clone()).collect()).expect("in order")
}

const SIZE: u64 = 8 << 20;

#[tokio::test]
async fn a_disk_goes_to_another_host_and_what_came_later_follows() {
    let ((_here, here), (_there, there)) = (files(), files());
    let bottom = layer(&here, Beneath::Nothing, SIZE).await;
    write(&here, &bottom, "write -P 1 0 1M");
    let middle = layer(&here, Beneath::Layer(bottom.id), SIZE).await;
    write(&here, &middle, "write -P 2 1M 1M");
    write(&here, &middle, "write -z 0 64k");
    let top = layer(&here, Beneath::Layer(middle.id), SIZE * 2).await;
    write(&here, &top, "write -P 3 12M 64k");

    let first = stack(&[&bottom]);
    let whole = exported(&here, &first, None).await;
    let parent = imported(&there, &whole, Beneath::Nothing, SIZE).await;
    same((&here, &bottom), (&there, &parent));

    // Two layers at once, over what is there already.
    let later = stack(&[&top, &middle, &bottom]);
    let rest = exported(&here, &later, Some(&first)).await;
    assert!(rest.len() < whole.len() + (1 << 20), "{} after {}", rest.len(), whole.len());
    let child = imported(&there, &rest, Beneath::Layer(parent.id), SIZE * 2).await;
    same((&here, &top), (&there, &child));
    let all = exported(&here, &later, None).await;
    let alone = imported(&there, &all, Beneath::Nothing, SIZE * 2).await;
    same((&here, &top), (&there, &alone));

    // What nobody has written to is as large as it says, and holds what is beneath it.
    let unmade = Layer::on(Beneath::Layer(top.id), SIZE * 4);
    let unmade = stack(&[&unmade, &top, &middle, &bottom]);
    let nothing = exported(&here, &unmade, Some(&later)).await;
    assert!(nothing.len() < 1 << 20);
    imported(&there, &nothing, Beneath::Layer(child.id), SIZE * 4).await;
    let empty = exported(&here, &Stack::single(Layer::on(Beneath::Nothing, SIZE)), None).await;
    imported(&there, &empty, Beneath::Nothing, SIZE).await;
}

#[tokio::test]
async fn what_differs_is_found_where_the_one_does_not_stand_on_the_other() {
    let ((_here, here), (_there, there)) = (files(), files());
    let bottom = layer(&here, Beneath::Nothing, SIZE).await;
    write(&here, &bottom, "write -P 1 0 1M");
    let (one, other) = (
        layer(&here, Beneath::Layer(bottom.id), SIZE).await,
        layer(&here, Beneath::Layer(bottom.id), SIZE).await,
    );
    write(&here, &one, "write -P 2 2M 1M");
    write(&here, &other, "write -P 3 4M 1M");
    let (one, other) = (stack(&[&one, &bottom]), stack(&[&other, &bottom]));
    let parent = imported(&there, &exported(&here, &one, None).await, Beneath::Nothing, SIZE).await;
    let rest = exported(&here, &other, Some(&one)).await;
    let child = imported(&there, &rest, Beneath::Layer(parent.id), SIZE).await;
    same((&here, other.top()), (&there, &child));
    // A disk that went back to where nothing was written to it.
    let empty = Stack::single(Layer::on(Beneath::Nothing, SIZE));
    let rest = exported(&here, &empty, Some(&one)).await;
    let child = imported(&there, &rest, Beneath::Layer(parent.id), SIZE).await;
    let nothing = layer(&here, Beneath::Nothing, SIZE).await;
    same((&here, &nothing), (&there, &child));
}

#[tokio::test]
async fn what_has_no_record_goes_and_the_rest_stays() {
    let (_dir, files) = files();
    let whole = exported(&files, &Stack::single(Layer::on(Beneath::Nothing, SIZE)), None).await;
    let (kept, lost) = (
        imported(&files, &whole, Beneath::Nothing, SIZE).await,
        imported(&files, &whole, Beneath::Nothing, SIZE).await,
    );
    assert_eq!(files.unsettled().await.expect("listed").len(), 2);
    files.settle_received(kept.id, true).await.expect("settled");
    files.settle_received(lost.id, false).await.expect("settled");
    assert_eq!(files.layers().await.expect("listed"), [kept.id]);
    assert_eq!(files.unsettled().await.expect("listed"), []);
}

#[tokio::test]
async fn a_digest_is_of_the_data_and_not_of_what_is_beneath() {
    use std::os::unix::fs::FileExt as _;
    let (_dir, files) = files();
    let (one, other) =
        (layer(&files, Beneath::Nothing, SIZE).await, layer(&files, Beneath::Nothing, SIZE).await);
    let top = layer(&files, Beneath::Layer(one.id), SIZE).await;
    write(&files, &top, "write -P 1 0 1M");
    let digest =
        async || files.digest_layer(top.id, &Notify::new()).await.expect("read").expect("to its end");
    let before = digest().await;
    files.put_layer_on(top.id, &Beneath::Layer(other.id)).await.expect("aligned");
    assert_eq!(files.beneath_layer(top.id).await.expect("read"), Beneath::Layer(other.id));
    assert_eq!(digest().await, before);
    let path = files.layout.layer(top.id);
    let file = File::options().read(true).write(true).open(&path).expect("there");
    let (mut byte, last) = ([0], file.metadata().expect("there").len() - 1000);
    file.read_exact_at(&mut byte, last).expect("read");
    file.write_all_at(&[byte[0] ^ 0x10], last).expect("written");
    assert_ne!(digest().await, before, "a bit of data flipped");
    assert_eq!(files.check_layer(top.id).await.expect("checked"), None, "its tables are sound");
    let stop = Notify::new();
    stop.notify_one();
    assert_eq!(files.digest_layer(top.id, &stop).await.expect("stopped"), None);
}

#[tokio::test]
async fn a_base_image_goes_along_and_an_increment_leaves_it_out() {
    let (_dir, files) = files();
    let base = layer(&files, Beneath::Nothing, SIZE).await;
    write(&files, &base, "write -P 9 0 4M");
    let image = files.layout.root().join("base.qcow2");
    std::fs::rename(files.layout.layer(base.id), &image).expect("renamed");
    let top = layer(&files, Beneath::Base(image.clone()), SIZE).await;
    write(&files, &top, "write -P 1 0 1M");
    let before = Stack::single(Layer::on(Beneath::Base(image.clone()), SIZE));
    let whole = exported(&files, &Stack::single(top.clone()), None).await;
    let alone = imported(&files, &whole, Beneath::Nothing, SIZE).await;
    same((&files, &top), (&files, &alone));
    let rest = exported(&files, &Stack::single(top.clone()), Some(&before)).await;
    assert!(rest.len() < whole.len() - (2 << 20), "{} of {}", rest.len(), whole.len());
    let again = imported(&files, &rest, Beneath::Base(image), SIZE).await;
    same((&files, &top), (&files, &again));
}

#[tokio::test]
async fn what_is_not_as_it_should_be_is_refused_and_leaves_nothing() {
    let (dir, files) = files();
    let bottom = layer(&files, Beneath::Nothing, SIZE).await;
    write(&files, &bottom, "write -P 1 0 1M");
    let whole = exported(&files, &Stack::single(bottom.clone()), None).await;
    let sound = arrival(&whole, Beneath::Nothing, Some(SIZE));
    let on_another = dir.path().join("hostile.qcow2");
    let options = ["-f", "qcow2", "-F", "raw", "-b", "/etc/passwd", "-u"];
    run("qemu-img", &[&["create", "-q"], &options[..], &[text(&on_another), "8M"]].concat());
    let hostile = std::fs::read(&on_another).expect("made");
    let mut damaged = whole.clone();
    damaged[0x10000..0x10008].fill(0xff);
    let other_size = Arrival { bytes: Some(SIZE * 2), ..sound.clone() };
    let too_large = Arrival { file_bytes: u64::MAX, ..sound.clone() };
    let wrong_digest = Arrival { sha256: "0".repeat(64), ..sound.clone() };
    let of = |file: &[u8]| arrival(file, Beneath::Nothing, None);
    for (case, arrival, file) in [
        ("a backing file", of(&hostile), &hostile),
        ("no disk", of(b"hello"), &b"hello".to_vec()),
        ("a damaged one", of(&damaged), &damaged),
        ("another size", other_size, &whole),
        ("too large", too_large, &whole),
        ("another digest", wrong_digest, &whole),
        ("cut off", sound.clone(), &whole[..whole.len() - 1].to_vec()),
        ("too long", sound.clone(), &[&whole[..], b"x"].concat()),
    ] {
        receive(&files, &arrival, file).await.expect_err(case);
        nothing_is_left(&files);
        files.keep_received(arrival.layer).await.expect_err(case);
    }
    assert_eq!(files.layers().await.expect("listed"), [bottom.id]);
    receive(&files, &sound, &whole).await.expect("received");
    files.drop_received(sound.layer).await;
    nothing_is_left(&files);
}

#[tokio::test]
async fn a_start_clears_away_what_was_on_its_way() {
    let (_dir, files) = files();
    let half = files.layout.staging().join("work-1");
    std::fs::create_dir(&half).expect("made");
    std::fs::write(half.join("upload"), "half").expect("written");
    let files = Files::open(files.layout.clone()).expect("opened");
    nothing_is_left(&files);
}
