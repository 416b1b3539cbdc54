//! Where people are told, and how they show that they read it.

use sloopd::{
    model::{Caller, Channel, ContactStatus, Door, Endpoint, Error, Kind, Notice, OperationKind, Result},
    verbs::PutAlarm,
};

use crate::{
    common::{caller, user},
    stand::{Stand, asked},
};

fn endpoint(channel: Channel, address: &str) -> Endpoint {
    Endpoint { channel, address: address.into() }
}

impl Stand {
    async fn set(&self, who: &Caller, channel: Channel, address: &str) -> Result<()> {
        let endpoint = endpoint(channel, address);
        self.host.verbs.create_contact_method(who, endpoint, Vec::new()).await.map(drop)
    }

    async fn confirm(&self, code: &str) -> Result<()> {
        self.host.verbs.confirm_contact_method(&caller(), code).await.map(drop)
    }

    async fn status(&self, channel: Channel) -> ContactStatus {
        let found = self.host.verbs.get_contact_methods(&caller(), &[channel]).await.expect("readable");
        found.first().expect("there").1
    }

    /// The code that was sent last.
    async fn code(&self) -> String {
        self.deliver().await;
        let world = self.host.world.world();
        let mut codes = world.told.iter().rev().filter_map(|(_, notice)| match notice {
            Notice::Confirm { code, .. } => Some(code.clone()),
            Notice::Alarm(_) => None,
        });
        codes.next().expect("one was sent")
    }
}

