use jiff::Timestamp;

/// The time of day, for records. Nothing waits by it.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
