//! What `web`, `data`, `before` and `site` would have cost; everything else has gone meanwhile.

use sloop_proto::v1::costs_server::Costs;
use sloop_proto::v1::*;
use tonic::Request;

use super::{Answer, Script, absent, answer};

/// One sort of use, day by day.
fn estimate(usage: &str, unit: PricingUnit, days: &[(f64, f64)]) -> CostEstimate {
    let day = |(units, usd): &(f64, f64)| EstimateByTime {
        usage_cost: Some(*usd),
        pricing_unit: Some(unit.into()),
        unit: Some(*units),
        currency: Some(Currency::Usd.into()),
        time_period: None,
    };
    CostEstimate { usage_type: Some(usage.into()), results_by_time: days.iter().map(day).collect() }
}

#[tonic::async_trait]
impl Costs for Script {
    async fn get_cost_estimate(
        &self,
        request: Request<GetCostEstimateRequest>,
    ) -> Answer<GetCostEstimateResult> {
        let GetCostEstimateRequest { resource_name, start_time, end_time } = request.into_inner();
        let (kind, cost_estimates) = match resource_name.as_str() {
            "web" => {
                let plan = estimate("USE1-BundleUsage:0.5GB", PricingUnit::Hrs, &[(24.0, 0.16), (6.0, 0.04)]);
                let over = estimate("USE1-DataXfer-Out-Overage-Bytes", PricingUnit::Gb, &[(10.0, 0.9)]);
                (ResourceType::Instance, vec![plan, over])
            }
            "data" => {
                (ResourceType::Disk, vec![estimate("USE1-DiskUsage", PricingUnit::GbMo, &[(8.0, 0.8)])])
            }
            "before" => {
                let room = estimate("USE1-SnapshotUsage", PricingUnit::GbMo, &[(0.01, 0.0005)]);
                (ResourceType::InstanceSnapshot, vec![room])
            }
            "site" => (ResourceType::StaticIp, Vec::new()),
            name => return Err(absent("Resource", name)),
        };
        answer(GetCostEstimateResult {
            resources_budget_estimate: vec![ResourceBudgetEstimate {
                resource_name: Some(resource_name),
                resource_type: Some(kind.into()),
                cost_estimates,
                start_time,
                end_time,
            }],
        })
    }
}
