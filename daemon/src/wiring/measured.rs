//! The store of what is measured.

use std::{sync::Arc, time::Duration};

use crate::{
    adapters::metrics::Measured,
    config::Config,
    engine::Engine,
    model::{Layout, Result},
    ports::Metrics,
};

/// A disk that hangs must not keep the daemon from ending.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens it.
pub(super) fn open(config: &Config) -> Result<Arc<dyn Metrics>> {
    let file = Layout::new(&config.state_dir).metrics();
    Ok(Arc::new(Measured::open(&file, config.metrics.max_mb << 20)?))
}

/// Writes what is in memory yet, at the daemon's end.
pub(super) async fn close(engine: &Engine, metrics: &dyn Metrics) {
    let written = async {
        engine.save_bursts().await;
        metrics.flush().await
    };
    match tokio::time::timeout(PATIENCE, written).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "what was measured last is lost"),
        Err(_) => tracing::warn!(limit = ?PATIENCE, "what was measured last could not be written in time"),
    }
}
