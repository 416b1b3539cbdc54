//! Who works with which layers.
//!
//! Operations come first: one that needs layers that are being made one has that work broken off, which loses nothing. While an
//! operation holds layers, none of them is touched.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, futures::Notified};

use crate::model::LayerId;

/// What is held, and what is being made one.
#[derive(Default)]
pub(in crate::engine) struct Holds {
    state: Mutex<State>,
    /// Work has ended.
    ended: Notify,
    /// Somebody has let go of layers.
    freed: Notify,
}

#[derive(Default)]
struct State {
    held: HashMap<LayerId, usize>,
    merging: Option<(HashSet<LayerId>, Arc<Notify>)>,
}

/// Layers that stay as they are for as long as this lives.
pub struct Hold {
    holds: Arc<Holds>,
    layers: HashSet<LayerId>,
}

/// The leave to change layers. It is the only one.
pub(super) struct Turn {
    holds: Arc<Holds>,
    /// Told when somebody needs one of them.
    pub(super) stop: Arc<Notify>,
}

impl Holds {
    /// Holds layers, when nobody changes one of them any more.
    pub(in crate::engine) async fn hold(self: &Arc<Self>, layers: HashSet<LayerId>) -> Hold {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            {
                let mut state = self.state();
                match &state.merging {
                    Some((merging, stop)) if !merging.is_disjoint(&layers) => stop.notify_one(),
                    _ => {
                        for layer in &layers {
                            *state.held.entry(*layer).or_default() += 1;
                        }
                        return Hold { holds: self.clone(), layers };
                    }
                }
            }
            ended.await;
        }
    }

    /// The leave to change these layers, unless somebody holds one.
    pub(super) fn turn(self: &Arc<Self>, layers: HashSet<LayerId>) -> Option<Turn> {
        let mut state = self.state();
        if state.merging.is_some() || layers.iter().any(|layer| state.held.contains_key(layer)) {
            return None;
        }
        let stop = Arc::new(Notify::new());
        state.merging = Some((layers, stop.clone()));
        Some(Turn { holds: self.clone(), stop })
    }

    /// Told when somebody lets go of layers.
    pub(in crate::engine) fn freed(&self) -> Notified<'_> {
        self.freed.notified()
    }

    /// The layers that are held.
    pub(in crate::engine) fn held(&self) -> HashSet<LayerId> {
        self.state().held.keys().copied().collect()
    }

    /// The layers that are being changed.
    pub(in crate::engine) fn merging(&self) -> HashSet<LayerId> {
        self.state().merging.as_ref().map(|(layers, _)| layers.clone()).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// The layers that are held.
    pub fn layers(&self) -> &HashSet<LayerId> {
        &self.layers
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.holds.state();
        for layer in &self.layers {
            if let Some(count) = state.held.get_mut(layer) {
                *count -= 1;
                if *count == 0 {
                    state.held.remove(layer);
                }
            }
        }
        drop(state);
        self.holds.freed.notify_waiters();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.holds.state().merging = None;
        self.holds.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_needs_a_layer_has_the_work_broken_off_and_waits_for_its_end() {
        let holds = Arc::new(Holds::default());
        let (one, other) = (LayerId::fresh(), LayerId::fresh());
        let turn = holds.turn([one].into()).expect("nobody holds it");
        assert!(holds.turn([other].into()).is_none(), "one at a time");
        drop(holds.hold([other].into()).await);
        let waiting = tokio::spawn({
            let holds = holds.clone();
            async move { holds.hold([one].into()).await }
        });
        turn.stop.notified().await;
        assert!(!waiting.is_finished());
        drop(turn);
        let hold = waiting.await.expect("held");
        assert!(holds.turn([one].into()).is_none(), "it is held");
        drop(hold);
        assert!(holds.turn([one].into()).is_some());
        assert!(holds.held().is_empty() && holds.merging().is_empty());
    }
}
