//! What Sloop talks about: plain types and the rules that hold for them.
//!
//! No async, no I/O, and no import from any other room. A wire type is never a domain type, and neither is a database row.

mod address;
mod blueprint;
mod bundle;
mod caller;
mod catalogue;
mod error;
mod host;
mod id;
mod image;
mod instance;
mod key_pair;
mod layout;
mod name;
mod operation;
mod place;
mod port_rule;
mod readiness;
mod status;
mod tags;
mod user_data;

pub use address::{Pool, mac_of};
pub use blueprint::{BaseImage, Blueprint, BlueprintKind, Firmware};
pub use bundle::Bundle;
pub use caller::{Access, Caller, Owner};
pub use catalogue::Catalogue;
pub use error::{Error, Kind, Result};
pub use host::{Accelerator, Finding, HostFacts, HypervisorFacts, Verdict};
pub use id::{HostId, InstanceId, KeyPairId, OperationId};
pub use image::{
    Bake, BakeFile, Download, FirstPassword, ImageMoment, ImageSource, ImportOrder, ImportTarget,
    OwnBlueprint, SignatureForm, SigningKey, StoredImage, Trust, Verification,
};
pub use instance::{Identity, Instance};
pub use key_pair::{KeyPair, PublicKey};
pub use layout::{InstanceFiles, Layout};
pub use name::{ResourceName, shown};
pub use operation::{Operation, OperationKind, OperationStatus, Phase, ResourceType};
pub use place::Place;
pub use port_rule::{PortRule, Protocol};
pub use readiness::{FirstBoot, FirstBootReport, Readiness};
pub use status::{DomainState, Status};
pub use tags::Tags;
pub use user_data::UserData;
