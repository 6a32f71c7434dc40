//! What the rest of the program gets: every setting, parsed and checked, with its origin.

use super::accounts::AccountSettings;
use super::diagnostic::Diagnostic;
use super::effective::Row;
use super::origin::Setting;
use super::privacy::Privacy;
use super::record::RecordWish;
use super::uplinks::UplinkSettings;
use crate::daemon::calendar::Schedule;
use crate::provider::{cloudflare, rfc2136};
use crate::secret::Secret;
use crate::source::Source;
use crate::source::router::events::RouterEvents;
use dynflare_core::address::Prefix;
use dynflare_core::condition::Leftover;
use dynflare_core::desired::OwnerMark;
use dynflare_core::guard::Limits;
use dynflare_core::quorum::{Rule, Rules};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The effective configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What should be kept right, in the order written; one entry per account, name and type.
    pub records: Vec<RecordWish>,
    /// The accounts that the records use, by the name the records call them.
    pub accounts: BTreeMap<String, AccountSettings>,
    /// Accounts that were given and that nothing uses, with where they were written.
    pub unused_accounts: Vec<Setting<String>>,
    /// The ways out with names.
    pub uplinks: BTreeMap<Arc<str>, UplinkSettings>,
    /// Whom to tell what happened, by name.
    #[cfg(feature = "notify")]
    pub notify: BTreeMap<String, crate::notify::Settings>,
    /// What `dynflare serve` serves.
    #[cfg(feature = "serve")]
    pub serve: Option<super::serve::Serve>,
    /// After how many failures in a row it is news that a record fails.
    pub failing_after: Setting<u32>,
    /// The sources that panels are drawn from.
    pub pool: Setting<Vec<Source>>,
    /// Who may learn the address by being asked for it.
    pub privacy: Setting<Privacy>,
    /// Panel, quorum, rule and deadline, made to fit together.
    pub rules: Rules,
    /// How many operators may vote, as the rules say.
    pub panel: Setting<usize>,
    /// How many must agree, as the rules say.
    pub quorum: Setting<usize>,
    /// How votes become an outcome.
    pub rule: Setting<Rule>,
    /// How long one detection may take.
    pub deadline: Setting<Duration>,
    /// Whether the zone's own name servers are asked after a change.
    pub confirm: Setting<bool>,
    /// How long they are asked.
    pub confirm_deadline: Setting<Duration>,
    /// How much the router is a party to telling that its address changed.
    pub router_events: Setting<RouterEvents>,
    /// How often one witness is asked between rounds; never where it is `None`.
    pub sentinel: Setting<Option<Duration>>,
    /// Blocks whose addresses are accepted although they are not publishable.
    pub allow: Setting<Vec<Prefix>>,
    /// Blocks whose addresses are never accepted; goes before `allow`.
    pub deny: Setting<Vec<Prefix>>,
    /// Where the daemon shows its status pages; nowhere unless set.
    pub listen: Setting<Vec<SocketAddr>>,
    /// The names beside `localhost` that the status pages answer to, in ASCII and lower case.
    pub listen_names: Setting<Vec<String>>,
    /// How records are marked as ours.
    pub owner: Setting<OwnerMark>,
    /// Certificate authorities to trust beside the system's: PEM files.
    pub ca_files: Vec<Setting<PathBuf>>,
    /// Where a later run finds what this one learnt.
    pub state_dir: Setting<Option<PathBuf>>,
    /// How many values of one name a round may remove without another in their place.
    pub max_deletions: Setting<u32>,
    /// How often the content of one name may change within an hour.
    pub max_changes_per_hour: Setting<u32>,
    /// How often a provider is read although no address changed.
    pub audit_interval: Setting<Duration>,
    /// What happens to what is ours when there certainly is no address, where the record does not say.
    pub on_no_address: Setting<Leftover>,
    /// How long that has to be so first.
    pub no_address_grace: Setting<Duration>,
    /// What happens to what is ours when the program stops, where the record does not say.
    pub on_stop: Setting<Leftover>,
    /// When the daemon's rounds are due that nothing else asked for.
    pub schedule: Setting<Schedule>,
    /// The configuration file and those it names secrets in, as far as they were read.
    pub(super) files: Vec<PathBuf>,
    /// Of sources and of targets of notifications.
    pub(super) other_secrets: Vec<Secret>,
    pub(super) rows: Vec<Row>,
}

impl Settings {
    /// Every secret that was read, for taking them out of whatever is shown.
    pub fn secrets(&self) -> Vec<Secret> {
        let of_account = |account: &AccountSettings| match account {
            AccountSettings::Cloudflare(cloudflare::Settings { credential, .. }) => match credential {
                cloudflare::Credential::Token(token) => vec![token.clone()],
                cloudflare::Credential::GlobalKey { email: _, key } => vec![key.clone()],
            },
            AccountSettings::Rfc2136(rfc2136::settings::Settings { key, .. }) => {
                key.iter().map(|key| key.secret.clone()).collect()
            }
            // What a program needs to know is its own business.
            AccountSettings::Exec(_) => Vec::new(),
            AccountSettings::Own(own) => own.secrets(),
            AccountSettings::Fields(account) => account.secrets(),
            #[cfg(feature = "rest")]
            AccountSettings::Http(settings) => settings.secrets.values().cloned().collect(),
        };
        self.accounts.values().flat_map(of_account).chain(self.other_secrets.iter().cloned()).collect()
    }

    /// How many zones and accounts `[serve]` has; `None` where there is no such table.
    pub fn served(&self) -> Option<(usize, usize)> {
        #[cfg(feature = "serve")]
        return self.serve.as_ref().map(|serve| (serve.zones.len(), serve.accounts.len()));
        #[cfg(not(feature = "serve"))]
        None
    }

    /// The files whose change may change these settings: the configuration, secrets, certificate authorities.
    pub fn files(&self) -> Vec<PathBuf> {
        let authorities = self.ca_files.iter().map(|file| file.value.clone());
        self.files.iter().cloned().chain(authorities).collect()
    }

    /// The guards, with the blocks of `allow` and `deny`.
    pub fn limits(&self) -> Limits {
        Limits {
            deletions: self.max_deletions.value as usize,
            changes_per_hour: self.max_changes_per_hour.value as usize,
            allow: self.allow.value.clone(),
            deny: self.deny.value.clone(),
            ..Limits::default()
        }
    }

    /// What to tell a user who has not said which records to keep right.
    pub fn no_records() -> Diagnostic {
        Diagnostic::absence("there are no records to keep right").hint(
            "name one with `-r cloudflare:example.org:A+AAAA:home`, in $RECORDS, or in `records` of the file",
        )
    }

    /// Every setting with its value and origin, secrets masked.
    pub fn effective(&self) -> &[Row] {
        &self.rows
    }
}
