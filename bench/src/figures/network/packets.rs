//! What the packet filter costs a packet and a stream.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::inside;
use sloopd::model::{
    Firmware, FirstBoot, Identity, Instance, InstanceId, MetadataOptions, Owner, PortRange, PortRule,
    ResourceName, Status, Tags, UserData,
};

use super::road::Road;
use crate::{
    report::{Figure, Goal},
    run::Run,
    stats::Sample,
};

const PORT: u16 = 9000;

/// In turn with one instance and with a thousand, ten rules each; then a stream beside plain routing.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let many: Vec<Instance> = (0..1000).map(instance).collect::<Result<_>>()?;
    let one = many[0].clone();
    let (private, public) = (one.private_ip, one.public_ip.context("a public address")?);
    let road = Road::to(&one)?;
    let (rounds, packets) = (run.times(9, 3), if run.quick { 50_000 } else { 200_000 });
    let (mut few, mut crowd) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        road.filter(vec![one.clone()])?;
        few.push(udp(&road, public, packets)?);
        road.filter(many.clone())?;
        crowd.push(udp(&road, public, packets)?);
    }
    let (mut filtered, mut plain) = (Vec::new(), Vec::new());
    let bytes = if run.quick { 1 << 28 } else { 1 << 30 };
    for _ in 0..rounds {
        road.filter(many.clone())?;
        filtered.push(stream(&road, public, bytes)?);
        road.bare()?;
        plain.push(stream(&road, private, bytes)?);
    }
    let sample = |values: Vec<f64>| values.into_iter().collect::<Sample>();
    let (few, crowd) = (sample(few), sample(crowd));
    let (filtered, plain) = (sample(filtered), sample(plain));
    let rate = |seconds: f64| f64::from(bytes) / seconds / 1e9 * 8.0;
    Ok(vec![
        Figure::new("packet_cost_1000", crowd.p50(), "ns")
            .beside(few.p50())
            .goal(Goal::RatioAtMost(1.1))
            .note(format!(
                "1,000 instances beside 1, ten rules each; {packets} packets of new flows and old"
            )),
        Figure::new("stream_to_public", filtered.p50(), "s")
            .beside(plain.p50())
            .goal(Goal::RatioAtMost(1.0 / 0.9))
            .note(format!(
                "to a public address beside plain routing without a rule: {:.1} and {:.1} Gbit/s",
                rate(filtered.p50()),
                rate(plain.p50())
            )),
    ])
}

/// Nanoseconds that a packet takes on its way, sender's share included. Every hundredth is of a new flow.
fn udp(road: &Road, to: Ipv4Addr, packets: u32) -> Result<f64> {
    let receiver = inside(road.guest(), || Ok(UdpSocket::bind(("0.0.0.0", PORT))?))?;
    receiver.set_read_timeout(Some(Duration::from_secs(5)))?;
    let took = road.world.inside(move || {
        let began = Instant::now();
        let mut sender = UdpSocket::bind(("0.0.0.0", 0))?;
        for number in 0..packets {
            if number % 100 == 0 {
                sender = UdpSocket::bind(("0.0.0.0", 0))?;
            }
            sender.send_to(b"0123456789abcdef", (to, PORT))?;
        }
        Ok(began.elapsed())
    })?;
    // The buffer of the receiver is small and its overflow costs nothing here; what counts is that packets arrive at all.
    receiver.recv_from(&mut [0; 64]).context("nothing arrived")?;
    Ok(took.as_secs_f64() * 1e9 / f64::from(packets))
}

/// Seconds that so many bytes take from the world to the guest.
fn stream(road: &Road, to: Ipv4Addr, bytes: u32) -> Result<f64> {
    let listener = inside(road.guest(), || Ok(TcpListener::bind(("0.0.0.0", PORT))?))?;
    let sink = std::thread::spawn(move || -> Result<u64> {
        let (mut stream, _) = listener.accept()?;
        let (mut buffer, mut heard) = (vec![0; 1 << 18], 0);
        loop {
            match stream.read(&mut buffer)? {
                0 => return Ok(heard),
                more => heard += more as u64,
            }
        }
    });
    let began = Instant::now();
    road.world.inside(move || {
        let mut stream = TcpStream::connect((to, PORT))?;
        let piece = vec![7; 1 << 18];
        for _ in 0..bytes >> 18 {
            stream.write_all(&piece)?;
        }
        Ok(())
    })?;
    let heard = sink.join().map_err(|_| anyhow::anyhow!("the receiver panicked"))??;
    ensure!(heard == u64::from(bytes), "{heard} of {bytes} bytes arrived");
    Ok(began.elapsed().as_secs_f64())
}

/// An instance as the filter sees it, with ten rules, the last of which lets the packets in.
fn instance(number: u32) -> Result<Instance> {
    let ports = (0..9).map(|port| 1000 + port).map(|port| PortRule::everybody(PortRange::tcp(port)));
    let ours = [PortRange::parse("udp".parse()?, Some(PORT.into()), None)?, PortRange::tcp(PORT)];
    Ok(Instance {
        id: InstanceId::fresh(),
        name: ResourceName::parse("instanceName", &format!("crowd-{number}"))?,
        owner: Owner("bench".into()),
        owner_number: 1,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        status: Status::Running,
        blueprint_id: "tiny".into(),
        blueprint_name: "Tiny".into(),
        bundle_id: "tiny_1_0".into(),
        cpu_count: 1,
        ram_mb: 128,
        disk_gb: 1,
        transfer_gb: 1,
        bandwidth_kbps: None,
        published: Vec::new(),
        username: "admin".into(),
        key_pair: None,
        firmware: Firmware::Bios,
        drives: Vec::new(),
        private_ip: Ipv4Addr::from_bits(Ipv4Addr::new(172, 26, 1, 0).to_bits() + number),
        public_ip: Some(Ipv4Addr::from_bits(Ipv4Addr::new(172, 27, 0, 10).to_bits() + number)),
        has_static_ip: false,
        ipv6: None,
        ports: ports.skip(1).chain(ours.map(PortRule::everybody)).collect(),
        metadata: MetadataOptions::default(),
        identity: Identity {
            host_key_private: String::new(),
            host_key_public: String::new(),
            access_key_private: String::new(),
            authorized_keys: Vec::new(),
        },
        vendor_config: String::new(),
        user_data: UserData::default(),
        first_boot: FirstBoot::Done,
        tags: Tags::default(),
    })
}
