//! `sloop instance transfer`: what an instance has moved this month, beside what its plan allows.

use sloop_proto::v1::{GetInstanceTransferRequest, GetInstanceTransferResult};

use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, facts};
use crate::text;

/// Shows it.
pub(crate) async fn run(session: &Session, output: &Output, name: &str) -> Outcome {
    let moved = ask(session, name).await?;
    output.answer("GetInstanceTransferResult", &moved, || {
        facts(&[
            ("Month", text::safe(&moved.month)),
            ("In", text::bytes(moved.bytes_in)),
            ("Out", text::bytes(moved.bytes_out)),
            ("Used", spell(&moved)),
        ])
    })?;
    Ok(0)
}

/// Asks for it.
pub(super) async fn ask(session: &Session, name: &str) -> Result<GetInstanceTransferResult, tonic::Status> {
    let request = GetInstanceTransferRequest { instance_name: name.to_owned() };
    session.transfer().get_instance_transfer(request).await.map(tonic::Response::into_inner)
}

/// What is used of what is allowed, such as `1.5 of 1024.0 GiB (0 %)`.
pub(super) fn spell(moved: &GetInstanceTransferResult) -> String {
    let used = moved.bytes_in.saturating_add(moved.bytes_out);
    let share = u128::from(used) * 100 / u128::from(moved.bytes_allowed.max(1));
    let over = if used > moved.bytes_allowed { ": more than the plan allows" } else { "" };
    format!("{} ({share} %){over}", text::amount(used, moved.bytes_allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_and_allowed() {
        let moved = |bytes_in, bytes_out| {
            let moved = GetInstanceTransferResult {
                bytes_in,
                bytes_out,
                bytes_allowed: 1 << 40,
                ..Default::default()
            };
            spell(&moved)
        };
        assert_eq!(moved(0, 0), "0 MiB of 1024.0 GiB (0 %)");
        assert_eq!(moved(1 << 39, 1 << 38), "768.0 of 1024.0 GiB (75 %)");
        assert_eq!(moved(1 << 40, 1 << 40), "2048.0 of 1024.0 GiB (200 %): more than the plan allows");
        assert!(moved(u64::MAX, 1).contains("more than"));
        assert!(spell(&GetInstanceTransferResult::default()).starts_with("0 of 0 MiB"));
    }
}
