//! A network and mount namespace with a private libvirtd in it.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use crate::{notify, sweep};

/// libvirtd reads the capabilities of every QEMU when it first starts.
const LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct Namespace {
    name: String,
    dir: PathBuf,
    /// Holds the mount namespace open.
    holder: Child,
    virtlogd: Option<Child>,
    libvirtd: Option<Child>,
}

/// Made inside the mount namespace before anything runs in it: libvirt's places, private.
const MOUNTS: &str = "mount -t tmpfs tmpfs /run/libvirt && mount --bind \"$0/lib\" /var/lib/libvirt \
                      && mount --bind \"$0/log\" /var/log/libvirt && mount -t tmpfs tmpfs /etc/libvirt/qemu \
                      && { cgroups || true; } && echo ready && exec sleep infinity";

/// The namespace has a /sys of its own, without the control groups that libvirt holds processors back with. Where there are none, it does
/// without.
const CGROUPS: &str = r#"
cgroups() {
    if grep -q '^[^ ]* /sys/fs/cgroup cgroup2 ' /proc/1/mounts; then
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        return
    fi
    mount -t tmpfs tmpfs /sys/fs/cgroup
    awk '$3 == "cgroup" { print $2, $4 }' /proc/1/mounts | while read -r place options; do
        controllers=$(echo "$options" | tr , '\n' | grep -x -e cpu -e cpuacct | paste -sd, -)
        [ -n "$controllers" ] || continue
        mkdir -p "/sys/fs/cgroup/${place##*/}"
        mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/${place##*/}"
    done
}
"#;

impl Namespace {
    pub(crate) fn start(name: &str, dir: &Path, with_libvirt: bool) -> Result<Self> {
        for part in ["lib/qemu", "log", "run"] {
            std::fs::create_dir_all(dir.join(part))?;
        }
        std::fs::create_dir_all("/run/libvirt")?;
        std::fs::create_dir_all("/etc/libvirt/qemu")?;
        run(Command::new("ip").args(["netns", "add", name]))?;
        run(Command::new("ip").args(["-n", name, "link", "set", "lo", "up"]))?;
        let mut holder = Command::new("ip")
            .args(["netns", "exec", name, "unshare", "-m", "sh", "-c", &format!("{CGROUPS}{MOUNTS}")])
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = holder.stdout.take().context("the holder has an output")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line)?;
        ensure!(line == "ready\n", "the lab's mounts could not be made; is this root?");
        let mut namespace =
            Self { name: name.to_owned(), dir: dir.to_owned(), holder, virtlogd: None, libvirtd: None };
        if with_libvirt {
            namespace.start_virtlogd()?;
            namespace.start_libvirtd()?;
        }
        Ok(namespace)
    }

    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.holder.id().to_string(), "-m", "-n", "--"]).arg(program);
        command
    }

    pub(crate) fn start_virtlogd(&mut self) -> Result<()> {
        let pid = self.dir.join("virtlogd.pid");
        let arguments = ["-p", &pid.to_string_lossy()];
        self.virtlogd = Some(self.daemon(Path::new("/usr/sbin/virtlogd"), &arguments)?);
        Ok(())
    }

    pub(crate) fn start_libvirtd(&mut self) -> Result<()> {
        let configuration = self.dir.join("libvirtd.conf");
        let sockets = self.dir.join("run");
        std::fs::write(
            &configuration,
            format!(
                "unix_sock_dir = \"{}\"\nauth_unix_rw = \"none\"\nauth_unix_ro = \"none\"\n",
                sockets.display()
            ),
        )?;
        let pid = self.dir.join("libvirtd.pid");
        let arguments = ["-f", &configuration.to_string_lossy(), "-p", &pid.to_string_lossy()];
        self.libvirtd = Some(self.daemon(Path::new("/usr/sbin/libvirtd"), &arguments)?);
        Ok(())
    }

    pub(crate) fn stop_libvirtd(&mut self) -> Result<()> {
        let mut libvirtd = self.libvirtd.take().context("libvirtd runs")?;
        run(Command::new("kill").arg(libvirtd.id().to_string()))?;
        libvirtd.wait()?;
        Ok(())
    }

    pub(crate) fn restart_libvirtd(&mut self) -> Result<()> {
        self.stop_libvirtd()?;
        self.start_libvirtd()
    }

    /// Kills everything in the namespace but what holds it, and returns when it is gone.
    pub(crate) fn kill_all(&mut self) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let pids = self.others()?;
            if pids.is_empty() {
                break;
            }
            ensure!(Instant::now() < deadline, "these do not end: {pids:?}");
            // All in one word, so that nobody has time to see another one end. Who has ended meanwhile is no failure.
            Command::new("kill").arg("-9").args(&pids).stderr(Stdio::null()).status()?;
            std::thread::park_timeout(Duration::from_millis(20));
        }
        for mut child in [self.libvirtd.take(), self.virtlogd.take()].into_iter().flatten() {
            child.wait()?;
        }
        Ok(())
    }

    /// The processes in the namespace but for the one that holds it.
    fn others(&self) -> Result<Vec<String>> {
        let holder = self.holder.id().to_string();
        let pids = Command::new("ip").args(["netns", "pids", &self.name]).output()?;
        let pids = String::from_utf8_lossy(&pids.stdout).into_owned();
        Ok(pids.split_whitespace().filter(|pid| *pid != holder).map(str::to_owned).collect())
    }

    fn daemon(&self, program: &Path, arguments: &[&str]) -> Result<Child> {
        let log = File::options().create(true).append(true).open(self.dir.join("libvirt.log"))?;
        let mut command = self.command(program);
        command.args(arguments).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        notify::start(&mut command, &self.dir, LIMIT)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        for child in
            [self.libvirtd.as_mut(), self.virtlogd.as_mut(), Some(&mut self.holder)].into_iter().flatten()
        {
            let _ = child.kill();
            let _ = child.wait();
        }
        // Guests, and whatever else still lives in the namespace.
        let _ = sweep::namespace(&self.name);
    }
}

fn run(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
