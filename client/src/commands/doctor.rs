//! `sloop doctor`

use clap::Args;
use sloop_proto::v1::{DoctorRequest, Finding, Verdict};

use crate::connect::Session;
use crate::failure::{Exit, Outcome};
use crate::output::Output;
use crate::text;

/// Arguments of `doctor`.
#[derive(Args, Debug)]
#[command(after_help = "Exits with 1 if anything is broken; warnings are no failure.")]
pub(crate) struct DoctorArgs {
    /// Hold the records and files of all disks against each other, and read every layer that no guest is writing to
    #[arg(long)]
    storage: bool,
}

/// Shows what the daemon finds, with a remedy for each fault.
pub(crate) async fn run(session: &Session, output: &Output, args: DoctorArgs) -> Outcome {
    let request = DoctorRequest { storage: args.storage.then_some(true) };
    let result = session.host().doctor(request).await?.into_inner();
    let marks = if text::utf8() { ["✓", "!", "✗"] } else { ["ok", "!", "x"] };
    output.answer("DoctorResult", &result, || {
        result.findings.iter().map(|finding| describe(output, finding, marks)).collect()
    })?;
    let broken = result.findings.iter().any(|finding| finding.verdict() == Verdict::Failed);
    Ok(if broken { Exit::Other.into() } else { 0 })
}

fn describe(output: &Output, finding: &Finding, marks: [&str; 3]) -> String {
    let mark = match finding.verdict() {
        Verdict::Ok => output.paint("32", marks[0]),
        Verdict::Warning | Verdict::Unspecified => output.paint("33", marks[1]),
        Verdict::Failed => output.paint("31", marks[2]),
    };
    let line = format!("{mark} {}: {}\n", text::safe(&finding.subject), text::safe(&finding.detail));
    match finding.remedy.as_str() {
        "" => line,
        remedy => format!("{line}    try: {}\n", text::safe(remedy)),
    }
}
