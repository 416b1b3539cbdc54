//! `sloop image list`.

use clap::Args;
use sloop_proto::v1::{Image, ListImagesRequest, ListImagesResult, MissingImage};

use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::{Output, facts, table};
use crate::text;

const HEADERS: [&str; 7] = ["IMAGE", "BLUEPRINT", "SIZE", "DISK", "NEWEST", "USED BY", "VERIFIED"];
/// Users that a table names; of the others it gives the number.
const NAMED: usize = 2;
/// The width that a table has for how an image was verified.
const SENTENCE: usize = 40;

/// Arguments of `list`.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Ids only, one a line
    #[arg(long, short)]
    quiet: bool,
}

/// Lists all images.
pub(super) async fn run(session: &Session, output: &Output, args: &ListArgs) -> Outcome {
    let all = fetch(session).await?;
    let rows = all.images.iter().map(row).collect();
    if args.quiet {
        output.list(("ListImagesResult", &all), true, &HEADERS, rows)?;
    } else {
        output.answer("ListImagesResult", &all, || {
            format!("{}\n{}", table(&HEADERS, rows), missing(&all.missing))
        })?;
    }
    Ok(0)
}

/// All images, and the blueprints that have none.
pub(crate) async fn fetch(session: &Session) -> Result<ListImagesResult, Failure> {
    Ok(session.images().list_images(ListImagesRequest {}).await?.into_inner())
}

fn row(image: &Image) -> Vec<String> {
    vec![
        image.image_id.clone(),
        image.blueprint_id.clone(),
        text::bytes(image.file_bytes),
        text::bytes(image.virtual_bytes),
        if image.is_newest { "yes" } else { "-" }.to_owned(),
        users(&image.used_by),
        shortened(&image.verified),
    ]
}

/// What could be here and is not; nothing when all is.
fn missing(missing: &[MissingImage]) -> String {
    if missing.is_empty() {
        return String::new();
    }
    let blueprints: Vec<_> = missing.iter().map(|one| text::safe(&one.blueprint_id)).collect();
    let ways = blueprints.iter().zip(missing).map(|(blueprint, one)| (blueprint.as_str(), one.how.clone()));
    format!(
        "\nWithout an image yet; the first launch brings it, or `sloop image pull`:\n{}",
        facts(&ways.collect::<Vec<_>>())
    )
}

/// The first names, and how many there are beside them.
fn users(names: &[String]) -> String {
    match names {
        [] => "-".to_owned(),
        few if few.len() <= NAMED => few.join(", "),
        many => format!("{} +{}", many[..NAMED].join(", "), many.len() - NAMED),
    }
}

fn shortened(sentence: &str) -> String {
    match sentence.char_indices().nth(SENTENCE) {
        Some((end, _)) => format!("{}...", sentence[..end].trim_end()),
        None => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_users_become_a_number() {
        let names: Vec<_> = ["a", "b", "c", "d"].map(str::to_owned).into();
        assert_eq!([users(&[]), users(&names[..2]), users(&names)], ["-", "a, b", "a, b +2"]);
    }

    #[test]
    fn a_sentence_is_cut_between_characters() {
        assert_eq!(shortened("signed"), "signed");
        assert_eq!(shortened(&"é".repeat(SENTENCE)), "é".repeat(SENTENCE));
        assert_eq!(shortened(&"é".repeat(SENTENCE + 1)), format!("{}...", "é".repeat(SENTENCE)));
    }

    #[test]
    fn what_is_missing_has_its_way_beside_it() {
        let one = |id: &str, how: &str| MissingImage { blueprint_id: id.into(), how: how.into() };
        let text =
            missing(&[one("ubuntu_24_04", "pulled from https://x"), one("lamp", "baked on debian_12")]);
        assert!(text.ends_with(":\nubuntu_24_04: pulled from https://x\nlamp:         baked on debian_12"));
        assert_eq!(missing(&[]), "");
    }
}
