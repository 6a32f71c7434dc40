//! What was understood of a file, before it is text again: records, accounts, sources, targets, settings, findings.

use crate::catalogue::{Ability, Catalogue, Provider, Sight, Zone};
use crate::finding::{Finding, Kind};
use crate::tool::Tool;
use crate::tree::{Keys, Said};
use crate::zone;
use std::fmt;

/// A value of an account or of a target.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Worth {
    /// Itself.
    Given(String),
    /// Where it is: `file:…`, `env:…`, `cmd:…`.
    Reference(String),
    /// Nobody said it; what it is.
    Absent(String),
}

impl fmt::Debug for Worth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given(_) => "Given(***)",
            Self::Reference(_) => "Reference(***)",
            Self::Absent(_) => "Absent",
        })
    }
}

/// A key of an account or of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The key.
    pub(crate) key: String,
    /// What stands there.
    pub(crate) worth: Worth,
    /// Whether it may be seen.
    pub(crate) sight: Sight,
    /// The line it comes from.
    pub(crate) line: usize,
}

/// An account at one of our providers.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// The provider's id.
    pub(crate) provider: String,
    /// Its keys.
    pub(crate) parts: Vec<Part>,
    /// Further lines of the table, as they are.
    pub(crate) verbatim: Vec<String>,
    /// The line it comes from.
    pub(crate) line: usize,
    /// The file it comes from.
    pub(crate) file: usize,
}

/// Which families a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Families {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
    /// Both, or whichever there is.
    Both,
}

impl Families {
    /// The families of two switches.
    pub(crate) fn of(v4: Switch, v6: Switch) -> Option<Self> {
        match (v4, v6) {
            (Switch::On, Switch::On) => Some(Self::Both),
            (Switch::On, Switch::Off) => Some(Self::V4),
            (Switch::Off, Switch::On) => Some(Self::V6),
            (Switch::Off, Switch::Off) => None,
        }
    }

    pub(crate) fn v4(self) -> bool {
        matches!(self, Self::V4 | Self::Both)
    }

    pub(crate) fn v6(self) -> bool {
        matches!(self, Self::V6 | Self::Both)
    }
}

/// Whether something is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl From<bool> for Switch {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// A record to be kept right.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// The index of its account.
    pub(crate) account: usize,
    /// The zone, or `auto`.
    pub(crate) zone: String,
    /// The name, relative to the zone or whole.
    pub(crate) name: String,
    /// Its types.
    pub(crate) families: Families,
    /// What stands behind the `?`.
    pub(crate) options: Vec<(&'static str, String)>,
    /// The line it comes from.
    pub(crate) line: usize,
    /// The file it comes from.
    pub(crate) file: usize,
}

/// A record as the other program says it.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The name: whole, or relative to the zone where that is given.
    pub(crate) name: String,
    /// The zone, where it is given.
    pub(crate) zone: Option<String>,
    /// Its families.
    pub(crate) families: Families,
    /// What stands behind the `?`, as far as the provider can.
    pub(crate) options: Vec<(&'static str, Said)>,
    /// Its line.
    pub(crate) line: usize,
    /// The name of the setting that says it.
    pub(crate) setting: String,
}

/// A table of a source or of a target.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Its type.
    pub(crate) kind: &'static str,
    /// Its keys.
    pub(crate) parts: Vec<Part>,
    /// Keys whose value is no text, as TOML.
    pub(crate) plain: Vec<(&'static str, String)>,
    /// The line it comes from.
    pub(crate) line: usize,
    /// The file it comes from.
    pub(crate) file: usize,
}

/// A setting of the whole configuration.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// The key.
    pub(crate) key: &'static str,
    /// The value, as TOML.
    pub(crate) value: String,
    /// Where it comes from: "line 3: daemon".
    pub(crate) from: String,
}

/// What was understood of a file.
#[derive(Debug)]
pub(crate) struct Draft<'c> {
    /// Whose file it is.
    pub(crate) tool: Tool,
    /// Our providers.
    pub(crate) catalogue: &'c Catalogue,
    /// Zones that the user named.
    pub(crate) zones: &'c [String],
    pub(crate) settings: Vec<Setting>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) records: Vec<Record>,
    pub(crate) sources: Vec<crate::source::Asked>,
    pub(crate) targets: Vec<Target>,
    pub(crate) findings: Vec<Finding>,
    /// The file that is being read.
    pub(crate) file: usize,
}

