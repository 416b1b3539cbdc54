//! Reads the configuration and runs the daemon.

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use sloopd::{
    config::{Config, HypervisorWord},
    wiring::Daemon,
};
use tokio::signal::unix::{SignalKind, signal};

/// The daemon of Sloop: the Lightsail experience on one Linux host.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// Configuration file [default: /etc/sloop/sloop.toml, which may be absent]
    #[arg(long)]
    config: Option<PathBuf>,
    /// Keep state here instead
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// Listen here instead
    #[arg(long)]
    socket: Option<PathBuf>,
    /// Run virtual machines by this instead
    #[arg(long)]
    hypervisor: Option<HypervisorWord>,
    /// Connect to this libvirt instead
    #[arg(long)]
    libvirt_uri: Option<String>,
    /// Take base images from here instead
    #[arg(long)]
    images_dir: Option<PathBuf>,
    /// Take the catalogue from here instead
    #[arg(long)]
    catalogue: Option<PathBuf>,
    /// Write the log as JSON
    #[arg(long)]
    log_json: bool,
    /// Read the configuration, say whether it is sound, and end
    #[arg(long)]
    check: bool,
    /// Take everything of the daemon's out of this host's network, and end; for uninstalling
    #[arg(long)]
    remove_network: bool,
}

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    // State and seeds hold private keys: what this process writes is its user's alone; directories can be passed through.
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o066));
    log_to_stderr(arguments.log_json);
    match run(&arguments) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = configuration(arguments)?;
    if arguments.check {
        println!("the configuration is sound");
        return Ok(());
    }
    // Two threads do: the work is waiting, and each thread costs memory.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .thread_keep_alive(Duration::from_secs(2))
        .enable_all()
        .build()?;
    let result = runtime.block_on(async {
        if arguments.remove_network {
            return sloopd::wiring::leave(&config).await;
        }
        serve(config).await
    });
    // A call into a library that hangs must not keep the daemon from ending.
    runtime.shutdown_timeout(Duration::from_secs(2));
    result
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let (end, ended) = tokio::sync::watch::channel(false);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let socket = config.socket.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("ending; guests run on");
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        let _ = end.send(true);
    });
    let daemon = Daemon::build(config).await?;
    daemon
        .serve(ended, || {
            tracing::info!(socket = %socket.display(), "ready");
            let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
            tokio::spawn(watchdog());
        })
        .await
}

/// Tells systemd that the daemon's tasks still run, when it wants to know.
async fn watchdog() {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut beat = tokio::time::interval(limit / 3);
    loop {
        beat.tick().await;
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
    }
}

fn configuration(arguments: &Arguments) -> anyhow::Result<Config> {
    let default = PathBuf::from("/etc/sloop/sloop.toml");
    let path = arguments.config.as_ref().unwrap_or(&default);
    let mut config = Config::read(path, arguments.config.is_some())?;
    let Arguments { state_dir, socket, hypervisor, libvirt_uri, images_dir, catalogue, .. } = arguments;
    set(&mut config.state_dir, state_dir.as_ref());
    set(&mut config.socket, socket.as_ref());
    set(&mut config.hypervisor, hypervisor.as_ref());
    set(&mut config.libvirt.uri, libvirt_uri.as_ref());
    set(&mut config.images.catalogue, catalogue.as_ref());
    if let Some(dir) = images_dir {
        config.images.dir = Some(dir.clone());
    }
    config.check()?;
    Ok(config)
}

fn set<T: Clone>(place: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        *place = value.clone();
    }
}

fn log_to_stderr(json: bool) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("SLOOP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log =
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(colours).with_env_filter(filter);
    if json {
        log.json().init();
    } else {
        log.with_target(false).init();
    }
}
