//! What the daemon would tell of itself right now: a snapshot, complete in itself.
//!
//! The daemon makes one after every turn of its loop; the control socket, the health and metrics endpoints and
//! `dynflare status` show it. All times are seconds since 1970-01-01 UTC.

use super::news::Subject;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

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
    /// Who said what in it.
    pub ballots: Vec<super::news::Said>,
}

/// One record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordStatus {
    /// Which.
    #[serde(flatten)]
    pub record: Subject,
    /// Its zone, once known.
    pub zone: Option<String>,
    /// Its values as last seen or written.
    pub values: Vec<String>,
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
    /// Seconds that rounds took, as a histogram: upper bounds in milliseconds and counts.
    pub round_ms: BTreeMap<u64, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_is_told_in_a_clause() {
        let told = |state: &str, (right, servers): (u32, u32), took_ms: Option<u64>, why: Option<&str>| {
            let why = why.map(ToOwned::to_owned);
            Confirmation { servers, right, took_ms, state: state.to_owned(), why }.clause()
        };
        for (said, expected) in [
            (told("confirmed", (4, 4), Some(800), None), "confirmed by 4 of 4 in 0.8 s"),
            (told("confirmed", (1, 1), Some(3), None), "confirmed by 1 of 1 in 0.1 s"),
            (told("confirmed", (2, 2), Some(12_001), None), "confirmed by 2 of 2 in 12.1 s"),
            (told("waiting", (0, 0), None, None), "not confirmed yet"),
            (told("waiting", (1, 4), None, None), "confirmed by 1 of 4 so far"),
            (
                told(
                    "partly",
                    (3, 4),
                    None,
                    Some("ns4.example.org (192.0.2.4) does not give the new values"),
                ),
                "confirmed by 3 of 4: ns4.example.org (192.0.2.4) does not give the new values",
            ),
            (told("not-possible", (0, 0), None, Some("no resolver")), "could not be confirmed: no resolver"),
        ] {
            assert_eq!(said, expected);
        }
        assert_eq!(
            Confirmation::by_api().clause(),
            "confirmed by the provider alone, which answers in its place"
        );
    }
}
