//! What Sloop talks about: plain types and the rules that hold for them.
//!
//! No async, no I/O, and no import from any other room. A wire type is never a domain type, and neither is a database row.

mod address;
mod alarm;
mod auto_snapshot;
mod blueprint;
mod bundle;
mod burst;
mod caller;
mod catalogue;
pub mod changed;
mod contact;
mod cost;
mod disk;
mod error;
pub mod firewall;
mod health;
mod history;
mod host;
mod id;
mod image;
mod instance;
mod ipv6;
mod key_pair;
mod layer;
mod layout;
mod letter;
mod merge;
mod metadata;
mod metric;
mod metric_query;
mod name;
mod notice;
mod operation;
mod order;
mod parcel;
mod place;
mod point;
mod port_rule;
mod process;
mod publication;
mod readiness;
mod recovery;
mod resource;
mod snapshot;
mod static_ip;
mod status;
mod tags;
mod transfer;
mod usage;
mod user_data;

pub use address::{DOMAIN, Pool, group_of, mac_of};
pub use alarm::{
    Alarm, AlarmRule, Comparison, Datum, Judgement, MissingData, Telling, Watched, data as alarm_data,
    judge as judge_alarm,
};
pub use auto_snapshot::{AutoSnapshot, TimeOfDay};
pub use blueprint::{BaseImage, Blueprint, BlueprintKind, Firmware};
pub use bundle::Bundle;
pub use burst::{Burst, BurstRecord, CpuShare, NO_CPU_CONTROLLER};
pub use caller::{Access, Caller, Door, Owner};
pub use catalogue::Catalogue;
pub use contact::{Code, ContactMethod, ContactStatus};
pub use cost::{
    Charge, DayCost, PlanTime, PricingUnit, Stretch, UsageCost, estimate, idle_stretches, plan_times,
};
pub use disk::{Attachment, Disk, Drive, Slot};
pub use error::{Error, Kind, Result};
pub use health::{CheckState, Health, Seen, StatusCheck, judge};
pub use host::{Accelerator, Finding, HostFacts, HypervisorFacts, Verdict};
pub use id::{
    AlarmId, ContactId, DiskId, HostId, InstanceId, KeyPairId, LayerId, LetterId, OperationId, SnapshotId,
    StaticIpId,
};
pub use image::{
    Bake, BakeFile, Download, FirstPassword, ImageMoment, ImageSource, ImportOrder, ImportTarget,
    OwnBlueprint, SignatureForm, SigningKey, StoredImage, Trust, Verification,
};
pub use instance::{Identity, Instance};
pub use ipv6::{IPV6_ROUTER, Ipv6Range, address_in, link_local};
pub use key_pair::{KeyPair, PublicKey};
pub use layer::{Beneath, Layer, Stack};
pub use layout::{InstanceFiles, Layout};
pub use letter::{Delivery, Letter};
pub use merge::{DEPTH, Merge, Survey, Way};
pub use metadata::{MetadataOptions, MetadataUpdate};
pub use metric::{Metric, Unit};
pub use metric_query::{MetricQuery, MetricQuestion, MetricWindow, Statistic};
pub use name::{ResourceName, shown};
pub use notice::{AlarmNotice, AlarmState, Channel, Endpoint, Notice};
pub use operation::{Operation, OperationKind, OperationStatus, Phase, ResourceType};
pub use order::{Order, Size};
pub use parcel::{Arrival, Cut, Tally};
pub use place::Place;
pub use point::{Point, Sample, Span, Subject, TICK, Tick};
pub use port_rule::{HOST_ALIAS, PortRange, PortRule, Protocol, Sources};
pub use process::ProcessUse;
pub use publication::Publication;
pub use readiness::{FirstBoot, FirstBootReport, Readiness};
pub use recovery::{Cause, Decision, Ending, RecoveryPolicy, RecoveryRecord, RecoveryRules, Situation};
pub use resource::Resource;
pub use snapshot::{FrozenDisk, FrozenInstance, Origin, Snapshot, SnapshotState};
pub use static_ip::{Holder, StaticIp};
pub use status::{DomainState, Status};
pub use tags::Tags;
pub use transfer::{Bytes, Month, Transfer};
pub use usage::{DiskUsage, HostLoad, Usage};
pub use user_data::UserData;
