//! The lab: a throwaway host in its own network and mount namespace, with a private libvirtd and a `sloopd` of its own, so
//! that tests use real parts and touch nothing of the machine they run on.
//!
//! Everything of a lab bears its name, `sloop-lab-<pid>-<n>`: its network namespace, its directory, and by its directory
//! every process. A lab that was killed is swept away by the next one that starts.

mod channel;
mod daemon;
mod guest;
mod http;
mod namespace;
mod notify;
mod output;
mod reboot;
mod sweep;
mod uplink;
mod world;

use std::{
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use self::namespace::Namespace;
pub use self::{
    daemon::{Kind, Setup},
    guest::{Container, Guest, inside},
    output::Output,
    uplink::Uplink,
    world::{ROUTED6, WORLD6, World},
};

/// A throwaway host.
pub struct Lab {
    dir: PathBuf,
    namespace: Option<Namespace>,
    daemon: Option<Child>,
    setup: Setup,
}

impl Lab {
    /// A host with libvirt, on which real guests run.
    pub fn real() -> Result<Self> {
        Self::start(Setup::default())
    }

    /// A host in memory: no namespace, no libvirt, no guests.
    pub fn simulated() -> Result<Self> {
        Self::start(Setup { kind: Kind::Simulated, ..Setup::default() })
    }

    /// A host with real wires and a real packet filter, and guests that are namespaces.
    pub fn wired() -> Result<Self> {
        Self::start(Setup { kind: Kind::Wired, ..Setup::default() })
    }

    /// A host to order.
    pub fn start(setup: Setup) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        sweep::dead_labs()?;
        let name = format!("sloop-lab-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let dir = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(dir.join("state/images"))?;
        let namespace = match setup.kind {
            Kind::Simulated => None,
            kind => Some(Namespace::start(&name, &dir, kind == Kind::Real)?),
        };
        let mut lab = Self { dir, namespace, daemon: None, setup };
        lab.link_images()?;
        lab.write_configuration()?;
        lab.start_daemon()?;
        Ok(lab)
    }

    /// The directory with all that is the lab's.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Runs `sloop` and waits for its end.
    pub fn sloop(&self, arguments: &[&str]) -> Result<Output> {
        Output::of(&mut self.sloop_command(arguments))
    }

    /// Runs `sloop`, which must succeed, and gives what it printed.
    pub fn must(&self, arguments: &[&str]) -> Result<String> {
        let output = self.sloop(arguments)?;
        anyhow::ensure!(output.code == 0, "sloop {}: {output}\n{}", arguments.join(" "), self.logs());
        Ok(output.stdout)
    }

    /// Runs `sloop` as another user of this machine, which must succeed.
    pub fn must_as(&self, user: &str, arguments: &[&str]) -> Result<String> {
        use std::os::unix::fs::PermissionsExt;
        let socket = self.dir.join("sloop.sock");
        std::fs::set_permissions(&socket, PermissionsExt::from_mode(0o666))?;
        let mut command = self.command(Path::new("setpriv"));
        command.args(["--reuid", user, "--clear-groups"]).arg(binary("sloop")).args(arguments);
        let output = Output::of(command.env("SLOOP_SOCKET", socket))?;
        anyhow::ensure!(
            output.code == 0,
            "sloop {} as {user}: {output}\n{}",
            arguments.join(" "),
            self.logs()
        );
        Ok(output.stdout)
    }

    /// Runs `sloop` with JSON output, which must succeed.
    pub fn json(&self, arguments: &[&str]) -> Result<serde_json::Value> {
        let text = self.must(&[arguments, &["--output", "json"]].concat())?;
        serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))
    }

    /// A command line of `sloop`, to be spawned.
    pub fn sloop_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&binary("sloop"));
        command
            .args(arguments)
            .env("SLOOP_SOCKET", self.dir.join("sloop.sock"))
            .env("XDG_STATE_HOME", &self.dir);
        command
    }

    /// A command line inside the lab.
    pub fn command(&self, program: &Path) -> Command {
        match &self.namespace {
            Some(namespace) => namespace.command(program),
            None => Command::new(program),
        }
    }

    /// Runs a shell script inside the lab, which must succeed, and gives what it printed.
    pub fn shell(&self, script: &str) -> Result<String> {
        let output = Output::of(self.command(Path::new("/bin/sh")).args(["-c", script]))?;
        anyhow::ensure!(output.code == 0, "{script}: {output}");
        Ok(output.stdout)
    }

    /// Runs a shell script as root in a guest, which must succeed, and gives what it printed.
    pub fn in_guest(&self, name: &str, script: &str) -> Result<String> {
        let file = format!("cat >/tmp/script <<\\END\nset -e\n{script}\nEND\nsudo sh /tmp/script");
        Ok(self.must(&["ssh", name, "--", &file])?.trim().to_owned())
    }

    /// Looks until it is so, and fails when it is not within half a minute.
    pub fn until(&self, what: &str, so: impl FnMut() -> Result<bool>) -> Result<()> {
        self.within(Duration::from_secs(30), what, so)
    }

    /// The same with another limit, for what takes many guests.
    pub fn within(&self, limit: Duration, what: &str, mut so: impl FnMut() -> Result<bool>) -> Result<()> {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if so()? {
                return Ok(());
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        anyhow::bail!("not within the limit: {what}\n{}", self.logs())
    }

    /// The identity of an instance.
    pub fn id(&self, name: &str) -> Result<String> {
        let instance = self.json(&["instance", "show", name])?;
        let arn = instance.pointer("/instance/arn").and_then(|arn| arn.as_str()).context("an ARN")?;
        Ok(arn.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// What is left of instances: domains, taps, rules, files.
    pub fn leftovers(&self) -> Result<Vec<String>> {
        let uri = self.libvirt_uri();
        let domains = self.shell(&format!("virsh -q -c '{uri}' list --all --name"))?;
        let taps = self.shell("ip -o link show | grep -o 'slp-[0-9a-f]*' | sort -u || true")?;
        let chains =
            self.shell("nft -t list table inet sloop 2>/dev/null | grep -o 'fw_[0-9a-f]\\{32\\}' || true")?;
        let elements = self.shell(
            "nft list table inet sloop 2>/dev/null | grep -o '172\\.26\\.0\\.[1-9][0-9][0-9]*' || true",
        )?;
        let files = self.shell(&format!("ls {}", self.dir.join("state/instances").display()))?;
        let all = [domains, taps, chains, elements, files];
        Ok(all
            .iter()
            .flat_map(|text| text.lines())
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// How to reach the lab's libvirtd.
    pub fn libvirt_uri(&self) -> String {
        format!("qemu:///system?socket={}", self.dir.join("run/libvirt-sock").display())
    }

    /// Ends libvirtd and starts it again. Guests run on.
    pub fn restart_libvirtd(&mut self) -> Result<()> {
        self.namespace.as_mut().context("a simulated lab has no libvirtd")?.restart_libvirtd()
    }

    /// Ends libvirtd. Guests run on.
    pub fn stop_libvirtd(&mut self) -> Result<()> {
        self.namespace.as_mut().context("a simulated lab has no libvirtd")?.stop_libvirtd()
    }

    /// Starts libvirtd again.
    pub fn start_libvirtd(&mut self) -> Result<()> {
        self.namespace.as_mut().context("a simulated lab has no libvirtd")?.start_libvirtd()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.logs());
        }
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        drop(self.namespace.take());
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A binary of this build: where `SLOOP_BIN_DIR` says, or beside the directory of the running test.
pub fn binary(name: &str) -> PathBuf {
    if let Some(dir) = std::env::var_os("SLOOP_BIN_DIR") {
        return PathBuf::from(dir).join(name);
    }
    let test = std::env::current_exe().unwrap_or_default();
    let dir = test.ancestors().find(|dir| dir.join(name).is_file()).unwrap_or(Path::new("/nonexistent"));
    dir.join(name)
}

/// Where built images are.
pub fn images() -> PathBuf {
    if let Some(dir) = std::env::var_os("SLOOP_IMAGES_DIR") {
        return dir.into();
    }
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/root"), PathBuf::from);
    std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from).join("sloop/images")
}
