//! The lab's `sloopd`.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::{Lab, binary, images, notify};

/// How much of a lab is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All of it.
    Real,
    /// Wires and packet filter; machines and disks are in memory, and guests are namespaces.
    Wired,
    /// Nothing: a host in memory.
    Simulated,
}

/// What a lab is to have.
#[derive(Clone, Debug)]
pub struct Setup {
    /// How much of the host is real.
    pub kind: Kind,
    /// Blueprints whose images must be there.
    pub blueprints: &'static [&'static str],
    /// What guests run on: `tcg` or `auto`.
    pub accelerator: &'static str,
    /// More lines for the configuration file, before its first table.
    pub configuration: String,
    /// More lines for its table of images.
    pub images: String,
    /// Another catalogue than the project's.
    pub catalogue: Option<PathBuf>,
}

impl Default for Setup {
    fn default() -> Self {
        // Not probed here: the probe has a test of its own, and ten seconds are long.
        Self {
            kind: Kind::Real,
            blueprints: &["tiny"],
            accelerator: "tcg",
            configuration: String::new(),
            images: String::new(),
            catalogue: None,
        }
    }
}

/// The probe of the accelerator may take ten seconds.
const LIMIT: Duration = Duration::from_secs(30);

impl Lab {
    /// Starts `sloopd` and returns when it is ready.
    pub fn start_daemon(&mut self) -> Result<()> {
        let mut command = self.daemon_command();
        let log = File::options().create(true).append(true).open(self.dir.join("sloopd.log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let started = notify::start(&mut command, &self.dir, LIMIT);
        self.daemon = Some(started.with_context(|| self.log())?);
        Ok(())
    }

    /// The command line of the lab's `sloopd`.
    pub fn daemon_command(&self) -> Command {
        let program = if self.setup.kind == Kind::Wired { "sloop-lab-host" } else { "sloopd" };
        let mut command = self.command(&binary(program));
        command.arg("--config").arg(self.configuration_path());
        command
    }

    /// Ends `sloopd` as a crash does. Returns when it is gone.
    pub fn kill_daemon(&mut self) -> Result<()> {
        let mut daemon = self.daemon.take().context("sloopd runs")?;
        daemon.kill()?;
        daemon.wait()?;
        Ok(())
    }

    /// Ends `sloopd` politely. Returns when it is gone.
    pub fn stop_daemon(&mut self) -> Result<()> {
        let mut daemon = self.daemon.take().context("sloopd runs")?;
        ensure!(Command::new("kill").arg(daemon.id().to_string()).status()?.success());
        let status = daemon.wait()?;
        ensure!(status.success(), "sloopd ended with {status}\n{}", self.log());
        Ok(())
    }

    /// The daemon's process id.
    pub fn daemon_pid(&self) -> Option<u32> {
        self.daemon.as_ref().map(std::process::Child::id)
    }

    /// What `sloopd` wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("sloopd.log")).unwrap_or_default()
    }

    /// Everything that may say why something failed: `sloopd`'s log, libvirt's, and those of the guests' QEMUs and consoles.
    pub fn logs(&self) -> String {
        let glob = "for file in sloopd.log libvirt.log log/qemu/*.log state/instances/*/console*; do \
                    [ ! -f \"$file\" ] || { echo \"--- $file\"; tail -n 60 \"$file\"; }; done";
        let shown = std::process::Command::new("sh").args(["-c", glob]).current_dir(&self.dir).output();
        shown.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    }

    /// The configuration file.
    pub fn configuration_path(&self) -> PathBuf {
        self.dir.join("sloop.toml")
    }

    pub(crate) fn write_configuration(&self) -> Result<()> {
        let dir = self.dir.display();
        let usual = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../images"));
        let catalogue = self.setup.catalogue.as_deref().unwrap_or(usual).display();
        let hypervisor = if self.setup.kind == Kind::Simulated { "simulated" } else { "libvirt" };
        // Simulated labs share the machine's network: its usual port would be the first one's alone.
        let is_told = self.setup.configuration.contains("http.listen");
        let http = if self.setup.kind == Kind::Simulated && !is_told { "http.listen = ''" } else { "" };
        let text = format!(
            "state_dir = \"{dir}/state\"\nsocket = \"{dir}/sloop.sock\"\nhypervisor = \"{hypervisor}\"\n{http}\n{}\n\
             [libvirt]\nuri = \"{}\"\naccelerator = \"{}\"\n[images]\ncatalogue = \"{catalogue}\"\n{}\n",
            self.setup.configuration,
            self.libvirt_uri(),
            self.setup.accelerator,
            self.setup.images,
        );
        Ok(std::fs::write(self.configuration_path(), text)?)
    }

    /// Puts the images where QEMU, another user, reaches them.
    pub(crate) fn link_images(&self) -> Result<()> {
        if self.setup.kind != Kind::Real {
            return Ok(());
        }
        for blueprint in self.setup.blueprints {
            let (from, to) = (images(), self.dir.join("state/images"));
            let manifest = from.join(format!("{blueprint}.json"));
            let text = std::fs::read_to_string(&manifest).with_context(|| {
                format!("{} is missing: build it with tools/images.sh {blueprint}", manifest.display())
            })?;
            let file = serde_json::from_str::<serde_json::Value>(&text)?["file"]
                .as_str()
                .context("a file")?
                .to_owned();
            if std::fs::hard_link(from.join(&file), to.join(&file)).is_err() {
                std::fs::copy(from.join(&file), to.join(&file))?;
            }
            std::fs::copy(&manifest, to.join(format!("{blueprint}.json")))?;
        }
        Ok(())
    }
}
