//! From layers to settings: everything is read, everything is checked, every mistake is kept.

use super::accounts::{self, AccountSettings, Parts};
use super::conditions::{self, Defaults};
use super::diagnostic::{Diagnostic, Notice};
use super::effective;
use super::environment::{self, Environment};
use super::extras::Opening;
use super::file;
use super::layers::{Arguments, Layers, named, variable};
use super::names;
use super::origin::{Origin, Place, Setting};
use super::places;
use super::privacy::{Circle, Privacy};
use super::schedule;
#[cfg(feature = "serve")]
use super::serve::Serve;
use super::settings::Settings;
use super::sources;
use super::uplinks;
use super::value::{Given, Value};
use crate::source::Source;
use crate::source::router::events::RouterEvents;
use dynflare_core::address::{Family, Prefix};
use dynflare_core::desired::OwnerMark;
use dynflare_core::guard::Limits;
use dynflare_core::quorum::{Rule, Rules, Times, Vote};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

mod records;

/// The words for `rule`.
const RULES: &[(&str, Rule)] = &[("majority", Rule::Majority), ("plurality", Rule::Plurality)];

/// The largest panel or quorum that can be set; there are not that many operators.
const MOST_OPERATORS: u32 = 99;

/// Whether the secrets of the accounts are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// All there are, for checking all of the configuration.
    All,
    /// Those of accounts that a record uses and those of notifications, for the daemon.
    OfRun,
    /// Those of `[serve]`, and of accounts that its zones lie in.
    OfServe,
    /// They are, for accounts that a record uses; what is missing is a mistake.
    Read,
    /// Only those of notifications are.
    OfNotifications,
    /// Only those of the sources in the pool are, for commands that ask sources and no provider.
    OfSources,
    /// Nothing is read and no account is put together, for commands that ask nobody.
    Leave,
}

impl Secrets {
    /// Whether there is nothing to do without a record.
    pub fn need_records(self) -> bool {
        matches!(self, Self::All | Self::OfRun | Self::Read)
    }

    fn of_records(self) -> bool {
        matches!(self, Self::All | Self::OfRun | Self::Read)
    }

    fn of_serve(self) -> bool {
        matches!(self, Self::All | Self::OfServe)
    }

    fn of_sources(self) -> bool {
        matches!(self, Self::All | Self::OfRun | Self::Read | Self::OfSources)
    }

    #[cfg(feature = "notify")]
    fn of_notifications(self) -> bool {
        matches!(self, Self::All | Self::OfRun | Self::OfNotifications)
    }
}

/// Reads the whole configuration. All mistakes are returned, in the order of the layers.
pub fn load(
    world: &Environment,
    arguments: &Arguments,
    secrets: Secrets,
) -> Result<(Settings, Vec<Notice>), Vec<Diagnostic>> {
    let world = &world.afresh();
    let mut reading = Reading::default();
    let which = file::find(arguments.config(), world);
    if let Some(path) = which.path() {
        world.opens(path);
    }
    file::read(&which, &mut reading.layers, &mut reading.mistakes, &mut reading.notes);
    environment::read(world, &mut reading.layers, &mut reading.mistakes, &mut reading.notes);
    arguments.read(&mut reading.layers, &mut reading.notes);
    reading.settings(world, secrets)
}

/// Reads a configuration that is no file yet, as if it stood at `path`.
pub fn load_text(
    world: &Environment,
    arguments: &Arguments,
    (path, text): (&Path, &str),
    secrets: Secrets,
) -> Result<(Settings, Vec<Notice>), Vec<Diagnostic>> {
    let world = &world.afresh();
    let mut reading = Reading::default();
    let name = path.to_string_lossy().into();
    let _literal = file::parse(&name, text, &mut reading.layers, &mut reading.mistakes);
    environment::read(world, &mut reading.layers, &mut reading.mistakes, &mut reading.notes);
    arguments.read(&mut reading.layers, &mut reading.notes);
    reading.settings(world, secrets)
}

