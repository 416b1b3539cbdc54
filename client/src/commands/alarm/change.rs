//! `sloop alarm delete` and `test`.

use sloop_proto::v1::{AlarmState, DeleteAlarmRequest, DeleteAlarmResult, TestAlarmRequest};

use crate::commands::work::Work;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;

/// Deletes alarms, each by itself, whatever becomes of the others.
pub(super) async fn delete(session: &Session, output: &Output, names: Vec<String>) -> Outcome {
    let work = Work::ask(names, async |alarm_name| {
        let deleted = session.alarms().delete_alarm(DeleteAlarmRequest { alarm_name }).await?;
        Ok(deleted.into_inner().operations)
    })
    .await;
    let result = DeleteAlarmResult { operations: work.operations.clone() };
    output.answer("DeleteAlarmResult", &result, || work.tell(None, "deleted", "deleted"))?;
    Ok(work.end(output))
}

/// Has an alarm say something.
pub(super) async fn test(session: &Session, output: &Output, name: String, state: AlarmState) -> Outcome {
    let said = format!(
        "{} says {} until it is evaluated again",
        text::safe(&name),
        text::word("AlarmState", Some(state.into()))
    );
    let request = TestAlarmRequest { alarm_name: name, state: state.into() };
    let result = session.alarms().test_alarm(request).await?.into_inner();
    output.answer("TestAlarmResult", &result, || said)?;
    Ok(0)
}
