//! What is done to a host, and what should be there afterwards.

use std::collections::BTreeMap;

use sloopd::model::{Operation, OperationStatus, Result, Slot, Status};

use crate::{
    acts::{Act, Harm},
    common::{self, CutAt, Host, caller},
    stand::*,
    twin::Twin,
};

/// What should be there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// Of each instance: whether it runs, and what its system disk holds.
    pub(crate) instances: BTreeMap<String, (bool, Content)>,
    /// Of each disk: where it is, and what it holds.
    pub(crate) disks: BTreeMap<String, (Option<String>, Content)>,
    /// Of each snapshot: of which instance it is, what that held, and its disks by their names.
    pub(crate) snapshots: BTreeMap<String, (String, Content, BTreeMap<String, Content>)>,
    made: usize,
}

fn pick<V>(map: &BTreeMap<String, V>, number: u8) -> Option<String> {
    map.keys().nth(usize::from(number) % map.len().max(1)).cloned()
}

impl Model {
    fn fresh(&mut self, what: &str) -> String {
        self.made += 1;
        format!("{what}-{}", self.made)
    }

    fn disks_of(&self, instance: &str) -> BTreeMap<String, Content> {
        let of = |holder: &Option<String>| holder.as_deref() == Some(instance);
        self.disks
            .iter()
            .filter(|(_, (holder, _))| of(holder))
            .map(|(name, (_, content))| (name.clone(), content.clone()))
            .collect()
    }

    /// A copy of an instance that held this, with copies of its disks.
    fn copy(&mut self, name: &str, system: Content, disks: BTreeMap<String, Content>) {
        self.instances.insert(name.to_owned(), (true, system));
        for (disk, content) in disks {
            self.disks.insert(format!("{name}-{disk}"), (Some(name.to_owned()), content));
        }
    }
}

/// Runs one verb with some harm done to it; says whether it was carried out. The host may be another one afterwards.
async fn run(
    host: Host,
    harm: Harm,
    asked: impl AsyncFnOnce(&Host) -> Result<Vec<Operation>>,
) -> (Host, bool) {
    let (host, kill) = match harm {
        Harm::Kill(at) => {
            let line = CutAt::moment(usize::from(at));
            (host.reborn(line.clone()).await, Some((line, usize::from(at))))
        }
        _ => (host, None),
    };
    if let Harm::Fault(at) = harm {
        host.fail_call(usize::from(at));
    }
    let asked = asked(&host).await.ok();
    let lead = asked.and_then(|asked| asked.into_iter().find(|one| one.follows.is_none()));
    let host = match kill {
        Some((line, at)) => {
            if let Some(lead) = &lead {
                host.until_dead_or_done(&line.seen, at, lead.id).await;
            }
            host.reborn(common::unbroken()).await
        }
        None => host,
    };
    let Some(lead) = lead else {
        host.world.heal();
        return (host, false);
    };
    let ended = host.ended(lead.id).await;
    host.until(async || host.unfinished().await.is_empty()).await;
    host.world.heal();
    (host, ended.status == OperationStatus::Succeeded)
}

/// Does it, to the files as well where there are any. The host may be another one afterwards.
pub(crate) async fn step(host: Host, twin: Option<&Twin>, model: &mut Model, act: Act, harm: Harm) -> Host {
    match act {
        Act::Write(who, block, value) => {
            write_somewhere(&host, twin, model, (who, block, value)).await;
            host
        }
        Act::Snapshot(who) => {
            let Some(name) = pick(&model.instances, who) else { return host };
            let snapshot = model.fresh("snap");
            let (host, done) = run(host, harm, async |host| ask_snap(host, &name, &snapshot).await).await;
            if done {
                let kept = (name.clone(), model.instances[&name].1.clone(), model.disks_of(&name));
                model.snapshots.insert(snapshot, kept);
            }
            host
        }
        Act::Forget(which) => {
            let Some(name) = pick(&model.snapshots, which) else { return host };
            let delete = async |host: &Host| host.verbs.delete_instance_snapshot(&caller(), &name).await;
            let (host, done) = run(host, harm, delete).await;
            if done {
                model.snapshots.remove(&name);
            }
            host
        }
        Act::Restore(_) | Act::Clone(_) => copy(host, model, act, harm).await,
        Act::RollBack(who, which) => roll_back(host, model, (who, which), harm).await,
        Act::Resize(who) => {
            let Some(name) = pick(&model.instances, who) else { return host };
            let bundle = if instance(&host, &name).await.bundle_id == "small_3_0" {
                "medium_3_0"
            } else {
                "small_3_0"
            };
            let resize = async |host: &Host| host.verbs.resize_instance(&caller(), &name, bundle).await;
            run(host, harm, resize).await.0
        }
        Act::StopOrStart(who) => {
            let Some(name) = pick(&model.instances, who) else { return host };
            let runs = model.instances[&name].0;
            let turn = async |host: &Host| {
                if runs {
                    host.verbs.stop_instance(&caller(), &name, false).await
                } else {
                    host.verbs.start_instance(&caller(), &name).await
                }
            };
            let (host, _) = run(host, harm, turn).await;
            let runs = instance(&host, &name).await.status == Status::Running;
            model.instances.get_mut(&name).expect("known").0 = runs;
            host
        }
        Act::Delete(who) => {
            let Some(name) = pick(&model.instances, who) else { return host };
            let delete = async |host: &Host| host.verbs.delete_instance(&caller(), &name, false).await;
            let (host, done) = run(host, harm, delete).await;
            let host = if done { host } else { run(host, Harm::None, delete).await.0 };
            model.instances.remove(&name);
            for (holder, _) in model.disks.values_mut() {
                holder.take_if(|holder| *holder == name);
            }
            host
        }
        Act::Tidy => tidy(host, harm).await,
        Act::NewDisk | Act::Attach(..) | Act::Detach(_) | Act::DeleteDisk(_) => {
            on_disk(host, model, act, harm).await
        }
    }
}

