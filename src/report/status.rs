//! What the daemon would tell of itself right now: a snapshot, complete in itself.
//!
//! The daemon makes one after every turn of its loop; the control socket, the health and metrics endpoints and
//! `dynflare status` show it. All times are seconds since 1970-01-01 UTC.

use super::news::Subject;
use super::{when, words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

pub mod columns;
pub mod page;
#[cfg(test)]
mod tests;

/// The snapshot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// The process.
    pub pid: u32,
    /// When the daemon started.
    pub started: u64,
    /// When the loop turned last: this snapshot is as old as that.
    pub at: u64,
    /// Whether a round is under way.
    pub in_round: bool,
    /// The usual time between rounds, in seconds; `None` where only events start them or the calendar does.
    pub interval: Option<u64>,
    /// When the last round ended in which every record was as desired or made so.
    pub fine: Option<u64>,
    /// Until when health is given without a new such round.
    pub healthy_until: u64,
    /// The last round.
    pub round: Option<RoundStatus>,
    /// The next round that is planned, and why.
    pub next: Option<NextRound>,
    /// What is known of this machine's addresses.
    pub addresses: Vec<AddressStatus>,
    /// The records, in the order of the configuration.
    pub records: Vec<RecordStatus>,
    /// What wakes the daemon beside its timers.
    pub triggers: Vec<TriggerStatus>,
    /// Why the configuration on disk is not the one in use, where that is so.
    pub config_mistake: Option<String>,
    /// What has been counted since the start.
    pub counters: Counters,
}

/// How much later than planned a round may begin, in seconds, before the loop counts as stuck.
const LATE: u64 = 120;

/// How long one round may take, in seconds: longer than any deadline that can be set, with writes and listings after it.
const LONG: u64 = 1800;

impl Status {
    /// Whether the daemon is healthy at `now` (seconds since 1970-01-01 UTC): its loop turns, and a round in which
    /// everything came right is no longer ago than it may be. Whether names resolve is no part of it. The error
    /// says why, as the end of a sentence.
    pub fn health(&self, now: u64) -> Result<(), String> {
        let due = match (&self.next, self.in_round) {
            (_, true) => Some(self.at.saturating_add(LONG)),
            (Some(next), false) => Some(next.at.max(self.at).saturating_add(LATE)),
            // Only events start rounds: there is nothing to be late for.
            (None, false) => None,
        };
        if due.is_some_and(|due| now > due) {
            return Err(format!("the loop does not turn: its last turn was {}", when::ago_of(self.at, now)));
        }
        if now <= self.healthy_until {
            return Ok(());
        }
        let wrong = self.records.iter().filter(|record| !record.right).count();
        let records = if wrong == 0 {
            String::new()
        } else {
            format!(", {} not right", words::counted(wrong, "record"))
        };
        match self.fine {
            Some(fine) => Err(format!(
                "the last round in which all came right was {}{records}",
                when::ago_of(fine, now)
            )),
            None => Err(format!(
                "no round came right since the start {}{records}",
                when::ago_of(self.started, now)
            )),
        }
    }
}

/// A round that ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoundStatus {
    /// When it ended.
    pub at: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What started it: `schedule`, `retry`, or the name of a trigger.
    pub cause: String,
    /// Whether every record it was about is as desired or was made so.
    pub fine: bool,
}

/// A round to come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NextRound {
    /// When.
    pub at: u64,
    /// Why: `schedule` or `retry`.
    pub cause: String,
}

/// What is known of one family over one way out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AddressStatus {
    /// 4 or 6.
    pub family: u8,
    /// The uplink; `None` is the system's own way.
    pub uplink: Option<String>,
    /// What was agreed on last; `None` where nothing ever was, or where there is none.
    pub address: Option<IpAddr>,
    /// Since when it has been that.
    pub since: Option<u64>,
    /// When it was agreed on last.
    pub agreed_at: Option<u64>,
    /// How the last detection ended: `agreed`, `none`, `split`, `too-few`, `unknown`.
    pub verdict: String,
    /// How many operators may vote.
    #[serde(default)]
    pub panel: u32,
    /// How many of them must agree.
    #[serde(default)]
    pub quorum: u32,
    /// Who said what in it.
    pub ballots: Vec<super::news::Said>,
    /// The last detections, oldest first; [`AddressStatus::add`] keeps it.
    #[serde(default)]
    pub recent: Vec<Detected>,
}

impl AddressStatus {
    /// How many detections are kept.
    pub const RECENT: usize = 120;

    /// Takes note of a detection that ended.
    pub fn add(&mut self, detected: Detected) {
        if self.recent.len() >= Self::RECENT {
            self.recent.drain(..=self.recent.len() - Self::RECENT);
        }
        self.recent.push(detected);
    }
}

