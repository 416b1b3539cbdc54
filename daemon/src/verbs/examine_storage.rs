use std::collections::{BTreeSet, HashMap, HashSet};

use super::Verbs;
use crate::model::{Finding, Layer, LayerId, Result};

/// What there is of layers.
struct Seen {
    /// As they are written down.
    layers: Vec<Layer>,
    /// Those that have files.
    files: HashSet<LayerId>,
    /// Those that guests are writing to.
    written: HashSet<LayerId>,
    /// Those that are some disk's top.
    tops: HashSet<LayerId>,
    /// What those that are frozen held when they were.
    digests: HashMap<LayerId, String>,
    /// The names of who stands on each.
    users: HashMap<LayerId, BTreeSet<String>>,
}

impl Verbs {
    /// Holds records and files of all disks against each other, and reads every layer that nobody is writing to. Changes nothing.
    pub async fn examine_storage(&self) -> Vec<Finding> {
        match self.look_at_layers().await {
            Ok(findings) => findings,
            Err(error) => vec![Finding::failed("storage", error.message, error.tip.unwrap_or_default())],
        }
    }

    async fn look_at_layers(&self) -> Result<Vec<Finding>> {
        let seen = self.see_layers().await?;
        let mut findings = missing(&seen);
        let (mut read, mut held, mut left) = (0, 0, 0);
        for layer in seen.layers.iter().filter(|layer| seen.files.contains(&layer.id)) {
            if seen.written.contains(&layer.id) {
                left += 1;
                continue;
            }
            let _held = self.engine.hold([layer.id].into()).await;
            if self.ports.store.stack(layer.id).await.is_err() {
                // It went into another one meanwhile.
                continue;
            }
            read += 1;
            held += usize::from(seen.digests.contains_key(&layer.id) && !seen.tops.contains(&layer.id));
            let why = match self.fault_of(layer.id, &seen).await {
                Ok(None) => continue,
                Ok(Some(why)) => why,
                Err(error) => format!("it cannot be read: {}", error.message),
            };
            // A guest may have begun to write to it meanwhile.
            if !self.written_layers().await?.contains(&layer.id) {
                findings.push(damaged(layer.id, &why, &seen));
            }
        }
        findings.extend(strange(&seen));
        if findings.is_empty() {
            let detail = format!(
                "{read} layers read, {held} of them held against their digests, all sound; {left} that guests are writing to were not read"
            );
            findings.push(Finding::ok("storage", detail));
        }
        Ok(findings)
    }

    /// What is wrong with a layer that nobody writes to. Damaged tables show by themselves, damaged data by the digest that was taken when it
    /// was frozen.
    async fn fault_of(&self, id: LayerId, seen: &Seen) -> Result<Option<String>> {
        if let Some(why) = self.ports.volumes.check_layer(id).await? {
            return Ok(Some(why));
        }
        let Some(digest) = seen.digests.get(&id).filter(|_| !seen.tops.contains(&id)) else {
            return Ok(None);
        };
        if self.engine.holds_what_it_held(id, digest).await? {
            return Ok(None);
        }
        // Layers may have been made one since the digest was looked up.
        let counts = self.ports.store.digests().await?.get(&id) == Some(digest);
        Ok(counts.then(|| "it no longer holds what was written to it".to_owned()))
    }

    /// Layers that guests are writing to at this moment.
    async fn written_layers(&self) -> Result<HashSet<LayerId>> {
        let mut written = HashSet::new();
        for instance in self.ports.store.instances().await? {
            if self.ports.hypervisor.state(instance.id).await?.is_alive() {
                let tops = self.ports.hypervisor.tops(instance.id).await?;
                written.extend(tops.into_iter().map(|(_, layer)| layer));
            }
        }
        Ok(written)
    }

    async fn see_layers(&self) -> Result<Seen> {
        // Files before records: what is made meanwhile is then at worst a record too many.
        let files: HashSet<_> = self.ports.volumes.layers().await?.into_iter().collect();
        let layers = self.ports.store.layers().await?;
        let digests = self.ports.store.digests().await?;
        let mut tops: HashSet<_> =
            self.ports.store.disks().await?.iter().map(|disk| disk.stack.top().id).collect();
        for instance in self.ports.store.instances().await? {
            tops.extend(instance.drives.iter().map(|drive| drive.stack.top().id));
        }
        let written = self.written_layers().await?;
        let mut users: HashMap<_, BTreeSet<_>> = HashMap::new();
        for (_, holder) in self.holders().await? {
            for layer in &holder.layers {
                users.entry(*layer).or_default().insert(holder.name.clone());
            }
        }
        Ok(Seen { layers, files, written, tops, digests, users })
    }
}

impl Seen {
    /// The names of who stands on a layer.
    fn users_of(&self, id: LayerId) -> String {
        match self.users.get(&id) {
            Some(names) => {
                format!("it is needed by {}", names.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
            }
            None => "nobody needs it".to_owned(),
        }
    }
}

const REMEDY: &str =
    "what does not need it works on; restore the file from a backup, or delete what needs it";

fn missing(seen: &Seen) -> Vec<Finding> {
    let missing = seen.layers.iter().filter(|layer| layer.is_made && !seen.files.contains(&layer.id));
    let finding = |layer: &Layer| {
        let detail = format!("its file is missing: {}", seen.users_of(layer.id));
        Finding::failed(&format!("layer {}", layer.id), detail, REMEDY)
    };
    missing.map(finding).collect()
}

fn damaged(id: LayerId, why: &str, seen: &Seen) -> Finding {
    Finding::failed(&format!("layer {id}"), format!("it is damaged ({why}): {}", seen.users_of(id)), REMEDY)
}

fn strange(seen: &Seen) -> Option<Finding> {
    let known: HashSet<_> = seen.layers.iter().map(|layer| layer.id).collect();
    let mut strange: Vec<_> = seen.files.difference(&known).map(ToString::to_string).collect();
    strange.sort();
    (!strange.is_empty()).then(|| {
        let remedy = "nothing is removed by itself; restore the state database, or remove them by hand";
        Finding::warning("storage", format!("layers without a record: {}", strange.join(", ")), remedy)
    })
}
