use async_trait::async_trait;

use super::Simulated;
use crate::{
    model::{Channel, Endpoint, Error, Notice, Result},
    ports::Notifier,
};

/// As long as Lightsail lets an endpoint be, in bytes.
const LONGEST: usize = 256;

#[async_trait]
impl Notifier for Simulated {
    fn admit(&self, endpoint: &Endpoint) -> Result<()> {
        drop(self.call("admit")?);
        admitted(endpoint)
    }

    async fn tell(&self, endpoint: &Endpoint, notice: &Notice) -> Result<()> {
        admitted(endpoint)?;
        self.call("tell")?.told.push((endpoint.clone(), notice.clone()));
        Ok(())
    }
}

fn admitted(endpoint: &Endpoint) -> Result<()> {
    if endpoint.address.len() <= LONGEST && has_shape(endpoint) {
        return Ok(());
    }
    Err(Error::invalid("contactEndpoint", format!("nothing can be sent there: {endpoint}")))
}

/// Whether it looks like one of its channel. There is no configuration here that would allow less.
fn has_shape(endpoint: &Endpoint) -> bool {
    let address = endpoint.address.as_str();
    let is_one_word = !address.contains(|one: char| one.is_control() || one.is_whitespace());
    is_one_word
        && match endpoint.channel {
            Channel::Email => {
                address.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
            }
            Channel::Webhook => ["http://", "https://"]
                .iter()
                .any(|scheme| address.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())),
            Channel::Command => !address.is_empty(),
        }
}
