use super::*;
use crate::model::Layer;

const MIB: u64 = 1 << 20;

/// A survey, made of stacks.
struct Shelf(Survey);

impl Shelf {
    fn new() -> Self {
        Self(Survey { room: 1 << 40, ..Survey::default() })
    }

    /// A layer with a file of so many MiB.
    fn on(&mut self, beneath: Beneath, mib: u64) -> LayerId {
        let layer = Layer { is_made: true, ..Layer::on(beneath, 20 << 30) };
        let id = layer.id;
        self.0.layers.insert(id, layer);
        self.0.sizes.insert(id, mib * MIB);
        id
    }

    /// Layers one on the other, from a base image up.
    fn stack(&mut self, sizes: &[u64]) -> Vec<LayerId> {
        let (mut beneath, mut ids) = (Beneath::Base("/images/tiny.qcow2".into()), Vec::new());
        for size in sizes {
            let id = self.on(beneath, *size);
            beneath = Beneath::Layer(id);
            ids.push(id);
        }
        ids
    }

    fn top(&mut self, id: LayerId, drive: Option<Drive>) {
        self.0.tops.insert(id, drive);
    }
}

fn drive() -> Drive {
    (InstanceId::fresh(), Slot::SYSTEM)
}

fn base() -> Beneath {
    Beneath::Base("/images/tiny.qcow2".into())
}

#[test]
fn what_a_deleted_snapshot_kept_goes_where_less_is_copied() {
    for (lower, upper, is_commit) in [(100, 10, true), (10, 100, false)] {
        let mut shelf = Shelf::new();
        let ids = shelf.stack(&[lower, upper]);
        shelf.top(ids[1], None);
        let way = if is_commit {
            Way::Commit { top: ids[1], base: ids[0] }
        } else {
            Way::Pull { into: ids[1], base: base() }
        };
        assert_eq!(shelf.0.next(), Some(Merge { way, drive: None }));
        shelf.0.kept.insert(ids[0]);
        assert_eq!(shelf.0.next(), None, "a snapshot keeps it");
    }
}

#[test]
fn beneath_a_running_guest_layers_go_down_and_only_its_top_takes_up() {
    let mut shelf = Shelf::new();
    let (ids, guest) = (shelf.stack(&[10, 1000, 1]), drive());
    shelf.top(ids[2], Some(guest));
    shelf.0.kept.insert(ids[1]);
    let way = Way::Commit { top: ids[1], base: ids[0] };
    assert_eq!(shelf.0.next(), Some(Merge { way, drive: Some(guest) }), "however large it is");
    shelf.0.kept = [ids[0]].into();
    assert_eq!(shelf.0.next(), None, "1000 MiB are not written again for 1 MiB");
    shelf.0.sizes.insert(ids[2], 500 * MIB);
    let way = Way::Pull { into: ids[2], base: Beneath::Layer(ids[0]) };
    assert_eq!(shelf.0.next(), Some(Merge { way, drive: Some(guest) }));
}

#[test]
fn what_two_have_open_stays() {
    let mut shelf = Shelf::new();
    let ids = shelf.stack(&[10, 10]);
    let (one, other) = (shelf.on(Beneath::Layer(ids[1]), 1), shelf.on(Beneath::Layer(ids[1]), 1));
    shelf.top(one, Some(drive()));
    shelf.top(other, Some(drive()));
    assert_eq!(shelf.0.next(), None);
    shelf.top(other, None);
    assert!(matches!(shelf.0.next(), Some(Merge { way: Way::Commit { .. }, drive: Some(_) })));
    shelf.0.busy.insert(other);
    assert_eq!(shelf.0.next(), None, "its header would be written to");
}

#[test]
fn what_has_no_file_is_looked_through() {
    let mut shelf = Shelf::new();
    let lower = shelf.stack(&[10])[0];
    let between = shelf.on(Beneath::Layer(lower), 0);
    shelf.0.layers.get_mut(&between).expect("there").is_made = false;
    let top = shelf.on(Beneath::Layer(between), 1);
    shelf.top(top, None);
    assert_eq!(shelf.0.next(), Some(Merge { way: Way::Commit { top, base: lower }, drive: None }));
    assert_eq!((shelf.0.files(top), shelf.0.above(lower)), (vec![top, lower], vec![top]));
    shelf.0.kept.insert(between);
    assert_eq!(shelf.0.next(), None);
}

#[test]
fn a_deep_stack_becomes_shallower_and_small_layers_go_first() {
    let mut shelf = Shelf::new();
    let guest = drive();
    // With the base image nine files, of which the newest are small.
    let ids = shelf.stack(&[900, 800, 700, 600, 50, 2, 2, 1]);
    shelf.top(ids[7], Some(guest));
    shelf.0.kept.extend(&ids[..7]);
    let way = Way::Pull { into: ids[7], base: Beneath::Layer(ids[4]) };
    assert_eq!(shelf.0.next(), Some(Merge { way: way.clone(), drive: Some(guest) }));
    assert_eq!(shelf.0.touched(&way), [ids[7], ids[6], ids[5]].into());
    shelf.0.room = MIB;
    assert_eq!(shelf.0.next(), None, "there is no room for it");
    shelf.0.room = 5 * MIB;
    shelf.0.failed.insert(Merge { way, drive: Some(guest) });
    assert_eq!(shelf.0.next(), None, "it has just failed");
}

#[test]
fn eight_files_are_not_too_many() {
    let mut shelf = Shelf::new();
    let ids = shelf.stack(&[1, 1, 1, 1, 1, 1, 1]);
    shelf.top(ids[6], None);
    shelf.0.kept.extend(&ids[..6]);
    assert_eq!((shelf.0.next(), shelf.0.files(ids[6]).len()), (None, DEPTH - 1));
}
