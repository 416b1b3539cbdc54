use std::collections::HashSet;

use jiff::Timestamp;

use super::whole;
use crate::{
    model::{
        Arrival, Beneath, Caller, DiskId, Error, Firmware, FrozenDisk, FrozenInstance, InstanceId, Kind,
        Layer, Origin, ResourceName, Result, Slot, Snapshot, SnapshotId, SnapshotState, Tags, shown,
    },
    verbs::Verbs,
};

/// Files that are to become a snapshot, as the one who sends them describes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSnapshot {
    /// What the snapshot is to be called here.
    pub name: String,
    /// Its identity where it was made, so that increments find it.
    pub id: Option<String>,
    /// When it was asked for there.
    pub created_at: Option<Timestamp>,
    /// Whether the guest held its file systems still.
    pub quiesced: Option<bool>,
    /// The instance that it is of; none of a snapshot of a disk.
    pub instance: Option<ImportedInstance>,
    /// Identity and name of the snapshot that its increments go on from.
    pub since: Option<(String, String)>,
    /// Its disks, in the order of their files.
    pub disks: Vec<ImportedDisk>,
}

/// What is said of the instance. Of one with no user nothing but the blueprint is known: the rest is that one's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedInstance {
    /// Its identity.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Blueprint it was made from.
    pub blueprint_id: String,
    /// That blueprint's name.
    pub blueprint_name: String,
    /// Its plan; the smallest that its disk fits in when empty.
    pub bundle_id: String,
    /// The user to log in as.
    pub username: String,
    /// How it starts: bios or uefi.
    pub firmware: String,
    /// Cloud-config of its blueprint.
    pub vendor_config: String,
}

/// What is said of a disk and its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedDisk {
    /// Its identity.
    pub id: Option<String>,
    /// Where it was, such as `/dev/xvda`.
    pub path: String,
    /// Its name; none of a system disk.
    pub name: String,
    /// Its size in bytes; as the file says when zero.
    pub bytes: u64,
    /// Length of the file in bytes.
    pub file_bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Whether the file holds only what came after the snapshot that this one goes on from.
    pub is_increment: bool,
}

/// A snapshot that is made when its files have come.
pub(super) struct Plan {
    pub(super) snapshot: Snapshot,
    /// For each of its disks.
    pub(super) arrivals: Vec<Arrival>,
    /// For each of its disks.
    pub(super) layers: Vec<Layer>,
    /// What it goes on from.
    pub(super) parent: Option<SnapshotId>,
}

/// The most characters of an id, and of a blueprint's name.
const LONGEST: usize = 100;
/// The most bytes of cloud-config.
const LONGEST_CONFIG: usize = 64 << 10;
/// A system disk, and one at every other place.
const MOST_DISKS: usize = 26;

impl Verbs {
    /// Looks through what is said of a snapshot, before any of it has come.
    pub(super) async fn plan_import(&self, caller: &Caller, asked: ImportSnapshot) -> Result<Plan> {
        let name = ResourceName::parse("snapshotName", &asked.name)?;
        self.unused(&name).await?;
        let now = self.ports.clock.now();
        let parent = self.parent_of(caller, asked.since.as_ref()).await?;
        let origin = self.origin_of(&asked, &name).await?;
        let mut plan = Plan {
            snapshot: Snapshot {
                id: asked.id.and_then(|id| id.parse().ok()).unwrap_or_else(SnapshotId::fresh),
                name: Some(name),
                owner: caller.owner.clone(),
                created_at: asked.created_at.filter(|then| *then <= now).unwrap_or(now),
                state: SnapshotState::Available,
                day: None,
                is_from_auto: false,
                quiesced: asked.quiesced,
                disks: frozen_disks(&origin, &asked.disks)?,
                origin,
                tags: Tags::default(),
            },
            arrivals: Vec::new(),
            layers: Vec::new(),
            parent: parent.as_ref().map(|parent| parent.id),
        };
        for (index, said) in asked.disks.iter().enumerate() {
            self.expect(&mut plan, index, said, parent.as_ref()).await?;
        }
        Ok(plan)
    }

    /// Adds what is known of the file of one disk.
    async fn expect(
        &self,
        plan: &mut Plan,
        index: usize,
        said: &ImportedDisk,
        parent: Option<&Snapshot>,
    ) -> Result<()> {
        let frozen = &plan.snapshot.disks[index];
        let (beneath, content) = if said.is_increment {
            let earlier = parent.and_then(|one| one.disks.iter().find(|earlier| earlier.disk == frozen.disk));
            let earlier = earlier.ok_or_else(|| missing("that it goes on from"))?;
            let stack = self.ports.store.stack(earlier.layer).await?;
            if said.bytes < stack.bytes() {
                let message = format!("{} is smaller than what it goes on from", shown(&said.path));
                return Err(Error::invalid("disks", message).tip("export the snapshot again"));
            }
            (Beneath::Layer(earlier.layer), stack.content())
        } else {
            (Beneath::Nothing, Beneath::Nothing)
        };
        plan.arrivals.push(Arrival {
            layer: frozen.layer,
            beneath: content,
            bytes: Some(said.bytes).filter(|bytes| *bytes > 0),
            file_bytes: said.file_bytes,
            sha256: digest(&said.sha256)?,
            headroom: self.policy.capacity.disk_headroom,
        });
        plan.layers.push(Layer { id: frozen.layer, beneath, bytes: said.bytes, is_made: true });
        Ok(())
    }

