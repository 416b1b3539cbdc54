//! What programs find at the socket besides the verbs: health, the contract by reflection, and consoles.

use anyhow::{Context as _, Result, ensure};
use hyper_util::rt::TokioIo;
use sloop_lab::Lab;
use sloop_proto::v1::{AttachConsoleRequest, terminal_client::TerminalClient};
use tonic::transport::{Channel, Endpoint, Uri};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

async fn channel(lab: &Lab) -> Result<Channel> {
    let path = lab.dir().join("sloop.sock");
    let connect = tower::service_fn(move |_: Uri| {
        let path = path.clone();
        async move { tokio::net::UnixStream::connect(path).await.map(TokioIo::new) }
    });
    // The address is a form to fill in: the socket is what counts.
    Ok(Endpoint::from_static("http://localhost").connect_with_connector(connect).await?)
}

#[tokio::test]
async fn the_daemon_says_that_it_serves() -> Result<()> {
    let lab = Lab::simulated()?;
    let mut health = HealthClient::new(channel(&lab).await?);
    let answer = health.check(HealthCheckRequest::default()).await?.into_inner();
    ensure!(answer.status() == ServingStatus::Serving, "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn the_contract_can_be_read_from_the_daemon() -> Result<()> {
    let lab = Lab::simulated()?;
    let mut reflection = ServerReflectionClient::new(channel(&lab).await?);
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = reflection.server_reflection_info(tokio_stream::once(list)).await?.into_inner();
    let answer = answers.message().await?.context("an answer")?.message_response.context("a message")?;
    let MessageResponse::ListServicesResponse(services) = answer else { anyhow::bail!("{answer:?}") };
    let names: Vec<_> = services.service.into_iter().map(|service| service.name).collect();
    for wanted in
        ["Catalogue", "Host", "Instances", "KeyPairs", "Operations", "Readiness", "Tags", "Terminal"]
    {
        ensure!(names.contains(&format!("sloop.v1.{wanted}")), "{wanted} is missing in {names:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_console_carries_keys_and_output() -> Result<()> {
    let lab = Lab::real()?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"])?;
    let mut terminal = TerminalClient::new(channel(&lab).await?);
    let (keys, typed) = tokio::sync::mpsc::channel(4);
    let input = b"\nexpr 6 \\* 7\n".to_vec();
    keys.send(AttachConsoleRequest { instance_name: "web".into(), input }).await?;
    let typed = tokio_stream::wrappers::ReceiverStream::new(typed);
    let mut shown = terminal.attach_console(typed).await?.into_inner();
    let mut text = String::new();
    let answered = async {
        while let Some(piece) = shown.message().await? {
            text.push_str(&String::from_utf8_lossy(&piece.output));
            if text.lines().any(|line| line.trim() == "42") {
                return Ok(());
            }
        }
        anyhow::bail!("the console ended: {text}")
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), answered)
        .await
        .context("no answer in time")??;
    // Hanging up leaves the guest alone.
    drop((keys, shown));
    lab.must(&["ssh", "web", "--", "true"])?;
    Ok(())
}
