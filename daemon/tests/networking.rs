//! Firewalls and static addresses on the simulated host: what is written, what the filter is told, and what a fault leaves.

mod common;

use common::{Host, caller, create};
use sloopd::model::{
    Caller, Error, InstanceId, Kind, OperationStatus, PortRange, PortRule, Result, Sources, Status,
};

struct Stand {
    host: Host,
    ids: Vec<InstanceId>,
}

impl Stand {
    /// A host with running instances of these names.
    async fn with(names: &[&str]) -> Self {
        Self::on(Host::new(), names).await
    }

    async fn on(host: Host, names: &[&str]) -> Self {
        host.done(create(&host.verbs, names).await.expect("accepted")).await;
        let mut ids = Vec::new();
        for name in names {
            ids.push(host.verbs.get_instance(&caller(), name).await.expect("there").id);
        }
        Self { host, ids }
    }

    async fn open(&self, name: &str, port: u16, cidrs: &[&str]) -> Result<()> {
        let caller = caller();
        let open =
            self.host.verbs.open_instance_public_ports(&caller, name, PortRange::tcp(port), from(cidrs));
        open.await.map(drop)
    }

    async fn ports(&self, name: &str) -> Vec<PortRule> {
        self.host.verbs.get_instance_port_states(&caller(), name).await.expect("there")
    }

    /// What is written and what the filter has are the same, and no address leads to two.
    async fn agrees(&self) {
        let instances = self.host.ports.store.instances().await.expect("readable");
        let world = self.host.world.world();
        let mut seen = std::collections::HashSet::new();
        for instance in instances.iter().filter(|instance| instance.status != Status::Stopped) {
            let reach = &world.rules[&instance.id];
            assert_eq!((&reach.ports, reach.public_ip), (&instance.ports, instance.public_ip));
            assert_eq!((&reach.published, reach.ipv6), (&instance.published, instance.ipv6));
            assert!(seen.insert(reach.public_ip), "{:?} leads to two", reach.public_ip);
        }
    }

    async fn address(&self, name: &str) -> Option<std::net::Ipv4Addr> {
        self.host.verbs.get_instance(&caller(), name).await.expect("there").public_ip
    }

    async fn attach(&self, static_ip: &str, instance: &str) -> Result<()> {
        self.host.verbs.attach_static_ip(&caller(), static_ip, instance).await.map(drop)
    }

    async fn allocate(&self, name: &str) -> std::net::Ipv4Addr {
        self.host.verbs.allocate_static_ip(&caller(), name).await.expect("room");
        self.host.verbs.get_static_ip(&caller(), name).await.expect("there").address
    }

    async fn publish(&self, name: &str, what: &str) -> Result<bool> {
        let what = what.parse().expect("a port");
        self.host.verbs.publish_port(&caller(), name, what).await.map(|(_, is_open)| is_open)
    }

    async fn dualstack(&self, name: &str, is_dual: bool) -> Result<()> {
        self.host.verbs.set_ip_address_type(&caller(), name, is_dual).await.map(drop)
    }

    async fn stop(&self, name: &str) {
        self.host.done(self.host.verbs.stop_instance(&caller(), name, false).await.expect("runs")).await;
    }

    async fn start(&self, name: &str) {
        self.host.done(self.host.verbs.start_instance(&caller(), name).await.expect("stopped")).await;
    }
}

fn from(cidrs: &[&str]) -> Sources {
    let cidrs: Vec<_> = cidrs.iter().map(|&cidr| cidr.to_owned()).collect();
    Sources::parse(&cidrs, &[], &[]).expect("sound")
}

