use jiff::Timestamp;
use sloop_proto::v1::{self as wire, costs_server::Costs};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};
use crate::{
    model::{DayCost, Error, PricingUnit, Stretch, UsageCost},
    verbs::CostReport,
};

#[tonic::async_trait]
impl Costs for Door {
    async fn get_cost_estimate(
        &self,
        request: Request<wire::GetCostEstimateRequest>,
    ) -> Result<Response<wire::GetCostEstimateResult>, Status> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::GetCostEstimateRequest { resource_name, start_time, end_time } = request.into_inner();
        let (start, end) = (instant("startTime", start_time)?, instant("endTime", end_time)?);
        let report = self.verbs.get_cost_estimate(&caller, &resource_name, Stretch { start, end });
        let estimate = budget(report.await.map_err(status)?);
        Ok(Response::new(wire::GetCostEstimateResult { resources_budget_estimate: vec![estimate] }))
    }
}

/// The instant that a member of the request names.
fn instant(field: &'static str, given: Option<prost_types::Timestamp>) -> Result<Timestamp, Status> {
    let given = given.ok_or_else(|| status(Error::invalid(field, format!("{field} is missing"))))?;
    Timestamp::new(given.seconds, given.nanos)
        .map_err(|_| status(Error::invalid(field, format!("{field} is too far away from now"))))
}

fn budget(report: CostReport) -> wire::ResourceBudgetEstimate {
    let CostReport { name, kind, asked, usages } = report;
    wire::ResourceBudgetEstimate {
        resource_name: Some(name),
        resource_type: Some(convert::resource_type(kind).into()),
        cost_estimates: usages.into_iter().map(usage).collect(),
        start_time: Some(convert::timestamp(asked.start)),
        end_time: Some(convert::timestamp(asked.end)),
    }
}

fn usage(cost: UsageCost) -> wire::CostEstimate {
    let UsageCost { usage, unit, days } = cost;
    let unit = match unit {
        PricingUnit::Hours => wire::PricingUnit::Hrs,
        PricingUnit::Gigabytes => wire::PricingUnit::Gb,
        PricingUnit::GigabyteMonths => wire::PricingUnit::GbMo,
    };
    let day = |DayCost { stretch, units, usd }| wire::EstimateByTime {
        usage_cost: Some(usd),
        pricing_unit: Some(unit.into()),
        unit: Some(units),
        currency: Some(wire::Currency::Usd.into()),
        time_period: Some(wire::TimePeriod {
            start: Some(convert::timestamp(stretch.start)),
            end: Some(convert::timestamp(stretch.end)),
        }),
    };
    wire::CostEstimate { usage_type: Some(usage), results_by_time: days.into_iter().map(day).collect() }
}
