use super::{Verbs, admission::ipv6, follow::Work};
use crate::{
    model::{Caller, Error, Operation, OperationKind, Result, Status, changed},
    ports::Change,
};

impl Verbs {
    /// Gives an instance an IPv6 address, or takes it away. A running guest that gets one hears of it on its wire at once; one
    /// that loses it keeps the address for a while, and nothing leads there.
    pub async fn set_ip_address_type(
        &self,
        caller: &Caller,
        name: &str,
        dualstack: bool,
    ) -> Result<Vec<Operation>> {
        let alone = self.admission.clone().lock_owned().await;
        let instance = self.find(caller, name).await?;
        if instance.status == Status::ShuttingDown {
            return Err(instance.status.refuse(
                "change the addresses of",
                &instance.name,
                "it is being deleted",
            ));
        }
        let address = match self.policy.ipv6_range {
            None if dualstack => {
                return Err(Error::invalid("ipAddressType", "There is no IPv6 for instances on this host")
                    .tip(
                        "set network.ipv6 in the configuration to auto, or to a range that is routed here",
                    ));
            }
            Some(range) if dualstack && instance.ipv6.is_none() => {
                let others = self.ports.store.instances().await?;
                let own = (instance.id, instance.private_ip);
                Some(ipv6(range, self.policy.private_pool, own, &others)?)
            }
            _ => instance.ipv6.filter(|_| dualstack),
        };
        let word = |dualstack| if dualstack { "dualstack" } else { "ipv4" };
        let operation = self
            .done(caller, OperationKind::SetIpAddressType, &instance, word(dualstack))
            .changing(changed::between(word(instance.ipv6.is_some()), word(address.is_some())));
        let work = Work {
            changes: vec![Change::SetIpv6(instance.id, address)],
            back: vec![Change::SetIpv6(instance.id, instance.ipv6)],
            touched: vec![instance.id],
            rewire: true,
            operations: vec![operation],
        };
        self.follow(alone, work).await
    }
}