/// Reads where the state is kept, and nothing else; beside it, what is wrong with the layers as far as that could be
/// seen. For asking a daemon that may run with an older configuration than the one there is now.
pub fn state_dir(world: &Environment, arguments: &Arguments) -> (Setting<Option<PathBuf>>, Vec<Diagnostic>) {
    let mut reading = Reading::default();
    let which = file::find(arguments.config(), world);
    file::read(&which, &mut reading.layers, &mut reading.mistakes, &mut reading.notes);
    environment::read(world, &mut reading.layers, &mut reading.mistakes, &mut reading.notes);
    arguments.read(&mut reading.layers, &mut reading.notes);
    let directory = reading.state_dir(world);
    (directory, reading.mistakes)
}

/// Reads settings from layers that are there already, beside mistakes that were made with them.
#[cfg(test)]
pub(super) fn from_layers(
    layers: Layers,
    mistakes: Vec<Diagnostic>,
    world: &Environment,
) -> Result<(Settings, Vec<Notice>), Vec<Diagnostic>> {
    Reading { layers, mistakes, notes: Vec::new() }.settings(world, Secrets::Leave)
}

/// What a fuzz target fills.
#[cfg(feature = "fuzzing")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fuzzed {
    /// A file.
    File,
    /// A record and a source among the arguments.
    Arguments,
}

/// For the fuzz targets: reads a file of this text, or a record and a source on the command line, and tells every
/// mistake and note. Nothing is opened.
#[cfg(feature = "fuzzing")]
pub fn fuzz(text: &str, medium: Fuzzed) {
    let mut reading = Reading::default();
    if medium == Fuzzed::File {
        let name = std::sync::Arc::from("dynflare.toml");
        let _literal = file::parse(&name, text, &mut reading.layers, &mut reading.mistakes);
    } else {
        let mut arguments = Arguments::default();
        arguments.set("records", "--record", vec![text.to_owned()]);
        arguments.set("pool", "--source", vec![text.to_owned()]);
        arguments.read(&mut reading.layers, &mut reading.notes);
    }
    match reading.settings(&Environment::default(), Secrets::Leave) {
        Ok((settings, _)) => assert!(settings.effective().iter().all(|row| !row.to_json().is_null())),
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            for mistake in mistakes {
                assert!(!mistake.render(super::Colour::Never).is_empty());
                assert!(!mistake.to_json().is_null());
            }
        }
    }
}

/// Accounts by name, each with where it is asked for.
type Uses<'a> = Vec<(&'a str, &'a Place)>;

/// What is known while reading.
#[derive(Default)]
struct Reading {
    layers: Layers,
    mistakes: Vec<Diagnostic>,
    notes: Vec<Notice>,
}

