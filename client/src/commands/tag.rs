//! `sloop tag …`

use clap::Subcommand;
use sloop_proto::v1::{Tag, TagResourceRequest, UntagResourceRequest};

use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;

/// The verbs of tags.
#[derive(Debug, Subcommand)]
pub(crate) enum TagCommand {
    /// Add tags to a resource, or change them
    #[command(after_help = "Example:\n  sloop tag add web role=frontend urgent")]
    Add {
        /// Name of the resource
        #[arg(add = complete::instances())]
        name: String,
        /// Tags
        #[arg(value_name = "KEY[=VALUE]", required = true, value_parser = parse)]
        tags: Vec<Tag>,
    },
    /// Take tags off a resource
    #[command(visible_alias = "rm")]
    Remove {
        /// Name of the resource
        #[arg(add = complete::instances())]
        name: String,
        /// Keys of the tags
        #[arg(value_name = "KEY", required = true)]
        keys: Vec<String>,
    },
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: TagCommand) -> Outcome {
    match command {
        TagCommand::Add { name, tags } => {
            let said = format!("{}: tagged", text::safe(&name));
            let request = TagResourceRequest { resource_name: name, resource_arn: None, tags };
            let result = session.tags().tag_resource(request).await?.into_inner();
            output.answer("TagResourceResult", &result, || said)?;
        }
        TagCommand::Remove { name, keys } => {
            let said = format!("{}: untagged", text::safe(&name));
            let request = UntagResourceRequest { resource_name: name, resource_arn: None, tag_keys: keys };
            let result = session.tags().untag_resource(request).await?.into_inner();
            output.answer("UntagResourceResult", &result, || said)?;
        }
    }
    Ok(0)
}

/// Parses `key` or `key=value`. The value may hold more of `=`.
pub(crate) fn parse(text: &str) -> Result<Tag, String> {
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key, Some(value.to_owned())),
        None => (text, None),
    };
    match key {
        "" => Err("a tag needs a key".to_owned()),
        key => Ok(Tag { key: Some(key.to_owned()), value }),
    }
}

/// Spells a tag as [`parse`] reads it.
pub(crate) fn spell(tag: &Tag) -> String {
    match &tag.value {
        Some(value) => format!("{}={value}", tag.key()),
        None => tag.key().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_they_are_spelt() {
        for text in ["role", "role=", "role=web", "filter=a=b"] {
            assert_eq!(spell(&parse(text).unwrap()), text);
        }
        assert!(parse("=web").is_err());
    }
}
