//! Where the ways meet: one lab, one image, one plan.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, ensure};
use sloop_lab::{Lab, Setup};

use crate::{by_hand, client::Client};

/// What all ways have in common.
pub(crate) struct Ring {
    /// The lab, with a daemon that has the image.
    pub(crate) lab: Lab,
    /// A connection to its daemon.
    pub(crate) client: Client,
    /// The base image.
    pub(crate) image: PathBuf,
    /// Where the files of the other ways are.
    pub(crate) dir: PathBuf,
}

impl Ring {
    pub(crate) const BLUEPRINT: &str = "debian_12";
    pub(crate) const BUNDLE: &str = "nano_3_0";
    /// That plan in numbers, for those who do not know it by name.
    pub(crate) const CPUS: &str = "2";
    pub(crate) const MEMORY_MB: &str = "512";
    pub(crate) const DISK: &str = "20G";
    /// The machine that Sloop's guests are given, for all; the processor is each way's own default.
    pub(crate) const MACHINE: &str = "pc-q35-7.2";
    /// Whom the image lets in.
    pub(crate) const USER: &str = "admin";

    /// Opens a lab.
    pub(crate) fn new() -> Result<Self> {
        let lab = Lab::start(Setup { blueprints: &[Self::BLUEPRINT], ..Setup::default() })?;
        let client = Client::of(&lab)?;
        let name = by_hand::image(Self::BLUEPRINT)?;
        // The lab's copy: QEMU runs as another user there and reaches nothing of ours.
        let image = lab.dir().join("state/images").join(name.file_name().unwrap_or_default());
        let dir = lab.dir().join("bare");
        std::fs::create_dir(&dir)?;
        let ring = Self { lab, client, image, dir };
        ring.tool("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "key"])?;
        Ok(ring)
    }

    /// The private key that the guests of the other ways let in.
    pub(crate) fn key(&self) -> PathBuf {
        self.dir.join("key")
    }

    /// Where the guests of the other ways write to their consoles.
    pub(crate) fn console(&self) -> PathBuf {
        self.dir.join("console.log")
    }

    /// Makes a new disk on the image.
    pub(crate) fn disk(&self, name: &str) -> Result<PathBuf> {
        let (image, name) = (self.image.display().to_string(), format!("{name}.qcow2"));
        let how = ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", &image, &name, Self::DISK];
        self.tool("qemu-img", &how)?;
        Ok(self.dir.join(name))
    }

    /// Makes a stock seed: a name and a key to let in, on a file system that cloud-init knows by its label.
    pub(crate) fn seed(&self, name: &str) -> Result<PathBuf> {
        let key = std::fs::read_to_string(self.dir.join("key.pub"))?;
        let meta_data = format!("instance-id: i-{name}\nlocal-hostname: {name}\n");
        std::fs::write(self.dir.join("meta-data"), meta_data)?;
        let user_data = format!("#cloud-config\nssh_authorized_keys:\n  - {}\n", key.trim());
        std::fs::write(self.dir.join("user-data"), user_data)?;
        let file = format!("{name}.seed");
        self.tool("mformat", &["-C", "-f", "1440", "-v", "cidata", "-i", &file, "::"])?;
        self.tool("mcopy", &["-i", &file, "meta-data", "user-data", "::"])?;
        Ok(self.dir.join(file))
    }

    /// Runs a tool in the directory, which must succeed.
    pub(crate) fn tool(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let output = Command::new(program).args(arguments).current_dir(&self.dir).output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{program}: {}", error.trim());
        Ok(())
    }
}