/// A guest that runs writes to one of its disks.
async fn write_somewhere(
    host: &Host,
    twin: Option<&Twin>,
    model: &mut Model,
    (who, block, value): (u8, u8, u64),
) {
    let Some(name) = pick(&model.instances, who) else { return };
    let web = instance(host, &name).await;
    if web.status != Status::Running {
        return;
    }
    let drive = &web.drives[usize::from(block) % web.drives.len()];
    let block = u64::from(block);
    let written = match twin {
        Some(twin) => twin.write(web.id, drive.slot, block, value),
        None => host.world.write(web.id, drive.slot, block, value),
    };
    written.expect("it runs");
    let content = match &drive.name {
        Some(disk) => model.disks.get_mut(disk.as_str()).map(|(_, content)| content),
        None => model.instances.get_mut(&name).map(|(_, content)| content),
    };
    content.expect("the model knows it").insert(block, value);
}

/// Layers are made one, to the end or until it is killed.
async fn tidy(host: Host, harm: Harm) -> Host {
    let host = match harm {
        Harm::Kill(at) => host.reborn(CutAt::moment(usize::from(at))).await,
        Harm::Fault(at) => {
            host.fail_call(usize::from(at));
            host
        }
        Harm::None => host,
    };
    // What failed is chosen again later.
    let _ = host.engine.tidy().await;
    host.world.heal();
    host.reborn(common::unbroken()).await
}

/// Another instance, of a snapshot or of an instance.
async fn copy(host: Host, model: &mut Model, act: Act, harm: Harm) -> Host {
    match act {
        Act::Restore(which) => {
            let Some(snapshot) = pick(&model.snapshots, which) else { return host };
            let name = model.fresh("copy");
            let asked = restored(&snapshot, &name, "small_3_0");
            let restore =
                async |host: &Host| host.verbs.create_instances_from_snapshot(&caller(), asked).await;
            let (host, done) = run(host, harm, restore).await;
            if done {
                let (_, system, disks) = model.snapshots[&snapshot].clone();
                model.copy(&name, system, disks);
            }
            host
        }
        Act::Clone(who) => {
            let Some(source) = pick(&model.instances, who) else { return host };
            let name = model.fresh("clone");
            let clone = async |host: &Host| host.verbs.clone_instance(&caller(), &source, &name, None).await;
            let (host, done) = run(host, harm, clone).await;
            if done {
                let (system, disks) = (model.instances[&source].1.clone(), model.disks_of(&source));
                model.copy(&name, system, disks);
            }
            host
        }
        _ => host,
    }
}

async fn roll_back(host: Host, model: &mut Model, (who, which): (u8, u8), harm: Harm) -> Host {
    let Some(name) = pick(&model.instances, who) else { return host };
    let own: BTreeMap<_, _> = model.snapshots.iter().filter(|(_, (of, ..))| *of == name).collect();
    let Some((to, kept)) = own.into_iter().nth(usize::from(which) % model.snapshots.len().max(1)) else {
        return host;
    };
    let ((_, system, disks), to, keep) = (kept.clone(), to.clone(), model.made + 1);
    model.made = keep;
    let keep = format!("snap-{keep}");
    let back = async |host: &Host| host.verbs.roll_back_instance(&caller(), &name, &to, Some(&keep)).await;
    let (host, done) = run(host, harm, back).await;
    if done {
        // Disks that came later stay as they are, and are not in what is kept either.
        let mut present = model.disks_of(&name);
        present.retain(|disk, _| disks.contains_key(disk));
        let before = std::mem::replace(&mut model.instances.get_mut(&name).expect("known").1, system);
        for (disk, content) in disks {
            match model.disks.get_mut(&disk) {
                Some((Some(holder), held)) if *holder == name => *held = content,
                _ => {}
            }
        }
        model.snapshots.insert(keep, (name, before, present));
    }
    host
}

async fn on_disk(host: Host, model: &mut Model, act: Act, harm: Harm) -> Host {
    match act {
        Act::NewDisk => {
            let name = model.fresh("disk");
            let (host, done) =
                run(host, harm, async |host| host.verbs.create_disk(&caller(), new_disk(&name, 8)).await)
                    .await;
            if done {
                model.disks.insert(name, (None, Content::new()));
            }
            host
        }
        Act::Attach(which, who) => {
            let (Some(disk), Some(name)) = (pick(&model.disks, which), pick(&model.instances, who)) else {
                return host;
            };
            let used: Vec<_> = instance(&host, &name).await.drives.iter().map(|drive| drive.slot).collect();
            let free = Slot::for_disks().find(|slot| !used.contains(slot)).expect("not all are used");
            let attach =
                async |host: &Host| host.verbs.attach_disk(&caller(), &disk, &name, &free.to_string()).await;
            let (host, done) = run(host, harm, attach).await;
            if done {
                model.disks.get_mut(&disk).expect("known").0 = Some(name);
            }
            host
        }
        Act::Detach(which) => {
            let Some(disk) = pick(&model.disks, which) else { return host };
            let (host, done) =
                run(host, harm, async |host| host.verbs.detach_disk(&caller(), &disk).await).await;
            if done {
                model.disks.get_mut(&disk).expect("known").0 = None;
            }
            host
        }
        _ => {
            let Act::DeleteDisk(which) = act else { return host };
            let Some(disk) = pick(&model.disks, which) else { return host };
            let (host, done) =
                run(host, harm, async |host| host.verbs.delete_disk(&caller(), &disk, false).await).await;
            if done {
                model.disks.remove(&disk);
            }
            host
        }
    }
}
