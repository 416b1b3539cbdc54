//! A bake as a script that its guest runs as user data. Pure.

use std::fmt::Write as _;

use super::super::Verbs;
use crate::model::{Bake, Error, Result};

/// Ends every text that is written to a file. No text may hold the line.
const END: &str = "__END_OF_THIS_FILE__";

const FIRST_BOOT: &str = "/usr/local/sbin/app-first-boot";
const FIRST_BOOT_UNIT: &str = "\
[Unit]
Description=First passwords and keys of this instance
After=network.target cloud-init.service mariadb.service apache2.service nginx.service
ConditionPathExists=!/var/lib/app-first-boot
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/app-first-boot
ExecStartPost=/bin/touch /var/lib/app-first-boot
[Install]
WantedBy=multi-user.target
";

/// Ready before a web server starts: the key of the guest that baked is not in the image, and nobody else may have it.
const KEY_UNIT: &str = "\
[Unit]
Description=TLS key of this instance
After=cloud-init.service
Before=apache2.service nginx.service
ConditionPathExists=!/etc/ssl/private/ssl-cert-snakeoil.key
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/make-ssl-cert generate-default-snakeoil --force-overwrite
[Install]
WantedBy=multi-user.target
";

/// Runs when the guest shuts down, last of all that was started: what is an instance's own must not be in an image.
const GENERALISE: &str = r#"#!/bin/sh
rm -f /etc/systemd/system/generalise.service /usr/local/sbin/generalise /etc/apt/apt.conf.d/90bake /etc/dpkg/dpkg.cfg.d/90bake
for home in /home/*; do
  [ -d "$home" ] && userdel -r "$(basename "$home")" 2>/dev/null
done
rm -f /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem
rm -f /etc/sudoers.d/90-cloud-init-users /root/.ssh/authorized_keys /etc/ssh/ssh_host_*
rm -f /etc/systemd/network/10-cloud-init-* /etc/netplan/50-cloud-init.yaml /etc/udev/rules.d/70-persistent-net.rules
rm -rf /var/lib/dhcp/* /var/lib/NetworkManager/* /var/lib/systemd/random-seed /root/.bash_history /tmp/* /var/tmp/*
command -v apt-get >/dev/null && apt-get -q clean && rm -rf /var/lib/apt/lists/*
command -v dnf >/dev/null && dnf -q clean all
cloud-init clean --logs
rm -rf /var/lib/cloud /var/log/cloud-init* /var/log/journal/*
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
fstrim / 2>/dev/null
sync
"#;
const GENERALISE_UNIT: &str = "\
[Unit]
Description=Takes out what is this instance's own
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/usr/local/sbin/generalise
TimeoutStopSec=300
";

const INSTALL: &str = r#"install_packages() {
  if command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    [ -z "$proxy" ] || echo "Acquire::http::Proxy \"$proxy\";" >/etc/apt/apt.conf.d/90bake
    # If this is cut off, the whole disk is thrown away: no package need be on it before the next.
    echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/90bake
    apt-get -q -o Acquire::Retries=3 -o Acquire::Languages=none update
    apt-get -q -y -o Acquire::Retries=3 --no-install-recommends install "$@"
  elif command -v dnf >/dev/null; then
    dnf -q -y ${proxy:+--setopt=proxy="$proxy"} install "$@"
  elif command -v zypper >/dev/null; then
    http_proxy=$proxy zypper -q -n install --no-recommends "$@"
  else
    yum -q -y install "$@"
  fi
}
"#;

impl Verbs {
    /// The script of a bake.
    pub(super) fn recipe(&self, bake: &Bake) -> Result<String> {
        render(bake, &self.policy.package_proxy)
    }
}

/// The script that carries a bake out, and leaves a guest whose disk is an image once it has shut down.
fn render(bake: &Bake, proxy: &str) -> Result<String> {
    let mut text = String::from(
        "#!/bin/sh\n# Puts an application on this system, once; its disk becomes an image.\nset -eu\n",
    );
    // Where those who wait can read along.
    text.push_str("if [ -w /dev/console ]; then exec >/dev/console 2>&1; fi\n");
    let _ = writeln!(text, "proxy='{proxy}'\nexport HOME=/root");
    text.push_str(INSTALL);
    if !bake.packages.is_empty() {
        let _ = writeln!(text, "install_packages {}", bake.packages.join(" "));
    }
    for file in &bake.files {
        put(&mut text, &file.path, &file.mode, &file.text)?;
    }
    if !bake.script.is_empty() {
        put(&mut text, "/run/bake-script", "0700", &bake.script)?;
        text.push_str("sh -eu /run/bake-script\n");
    }
    if !bake.first_boot.is_empty() {
        put(&mut text, FIRST_BOOT, "0755", &format!("#!/bin/sh\nset -eu\n{}", bake.first_boot))?;
        put(&mut text, "/etc/systemd/system/app-first-boot.service", "0644", FIRST_BOOT_UNIT)?;
        // Not now: this guest is nobody's instance.
        text.push_str("systemctl -q enable app-first-boot.service\n");
    }
    text.push_str("if [ -x /usr/sbin/make-ssl-cert ]; then\n");
    put(&mut text, "/etc/systemd/system/app-tls-key.service", "0644", KEY_UNIT)?;
    text.push_str("systemctl -q enable app-tls-key.service\nfi\n");
    put(&mut text, "/usr/local/sbin/generalise", "0755", GENERALISE)?;
    put(&mut text, "/etc/systemd/system/generalise.service", "0644", GENERALISE_UNIT)?;
    text.push_str("systemctl daemon-reload\nsystemctl start generalise.service\necho 'baked'\n");
    Ok(text)
}

/// The path was checked by the catalogue; the text is data.
fn put(script: &mut String, path: &str, mode: &str, text: &str) -> Result<()> {
    if text.lines().any(|line| line == END) {
        return Err(Error::internal(format!("bake: {path} holds the line {END}")));
    }
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    let _ = writeln!(
        script,
        "mkdir -p \"$(dirname '{path}')\"\ncat >'{path}' <<'{END}'\n{text}{newline}{END}\nchmod {mode} '{path}'"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::BakeFile;

    #[test]
    fn a_bake_as_a_script() {
        let file = |text: &str| BakeFile { path: "/etc/a b".into(), mode: "0644".into(), text: text.into() };
        let bake = Bake {
            base: "debian_12".into(),
            packages: vec!["nginx".into(), "ssl-cert".into()],
            files: vec![file("$HOME 'quoted' \\ `data`")],
            script: "true".into(),
            first_boot: "echo hello".into(),
        };
        let script = render(&bake, "http://10.0.0.1:3142").expect("a script");
        insta::assert_snapshot!(script);
        let hostile = Bake { files: vec![file(&format!("a\n{END}\nrm -rf /"))], ..bake };
        assert!(render(&hostile, "").is_err(), "a text must not end its own file");
    }
}