/// A detection that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detected {
    /// When.
    pub at: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Whether there was agreement, on an address or on there being none.
    pub agreed: bool,
}

/// One record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordStatus {
    /// Which.
    #[serde(flatten)]
    pub record: Subject,
    /// Its zone, once known.
    pub zone: Option<String>,
    /// Its values as last seen or written; nothing where it was never seen.
    pub values: Option<Vec<String>>,
    /// The word of the last round's outcome for it (`unchanged`, `changed`, `failed` and so on), or `new`.
    pub state: String,
    /// Whether it is as desired.
    pub right: bool,
    /// Since when `right` has been what it is.
    pub since: u64,
    /// Why it is not right, in one line.
    pub cause: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// How often it failed in a row.
    pub failures: u32,
    /// When it is tried again before the usual time.
    pub next_try: Option<u64>,
    /// When it was changed last by this process or, as far as history knows, by an earlier one.
    pub changed: Option<u64>,
    /// What the authoritative servers say, where they were asked.
    pub confirmation: Option<Confirmation>,
}

/// What the zone's authoritative servers say of a change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Confirmation {
    /// How many servers there are to ask.
    pub servers: u32,
    /// How many of them give the new values.
    pub right: u32,
    /// Milliseconds from the write to the last server that gave them; `None` while some do not.
    pub took_ms: Option<u64>,
    /// `waiting`, `confirmed`, `partly`, `by-api`, `not-possible`.
    pub state: String,
    /// Why, where it is not confirmed.
    pub why: Option<String>,
}

impl Confirmation {
    /// That of a record that the provider answers for itself, as for a proxied one: what it holds was confirmed
    /// through its API, and its servers never show it.
    pub fn by_api() -> Self {
        Self { state: "by-api".to_owned(), ..Self::default() }
    }

    /// As a clause: `confirmed by 4 of 4 in 0.8 s`.
    pub fn clause(&self) -> String {
        let Self { servers, right, took_ms, state, why } = self;
        let because = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        match state.as_str() {
            "by-api" => "confirmed by the provider alone, which answers in its place".to_owned(),
            "not-possible" => format!("could not be confirmed{because}"),
            "waiting" if *servers == 0 => format!("not confirmed yet{because}"),
            "waiting" => format!("confirmed by {right} of {servers} so far{because}"),
            _ => {
                let took = took_ms.map_or_else(String::new, |took| format!(" in {} s", tenths(took)));
                format!("confirmed by {right} of {servers}{took}{because}")
            }
        }
    }
}

/// Seconds with one decimal, rounded up: nothing takes no time.
fn tenths(milliseconds: u64) -> String {
    let tenths = milliseconds.div_ceil(100).max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// One trigger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TriggerStatus {
    /// Its name: `interfaces`, `router`, `sentinel`, `resume`, `kick`, `config`.
    pub name: String,
    /// Whether it watches.
    pub watching: bool,
    /// Why it does not, in one line.
    pub why: Option<String>,
    /// How often it fired.
    pub fired: u64,
    /// When it fired last.
    pub last: Option<u64>,
}

/// What has been counted since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Rounds that ended.
    pub rounds: u64,
    /// Rounds after which something was not as desired.
    pub rounds_failed: u64,
    /// Records that were changed.
    pub changes: u64,
    /// Records that failed, by the word of the fault's class.
    pub failures: BTreeMap<String, u64>,
    /// Answers of sources, by source: (answered, failed, dissented).
    pub sources: BTreeMap<String, [u64; 3]>,
    /// Notifications that were sent, and that could not be.
    pub notifications: [u64; 2],
    /// Requests to providers, by account.
    #[serde(default)]
    pub requests: BTreeMap<String, u64>,
    /// What rounds took, as a histogram: upper bounds in milliseconds, and how many rounds lie between one and the
    /// next lower one. [`Counters::add_round`] keeps it.
    pub round_ms: BTreeMap<u64, u64>,
    /// What all rounds took together, in milliseconds.
    #[serde(default)]
    pub round_ms_sum: u64,
}

impl Counters {
    /// The upper bounds of the histogram, in milliseconds, beside [`u64::MAX`]: a round that changes nothing takes
    /// some hundred, a deadline is twelve seconds unless set, and five minutes at most.
    pub const BOUNDS: [u64; 11] = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000];

    /// Counts a round that ended after so many milliseconds.
    pub fn add_round(&mut self, took_ms: u64) {
        let bound = Self::BOUNDS.into_iter().find(|bound| took_ms <= *bound).unwrap_or(u64::MAX);
        *self.round_ms.entry(bound).or_default() += 1;
        self.round_ms_sum = self.round_ms_sum.saturating_add(took_ms);
    }
}
