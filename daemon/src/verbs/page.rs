//! Pages of long lists. A token names the last item that was given, so a page is right even when items come and go.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::model::{Error, Result};

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// What to ask for the next one with; absent on the last.
    pub next: Option<String>,
}

/// Items on a page.
pub(super) const SIZE: usize = 100;

impl<T> Page<T> {
    /// The page behind `token` of items that are sorted by a name.
    pub(super) fn by_name(items: Vec<T>, name: impl Fn(&T) -> &str, token: Option<&str>) -> Result<Self> {
        let after = token.map(decode).transpose()?;
        let mut rest =
            items.into_iter().filter(|item| after.as_deref().is_none_or(|after| name(item) > after));
        let items: Vec<T> = rest.by_ref().take(SIZE).collect();
        let next = rest.next().and(items.last().map(|last| encode(name(last))));
        Ok(Self { items, next })
    }
}

pub(super) fn encode(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

pub(super) fn decode(token: &str) -> Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.ok_or_else(|| {
        Error::invalid("pageToken", "This page token was not given out by this daemon")
            .tip("begin without a token")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_hold_everything_once(count in 0usize..450) {
            let all: Vec<String> = (0..count).map(|number| format!("{number:05}")).collect();
            let (mut seen, mut token) = (Vec::new(), None::<String>);
            loop {
                let page = Page::by_name(all.clone(), String::as_str, token.as_deref()).expect("a sound token");
                prop_assert!(page.items.len() <= SIZE);
                seen.extend(page.items);
                token = page.next;
                if token.is_none() { break }
            }
            prop_assert_eq!(seen, all);
        }

        #[test]
        fn any_token_is_read_or_refused(token in "\\PC{0,40}") {
            let _ = Page::by_name(vec!["aa".to_owned()], String::as_str, Some(&token));
        }
    }
}
