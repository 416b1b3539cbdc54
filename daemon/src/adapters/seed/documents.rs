//! The seed's documents, as cloud-init reads them: <https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html>.

use std::fmt::Write as _;

use crate::model::Instance;

/// Cloud-config that holds for every guest: it spares the first boot what the host has done already.
const CONFIG: &str = include_str!("../../../../images/first_boot/vendor-config.yaml");
/// Runs in the guest and reports the end of its first boot.
const REPORT: &str = include_str!("../../../../images/first_boot/report.sh");
/// Gives a guest that begins with another one's disk an identity of its own, besides what cloud-init does.
const IDENTITY: &str = include_str!("../../../../images/first_boot/identity.sh");
const BOUNDARY: &str = "==sloop-vendor-data==";

/// Each document's name and text.
pub(super) fn all(instance: &Instance) -> std::io::Result<[(&'static str, String); 3]> {
    Ok([
        ("meta-data", meta_data(instance)?),
        ("user-data", instance.user_data.as_str().to_owned()),
        ("vendor-data", vendor_data(instance)?),
    ])
}

fn meta_data(instance: &Instance) -> std::io::Result<String> {
    let mut text = format!(
        "instance-id: {}\nlocal-hostname: {}\npublic-keys:\n",
        instance.id.guest(),
        quoted(&instance.name.host_name())?
    );
    for key in &instance.identity.authorized_keys {
        let _ = writeln!(text, "  - {}", quoted(key)?);
    }
    Ok(text)
}

/// Vendor data, because a user's own cloud-config wins over it: a cloud-config and scripts.
fn vendor_data(instance: &Instance) -> std::io::Result<String> {
    // Whoever made the image, its first user is the one that the blueprint promises.
    let user = format!("user:\n  name: {}\n", quoted(&instance.username)?);
    let config = format!("#cloud-config\n{CONFIG}{user}{}{}", instance.vendor_config, ssh_keys(instance)?);
    let mut text = format!("Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\nMIME-Version: 1.0\n");
    let mut parts = vec![("cloud-config", "sloop.yaml", config.as_str())];
    if instance.is_copy() {
        // cloud-init runs scripts in the order of their names: this one before the report.
        parts.push(("x-shellscript", "sloop-identity.sh", IDENTITY));
    }
    parts.push(("x-shellscript", "sloop-report.sh", REPORT));
    for (kind, name, body) in parts {
        let _ = write!(
            text,
            "\n--{BOUNDARY}\nContent-Type: text/{kind}; charset=\"utf-8\"\nMIME-Version: 1.0\n\
             Content-Disposition: attachment; filename=\"{name}\"\n\n{body}"
        );
    }
    let _ = write!(text, "\n--{BOUNDARY}--\n");
    Ok(text)
}

/// The host keys that the daemon made: the guest need not make its own, and who it is is known before it boots.
fn ssh_keys(instance: &Instance) -> std::io::Result<String> {
    let mut text = "ssh_keys:\n  ed25519_private: |\n".to_owned();
    for line in instance.identity.host_key_private.lines() {
        let _ = writeln!(text, "    {line}");
    }
    let _ = writeln!(text, "  ed25519_public: {}", quoted(&instance.identity.host_key_public)?);
    Ok(text)
}

/// A YAML double-quoted scalar: JSON's strings are a subset of them.
fn quoted(text: &str) -> std::io::Result<String> {
    serde_json::to_string(text).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Beneath, Layer, Stack},
        testing,
    };

    #[test]
    fn meta_data_as_text() {
        insta::assert_snapshot!(meta_data(&testing::instance("web")).expect("text"));
    }

    #[test]
    fn host_keys_as_text() {
        insta::assert_snapshot!(ssh_keys(&testing::instance("web")).expect("text"));
    }

    #[test]
    fn a_copy_is_given_an_identity_before_it_reports() {
        let mut copy = testing::instance("web");
        let beneath = copy.drives[0].stack.top().clone();
        let top = Layer::on(Beneath::Layer(beneath.id), beneath.bytes);
        copy.drives[0].stack = Stack::read(vec![top, beneath]).expect("in order");
        let text = vendor_data(&copy).expect("text");
        let (identity, report) = (text.find("sloop-identity.sh"), text.find("sloop-report.sh"));
        assert!(identity.is_some() && identity < report, "{text}");
    }

    #[test]
    fn vendor_data_has_two_parts() {
        let text = vendor_data(&testing::instance("web")).expect("text");
        assert_eq!(text.matches(&format!("\n--{BOUNDARY}\n")).count(), 2);
        assert!(text.ends_with(&format!("\n--{BOUNDARY}--\n")) && text.contains("#cloud-config"));
    }
}
