//! `sloop cost`: what the same use would have cost at Lightsail.

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use prost_types::Timestamp;
use sloop_proto::v1::{
    CostEstimate, EstimateByTime, GetCostEstimateRequest, GetCostEstimateResult, ResourceBudgetEstimate,
};

use super::{disk, instance, snapshot, static_ip, worst};
use crate::complete;
use crate::connect::Session;
use crate::failure::{Exit, Failure, Outcome};
use crate::output::{Output, table};
use crate::text;

const HEADERS: [&str; 4] = ["RESOURCE", "TYPE", "USAGE", "COST"];

/// What is looked at where nothing else is said.
const DEFAULT: &str = "30d";

/// Arguments of `cost`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop cost                      all that there is, over the last 30 days
  sloop cost web --last 12h       one resource, over half a day
  sloop cost --month 2026-11      all that there is, in that month as far as it is past
  sloop cost web -o json          day by day, for a program

The prices are Lightsail's in us-east-1. An instance costs its plan from its creation on, whether it runs or
not, and what goes out beyond the plan's allowance; automatic snapshots count with what they are of. A
snapshot counts with the room that it takes, without the image beneath. What was deleted does not count.")]
pub(crate) struct CostArgs {
    /// Name of an instance, a disk, a snapshot or a static address [default: all of them]
    #[arg(add = complete::priced())]
    name: Option<String>,
    /// How far to look back, in hours, days or weeks, such as 12h or 7d
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = DEFAULT, conflicts_with = "month")]
    last: i64,
    /// A month by UTC instead
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    month: Option<Month>,
}

/// A calendar month, in seconds since the epoch, up to but not with its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Month {
    start: i64,
    end: i64,
}

/// Shows it, of one resource or of all.
pub(crate) async fn run(session: &Session, output: &Output, args: CostArgs) -> Outcome {
    let when = args.month.unwrap_or_else(|| {
        let now = jiff::Timestamp::now().as_second();
        Month { start: now.saturating_sub(args.last), end: now }
    });
    if let Some(name) = args.name {
        let result = ask(session, name, when).await?;
        output.answer("GetCostEstimateResult", &result, || describe(&result))?;
        return Ok(0);
    }
    let (mut result, mut failures) = (GetCostEstimateResult::default(), Vec::new());
    for name in names(session).await? {
        match ask(session, name, when).await {
            Ok(one) => result.resources_budget_estimate.extend(one.resources_budget_estimate),
            // It went meanwhile.
            Err(failure) if failure.exit == Exit::NotFound => {}
            Err(failure) => failures.push(failure),
        }
    }
    output.answer("GetCostEstimateResult", &result, || describe(&result))?;
    Ok(worst(output, &failures))
}

/// Names of all that may cost something.
pub(crate) async fn names(session: &Session) -> Result<Vec<String>, Failure> {
    let instances = instance::list::fetch(session).await?.instances.into_iter().map(|one| one.name);
    let disks = disk::fetch(session).await?.disks.into_iter().map(|one| one.name);
    let of_instances = snapshot::instances(session).await?.instance_snapshots;
    let of_disks = snapshot::disks(session).await?.disk_snapshots;
    let snapshots =
        of_instances.into_iter().map(|one| one.name).chain(of_disks.into_iter().map(|one| one.name));
    let static_ips = static_ip::fetch(session).await?.static_ips.into_iter().map(|one| one.name);
    Ok(instances.chain(disks).chain(snapshots).chain(static_ips).flatten().collect())
}

async fn ask(session: &Session, name: String, when: Month) -> Result<GetCostEstimateResult, Failure> {
    let instant = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let request = GetCostEstimateRequest {
        resource_name: name,
        start_time: instant(when.start),
        end_time: instant(when.end),
    };
    Ok(session.costs().get_cost_estimate(request).await?.into_inner())
}

fn describe(result: &GetCostEstimateResult) -> String {
    let all = &result.resources_budget_estimate;
    let total: f64 = all.iter().flat_map(|one| &one.cost_estimates).map(cost).sum();
    let table = table(&HEADERS, all.iter().flat_map(rows).collect());
    format!("{table}\n\nAt Lightsail that would have been {}. Here you paid electricity.", dollars(total))
}

/// A row for each sort of use, or one where there was none.
fn rows(one: &ResourceBudgetEstimate) -> Vec<Vec<String>> {
    let row = |usage: String, usd: f64| {
        let kind = text::word("ResourceType", one.resource_type);
        vec![one.resource_name().to_owned(), kind, usage, dollars(usd)]
    };
    if one.cost_estimates.is_empty() {
        return vec![row("-".to_owned(), 0.0)];
    }
    one.cost_estimates.iter().map(|estimate| row(usage(estimate), cost(estimate))).collect()
}

/// How much was used of what, such as `720.00 Hrs of USE1-BundleUsage:0.5GB`.
fn usage(estimate: &CostEstimate) -> String {
    let days = &estimate.results_by_time;
    let units: f64 = days.iter().map(EstimateByTime::unit).sum();
    let unit = text::word("PricingUnit", days.first().and_then(|day| day.pricing_unit));
    format!("{units:.2} {unit} of {}", estimate.usage_type())
}

fn cost(estimate: &CostEstimate) -> f64 {
    estimate.results_by_time.iter().map(EstimateByTime::usage_cost).sum()
}

/// Dollars and cents; what is less than a cent is no nothing.
fn dollars(usd: f64) -> String {
    if usd > 0.0 && usd < 0.005 { "< $0.01".to_owned() } else { format!("${usd:.2}") }
}

/// Parses `12h`, `7d`, `2w`: a number of seconds.
fn span(text: &str) -> Result<i64, String> {
    let units = [("h", 3_600), ("d", 86_400), ("w", 604_800)];
    let parsed = units.into_iter().find_map(|(unit, seconds)| {
        let count: u16 = text.strip_suffix(unit)?.parse().ok()?;
        Some(i64::from(count) * seconds)
    });
    parsed.filter(|seconds| *seconds > 0).ok_or_else(|| "write it like 12h, 7d or 4w".to_owned())
}

/// Parses `2026-11`.
fn month(text: &str) -> Result<Month, String> {
    let parsed = Date::strptime("%Y-%m-%d", format!("{text}-01")).and_then(|first| {
        let second = |date: Date| date.to_zoned(TimeZone::UTC).map(|begun| begun.timestamp().as_second());
        Ok(Month { start: second(first)?, end: second(first.last_of_month().tomorrow()?)? })
    });
    parsed.map_err(|_| "write it like 2026-11".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_a_number_and_a_unit() {
        assert_eq!([span("12h"), span("30d"), span("1w")], [Ok(43_200), Ok(2_592_000), Ok(604_800)]);
        for text in ["", "d", "0d", "-1d", "30", "1.5d", "30 d", "1d12h", "99999d", "month"] {
            assert!(span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn months_are_those_of_utc() {
        let days = |text| month(text).map(|month| (month.start, (month.end - month.start) / 86_400));
        assert_eq!(days("2026-11"), Ok((1_793_491_200, 30)));
        assert_eq!([days("2027-02").unwrap().1, days("2028-02").unwrap().1], [28, 29]);
        for text in ["", "2026", "2026-13", "2026-00", "november", "2026-11-05"] {
            assert!(month(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_smallest_cost_is_not_shown_as_none() {
        assert_eq!(
            [dollars(0.0), dollars(0.001), dollars(0.01), dollars(4.838)],
            ["$0.00", "< $0.01", "$0.01", "$4.84"]
        );
    }
}
