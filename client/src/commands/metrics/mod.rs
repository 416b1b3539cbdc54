//! `sloop metrics`: what was measured of an instance or of the host, in small graphs.

pub(crate) mod dress;
mod graph;
mod kind;
mod past;
mod window;

use std::time::Duration;

use clap::Args;
use futures::future::try_join_all;
use prost_types::Timestamp;
use serde_json::{Value as Json, json};
use sloop_proto::v1::{
    GetHostMetricDataRequest, GetHostMetricDataResult, GetInstanceMetricDataRequest,
    GetInstanceMetricDataResult, MetricDatapoint, MetricStatistic,
};

use self::graph::{Canvas, Glyphs, Graph};
use self::kind::{Kind, WHERE_KNOWN};
pub(crate) use self::kind::{TICK, of_instances};
use self::window::Window;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::{Output, pretty, print, rendered};
use crate::screen::{self, Size};
use crate::text;

/// How often it is drawn again: samples come no faster.
const EVERY: Duration = Duration::from_secs(10);
/// The height of a graph where nothing limits it, and the greatest on a screen.
const ROWS: u16 = 4;
const ROWS_MAX: usize = 6;

const STATISTICS: [MetricStatistic; 5] = [
    MetricStatistic::Minimum,
    MetricStatistic::Maximum,
    MetricStatistic::Sum,
    MetricStatistic::Average,
    MetricStatistic::SampleCount,
];

/// Arguments of `metrics`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop metrics web                                  the last six hours
  sloop metrics web --last 7d                        a week; 90m, 2w and 15mo are times, too
  sloop metrics web --last 1h --watch                drawn again every ten seconds
  sloop metrics web --metric MemoryResident          only that; may be given several times
  sloop metrics web --last 1d --period 5m -o json    what Lightsail answers, for a program
  sloop metrics --host                               what the host does

Bytes and operations are shown as what they come to in a second. Where nothing was measured there is a gap.
Points of a minute are kept for two weeks, and points of five minutes for fifteen months.")]
pub(crate) struct MetricsArgs {
    /// Name of the instance
    #[arg(add = complete::instances(), required_unless_present = "host", conflicts_with = "host")]
    name: Option<String>,
    /// Show what was measured of the host
    #[arg(long)]
    host: bool,
    /// How far back, such as 90m, 6h, 7d or 15mo
    #[arg(long, value_name = "TIME", default_value = "6h", value_parser = past::seconds)]
    last: u32,
    /// Which metric; may be given several times
    #[arg(long = "metric", value_name = "METRIC", value_parser = kind::names(), ignore_case = true)]
    metrics: Vec<String>,
    /// Length of a point, such as 5m; as it fits the width unless given
    #[arg(long, value_name = "TIME", value_parser = past::seconds)]
    period: Option<u32>,
    /// Draw again every ten seconds, until q or Ctrl-C
    #[arg(long, short)]
    watch: bool,
}

/// Shows it, once or again and again.
pub(crate) async fn run(session: &Session, output: &Output, args: &MetricsArgs) -> Outcome {
    let kinds = kind::chosen(&args.metrics, args.host)?;
    let glyphs = if text::utf8() { Glyphs::Braille } else { Glyphs::Ascii };
    if args.watch {
        drawable(output)?;
        let frame = async |size: Size| {
            let view = View::of(session, args, &kinds, graph::dots(size.columns, glyphs)).await?;
            Ok::<_, Failure>(view.lines(args, glyphs, size.columns, Some(size.rows)))
        };
        screen::watch(EVERY, frame).await?;
        return Ok(0);
    }
    let columns = screen::size().unwrap_or(Size::USUAL).columns;
    let view = View::of(session, args, &kinds, graph::dots(columns, glyphs)).await?;
    if output.is_json() {
        print(&pretty(&view.json()))?;
    } else {
        print(&view.lines(args, glyphs, columns, None).join("\n"))?;
    }
    Ok(0)
}

