use super::Verbs;
use crate::model::{CheckState, Finding, Instance, RecoveryRecord, Status, StatusCheck};

impl Verbs {
    /// Instances whose status checks fail, and those that are not started again because they ended too often. Those that stand still for
    /// want of room are told of with the disk.
    pub(super) async fn examine_health(&self) -> Vec<Finding> {
        let instances = self.ports.store.instances().await.unwrap_or_default();
        let records = self.ports.store.recoveries().await.unwrap_or_default();
        let halted = self.ports.hypervisor.halted().await.unwrap_or_default();
        let awake = instances.iter().filter(|instance| !halted.contains(&instance.id));
        awake.flat_map(|instance| self.findings_of(instance, records.get(&instance.id))).collect()
    }

    fn findings_of(&self, instance: &Instance, record: Option<&RecoveryRecord>) -> Vec<Finding> {
        let (name, subject) = (&instance.name, format!("instance {}", instance.name));
        let given_up = record.filter(|record| record.given_up).and_then(|record| record.cause);
        if let Some(cause) = given_up {
            let verb = if instance.status == Status::Running { "reboot" } else { "start" };
            return vec![Finding::failed(
                &subject,
                format!("{}; it was recovered too often, and is left alone", cause.sentence()),
                format!("see what it says, sloop console {name} --log; then sloop {verb} {name}"),
            )];
        }
        let health = self.health_of(instance);
        let finding = |check: &str, seen: &StatusCheck, remedy: String| {
            let failed = seen.state == CheckState::Failed;
            failed.then(|| {
                Finding::failed(&subject, format!("its {check} check fails: {}", seen.reason), remedy)
            })
        };
        let system = finding("system", &health.system, format!("sloop instance health {name}"));
        let reboot = format!("see what it says, sloop console {name} --log; sloop reboot {name} may help");
        let guest = finding("instance", &health.instance, reboot);
        system.into_iter().chain(guest).collect()
    }
}