    /// Refuses a name that something has. Whether it has is asked again when the snapshot is made.
    async fn unused(&self, name: &ResourceName) -> Result<()> {
        let store = &self.ports.store;
        let is_used = store.snapshot(name).await?.is_some()
            || store.instance(name).await?.is_some()
            || store.disk(name).await?.is_some()
            || store.key_pair(name).await?.is_some()
            || store.static_ip(name).await?.is_some();
        if !is_used {
            return Ok(());
        }
        let message = format!("Some names are already in use: {name}");
        Err(Error::new(Kind::NameInUse, "NameExists", message)
            .tip("names are shared by all resource types; choose another: --name NAME"))
    }

    async fn parent_of(&self, caller: &Caller, since: Option<&(String, String)>) -> Result<Option<Snapshot>> {
        let Some((id, name)) = since else { return Ok(None) };
        let found = match id.parse::<SnapshotId>() {
            Ok(id) => self.ports.store.snapshot_by_id(id).await?,
            Err(_) => None,
        };
        let found = found.filter(|one| self.policy.access.allows(caller, &one.owner));
        let found = found.ok_or_else(|| missing(&shown(name)))?;
        whole(&found)?;
        Ok(Some(found))
    }

    async fn origin_of(&self, asked: &ImportSnapshot, name: &ResourceName) -> Result<Origin> {
        let Some(said) = &asked.instance else {
            let [disk] = asked.disks.as_slice() else {
                return Err(Error::invalid("disks", "A snapshot of a disk has one disk"));
            };
            let name = Some(&disk.name).filter(|name| !name.is_empty());
            let name = name.map(|name| ResourceName::parse("diskName", name)).transpose()?;
            return Ok(Origin::Disk { id: id_of(disk.id.as_ref()), name, instance: None });
        };
        let mut said = said.clone();
        if said.username.is_empty() {
            let blueprint = self.blueprint(&said.blueprint_id).await?;
            said.blueprint_name = blueprint.name;
            said.username = blueprint.user;
            said.vendor_config = blueprint.vendor_config;
            let firmware = if blueprint.firmware == Firmware::Uefi { "uefi" } else { "bios" };
            firmware.clone_into(&mut said.firmware);
        }
        Ok(Origin::Instance(Box::new(frozen_instance(said, name)?)))
    }
}

/// The instance as far as another is made like it. What is said here goes to that one's first boot.
fn frozen_instance(said: ImportedInstance, name: &ResourceName) -> Result<FrozenInstance> {
    let firmware = match said.firmware.as_str() {
        "bios" => Firmware::Bios,
        "uefi" => Firmware::Uefi,
        _ => return Err(Error::invalid("firmware", "firmware is bios or uefi")),
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    for (field, text) in
        [("blueprintId", &said.blueprint_id), ("bundleId", &said.bundle_id), ("username", &said.username)]
    {
        if text.len() > LONGEST || text.starts_with('-') || !text.bytes().all(is_plain) {
            let message = format!("{} is not what {field} can be", shown(text));
            return Err(Error::invalid(field, message));
        }
    }
    let blueprint_name: String =
        said.blueprint_name.chars().filter(|one| !one.is_control()).take(LONGEST).collect();
    if said.vendor_config.len() > LONGEST_CONFIG {
        return Err(Error::invalid("vendorConfig", "A blueprint's cloud-config has at most 64 KiB"));
    }
    Ok(FrozenInstance {
        id: said.id.and_then(|id| id.parse().ok()).unwrap_or_else(InstanceId::fresh),
        name: ResourceName::parse("fromInstanceName", &said.name).unwrap_or_else(|_| name.clone()),
        blueprint_id: said.blueprint_id,
        blueprint_name,
        bundle_id: said.bundle_id,
        username: said.username,
        firmware,
        vendor_config: said.vendor_config,
    })
}

fn id_of(said: Option<&String>) -> DiskId {
    said.and_then(|id| id.parse().ok()).unwrap_or_else(DiskId::fresh)
}

/// The disks in their places, each with a new layer.
fn frozen_disks(origin: &Origin, said: &[ImportedDisk]) -> Result<Vec<FrozenDisk>> {
    if said.len() > MOST_DISKS {
        return Err(Error::invalid("disks", format!("A snapshot has at most {MOST_DISKS} disks")));
    }
    let (mut ids, mut slots, mut disks) = (HashSet::new(), HashSet::new(), Vec::new());
    for one in said {
        let (disk, name, slot) = match origin {
            Origin::Disk { id, name, .. } => (*id, name.clone(), None),
            Origin::Instance(instance) if one.path == Slot::SYSTEM.to_string() => {
                (instance.id.system_disk(), None, Some(Slot::SYSTEM))
            }
            Origin::Instance(_) => {
                let name = ResourceName::parse("diskName", &one.name)?;
                (id_of(one.id.as_ref()), Some(name), Some(Slot::of_path(&one.path)?))
            }
        };
        if !ids.insert(disk) || !slots.insert(slot) {
            return Err(Error::invalid("disks", format!("{} is there twice", shown(&one.path))));
        }
        let layer = crate::model::LayerId::fresh();
        disks.push(FrozenDisk { disk, name, slot, bytes: one.bytes, layer, next: None });
    }
    if matches!(origin, Origin::Instance(_)) && !slots.contains(&Some(Slot::SYSTEM)) {
        return Err(Error::invalid("disks", "A snapshot of an instance has its system disk, /dev/xvda"));
    }
    Ok(disks)
}

fn digest(text: &str) -> Result<String> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(Error::invalid("sha256", format!("{} is no SHA-256: that has 64 hexadecimal digits", shown(text))))
}

/// What the file goes on from is not here.
pub(super) fn missing(name: &str) -> Error {
    let message =
        format!("The file holds only what came after the snapshot {name}, which is not on this host");
    Error { field: Some("since"), ..Error::new(Kind::NotFound, "ParentMissing", message) }
        .tip("import that snapshot first, or export all of this one")
}
