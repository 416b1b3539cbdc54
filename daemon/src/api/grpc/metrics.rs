pub(super) mod words;

use jiff::Timestamp;
use sloop_proto::v1::{self as wire, metrics_server::Metrics};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};
use crate::{
    engine::Latest,
    model::{Error, MetricQuery, MetricQuestion, MetricWindow, Point, Statistic},
    verbs::{LatestMetrics, LatestOfInstance, MetricData},
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Metrics for Door {
    async fn get_instance_metric_data(
        &self,
        request: Request<wire::GetInstanceMetricDataRequest>,
    ) -> Answer<wire::GetInstanceMetricDataResult> {
        let caller = self.caller(&request).map_err(status)?;
        let (name, asked) = of_instance(request.into_inner()).map_err(status)?;
        let data = self.verbs.get_instance_metric_data(&caller, &name, &asked).await.map_err(status)?;
        Ok(Response::new(wire::GetInstanceMetricDataResult {
            metric_name: Some(words::metric(data.query.metric).into()),
            metric_data: points(&data),
        }))
    }

    async fn get_host_metric_data(
        &self,
        request: Request<wire::GetHostMetricDataRequest>,
    ) -> Answer<wire::GetHostMetricDataResult> {
        let (name, asked) = of_host(request.into_inner()).map_err(status)?;
        let data = self.verbs.get_host_metric_data(&name, &asked).await.map_err(status)?;
        let metric_name = data.query.metric.word().to_owned();
        Ok(Response::new(wire::GetHostMetricDataResult { metric_name, metric_data: points(&data) }))
    }

    async fn get_latest_metrics(
        &self,
        request: Request<wire::GetLatestMetricsRequest>,
    ) -> Answer<wire::GetLatestMetricsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let LatestMetrics { instances, host } =
            self.verbs.get_latest_metrics(&caller).await.map_err(status)?;
        Ok(Response::new(wire::GetLatestMetricsResult {
            instances: instances.into_iter().map(instance).collect(),
            host: latest(host),
        }))
    }
}

fn of_instance(asked: wire::GetInstanceMetricDataRequest) -> Result<(String, MetricQuestion), Error> {
    let wire::GetInstanceMetricDataRequest {
        instance_name,
        metric_name,
        period,
        start_time,
        end_time,
        unit,
        statistics,
    } = asked;
    let question = MetricQuestion {
        metric: words::asked_metric(metric_name).map(|metric| metric.word().to_owned()).unwrap_or_default(),
        unit: words::asked_unit(unit).to_owned(),
        statistics: statistics.into_iter().map(words::asked_statistic).collect::<Result<_, _>>()?,
        stretch: stretch(period, start_time, end_time)?,
    };
    Ok((instance_name, question))
}

fn of_host(asked: wire::GetHostMetricDataRequest) -> Result<(String, MetricWindow), Error> {
    let wire::GetHostMetricDataRequest { metric_name, period, start_time, end_time } = asked;
    Ok((metric_name, stretch(period, start_time, end_time)?))
}

fn stretch(
    period: i32,
    start: Option<prost_types::Timestamp>,
    end: Option<prost_types::Timestamp>,
) -> Result<MetricWindow, Error> {
    Ok(MetricWindow { period, start: instant("startTime", start)?, end: instant("endTime", end)? })
}

fn instant(field: &'static str, said: Option<prost_types::Timestamp>) -> Result<Option<Timestamp>, Error> {
    let Some(prost_types::Timestamp { seconds, nanos }) = said else { return Ok(None) };
    let known = Timestamp::new(seconds, nanos).map_err(|_| {
        let message =
            format!("{seconds} seconds and {nanos} nanoseconds are no time in years of four digits");
        Error::invalid(field, message)
            .tip("times are seconds since 1970, with less than a second beside them")
    });
    known.map(Some)
}

fn points(data: &MetricData) -> Vec<wire::MetricDatapoint> {
    let MetricData { query, points } = data;
    points.iter().map(|one| point(query, one)).collect()
}

fn point(query: &MetricQuery, point: &Point) -> wire::MetricDatapoint {
    let value = |statistic| query.value(point, statistic);
    wire::MetricDatapoint {
        average: value(Statistic::Average),
        maximum: value(Statistic::Maximum),
        minimum: value(Statistic::Minimum),
        sample_count: value(Statistic::SampleCount),
        sum: value(Statistic::Sum),
        timestamp: Some(prost_types::Timestamp { seconds: point.start, nanos: 0 }),
        unit: Some(words::unit(query.metric.unit()).into()),
    }
}

fn instance(one: LatestOfInstance) -> wire::InstanceMetrics {
    let LatestOfInstance { name, status, cpu_count, ram_bytes, latest: measured } = one;
    wire::InstanceMetrics {
        instance_name: name.to_string(),
        state: status.word().to_owned(),
        cpu_count: convert::signed(cpu_count),
        ram_bytes,
        metrics: latest(measured),
    }
}

/// Each value that was measured, and nothing where nothing was. Bare counters stay here.
fn latest(measured: Option<Latest>) -> Vec<wire::LatestMetric> {
    let Latest { at, values, usage: _, traffic: _ } = measured.unwrap_or_default();
    let value = |(metric, value): (crate::model::Metric, f64)| wire::LatestMetric {
        metric_name: metric.word().to_owned(),
        value,
        unit: words::unit(metric.unit()).into(),
        measured_at: Some(convert::timestamp(at)),
    };
    values.into_iter().map(value).collect()
}

#[cfg(test)]
mod tests;