impl Reading {
    fn settings(
        mut self,
        world: &Environment,
        secrets: Secrets,
    ) -> Result<(Settings, Vec<Notice>), Vec<Diagnostic>> {
        let limits = Limits::default();
        let owner = self.setting("owner", OwnerMark::plain(), owner);
        let deadline = self.setting("deadline", Times::default().deadline, |given| {
            given.duration(Duration::from_secs(1)..=Duration::from_secs(300))
        });
        let rule = self.setting("rule", Rule::Majority, |given| given.one_of(RULES));
        let panel = self.setting("panel", None, operators);
        let quorum = self.setting("quorum", None, operators);
        let world_of_sources = secrets.of_sources().then_some(world);
        let mut opening = Opening { world: world_of_sources, notes: Vec::new(), secrets: Vec::new() };
        accounts::check(&self.layers, &mut self.mistakes);
        let mut records = self.records(&owner.value);
        let privacy = self.setting("privacy", Privacy::Open, |given| given.one_of(Privacy::WORDS));
        let circle = Circle::of(privacy.value, &records, &self.layers);
        let pool = sources::pool(&self.layers, circle.as_ref(), &mut opening, &mut self.mistakes);
        #[cfg(feature = "notify")]
        let notify = {
            opening.world = secrets.of_notifications().then_some(world);
            super::notify::read(&self.layers, &mut opening, &mut self.mistakes)
        };
        #[cfg(feature = "serve")]
        let serve = {
            opening.world = secrets.of_serve().then_some(world);
            super::serve::read(&self.layers, &mut opening, &mut self.mistakes)
        };
        self.notes.append(&mut opening.notes);
        let rules = match (&circle, panel.value, quorum.value) {
            (Some(_), None, None) => self.rules((Some(1), Some(1)), &rule, deadline.value),
            (Some(_) | None, panel, quorum) => self.rules((panel, quorum), &rule, deadline.value),
        };
        self.check_pool(&pool, &rules);
        if let Some(circle) = &circle {
            circle.check_families(&pool, &records, (&self.layers, &mut self.mistakes));
            self.notes.push(circle.notice(&pool.value, &rules));
        }
        let uplinks = uplinks::read(&self.layers, &mut self.mistakes);
        uplinks::check(&mut records, &uplinks, &self.layers, &mut self.mistakes, &mut self.notes);
        let asked = Defaults::read(&self.layers, &mut self.mistakes);
        asked.settle(&mut records, &self.layers, &mut self.mistakes);
        self.notes.extend(conditions::notice(&records, &pool.value));
        let max_deletions = self.count("max_deletions", count(limits.deletions), 0..=1_000);
        conditions::check(&records, &max_deletions, &self.layers, &mut self.mistakes);
        let of_records: Uses<'_> = records.iter().map(|wish| (wish.account.as_str(), &wish.place)).collect();
        #[cfg(feature = "serve")]
        let of_zones: Uses<'_> = serve.iter().flat_map(Serve::accounts_of_zones).collect();
        #[cfg(not(feature = "serve"))]
        let of_zones = Uses::new();
        let unused_accounts = self.unused(of_records.iter().chain(&of_zones));
        let of_records = of_records.into_iter().filter(|_| secrets.of_records());
        let of_zones = of_zones.into_iter().filter(|_| secrets.of_serve());
        let accounts = self.accounts(&of_records.chain(of_zones).collect::<Uses<'_>>(), world);
        let router_events = self.router_events(&pool.value);
        let mut settings = Settings {
            records,
            unused_accounts,
            uplinks,
            accounts,
            #[cfg(feature = "notify")]
            notify,
            #[cfg(feature = "serve")]
            serve,
            failing_after: self.count("failing_after", 3, 1..=1_000),
            other_secrets: opening.secrets,
            pool,
            privacy,
            rules,
            panel: Setting { value: rules.panel(), origin: panel.origin },
            quorum: Setting { value: rules.quorum(), origin: quorum.origin },
            rule,
            deadline,
            router_events,
            sentinel: self.setting("sentinel", Some(Duration::from_secs(30)), sentinel),
            files: Vec::new(),
            confirm: self.setting("confirm", true, Given::boolean),
            confirm_deadline: self.setting("confirm_deadline", Duration::from_secs(60), |given| {
                given.duration(Duration::from_secs(1)..=Duration::from_secs(3600))
            }),
            allow: self.setting("allow", Vec::new(), prefixes),
            deny: self.setting("deny", Vec::new(), prefixes),
            listen: self.setting("listen", Vec::new(), listeners),
            listen_names: self.setting("listen_names", Vec::new(), names::hosts),
            owner,
            ca_files: self.ca_files(),
            state_dir: self.state_dir(world),
            max_deletions,
            audit_interval: asked.audit,
            on_no_address: asked.on_no_address,
            no_address_grace: asked.grace,
            on_stop: asked.on_stop,
            max_changes_per_hour: self.count(
                "max_changes_per_hour",
                count(limits.changes_per_hour),
                1..=3_600,
            ),
            schedule: schedule::read(&self.layers, &mut self.mistakes),
            rows: Vec::new(),
        };
        // Secrets were read above.
        settings.files = world.opened();
        settings.rows = effective::rows(&settings, &self.layers);
        if self.mistakes.is_empty() { Ok((settings, self.notes)) } else { Err(in_order(self.mistakes)) }
    }

    fn setting<T>(
        &mut self,
        key: &str,
        default: T,
        read: impl Fn(&Given) -> Result<T, Diagnostic>,
    ) -> Setting<T> {
        self.layers.setting(key, default, read, &mut self.mistakes)
    }

    fn count(&mut self, key: &str, default: u32, range: RangeInclusive<u32>) -> Setting<u32> {
        self.setting(key, default, |given| given.integer(range.clone()))
    }

    fn router_events(&mut self, pool: &[Source]) -> Setting<RouterEvents> {
        let fitting = if cfg!(feature = "router") { RouterEvents::fitting(pool) } else { RouterEvents::Off };
        self.setting("router_events", fitting, |given| match given.one_of(RouterEvents::WORDS)? {
            RouterEvents::Listen | RouterEvents::Subscribe if cfg!(not(feature = "router")) => {
                Err(Diagnostic::left_out("what the router says", "router", &given.place))
            }
            events => Ok(events),
        })
    }

    fn rules(
        &mut self,
        (panel, quorum): (Option<usize>, Option<usize>),
        rule: &Setting<Rule>,
        deadline: Duration,
    ) -> Rules {
        let times = Times::default();
        let times = Times { deadline, source_timeout: times.source_timeout.min(deadline), ..times };
        Rules::new(panel, quorum, rule.value).and_then(|rules| rules.timed(times)).unwrap_or_else(|error| {
            let place = self.layers.place("quorum").or_else(|| self.layers.place("panel"));
            self.mistakes.push(match place {
                Some(place) => Diagnostic::error(error.to_string(), place),
                None => Diagnostic::absence(error.to_string()),
            });
            Rules::default()
        })
    }

    /// A pool that cannot reach the quorum for either family is of no use.
    ///
    /// Witnesses alone may be listened to, where nothing is to be decided.
    fn check_pool(&mut self, pool: &Setting<Vec<Source>>, rules: &Rules) {
        let witnesses = pool.value.iter().all(|source| source.vote == Vote::Witness);
        if witnesses && self.layers.all("records").next().is_none() {
            return;
        }
        let usable = |family: Family| {
            let votes = |source: &&Source| source.vote == Vote::Full && source.serves(family);
            pool.value
                .iter()
                .filter(votes)
                .map(|source| source.operator.as_str())
                .collect::<BTreeSet<_>>()
                .len()
        };
        let most = usable(Family::V4).max(usable(Family::V6));
        if most >= rules.quorum() {
            return;
        }
        let operators = if most == 1 { "operator" } else { "operators" };
        let message = format!("the pool has {most} {operators} that vote, and {} must agree", rules.quorum());
        let hint = match most {
            0 => "add sources with `trust = \"vote\"`".to_owned(),
            1 => "add sources of other operators, or trust this one alone with `quorum = 1`".to_owned(),
            _ => format!("add sources of other operators, or set `panel = {most}`"),
        };
        let place = sources::place(&self.layers).or_else(|| self.layers.place("quorum"));
        let place = place.or_else(|| self.layers.place("panel"));
        self.mistakes.push(match place {
            Some(place) => Diagnostic::error(message, place).hint(hint),
            None => Diagnostic::absence(message).hint(hint),
        });
    }

    /// The accounts that no record and no zone of `[serve]` lies in: tables, and variables of built-in ones.
    fn unused<'a>(&self, used: impl Iterator<Item = &'a (&'a str, &'a Place)>) -> Vec<Setting<String>> {
        let used: BTreeSet<&str> = used.map(|(name, _)| *name).collect();
        let tables = self.layers.providers.iter().map(|(name, table)| (name.as_str(), &table.place));
        let outside = self.layers.credentials.iter().filter_map(|(name, credentials)| {
            let given = credentials.environment.values().chain(credentials.arguments.values()).next()?;
            Some((*name, &given.place))
        });
        let outside = outside.filter(|(name, _)| !self.layers.providers.contains_key(*name));
        let unused = tables.chain(outside).filter(|(name, _)| !used.contains(name));
        unused.map(|(name, place)| Setting::at(name.to_owned(), place)).collect()
    }

