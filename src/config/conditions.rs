//! When what is ours goes, and when what is right is written or read again: what was asked for beside right values.
//!
//! `on_no_address`, `on_stop` and `refresh_after` may stand with a record; the first two have a default at the top
//! level, the last one in its account.

use super::accounts;
use super::diagnostic::{Diagnostic, Notice};
use super::layers::{Layers, named};
use super::origin::Setting;
use super::record::RecordWish;
use super::value::Given;
use crate::provider::get;
use crate::source::Source;
use dynflare_core::condition::{Conditions, DEFAULT_GRACE, Leftover};
use std::ops::RangeInclusive;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long it may take until a provider is read although nothing changed.
const AUDIT: RangeInclusive<Duration> = MINUTE..=Duration::from_secs(7 * 24 * 60 * 60);

/// How long an absence may have to last.
const GRACE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(7 * 24 * 60 * 60);

/// After how long values may be written again: no more often than hourly, which no expiry asks for.
const REFRESH: RangeInclusive<Duration> =
    Duration::from_secs(60 * 60)..=Duration::from_secs(365 * 24 * 60 * 60);

/// The words for `on_no_address` and `on_stop`.
const LEFTOVERS: &[(&str, Leftover)] = &[("delete", Leftover::Delete), ("keep", Leftover::Keep)];

/// The word for what becomes of what is ours.
pub(super) fn word(leftover: Leftover) -> &'static str {
    match leftover {
        Leftover::Keep => "keep",
        Leftover::Delete => "delete",
    }
}

/// What was said with one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) on_no_address: Option<Leftover>,
    pub(super) on_stop: Option<Leftover>,
    pub(super) refresh_after: Option<u64>,
}

/// One of `keep` and `delete`.
pub(super) fn leftover(given: &Given) -> Result<Leftover, Diagnostic> {
    given.one_of(LEFTOVERS)
}

/// After how many seconds values are written again.
pub(super) fn refresh(given: &Given) -> Result<u64, Diagnostic> {
    given.duration(REFRESH).map(|after| after.as_secs())
}

/// What holds for every record that says nothing itself.
#[derive(Clone, Debug)]
pub(super) struct Defaults {
    pub(super) on_no_address: Setting<Leftover>,
    pub(super) grace: Setting<Duration>,
    pub(super) on_stop: Setting<Leftover>,
    pub(super) audit: Setting<Duration>,
}

impl Defaults {
    pub(super) fn read(layers: &Layers, mistakes: &mut Vec<Diagnostic>) -> Self {
        let grace = Duration::from_secs(DEFAULT_GRACE);
        Self {
            on_no_address: layers.setting("on_no_address", Leftover::Keep, leftover, mistakes),
            grace: layers.setting("no_address_grace", grace, |given| given.duration(GRACE), mistakes),
            on_stop: layers.setting("on_stop", Leftover::Keep, leftover, mistakes),
            audit: layers.setting("audit_interval", DAY / 24, |given| given.duration(AUDIT), mistakes),
        }
    }

    /// Gives every record its conditions.
    pub(super) fn settle(&self, records: &mut [RecordWish], layers: &Layers, mistakes: &mut Vec<Diagnostic>) {
        for table in layers.providers.values() {
            if let Some(Err(mistake)) = table.get("refresh_after").map(refresh) {
                mistakes.push(named("refresh_after", mistake));
            }
        }
        for wish in records {
            let table = layers.providers.get(&wish.account);
            let of_account = table.and_then(|table| table.get("refresh_after"));
            // One that cannot be read, or belongs to a provider without such a thing, is told at its table.
            let of_account = of_account.and_then(|given| refresh(given).ok());
            wish.conditions = Conditions {
                on_no_address: wish.asked.on_no_address.unwrap_or(self.on_no_address.value),
                grace: self.grace.value.as_secs(),
                on_stop: wish.asked.on_stop.unwrap_or(self.on_stop.value),
                refresh_after: wish.asked.refresh_after.or(of_account),
            };
        }
    }
}

/// Whether names can be taken back at an account's provider.
fn can_take_back(account: &str, layers: &Layers) -> bool {
    match accounts::provider_of(account, layers) {
        Ok("get") => layers.providers.get(account).is_some_and(|table| table.get("offline").is_some()),
        Ok(provider) => get::find(provider).is_none_or(|definition| definition.can_remove()),
        Err(_) => true,
    }
}

/// What does not go together: deleting, and that nothing is to be deleted.
pub(super) fn check(
    records: &[RecordWish],
    max_deletions: &Setting<u32>,
    layers: &Layers,
    mistakes: &mut Vec<Diagnostic>,
) {
    let asks = |what: fn(&Conditions) -> Leftover| {
        records.iter().any(|wish| what(&wish.conditions) == Leftover::Delete)
    };
    for wish in records {
        let asked = [("on_no_address", wish.conditions.on_no_address), ("on_stop", wish.conditions.on_stop)];
        let asked = asked.into_iter().find(|(_, what)| *what == Leftover::Delete);
        if let Some((option, _)) = asked.filter(|_| !can_take_back(&wish.account, layers)) {
            let message = format!("`{option}`: {} takes no name back", wish.account);
            let hint = format!("say `{option} = \"keep\"` with this record");
            mistakes.push(Diagnostic::error(message, &wish.place).hint(hint));
        }
    }
    let option = match (asks(|one| one.on_no_address), asks(|one| one.on_stop)) {
        (true, _) => "on_no_address",
        (false, true) => "on_stop",
        (false, false) => return,
    };
    if let (0, Some(place)) = (max_deletions.value, layers.place("max_deletions")) {
        let message = format!("`max_deletions`: nothing may be deleted, and `{option}` asks for it");
        let hint = format!("set it to 1 or more, or leave `{option}` at `keep`");
        mistakes.push(Diagnostic::error(message, place).hint(hint));
    }
}

/// What will never happen: web sources cannot know that there is no address.
pub(super) fn notice(records: &[RecordWish], pool: &[Source]) -> Option<Notice> {
    let asks = |wish: &&RecordWish| wish.conditions.on_no_address == Leftover::Delete;
    let wish = records.iter().find(asks)?;
    if pool.iter().any(|source| !source.is_remote()) {
        return None;
    }
    let message =
        "`on_no_address` does nothing here: no source of the pool can know that there is no address";
    let hint = "add one that looks at the machine itself, such as `interface:eth0`";
    Some(Notice::note(message, Some(&wish.place)).hint(hint))
}
