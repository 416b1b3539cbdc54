//! The machine that everything runs on.

/// What executes the guests' instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accelerator {
    /// The processor itself.
    Kvm,
    /// QEMU's translator.
    Tcg,
    /// Nothing: the host is simulated.
    Simulated,
}

/// What the hypervisor says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HypervisorFacts {
    /// `libvirt` or `simulated`.
    pub name: String,
    /// Versions of its parts.
    pub version: String,
    /// What guests run on.
    pub accelerator: Accelerator,
    /// Why that was chosen.
    pub reason: String,
}

/// What the operating system says of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// Processors.
    pub cpu_count: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Kernel release.
    pub kernel: String,
}

/// How a finding of the doctor turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works, and could be better.
    Warning,
    /// Does not work.
    Failed,
}

/// One thing that the doctor looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub subject: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was seen.
    pub detail: String,
    /// What to do; empty when all is well.
    pub remedy: String,
}

impl Finding {
    /// All is well.
    pub fn ok(subject: &str, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), verdict: Verdict::Ok, detail: detail.into(), remedy: String::new() }
    }

    /// Something to look at, with what to do.
    pub fn warning(subject: &str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            verdict: Verdict::Warning,
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }

    /// Something that does not work, with what to do.
    pub fn failed(subject: &str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            verdict: Verdict::Failed,
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }
}
