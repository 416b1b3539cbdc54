//! `sloop static-ip allocate`, `attach` and `detach`.

use sloop_proto::v1::{AllocateStaticIpRequest, AttachStaticIpRequest, DetachStaticIpRequest};

use super::fetch_one;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::{text, wait};

/// Takes an address from the public range.
pub(super) async fn allocate(session: &Session, output: &Output, name: &str) -> Outcome {
    let request = AllocateStaticIpRequest { static_ip_name: name.to_owned() };
    let mut result = session.static_ips().allocate_static_ip(request).await?.into_inner();
    wait::finish(session, output, &mut result.operations).await?;
    let address = address(session, name).await;
    output.answer("AllocateStaticIpResult", &result, || {
        let name = text::safe(name);
        format!("{name} has {address}\n  attach: sloop static-ip attach {name} INSTANCE\n")
    })?;
    Ok(0)
}

/// Makes it the public address of an instance.
pub(super) async fn attach(session: &Session, output: &Output, name: &str, instance: &str) -> Outcome {
    let request =
        AttachStaticIpRequest { static_ip_name: name.to_owned(), instance_name: instance.to_owned() };
    let mut result = session.static_ips().attach_static_ip(request).await?.into_inner();
    wait::finish(session, output, &mut result.operations).await?;
    let address = address(session, name).await;
    output.answer("AttachStaticIpResult", &result, || {
        format!("{} has {address} (static address {})", text::safe(instance), text::safe(name))
    })?;
    Ok(0)
}

/// Takes it from its instance.
pub(super) async fn detach(session: &Session, output: &Output, name: &str) -> Outcome {
    let request = DetachStaticIpRequest { static_ip_name: name.to_owned() };
    let mut result = session.static_ips().detach_static_ip(request).await?.into_inner();
    wait::finish(session, output, &mut result.operations).await?;
    output.answer("DetachStaticIpResult", &result, || format!("{}: detached", text::safe(name)))?;
    Ok(0)
}

async fn address(session: &Session, name: &str) -> String {
    // What was asked for is done; that its address cannot be read makes no failure of it.
    let address = fetch_one(session, name).await.ok().and_then(|result| result.static_ip?.ip_address);
    address.map_or_else(|| "an address yet unknown".to_owned(), |address| text::safe(&address))
}