fn stranger() -> Caller {
    common::user("bob")
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> Kind {
    result.expect_err("refused").kind
}

#[tokio::test]
async fn ports_open_and_close_and_the_filter_follows() {
    let stand = Stand::with(&["web"]).await;
    let before = stand.ports("web").await;
    stand.open("web", 443, &[]).await.expect("open");
    stand.open("web", 5432, &["10.0.0.0/8"]).await.expect("open");
    stand.agrees().await;
    assert_eq!(stand.ports("web").await.len(), before.len() + 2);
    let verbs = &stand.host.verbs;
    let caller = caller();
    let close = verbs.close_instance_public_ports(&caller, "web", PortRange::tcp(443), Sources::default());
    assert_eq!(close.await.expect("closed").status, OperationStatus::Succeeded);
    let put = vec![(PortRange::tcp(22), from(&["192.0.2.1"]))];
    let put = verbs.put_instance_public_ports(&caller, "web", put).await.expect("put");
    assert_eq!(put.details, "22/tcp");
    stand.agrees().await;
    let only = PortRule { range: PortRange::tcp(22), sources: from(&["192.0.2.1"]) };
    assert_eq!(stand.ports("web").await, [only]);
    verbs.put_instance_public_ports(&caller, "web", Vec::new()).await.expect("all closed");
    assert_eq!(stand.ports("web").await, []);
}

#[tokio::test]
async fn ports_of_a_stopped_instance_are_there_at_its_start() {
    let stand = Stand::with(&["web"]).await;
    stand.stop("web").await;
    stand.open("web", 443, &[]).await.expect("open");
    assert!(stand.host.world.world().rules.is_empty());
    stand.start("web").await;
    stand.agrees().await;
    assert!(stand.host.world.world().rules[&stand.ids[0]].ports.len() == 3);
}

#[tokio::test]
async fn a_change_that_the_filter_refuses_leaves_everything_as_it_was() {
    let stand = Stand::with(&["web", "db"]).await;
    let before = stand.ports("web").await;
    let site = stand.allocate("site").await;
    stand.attach("site", "web").await.expect("attached");
    let (web, db) = (stand.address("web").await, stand.address("db").await);
    stand.host.world.fail_when(|call| call == "refresh_rules");
    assert_eq!(kind(stand.open("web", 443, &[]).await), Kind::Unavailable);
    assert_eq!(kind(stand.attach("site", "db").await), Kind::Unavailable);
    assert_eq!(kind(stand.host.verbs.detach_static_ip(&caller(), "site").await), Kind::Unavailable);
    stand.host.world.heal();
    assert_eq!(stand.ports("web").await, before);
    assert_eq!((stand.address("web").await, stand.address("db").await), (web, db));
    assert_eq!(web, Some(site));
    stand.agrees().await;
    let operations =
        stand.host.verbs.get_operations_for_resource(&caller(), "web", None).await.expect("there");
    assert!(
        operations.items.iter().any(|one| one.status == OperationStatus::Failed && one.error_code.is_some())
    );
}

#[tokio::test]
async fn two_who_open_ports_at_once_both_have_their_way() {
    let stand = Stand::with(&["web"]).await;
    let (one, other) = tokio::join!(stand.open("web", 443, &[]), stand.open("web", 8443, &[]));
    one.and(other).expect("both");
    assert_eq!(stand.ports("web").await.len(), 4);
    stand.agrees().await;
}

#[tokio::test]
async fn a_static_address_moves_and_stays() {
    let stand = Stand::with(&["web", "db"]).await;
    let site = stand.allocate("site").await;
    let dynamic = stand.address("web").await;
    stand.attach("site", "web").await.expect("attached");
    assert_eq!(stand.address("web").await, Some(site));
    assert!(stand.host.verbs.get_instance(&caller(), "web").await.expect("there").has_static_ip);
    stand.agrees().await;
    // It stays over a stop and a start.
    stand.stop("web").await;
    assert_eq!(stand.address("web").await, Some(site));
    stand.start("web").await;
    assert_eq!(stand.address("web").await, Some(site));
    stand.agrees().await;
    // It moves, and who had it gets another, which is nobody's.
    stand.attach("site", "db").await.expect("moved");
    assert_eq!(stand.address("db").await, Some(site));
    let other = stand.address("web").await.expect("another");
    assert!(other != site && Some(other) != dynamic, "{other} had been given out before");
    stand.agrees().await;
    // Attaching it once more changes nothing.
    stand.attach("site", "db").await.expect("no change");
    stand.host.verbs.detach_static_ip(&caller(), "site").await.expect("detached");
    assert!(stand.address("db").await.is_some_and(|address| address != site));
    stand.agrees().await;
    stand.host.verbs.release_static_ip(&caller(), "site").await.expect("released");
    assert_eq!(kind(stand.host.verbs.get_static_ip(&caller(), "site").await), Kind::NotFound);
}

#[tokio::test]
async fn a_static_address_outlives_its_instance_and_a_stopped_one_has_it_at_its_start() {
    let stand = Stand::with(&["web", "db"]).await;
    let site = stand.allocate("site").await;
    stand.attach("site", "web").await.expect("attached");
    stand.host.done(stand.host.verbs.delete_instance(&caller(), "web", false).await.expect("deleted")).await;
    let left = stand.host.verbs.get_static_ip(&caller(), "site").await.expect("there");
    assert_eq!((left.address, left.holder), (site, None));
    stand.stop("db").await;
    assert_eq!(stand.address("db").await, None);
    stand.attach("site", "db").await.expect("attached");
    assert_eq!(stand.address("db").await, Some(site));
    stand.host.verbs.detach_static_ip(&caller(), "site").await.expect("detached");
    assert_eq!(stand.address("db").await, None);
    stand.attach("site", "db").await.expect("attached");
    stand.start("db").await;
    assert_eq!(stand.address("db").await, Some(site));
    stand.agrees().await;
}

#[tokio::test]
async fn after_a_crash_the_filter_has_what_is_written() {
    let stand = Stand::with(&["web", "db"]).await;
    stand.allocate("site").await;
    stand.attach("site", "web").await.expect("attached");
    stand.open("web", 443, &["10.0.0.0/8"]).await.expect("open");
    stand.stop("db").await;
    stand.host.world.world().rules.clear();
    let host = stand.host.reborn(common::unbroken()).await;
    let stand = Stand { host, ids: stand.ids };
    stand.agrees().await;
    assert!(!stand.host.world.world().rules.contains_key(&stand.ids[1]), "a stopped instance has rules");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let stand = Stand::with(&["web", "db"]).await;
    let verbs = &stand.host.verbs;
    stand.allocate("site").await;
    stand.allocate("blog").await;
    assert_eq!(kind(stand.attach("nothing", "web").await), Kind::NotFound);
    assert_eq!(kind(stand.attach("site", "nothing").await), Kind::NotFound);
    assert_eq!(kind(stand.attach("a/b", "web").await), Kind::InvalidInput);
    assert_eq!(kind(verbs.detach_static_ip(&caller(), "site").await), Kind::WrongState);
    assert_eq!(kind(verbs.allocate_static_ip(&caller(), "web").await), Kind::NameInUse);
    stand.attach("site", "web").await.expect("attached");
    assert_eq!(kind(stand.attach("blog", "web").await), Kind::WrongState);
    assert_eq!(kind(verbs.release_static_ip(&caller(), "site").await), Kind::WrongState);
    for name in ["c1", "c2", "c3"] {
        stand.allocate(name).await;
    }
    assert_eq!(kind(verbs.allocate_static_ip(&caller(), "c4").await), Kind::Quota);
    assert_eq!(kind(stand.open("nothing", 22, &[]).await), Kind::NotFound);
    let mut names = verbs.get_active_names(&caller(), None).await.expect("readable").items;
    names.retain(|name| name != "LightsailDefaultKeyPair");
    assert_eq!(names, ["blog", "c1", "c2", "c3", "db", "site", "web"]);
}

#[tokio::test]
async fn where_everybody_has_their_own_nobody_touches_anothers() {
    let policy = sloopd::verbs::Policy { access: sloopd::model::Access::Private, ..common::policy() };
    let host = Host::with(policy);
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    host.verbs.allocate_static_ip(&caller(), "site").await.expect("room");
    let verbs = &host.verbs;
    let stranger = stranger();
    let open = verbs.open_instance_public_ports(&stranger, "web", PortRange::tcp(5), Sources::default());
    assert_eq!(kind(open.await), Kind::NotFound);
    assert_eq!(kind(verbs.get_static_ip(&stranger, "site").await), Kind::NotFound);
    assert_eq!(kind(verbs.attach_static_ip(&stranger, "site", "web").await), Kind::NotFound);
    let theirs: Result<Vec<_>, Error> = verbs.get_static_ips(&stranger, None).await.map(|page| page.items);
    assert_eq!(theirs.expect("readable"), []);
}

/// Published ports, high enough that nothing on the machine that runs this listens there for long.
#[tokio::test]
async fn ports_of_the_host_lead_to_one_instance_each() {
    let stand = Stand::with(&["web", "db"]).await;
    assert!(stand.publish("web", "28080:80/tcp").await.expect("free"), "80 is open");
    assert!(!stand.publish("web", "28053:5353/udp").await.expect("free"), "5353 is not open");
    stand.publish("web", "28080:80/tcp").await.expect("twice is once");
    stand.publish("web", "28080:81/tcp").await.expect("its own port leads elsewhere");
    stand.agrees().await;
    assert_eq!(kind(stand.publish("db", "28080:80/tcp").await), Kind::WrongState);
    stand.publish("db", "28080:80/udp").await.expect("another protocol is another port");
    for (what, expected) in [("80:80/tcp", Kind::AccessDenied), ("62000:80/tcp", Kind::InvalidInput)] {
        assert_eq!(kind(stand.publish("web", what).await), expected, "{what}");
    }
    assert_eq!(kind(stand.publish("nobody", "28081:80/tcp").await), Kind::NotFound);
    let verbs = &stand.host.verbs;
    let listed = verbs.get_published_ports(&caller(), None).await.expect("listed");
    let listed: Vec<_> = listed.iter().map(|(name, port)| format!("{name} {port}")).collect();
    assert_eq!(listed, ["db 28080:80/udp", "web 28080:81/tcp", "web 28053:5353/udp"]);
    // With the instance they go, and come again.
    stand.stop("web").await;
    stand.agrees().await;
    stand.start("web").await;
    stand.agrees().await;
    let tcp = sloopd::model::Protocol::Tcp;
    assert_eq!(kind(verbs.unpublish_port(&caller(), tcp, 28_081).await), Kind::NotFound);
    verbs.unpublish_port(&caller(), tcp, 28_080).await.expect("published");
    stand.agrees().await;
    stand.publish("db", "28080:80/tcp").await.expect("free again");
    stand.host.done(verbs.delete_instance(&caller(), "db", false).await.expect("there")).await;
    stand.publish("web", "28080:80/tcp").await.expect("free again");
}

#[tokio::test]
async fn ipv6_comes_and_goes() {
    let stand = Stand::with(&["web", "db"]).await;
    let ipv6 = async |name| stand.host.verbs.get_instance(&caller(), name).await.expect("there").ipv6;
    let before = ipv6("web").await.expect("by default");
    assert_ne!(ipv6("db").await, Some(before));
    for (is_dual, expected) in [(false, None), (false, None), (true, Some(before)), (true, Some(before))] {
        stand.dualstack("web", is_dual).await.expect("taken");
        assert_eq!(ipv6("web").await, expected);
        stand.agrees().await;
    }
    assert_eq!(kind(stand.dualstack("nobody", true).await), Kind::NotFound);
    let without = Host::with(sloopd::verbs::Policy { ipv6_range: None, ..common::policy() });
    let without = Stand::on(without, &["web"]).await;
    assert_eq!(kind(without.dualstack("web", true).await), Kind::InvalidInput);
    without.dualstack("web", false).await.expect("so it is");
}

/// The rules follow and the wires do not: then neither have.
#[tokio::test]
async fn what_follows_half_way_goes_back() {
    let lan = "192.0.2.10-192.0.2.60".parse().expect("a range");
    let host = Host::with(sloopd::verbs::Policy { public_pool: lan, ..common::policy() });
    let stand = Stand::on(host, &["web", "db"]).await;
    let site = stand.allocate("site").await;
    stand.attach("site", "web").await.expect("free");
    stand.host.world.fail_when(|call| call == "ensure_link");
    assert_eq!(kind(stand.attach("site", "db").await), Kind::Unavailable);
    assert_eq!(kind(stand.publish("db", "28022:22/tcp").await), Kind::Unavailable);
    assert_eq!(kind(stand.dualstack("db", false).await), Kind::Unavailable);
    assert_eq!(stand.address("web").await, Some(site));
    stand.agrees().await;
    stand.host.world.heal();
    stand.attach("site", "db").await.expect("moves");
    stand.agrees().await;
}
