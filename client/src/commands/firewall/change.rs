//! `sloop firewall open`, `close` and `put`.

use sloop_proto::v1::{
    CloseInstancePublicPortsRequest, OpenInstancePublicPortsRequest, PortInfo, PutInstancePublicPortsRequest,
};

use super::rule::Rule;
use super::{PutArgs, RuleArgs, Scope};
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::{text, wait};

/// Opens ports, one rule after the other.
pub(super) async fn open(session: &Session, output: &Output, args: &RuleArgs) -> Outcome {
    in_turn(output, &args.rules, "not opened", async |rule| {
        let request = OpenInstancePublicPortsRequest {
            port_info: Some(args.scope.port_info(rule)),
            instance_name: args.scope.instance.clone(),
        };
        let mut result = session.firewall().open_instance_public_ports(request).await?.into_inner();
        wait::finish(session, output, result.operation.as_mut_slice()).await?;
        output.answer("OpenInstancePublicPortsResult", &result, || args.scope.tell(&[rule], "open"))
    })
    .await
}

/// Closes ports, one rule after the other.
pub(super) async fn close(session: &Session, output: &Output, args: &RuleArgs) -> Outcome {
    in_turn(output, &args.rules, "not closed", async |rule| {
        let request = CloseInstancePublicPortsRequest {
            port_info: Some(args.scope.port_info(rule)),
            instance_name: args.scope.instance.clone(),
        };
        let mut result = session.firewall().close_instance_public_ports(request).await?.into_inner();
        wait::finish(session, output, result.operation.as_mut_slice()).await?;
        output.answer("CloseInstancePublicPortsResult", &result, || args.scope.tell(&[rule], "closed"))
    })
    .await
}

/// Opens ports and closes all others, in one step.
pub(super) async fn put(session: &Session, output: &Output, args: &PutArgs) -> Outcome {
    let request = PutInstancePublicPortsRequest {
        port_infos: args.rules.iter().map(|rule| args.scope.port_info(*rule)).collect(),
        instance_name: args.scope.instance.clone(),
    };
    let mut result = session.firewall().put_instance_public_ports(request).await?.into_inner();
    wait::finish(session, output, result.operation.as_mut_slice()).await?;
    output.answer("PutInstancePublicPortsResult", &result, || match args.rules.as_slice() {
        [] => format!("{}: everything is closed", text::safe(&args.scope.instance)),
        rules => format!("{}, everything else is closed", args.scope.tell(rules, "open")),
    })?;
    Ok(0)
}

/// Does the same with one rule after the other. The first that fails ends it; of those before it the answers are out.
async fn in_turn(
    output: &Output,
    rules: &[Rule],
    undone: &str,
    deed: impl AsyncFn(Rule) -> Result<(), Failure>,
) -> Outcome {
    for (at, rule) in rules.iter().enumerate() {
        if let Err(failure) = deed(*rule).await {
            if rules.len() > 1 {
                output.note(&format!("{undone}: {}", spelt(&rules[at..], ", ")));
            }
            return Err(failure);
        }
    }
    Ok(0)
}

impl Scope {
    /// The rule in a request, for those who are named, or for everybody.
    fn port_info(&self, rule: Rule) -> PortInfo {
        let mut info = rule.port_info();
        self.from.iter().for_each(|source| source.join(&mut info));
        info
    }

    /// What the rules are now, and for whom.
    fn tell(&self, rules: &[Rule], state: &str) -> String {
        let verb = if rules.len() == 1 { "is" } else { "are" };
        let whom = match self.from.as_slice() {
            [] => String::new(),
            from => format!(" to {}", spelt(from, " and ")),
        };
        format!("{}: {} {verb} {state}{whom}", text::safe(&self.instance), spelt(rules, " and "))
    }
}

fn spelt<T: ToString>(things: &[T], between: &str) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}
