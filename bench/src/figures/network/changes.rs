//! What it costs to change a firewall, to move an address, and to plug a wire, with one instance and with a thousand.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

use super::crowd;
use crate::{
    client::Client,
    report::{Figure, Goal},
    run::Run,
    stats::{Sample, millis},
    timing::Mark,
};

/// The steps that make or take away an instance's network.
const ADDING: [&str; 2] = ["plugging the wire", "closing the firewall"];
const REMOVING: [&str; 2] = ["removing its firewall", "pulling the wire"];

/// What the figure is beside, and what both are made of.
const WAIT: &str = "beside ip link del of one tap; both wait until the kernel is rid of it";

/// With few instances, then with many.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let many = if run.quick { 200 } else { 1000 };
    let times = run.times(200, 40);
    let lab = crowd::lab()?;
    let client = Client::of(&lab)?;
    crowd::grow(&client, 0, 2)?;
    client.allocate("site")?;
    let few = Round::take(&lab, &client, times)?;
    crowd::grow(&client, 2, many)?;
    let crowded = Round::take(&lab, &client, times)?;
    let within = |figure: Figure, most: f64| figure.goal(Goal::AtMost(most));
    let hand = "beside nft by hand, the same chain";
    Ok(vec![
        within(Figure::new("firewall_change_1", few.change.p50(), "ms").beside(few.by_hand.p50()), 5.0)
            .note(hand),
        within(
            Figure::new("firewall_change_1000", crowded.change.p50(), "ms").beside(crowded.by_hand.p50()),
            5.0,
        )
        .note(format!("{hand}; {many} instances; p99 {:.1} ms", crowded.change.p99())),
        Figure::new("firewall_change_flat", crowded.change.p50(), "ms")
            .beside(few.change.p50())
            .goal(Goal::RatioAtMost(1.5))
            .note(format!("{many} instances beside 2")),
        Figure::new("static_ip_move_1000", crowded.moves.p50(), "ms")
            .beside(few.moves.p50())
            .note(format!("{many} instances beside 2")),
        within(Figure::new("network_add_1000", crowded.add.p50(), "ms").beside(few.add.p50()), 10.0)
            .note(format!("{many} instances beside 2: tap, route, neighbour, rules")),
        Figure::new("network_remove_1", few.remove.p50(), "ms").beside(few.remove_by_hand.p50()).note(WAIT),
        within(
            Figure::new("network_remove_1000", crowded.remove.p50(), "ms")
                .beside(crowded.remove_by_hand.p50()),
            10.0,
        )
        .note(format!("{WAIT}; {many} instances")),
    ])
}

struct Round {
    change: Sample,
    by_hand: Sample,
    moves: Sample,
    add: Sample,
    remove: Sample,
    remove_by_hand: Sample,
}

impl Round {
    fn take(lab: &Lab, client: &Client, times: usize) -> Result<Self> {
        let (mut change, mut by_hand, mut moves) = (Vec::new(), Vec::new(), Vec::new());
        for turn in 0..times {
            let began = Instant::now();
            client.put_ports(&crowd::name(0), &[22, 80, 443, 1000 + u16::try_from(turn)?])?;
            change.push(millis(began.elapsed()));
            by_hand.push(nft(lab)?);
        }
        for turn in 0..times.min(50) {
            let began = Instant::now();
            client.attach("site", &crowd::name(turn % 2))?;
            moves.push(millis(began.elapsed()));
        }
        let (mut add, mut remove, mut remove_by_hand) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..times.min(30) {
            add.push(steps(lab, &ADDING, || client.launch(&["one-more".to_owned()], "tiny"))?);
            remove.push(steps(lab, &REMOVING, || client.delete("one-more"))?);
            remove_by_hand.push(ip_link_del(lab)?);
        }
        let sample = |values: Vec<f64>| values.into_iter().collect::<Sample>();
        Ok(Self {
            change: sample(change),
            by_hand: sample(by_hand),
            moves: sample(moves),
            add: sample(add),
            remove: sample(remove),
            remove_by_hand: sample(remove_by_hand),
        })
    }
}

/// Milliseconds that some steps of `work` took.
fn steps(lab: &Lab, wanted: &[&str], work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let mark = Mark::now(lab);
    work()?;
    let steps = mark.steps(lab)?;
    wanted.iter().map(|step| steps.get(*step).copied().with_context(|| format!("{step} was not told"))).sum()
}

/// A tap that the bare tool makes and takes away: only the taking is counted.
fn ip_link_del(lab: &Lab) -> Result<f64> {
    lab.shell("ip tuntap add dev by-hand mode tap && ip link set by-hand up")?;
    let began = Instant::now();
    ensure!(lab.command("ip".as_ref()).args(["link", "del", "by-hand"]).status()?.success());
    Ok(millis(began.elapsed()))
}

/// The same change by the bare tool: a chain of a table of its own, beside ours, emptied and written anew.
fn nft(lab: &Lab) -> Result<f64> {
    let rule = |port| format!("add rule inet hand c tcp dport {port} accept\n");
    let rules = [22, 80, 443, 1000].map(rule).concat();
    let text = format!(
        "add table inet hand\nadd chain inet hand c\nflush chain inet hand c\n{rules}add rule inet hand c drop\n"
    );
    let began = Instant::now();
    let mut command: Command = lab.command("nft".as_ref());
    let mut child = command.args(["-f", "-"]).stdin(Stdio::piped()).spawn()?;
    std::io::Write::write_all(&mut child.stdin.take().context("a pipe")?, text.as_bytes())?;
    ensure!(child.wait()?.success(), "nft refused");
    Ok(millis(began.elapsed()))
}