    fn ca_files(&mut self) -> Vec<Setting<PathBuf>> {
        let mut files = Vec::new();
        for given in self.layers.all("ca_file") {
            let items = match &given.value {
                // A path is one path, whatever is in it.
                Value::Written(_) => vec![given.clone()],
                _ => given.items().unwrap_or_else(|mistake| {
                    self.mistakes.push(named("ca_file", mistake));
                    Vec::new()
                }),
            };
            for item in items {
                match item.text() {
                    Ok("") => {
                        self.mistakes.push(Diagnostic::error("`ca_file`: the path is empty", &item.place));
                    }
                    Ok(path) => files.push(Setting::at(PathBuf::from(path), &item.place)),
                    Err(mistake) => self.mistakes.push(named("ca_file", mistake)),
                }
            }
        }
        files
    }

    fn state_dir(&mut self, world: &Environment) -> Setting<Option<PathBuf>> {
        let usual = places::state(places::HERE, world).map_or(Setting::default_of(None), |(name, path)| {
            Setting { value: Some(path), origin: variable(name) }
        });
        let set = self.setting("state_dir", None, |given| match given.text()? {
            "" => Err(Diagnostic::error("the path is empty", &given.place)),
            path => Ok(Some(PathBuf::from(path))),
        });
        if set.origin == Origin::Default { usual } else { set }
    }

