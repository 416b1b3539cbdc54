//! Lists come a page at a time; people and programs get them whole.

use sloop_proto::v1::{
    GetActiveNamesResult, GetAlarmsResult, GetBlueprintsResult, GetBundlesResult, GetDiskSnapshotsResult,
    GetDisksResult, GetInstanceSnapshotsResult, GetInstancesResult, GetKeyPairsResult,
    GetOperationsForResourceResult, GetOperationsResult, GetStaticIpsResult,
};
use tonic::{Response, Status};

use crate::failure::{Exit, Failure};

/// An answer that may be only a part of a list.
pub(crate) trait Page: Default {
    /// Takes out the token of the page that follows.
    fn next(&mut self) -> Option<String>;
    /// Appends the items of a later page.
    fn absorb(&mut self, later: Self);
}

macro_rules! page {
    ($($message:ident . $items:ident),* $(,)?) => {$(
        impl Page for $message {
            fn next(&mut self) -> Option<String> {
                self.next_page_token.take().filter(|token| !token.is_empty())
            }

            fn absorb(&mut self, later: Self) {
                self.$items.extend(later.$items);
            }
        }
    )*};
}

page! {
    GetActiveNamesResult.active_names,
    GetAlarmsResult.alarms,
    GetBlueprintsResult.blueprints,
    GetBundlesResult.bundles,
    GetDiskSnapshotsResult.disk_snapshots,
    GetDisksResult.disks,
    GetInstanceSnapshotsResult.instance_snapshots,
    GetInstancesResult.instances,
    GetKeyPairsResult.key_pairs,
    GetOperationsForResourceResult.operations,
    GetOperationsResult.operations,
    GetStaticIpsResult.static_ips,
}

/// Fetches page after page and gives them as one.
pub(crate) async fn all<P: Page>(
    fetch: impl AsyncFn(Option<String>) -> Result<Response<P>, Status>,
) -> Result<P, Failure> {
    let mut whole = P::default();
    let mut token = None;
    loop {
        let mut page = fetch(token.clone()).await?.into_inner();
        let next = page.next();
        whole.absorb(page);
        match next {
            None => return Ok(whole),
            // A daemon that says so twice would keep us here for ever.
            same if same == token => {
                return Err(Failure::new(Exit::Other, "sloopd gave the same page twice"));
            }
            later => token = later,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str, next: Option<&str>) -> Response<GetActiveNamesResult> {
        Response::new(GetActiveNamesResult {
            active_names: vec![name.to_owned()],
            next_page_token: next.map(str::to_owned),
        })
    }

    #[tokio::test]
    async fn pages_become_one_without_a_token() {
        let whole = all(async |token| match token.as_deref() {
            None => Ok(page("a", Some("1"))),
            Some("1") => Ok(page("b", Some("2"))),
            _ => Ok(page("c", Some(""))),
        });
        let whole = whole.await.unwrap();
        assert_eq!(whole.active_names, ["a", "b", "c"]);
        assert_eq!(whole.next_page_token, None);
    }

    #[tokio::test]
    async fn a_token_that_leads_to_itself_ends_the_walk() {
        assert!(all(async |_| Ok(page("a", Some("1")))).await.is_err());
    }
}
