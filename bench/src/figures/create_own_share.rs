//! The daemon's own share of a create: all of it but libvirt's two calls.

use std::{collections::BTreeSet, time::Instant};

use anyhow::{Context as _, Result};
use sloop_lab::Lab;

use crate::{
    by_hand,
    client::Client,
    report::{Figure, Goal},
    run::Run,
    stats::{Sample, millis},
    timing::{Mark, Steps},
};

/// The steps that are libvirt's own calls.
const LIBVIRT: [&str; 2] = ["defining the machine", "starting the machine"];
/// What no step accounts for: the request, records of progress, word of the end.
const BETWEEN: &str = "between the steps";

/// Makes tiny instances one after the other, each beside the same by hand.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let lab = Lab::real()?;
    let client = Client::of(&lab)?;
    // The first create makes the default key pair too.
    create(&lab, &client)?;
    let (mut creates, mut by_hand) = (Vec::new(), Vec::new());
    for _ in 0..run.times(40, 8) {
        by_hand.push(by_hand::create(&lab)?);
        creates.push(create(&lab, &client)?);
    }
    let own: Sample = creates.iter().map(own_share).collect();
    let hand: Sample = by_hand.into_iter().collect();
    let note = "beside qemu-img, ssh-keygen, mtools, ip and nft by hand";
    let mut figures = vec![
        Figure::new("create_own_share_p50", own.p50(), "ms")
            .beside(hand.p50())
            .goal(Goal::AtMost(40.0))
            .note(note),
        Figure::new("create_own_share_p99", own.p99(), "ms")
            .beside(hand.p99())
            .goal(Goal::AtMost(100.0))
            .note(format!("of {} creates", creates.len())),
    ];
    figures.extend(parts(&creates));
    Ok(figures)
}

/// Makes an instance, removes it again, and gives the milliseconds of the making, by step.
fn create(lab: &Lab, client: &Client) -> Result<Steps> {
    let names = ["share".to_owned()];
    let (mark, began) = (Mark::now(lab), Instant::now());
    client.launch(&names, "tiny")?;
    let total = millis(began.elapsed());
    let mut steps = mark.steps(lab)?;
    LIBVIRT
        .iter()
        .try_for_each(|step| steps.get(*step).map(|_| ()).context("libvirt's steps were not told"))?;
    steps.insert(BETWEEN.to_owned(), total - steps.values().sum::<f64>());
    client.delete(&names[0])?;
    Ok(steps)
}

fn own_share(steps: &Steps) -> f64 {
    steps.iter().filter(|(step, _)| !LIBVIRT.contains(&step.as_str())).map(|(_, millis)| millis).sum()
}

/// Where the time goes, for information.
fn parts(creates: &[Steps]) -> Vec<Figure> {
    let names: BTreeSet<&String> = creates.iter().flat_map(Steps::keys).collect();
    let part = |name: &String| {
        let times: Sample = creates.iter().filter_map(|steps| steps.get(name).copied()).collect();
        let note = if LIBVIRT.contains(&name.as_str()) { "median; not in the share" } else { "median" };
        Figure::new(format!("create_part_{}", name.replace(' ', "_")), times.p50(), "ms").note(note)
    };
    names.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libvirts_calls_are_not_in_the_share() {
        let steps = [(LIBVIRT[0], 9.0), (LIBVIRT[1], 90.0), ("making the disk", 2.0), (BETWEEN, 3.0)];
        let steps = steps.map(|(step, millis)| (step.to_owned(), millis)).into();
        assert!((own_share(&steps) - 5.0).abs() < f64::EPSILON);
    }
}