impl<'c> Draft<'c> {
    /// Nothing yet.
    pub(crate) fn new(tool: Tool, catalogue: &'c Catalogue, zones: &'c [String]) -> Self {
        Self {
            tool,
            catalogue,
            zones,
            settings: Vec::new(),
            accounts: Vec::new(),
            records: Vec::new(),
            sources: Vec::new(),
            targets: Vec::new(),
            findings: Vec::new(),
            file: 0,
        }
    }

    /// Adds a finding.
    pub(crate) fn find(&mut self, kind: Kind, setting: &str, line: usize, why: impl Into<String>) {
        let finding = Finding { file: self.file, line, setting: setting.to_owned(), kind, why: why.into() };
        // What is handed down to several accounts is told once.
        let same = |known: &Finding| {
            known.file == finding.file
                && known.line == finding.line
                && known.kind == finding.kind
                && known.why == finding.why
        };
        if !self.findings.iter().any(same) {
            self.findings.push(finding);
        }
    }

    /// Something that Dynflare has nothing for.
    pub(crate) fn lost(&mut self, said: &Said, why: impl Into<String>) {
        self.find(Kind::Lost, &said.key, said.line, why);
    }

    /// Something carried over that behaves differently.
    pub(crate) fn changed(&mut self, said: &Said, why: impl Into<String>) {
        self.find(Kind::Changed, &said.key, said.line, why);
    }

    /// Something that is not needed.
    pub(crate) fn needless(&mut self, said: &Said, why: impl Into<String>) {
        self.find(Kind::Needless, &said.key, said.line, why);
    }

    /// Everything that nobody asked for.
    pub(crate) fn unknown(&mut self, mut keys: Keys) {
        for (key, line) in keys.rest() {
            let why = format!("this is no setting of {} that is known here", self.tool.name());
            self.find(Kind::Unknown, &key, line, why);
        }
    }

    /// Sets a setting of the whole configuration; the first wins.
    pub(crate) fn set(&mut self, key: &'static str, value: String, said: &Said) {
        match self.settings.iter().find(|setting| setting.key == key) {
            Some(known) if known.value == value => {}
            Some(known) => {
                let why = format!(
                    "Dynflare has one `{key}` for everything, and it was set before ({})",
                    known.from
                );
                self.lost(said, why);
            }
            None => {
                let from = format!("line {}: {}", said.line, said.key);
                self.settings.push(Setting { key, value, from });
            }
        }
    }

    /// The index of an account; the same keys make the same account.
    pub(crate) fn account(&mut self, account: Account) -> usize {
        let account = Account { file: self.file, ..account };
        let same = |known: &Account| {
            known.provider == account.provider
                && known.verbatim == account.verbatim
                && known.parts.len() == account.parts.len()
                && known.parts.iter().zip(&account.parts).all(|(a, b)| a.key == b.key && a.worth == b.worth)
        };
        if let Some(index) = self.accounts.iter().position(same) {
            return index;
        }
        self.accounts.push(account);
        self.accounts.len() - 1
    }

    /// Adds a target.
    pub(crate) fn tell(&mut self, target: Target) {
        self.targets.push(Target { file: self.file, ..target });
    }

    /// Adds a record, as far as the provider can keep it.
    pub(crate) fn record(&mut self, account: usize, wanted: Wanted) {
        let provider = self.accounts[account].provider.clone();
        let Some(provider) = self.catalogue.find(&provider) else { return };
        let label = Said { key: wanted.setting.clone(), line: wanted.line, text: String::new() };
        let Some(families) = self.families(provider, &wanted, &label) else { return };
        let Some((zone, name)) = self.place(provider, &wanted, &label) else { return };
        if name.starts_with('*') && !provider.can(Ability::Wildcard) {
            let why = format!("{} takes no wildcards (`{}`)", provider.name, wanted.name);
            self.lost(&label, why);
            return;
        }
        let mut options = Vec::new();
        for (key, said) in wanted.options {
            if let Some(value) = self.option(provider, key, &said) {
                options.push((key, value));
            }
        }
        let record = Record { account, zone, name, families, options, line: wanted.line, file: self.file };
        let twin = self.records.iter().position(|known| {
            known.account == record.account
                && known.zone == record.zone
                && known.name == record.name
                && known.options == record.options
        });
        match twin {
            Some(index) if self.records[index].families != record.families => {
                self.records[index].families = Families::Both;
            }
            Some(_) => {}
            None => self.records.push(record),
        }
    }

