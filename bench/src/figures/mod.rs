//! The figures, one file a subject.

mod app_launch;
mod create_own_share;
mod create_to_ssh;
mod delete;
mod idle_memory;
mod image_import;
mod instance_list;
mod metrics_store;
mod network;
mod recovery;
mod restart_to_ready;
mod sampling;
mod storage;

use anyhow::Result;

use crate::{report::Figure, run::Run};

/// What takes figures.
pub(crate) struct Bench {
    /// The names of its figures; what it tells beside them begins so too.
    pub(crate) figures: &'static [&'static str],
    /// Takes minutes.
    pub(crate) slow: bool,
    /// Takes them.
    pub(crate) measure: fn(&Run) -> Result<Vec<Figure>>,
}

/// All there are.
pub(crate) const ALL: &[Bench] = &[
    Bench {
        figures: &["create_own_share_p50", "create_own_share_p99"],
        slow: false,
        measure: create_own_share::measure,
    },
    Bench { figures: &["delete"], slow: false, measure: delete::measure },
    Bench { figures: &["idle_memory"], slow: false, measure: idle_memory::empty },
    Bench { figures: &["idle_memory_100_simulated"], slow: false, measure: idle_memory::hundred },
    Bench { figures: &["restart_to_ready_30_simulated"], slow: false, measure: restart_to_ready::simulated },
    Bench { figures: &["restart_to_ready_6_real"], slow: false, measure: restart_to_ready::real },
    Bench { figures: &["instance_list_100"], slow: false, measure: instance_list::measure },
    Bench {
        figures: &["firewall_change", "static_ip_move", "network_add", "network_remove"],
        slow: false,
        measure: network::changes::measure,
    },
    Bench { figures: &["packet_cost", "stream_to_public"], slow: false, measure: network::packets::measure },
    Bench {
        figures: &["live_snapshot", "disk_from_snapshot", "roll_back"],
        slow: false,
        measure: storage::snapshots::measure,
    },
    Bench { figures: &["live_snapshot_pause"], slow: false, measure: storage::pause::measure },
    Bench { figures: &["live_snapshot_100g"], slow: false, measure: storage::large::measure },
    Bench { figures: &["deep_read"], slow: false, measure: storage::deep::measure },
    Bench { figures: &["discard"], slow: false, measure: storage::discard::measure },
    Bench { figures: &["sampling_100_simulated"], slow: false, measure: sampling::hundred },
    Bench {
        figures: &["metrics_sample_bytes", "metrics_query_15_months"],
        slow: false,
        measure: metrics_store::measure,
    },
    Bench { figures: &["recovery"], slow: false, measure: recovery::measure },
    Bench { figures: &["image_import"], slow: false, measure: image_import::measure },
    Bench { figures: &["app_second_launch"], slow: true, measure: app_launch::measure },
    Bench {
        figures: &["create_to_ssh_debian", "create_to_ssh_virt_install"],
        slow: true,
        measure: create_to_ssh::measure,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names: Vec<_> = ALL.iter().flat_map(|bench| bench.figures).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
