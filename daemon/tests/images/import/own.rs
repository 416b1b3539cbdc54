//! Blueprints of one's own.

use rstest::rstest;
use sloopd::{
    model::{Firmware, ImageSource, ImportOrder, ImportTarget, OwnBlueprint, Trust},
    ports::Images as _,
};

use super::{import, order, refused};
use crate::{
    disks::{self, Root, Table},
    stand::Stand,
};

fn own(firmware: Option<Firmware>) -> ImportTarget {
    ImportTarget::Own(OwnBlueprint {
        id: "my_router".to_owned(),
        user: "root".to_owned(),
        firmware,
        description: "What routes at home".to_owned(),
    })
}

#[rstest]
#[case::both_ways(Table::Both, None, Firmware::Bios)]
#[case::uefi_alone(Table::EfiOnly, None, Firmware::Uefi)]
#[case::of_old(Table::Mbr, None, Firmware::Bios)]
#[case::as_is_said(Table::Both, Some(Firmware::Uefi), Firmware::Uefi)]
#[tokio::test(flavor = "multi_thread")]
async fn a_blueprint_of_ones_own_comes_and_goes_with_its_images(
    #[case] table: Table,
    #[case] said: Option<Firmware>,
    #[case] firmware: Firmware,
) {
    let (mut stand, dir) = (Stand::open().await, tempfile::tempdir().expect("a directory"));
    let mut images = Vec::new();
    for seed in [1, 2] {
        let bytes = std::fs::read(disks::raw(dir.path(), table, Root::Noise(1, seed))).expect("readable");
        let order = ImportOrder { target: own(said), ..order(&stand, Trust::Nobody) };
        images.push(import(&stand, order, &bytes).await.expect("taken"));
    }
    stand.restart();
    let [found] = &stand.store.own().await.expect("readable")[..] else { panic!("one blueprint") };
    assert_eq!((found.id.as_str(), found.user.as_str()), ("my_router", "root"));
    assert_eq!((found.firmware, &found.source), (firmware, &ImageSource::Own));
    let base = stand.store.base(found).await.expect("sound").expect("it has one");
    assert_eq!(base.path, images[1].path);
    for image in stand.images().await {
        assert_eq!(stand.store.own().await.expect("readable").len(), 1);
        stand.store.remove(&image).await.expect("removed");
    }
    assert_eq!(stand.store.own().await.expect("readable"), []);
    assert_eq!(Stand::names(&stand.settings.dir), [".staging"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blueprint_whose_image_is_refused_never_was() {
    let stand = Stand::open().await;
    let dir = tempfile::tempdir().expect("a directory");
    let disk = disks::raw(dir.path(), Table::EfiOnly, Root::Noise(1, 1));
    let bytes = std::fs::read(disk).expect("readable");
    let order = ImportOrder { target: own(Some(Firmware::Bios)), ..order(&stand, Trust::Nobody) };
    let error = refused(&stand, order, &bytes, "ImageRefused").await;
    assert!(error.message.contains("UEFI only"), "{error:?}");
    assert_eq!(stand.store.own().await.expect("readable"), []);
}