/// Refuses to draw again and again where nobody looks.
fn drawable(output: &Output) -> Result<(), Failure> {
    if output.is_json() {
        return Err(Failure::usage("--watch is for people, and --output json for programs")
            .tip("ask again and again, without --watch"));
    }
    if screen::is_possible() {
        return Ok(());
    }
    Err(Failure::usage("--watch draws on a terminal, and the output goes to none")
        .tip("the same without --watch"))
}

/// What was measured, and when that was asked.
struct View {
    now: i64,
    window: Window,
    said: Vec<(Kind, Said)>,
}

/// What the daemon says of one metric.
enum Said {
    Instance(GetInstanceMetricDataResult),
    Host(GetHostMetricDataResult),
}

impl Said {
    fn points(&self) -> &[MetricDatapoint] {
        match self {
            Self::Instance(result) => &result.metric_data,
            Self::Host(result) => &result.metric_data,
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Instance(result) => rendered("GetInstanceMetricDataResult", result),
            Self::Host(result) => rendered("GetHostMetricDataResult", result),
        }
    }
}

impl View {
    /// Asks for all metrics at once, in points that fit in so many dots.
    async fn of(session: &Session, args: &MetricsArgs, kinds: &[Kind], dots: usize) -> Result<Self, Failure> {
        let now = jiff::Timestamp::now().as_second();
        let window = Window::new(now, args.last, args.period, dots);
        let asked = kinds.iter().map(|kind| async move {
            let said = ask(session, args.name.as_deref(), kind, window).await?;
            Ok::<_, Failure>((*kind, said))
        });
        Ok(Self { now, window, said: try_join_all(asked).await? })
    }

    /// The graphs, as high as they can be if there are only so many rows, and which time they are of.
    fn lines(&self, args: &MetricsArgs, glyphs: Glyphs, columns: usize, rows: Option<usize>) -> Vec<String> {
        let graphs: Vec<Graph> =
            self.said.iter().filter_map(|(kind, said)| self.graph(args, kind, said)).collect();
        let high = rows.map_or(ROWS, |rows| {
            // A title is above each, and the last line below them all.
            let each = rows.saturating_sub(1) / graphs.len().max(1);
            u16::try_from(each.saturating_sub(1).clamp(1, ROWS_MAX)).unwrap_or(ROWS)
        });
        let mut lines = graph::draw(&graphs, Canvas { columns, rows: high, glyphs });
        let whose = args.name.as_deref().map_or_else(|| "host".to_owned(), text::safe);
        lines.push(format!("{whose}: {}", self.window.footer(self.now)));
        lines
    }

    /// What is drawn of a metric; nothing of one that nobody asked for and that has nothing to show.
    fn graph(&self, args: &MetricsArgs, kind: &Kind, said: &Said) -> Option<Graph> {
        let slots = self.window.slots(kind, said.points());
        let is_idle = kind.name == WHERE_KNOWN && slots.iter().all(Option::is_none);
        let Kind { name, how, dress, .. } = *kind;
        let latest = self.window.latest(kind, &slots);
        (!is_idle || !args.metrics.is_empty()).then_some(Graph { name, latest, slots, how, dress })
    }

    fn json(&self) -> Json {
        let all: Vec<Json> = self.said.iter().map(|(_, said)| said.json()).collect();
        json!({ "metrics": all })
    }
}

/// Asks for one metric, of an instance or without a name of the host.
async fn ask(session: &Session, name: Option<&str>, kind: &Kind, window: Window) -> Result<Said, Failure> {
    let instant = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let (start_time, end_time) = (instant(window.start), instant(window.end));
    let period = i32::try_from(window.period).unwrap_or(i32::MAX);
    let mut metrics = session.metrics();
    let Some(name) = name else {
        let metric_name = kind.name.to_owned();
        let request = GetHostMetricDataRequest { metric_name, period, start_time, end_time };
        return Ok(Said::Host(metrics.get_host_metric_data(request).await?.into_inner()));
    };
    let request = GetInstanceMetricDataRequest {
        instance_name: name.to_owned(),
        metric_name: kind.metric.into(),
        period,
        start_time,
        end_time,
        unit: kind.unit.into(),
        statistics: STATISTICS.map(i32::from).to_vec(),
    };
    Ok(Said::Instance(metrics.get_instance_metric_data(request).await?.into_inner()))
}
