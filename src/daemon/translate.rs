//! Between the program's values and the machine's: it knows records by their place, and results by what follows.

use crate::config::Settings;
use crate::report::event::{Outcome, Reading, RecordEvent};
use crate::report::heard::Heard;
use crate::round::Wanted;
use dynflare_core::condition::Leftover;
use dynflare_core::fault::Class;
use dynflare_core::machine::{Agreement, Ending, Line, OnStop, Timing, Want, Wants};
use dynflare_core::memory::Place;
use dynflare_core::quorum::Opinion;
use std::sync::Arc;

/// What the machine is to keep right, from settings and the records made from them.
pub(super) fn wants(settings: &Settings, wanted: &[Wanted]) -> Wants {
    Wants { records: wanted.iter().map(want).collect(), timing: timing(settings, wanted) }
}

pub(super) fn want(wanted: &Wanted) -> Want {
    let by = |uplink: Option<&Arc<str>>| {
        let uplink = uplink.cloned();
        wanted.wish.families().into_iter().map(move |family| Line { family, uplink: uplink.clone() })
    };
    let names = wanted.ways.names();
    let lines = if names.is_empty() {
        by(None).collect()
    } else {
        names.iter().flat_map(|name| by(Some(name))).collect()
    };
    Want { place: Place { account: wanted.account.clone(), key: wanted.wish.key().clone() }, lines }
}

fn timing(settings: &Settings, wanted: &[Wanted]) -> Timing {
    let withdrawn = wanted.iter().any(|one| one.conditions.on_stop == Leftover::Delete);
    Timing {
        regular: settings.schedule.value.regular(),
        audit: settings.audit_interval.value,
        sentinel: settings.sentinel.value,
        failing_after: settings.failing_after.value,
        on_stop: if withdrawn { OnStop::Delete } else { OnStop::Keep },
    }
}

/// What a record's outcome is to the machine.
pub(super) fn ending(event: &RecordEvent) -> Ending {
    match &event.outcome {
        Outcome::Unchanged(_) => match event.reading {
            Reading::AtProvider => Ending::Right,
            Reading::Earlier => Ending::AsBefore,
        },
        Outcome::Changed(..) => Ending::Changed,
        Outcome::Absent(_) | Outcome::Grace(..) => Ending::Absent,
        Outcome::NotAgreed(_) => Ending::NotAgreed,
        Outcome::Refused(_) => Ending::Refused,
        Outcome::Guarded(_) => Ending::Guarded,
        // Nothing is only planned here.
        Outcome::Pending(..) => Ending::Failed(Class::Unexpected, None),
        Outcome::Failed(fault, _) | Outcome::Unconfirmed(fault) => {
            Ending::Failed(fault.class, fault.retry_after)
        }
    }
}

/// What a detection agreed on, for the machine.
pub(super) fn agreement(heard: &Heard) -> Option<(Line, Agreement)> {
    let agreement = match heard.verdict().outcome.agreed()? {
        Opinion::Address(address) => Agreement::Address(address),
        Opinion::NoAddress => Agreement::NoAddress,
    };
    Some((line(heard), agreement))
}

/// The line that a detection was about.
pub(super) fn line(heard: &Heard) -> Line {
    Line { family: heard.family(), uplink: heard.uplink.clone() }
}
