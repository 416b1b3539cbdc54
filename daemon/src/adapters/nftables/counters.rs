//! What `nft` says of counters. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    object::{Object, Way},
    table::TABLE,
};
use crate::model::{Bytes, Error, InstanceId, Result};

/// What the counters of every instance say.
pub(super) type Counted = BTreeMap<InstanceId, Bytes>;

#[derive(Deserialize)]
struct Listing {
    nftables: Vec<Item>,
}

/// Something of the listing, which says of what kind it is by its member.
#[derive(Deserialize)]
struct Item {
    counter: Option<Counter>,
}

#[derive(Deserialize)]
struct Counter {
    family: String,
    table: String,
    name: String,
    bytes: u64,
}

/// The counters of our table in what `nft -j list counters` printed.
pub(super) fn counters_in(listing: &str) -> Result<Counted> {
    let unreadable = |error| Error::internal(format!("what nft says of counters cannot be read: {error}"));
    let listing: Listing = serde_json::from_str(listing).map_err(unreadable)?;
    let counters = listing.nftables.into_iter().filter_map(|item| item.counter);
    let ours = counters.filter(|counter| counter.family == "inet" && counter.table == TABLE);
    let mut counted = Counted::new();
    for object in ours.filter_map(|counter| Object::counter(&counter.name, counter.bytes)) {
        if let Object::Counter { id, way, bytes } = object {
            let of_instance = counted.entry(id).or_default();
            match way {
                Way::In => of_instance.inward = bytes,
                Way::Out => of_instance.outward = bytes,
            }
        }
    }
    Ok(counted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing;

    #[test]
    fn ours_are_found_among_others() {
        let id = testing::instance("web").id;
        let counter = |family: &str, table: &str, name: String, bytes: u64| {
            serde_json::json!({ "counter": {
                "family": family, "table": table, "name": name, "handle": 5, "packets": 3, "bytes": bytes,
            } })
        };
        let simple = id.0.simple();
        let listing = serde_json::json!({ "nftables": [
            { "metainfo": { "version": "1.0.6", "json_schema_version": 1 } },
            counter("inet", "sloop", format!("in_{simple}"), 5_000_000_000),
            counter("inet", "sloop", format!("out_{simple}"), 7),
            counter("inet", "other", format!("out_{simple}"), 8),
            counter("ip", "sloop", format!("in_{simple}"), 9),
            counter("inet", "sloop", "by_hand".to_owned(), 10),
        ] });
        let counted = counters_in(&listing.to_string()).expect("sound");
        assert_eq!(counted, Counted::from([(id, Bytes { inward: 5_000_000_000, outward: 7 })]));
    }

    #[test]
    fn nothing_is_nothing_and_junk_is_refused() {
        let empty = r#"{"nftables": [{"metainfo": {"version": "1.0.6"}}]}"#;
        assert_eq!(counters_in(empty).expect("sound"), Counted::new());
        for junk in ["", "{}", "table inet sloop {\n}\n", r#"{"nftables": [{"counter": {"name": "in_5"}}]}"#]
        {
            assert!(counters_in(junk).is_err(), "{junk}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_borne(text in ".{0,200}") {
            let _ = counters_in(&text);
        }
    }
}
