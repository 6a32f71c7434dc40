//! What the rest of the program gets: every setting, parsed and checked, with its origin.

use super::origin::Setting;
use super::record::RecordWish;
use dynflare_core::address::Prefix;
use std::path::PathBuf;
use std::time::Duration;

/// The effective configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What should be kept right, in the order written; one entry per name and type.
    pub records: Vec<RecordWish>,
    /// How many operators may vote; `None`: follows from the rest.
    pub panel: Setting<Option<usize>>,
    /// How many must agree; `None`: follows from the rest.
    pub quorum: Setting<Option<usize>>,
    /// How long one detection may take.
    pub deadline: Setting<Duration>,
    /// Blocks whose addresses are accepted although they are not publishable.
    pub allow: Setting<Vec<Prefix>>,
    /// Blocks whose addresses are never accepted.
    pub deny: Setting<Vec<Prefix>>,
    /// Whose records these are, where several instances share a name.
    pub owner: Setting<Option<String>>,
    /// Certificate authorities to trust beside the system's: PEM files.
    pub ca_files: Setting<Vec<PathBuf>>,
    /// Where a later run finds what this one learnt.
    pub state_dir: Setting<Option<PathBuf>>,
    /// How many records one round may delete.
    pub max_deletions: Setting<u32>,
    /// How often the content of one name may change within an hour.
    pub max_changes_per_hour: Setting<u32>,
}
