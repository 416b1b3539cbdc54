//! Who is at the socket: the kernel says so.

use nix::unistd::{Group, Uid, User};
use tonic::{Request, transport::server::UdsConnectInfo};

use super::Door;
use crate::model::{self, Caller, Error, Kind, Result};

/// Turns peer credentials into callers.
#[derive(Clone, Debug)]
pub struct Callers {
    /// Members of this group, besides root and the daemon's own user, see and change everything.
    pub admin_group: Option<String>,
}

impl Door {
    /// Whoever sent the request.
    pub(super) fn caller<T>(&self, request: &Request<T>) -> Result<Caller> {
        let info = request.extensions().get::<UdsConnectInfo>();
        let peer = info.and_then(|info| info.peer_cred).ok_or_else(|| {
            Error::new(Kind::AccessDenied, "Unauthenticated", "The kernel does not say who is calling")
        })?;
        Ok(self.callers.name(Uid::from_raw(peer.uid())))
    }
}

impl Callers {
    fn name(&self, uid: Uid) -> Caller {
        let user = User::from_uid(uid).ok().flatten();
        let admin =
            uid.is_root() || uid == Uid::effective() || user.as_ref().is_some_and(|user| self.is_admin(user));
        let name = user.map_or_else(|| format!("uid:{uid}"), |user| user.name);
        Caller::new(name, model::Door::Grpc, admin)
    }

    fn is_admin(&self, user: &User) -> bool {
        let Some(group) = self.admin_group.as_deref().and_then(|name| Group::from_name(name).ok().flatten())
        else {
            return false;
        };
        group.gid == user.gid || group.mem.contains(&user.name)
    }
}