    fn accounts(
        &mut self,
        used: &[(&str, &Place)],
        world: &Environment,
    ) -> BTreeMap<String, AccountSettings> {
        let mut opened = BTreeMap::new();
        let mut tried = BTreeSet::new();
        for &(name, place) in used {
            let Ok(provider) = accounts::provider_of(name, &self.layers) else { continue };
            if !tried.insert(name) {
                continue;
            }
            let parts = Parts {
                name,
                table: self.layers.providers.get(name),
                // Variables and arguments belong to the built-in account of their provider.
                outside: self.layers.credentials.get(name).filter(|_| provider == name),
                wanted: place,
                world,
                without: &|| sources::secret_variables(&self.layers),
            };
            if let Some(account) = accounts::open(provider, &parts, &mut self.mistakes, &mut self.notes) {
                opened.insert(name.to_owned(), account);
            }
        }
        opened
    }
}

fn operators(given: &Given) -> Result<Option<usize>, Diagnostic> {
    given.integer(1..=MOST_OPERATORS).map(|number| usize::try_from(number).ok())
}

fn sentinel(given: &Given) -> Result<Option<Duration>, Diagnostic> {
    if given.text().is_ok_and(|text| text.trim() == "off") {
        return Ok(None);
    }
    let range = Duration::from_secs(10)..=Duration::from_secs(86_400);
    given.duration(range).map(Some).map_err(|mistake| mistake.hint("such as \"30s\", or \"off\""))
}

fn owner(given: &Given) -> Result<OwnerMark, Diagnostic> {
    OwnerMark::of(given.text()?.trim()).map_err(|error| Diagnostic::error(error.to_string(), &given.place))
}

fn prefixes(given: &Given) -> Result<Vec<Prefix>, Diagnostic> {
    given.items()?.iter().map(Given::parse).collect()
}

fn listeners(given: &Given) -> Result<Vec<SocketAddr>, Diagnostic> {
    let one = |item: &Given| {
        let text = item.text()?.trim();
        text.parse().map_err(|_| {
            let message = format!("expected an address and a port, found `{text}`");
            Diagnostic::error(message, &item.place).hint("such as `127.0.0.1:9153` or `[::1]:9153`")
        })
    };
    given.items()?.iter().map(one).collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// In the order of the layers, and inside the file by line.
fn in_order(mut mistakes: Vec<Diagnostic>) -> Vec<Diagnostic> {
    use super::origin::Medium;
    mistakes.sort_by_key(|mistake| {
        mistake.place.as_ref().map(|place| match &place.text().medium {
            Medium::File(_) => (0, String::new(), place.shown_range().start),
            Medium::Variable(name) => (1, name.to_string(), place.shown_range().start),
            Medium::Argument(_) => (2, String::new(), 0),
        })
    });
    mistakes
}