fn refused(result: Result<()>) -> Error {
    result.expect_err("refused")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_told_when_it_is_confirmed_and_not_before() {
    let stand = Stand::new().await;
    stand.set(&caller(), Channel::Email, "ann@example.org").await.expect("accepted");
    assert_eq!(stand.status(Channel::Email).await, ContactStatus::PendingVerification);
    stand.put(PutAlarm { channels: vec![Channel::Email], ..asked("busy") }).await;
    let code = stand.code().await;
    stand.minutes(5, Some(95.0)).await;
    stand.deliver().await;
    assert_eq!(stand.told(), ["Email code"]);
    stand.confirm(&code.to_ascii_lowercase()).await.expect("that is it");
    assert_eq!(stand.status(Channel::Email).await, ContactStatus::Valid);
    stand.minutes(5, Some(10.0)).await;
    stand.deliver().await;
    assert_eq!(stand.told(), ["Email code", "Email busy OK"]);
    assert_eq!(refused(stand.confirm(&code).await).code, "ContactMethodValid");
    let again = stand.host.verbs.send_contact_method_verification(&caller()).await.map(drop);
    assert_eq!(refused(again).code, "ContactMethodValid");
}

#[tokio::test(flavor = "multi_thread")]
async fn few_wrong_codes_are_heard() {
    let stand = Stand::new().await;
    stand.set(&caller(), Channel::Email, "ann@example.org").await.expect("accepted");
    let code = stand.code().await;
    for left in ["4 more tries", "3 more tries", "2 more tries", "one more try", "does not count any more"] {
        let wrong = refused(stand.confirm("AAAAAAAA").await);
        assert_eq!((wrong.kind, wrong.field), (Kind::InvalidInput, Some("code")));
        assert!(wrong.message.contains(left), "{wrong}");
    }
    assert_eq!(refused(stand.confirm(&code).await).code, "CodeExpired", "not even the right one");
    assert_eq!(stand.status(Channel::Email).await, ContactStatus::Invalid);
    stand.turn(61);
    stand.host.verbs.send_contact_method_verification(&caller()).await.expect("sent");
    let next = stand.code().await;
    assert_ne!(next, code);
    assert_eq!(refused(stand.confirm(&code).await).field, Some("code"), "the one before");
    stand.confirm(&next).await.expect("that is it");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_sent_once_a_minute_whatever_somebody_does() {
    let stand = Stand::new().await;
    let (verbs, ann) = (&stand.host.verbs, caller());
    stand.set(&ann, Channel::Email, "ann@example.org").await.expect("accepted");
    let again = verbs.send_contact_method_verification(&ann).await.map(drop);
    assert_eq!(refused(again).code, "TooManyCodes");
    assert_eq!(refused(stand.set(&ann, Channel::Email, "bob@example.org").await).code, "TooManyCodes");
    verbs.delete_contact_method(&ann, Channel::Email).await.expect("deleted");
    assert_eq!(refused(stand.set(&ann, Channel::Email, "bob@example.org").await).code, "TooManyCodes");
    stand.set(&user("eve"), Channel::Email, "eve@example.org").await.expect("another person");
    stand.turn(61);
    stand.set(&ann, Channel::Email, "ann@example.org").await.expect("a minute later");
    stand.turn(24 * 3600);
    assert_eq!(stand.status(Channel::Email).await, ContactStatus::Invalid);
    assert_eq!(refused(stand.confirm("AAAAAAAA").await).code, "CodeExpired");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_of_each_way_and_everybody_has_their_own() {
    let stand = Stand::new().await;
    let verbs = &stand.host.verbs;
    stand
        .set(&caller(), Channel::Webhook, "https://example.org/second")
        .await
        .expect("in place of the first");
    stand.set(&user("bob"), Channel::Webhook, "https://example.com/bob").await.expect("his own");
    let addresses = async |who: &Caller| {
        let found = verbs.get_contact_methods(who, &[]).await.expect("readable");
        found.into_iter().map(|(one, _)| one.endpoint.address).collect::<Vec<_>>()
    };
    assert_eq!(addresses(&caller()).await, ["https://example.org/second"]);
    assert_eq!(addresses(&user("bob")).await, ["https://example.com/bob"]);
    verbs.delete_contact_method(&user("bob"), Channel::Webhook).await.expect("deleted");
    assert_eq!(addresses(&caller()).await.len(), 1, "hers stays");
    let none = verbs.delete_contact_method(&user("bob"), Channel::Webhook).await.map(drop);
    assert_eq!(refused(none).kind, Kind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leads_nowhere_is_refused() {
    let stand = Stand::new().await;
    let command = refused(stand.set(&caller(), Channel::Command, "page").await);
    assert_eq!((command.kind, command.code), (Kind::AccessDenied, "AccessDenied"));
    let root = Caller::new("root", Door::Grpc, true);
    stand.set(&root, Channel::Command, "page").await.expect("an administrator");
    for address in ["", "a\nb", "a\0b", &"x".repeat(257)] {
        let wrong = refused(stand.set(&caller(), Channel::Webhook, address).await);
        assert_eq!((wrong.kind, wrong.field), (Kind::InvalidInput, Some("contactEndpoint")));
        assert!(wrong.message.len() < 500 && !wrong.message.contains(['\n', '\0']), "{wrong}");
    }
    stand.host.world.fail_when(|call| call == "admit");
    let barred = refused(stand.set(&caller(), Channel::Webhook, "http://169.254.169.254/").await);
    assert_eq!(barred.field, Some("contactEndpoint"));
    stand.host.world.heal();
    let kept = stand.host.verbs.get_contact_methods(&caller(), &[]).await.expect("readable");
    assert_eq!(kept[0].0.endpoint.address, "https://example.org/hook", "what was there stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_them_is_in_the_history_without_secrets() {
    let stand = Stand::new().await;
    let (verbs, ann) = (&stand.host.verbs, caller());
    stand.set(&ann, Channel::Email, "ann@example.org").await.expect("accepted");
    stand.turn(61);
    verbs.send_contact_method_verification(&ann).await.expect("sent");
    let code = stand.code().await;
    stand.confirm(&code).await.expect("that is it");
    verbs.delete_contact_method(&ann, Channel::Email).await.expect("deleted");
    let told = async |name: &str| {
        let page = verbs.get_history(&ann, Some(name), None, None).await.expect("there").items;
        page.into_iter().map(|one| (one.operation.kind, one.operation.change)).collect::<Vec<_>>()
    };
    let entry = |kind, change: &str| (kind, change.to_owned());
    assert_eq!(
        told("Email").await,
        [
            entry(OperationKind::DeleteContactMethod, "ann@example.org"),
            entry(OperationKind::ConfirmContactMethod, "ann@example.org is confirmed"),
            entry(OperationKind::SendContactMethodVerification, "another code to ann@example.org"),
            entry(OperationKind::CreateContactMethod, "ann@example.org"),
        ]
    );
    assert_eq!(told("Webhook").await, [entry(OperationKind::CreateContactMethod, "a webhook")]);
}