    /// The families that both sides have.
    fn families(&mut self, provider: &Provider, wanted: &Wanted, label: &Said) -> Option<Families> {
        let v4 = wanted.families.v4() && provider.can(Ability::Ipv4);
        let v6 = wanted.families.v6() && provider.can(Ability::Ipv6);
        let families = Families::of(v4.into(), v6.into());
        if families != Some(wanted.families) {
            let less = if v4 { "IPv6" } else { "IPv4" };
            let why = match families {
                Some(_) => format!(
                    "at {} Dynflare writes no {less} addresses, so `{}` is kept without",
                    provider.name, wanted.name
                ),
                None => format!(
                    "at {} Dynflare writes no addresses of this family (`{}`)",
                    provider.name, wanted.name
                ),
            };
            self.lost(label, why);
        }
        families
    }

    /// The zone and the name in it.
    fn place(&mut self, provider: &Provider, wanted: &Wanted, label: &Said) -> Option<(String, String)> {
        let bare = wanted.name.trim().trim_end_matches('.').to_lowercase();
        if let Some(zone) = &wanted.zone {
            let zone = zone.trim().trim_end_matches('.').to_lowercase();
            return match zone::inside(&bare, &zone) {
                Ok(name) => Some((zone, name)),
                Err(why) => {
                    self.lost(label, why);
                    None
                }
            };
        }
        if let Err(why) = zone::whole(&bare) {
            self.lost(label, why);
            return None;
        }
        let named = self.zones.iter().find_map(|zone| {
            let zone = zone.trim().trim_end_matches('.').to_lowercase();
            zone::below(&bare, &zone).map(|name| (zone, name))
        });
        if named.is_some() {
            return named;
        }
        match provider.zone {
            Zone::Auto => Some(("auto".to_owned(), bare)),
            Zone::Written => {
                let zone = zone::guess(&bare);
                let name = zone::below(&bare, &zone)?;
                let why = format!(
                    "{} has to be told the zone of `{bare}`, which stands nowhere: `{zone}` is a guess; `--zone` says it",
                    provider.name
                );
                self.find(Kind::Changed, &label.key, label.line, why);
                Some((zone, name))
            }
        }
    }

    /// An option as the provider can have it.
    fn option(&mut self, provider: &Provider, key: &'static str, said: &Said) -> Option<String> {
        let name = &provider.name;
        match key {
            "proxied" if !provider.can(Ability::Proxied) => {
                if said.flag() == Some(true) {
                    self.lost(said, format!("{name} has no proxy that Dynflare could switch on"));
                }
                None
            }
            "proxied" => {
                let flag = said.flag();
                if flag.is_none() {
                    self.lost(said, "it is neither true nor false");
                }
                flag.map(|flag| flag.to_string())
            }
            "comment" if !provider.can(Ability::Comment) => {
                self.lost(said, format!("{name} has no comments that Dynflare could write"));
                None
            }
            // The mark of who owns a record stands in its comment.
            "comment" if !said.text.to_lowercase().contains("dynflare") => {
                self.changed(
                    said,
                    "a comment has to contain `dynflare`, by which our records are known; it was added",
                );
                Some(format!("{} (dynflare)", said.text))
            }
            "ttl" if !provider.can(Ability::Ttl) => {
                self.lost(said, format!("at {name} Dynflare sets no TTL; the provider's own stays"));
                None
            }
            "ttl" => self.ttl(provider, said),
            _ => Some(said.text.clone()),
        }
    }

    fn ttl(&mut self, provider: &Provider, said: &Said) -> Option<String> {
        let Some(seconds) = crate::time::seconds(&said.text) else {
            self.lost(said, "the TTL is no number of seconds");
            return None;
        };
        // 1 is "automatic" at Cloudflare, which alone can be proxied.
        if seconds == 0 || (seconds == 1 && !provider.can(Ability::Proxied)) {
            self.needless(said, "without a TTL the provider's own stays");
            return None;
        }
        let least = u64::from(provider.min_ttl);
        if seconds != 1 && seconds < least {
            self.changed(
                said,
                format!("the shortest TTL of every account at {} is {least} seconds", provider.name),
            );
            return Some(least.to_string());
        }
        Some(seconds.to_string())
    }
}
