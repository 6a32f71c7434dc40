//! What a round teaches about its sources, for the breakers of later ones.

use crate::report::heard::Heard;
use crate::report::tracks::Opened;
use crate::source::Answer;
use dynflare_core::address::Family;
use dynflare_core::breaker::{Deed, PATIENCE, State, Tracks};

/// Takes note of what everybody did who was asked, and tells whose breakers have opened. A failure counts only where
/// somebody answered: it may be this machine's otherwise.
pub(super) fn note(tracks: &mut Tracks, heard: &Heard, now: u64) -> Vec<Opened> {
    let mut opened = Vec::new();
    let somebody_answered = heard.detection.answers.iter().any(|answer| answer.said.is_ok());
    for answer in &heard.detection.answers {
        if let Some(deed) = deed(answer, heard, somebody_answered.then_some(Deed::Failed)) {
            let id = &heard.source(answer.source).id;
            tracks.note(id, heard.family(), deed, now);
            opened.extend(newly_open(tracks, id, answer, (heard.family(), now)));
        }
    }
    for place in heard.verdict().dropped.iter().filter(|_| somebody_answered) {
        tracks.note(&heard.source(*place).id, heard.family(), Deed::Unheard, now);
    }
    opened
}

/// One word is enough: none while it stays open, and none for the other family.
fn newly_open(tracks: &Tracks, id: &str, answer: &Answer, (family, now): (Family, u64)) -> Option<Opened> {
    let track = tracks.of(id, family);
    let State::Open(until) = track.state(now) else { return None };
    let told =
        Family::BOTH.iter().any(|other| *other != family && tracks.of(id, *other).failures >= PATIENCE);
    let fault = answer.said.as_ref().err()?.fault.clone();
    (track.failures == PATIENCE && !told).then(|| Opened {
        source: id.to_owned(),
        family,
        failures: track.failures,
        rest: until.saturating_sub(now),
        fault,
    })
}

fn deed(answer: &Answer, heard: &Heard, failed: Option<Deed>) -> Option<Deed> {
    match &answer.said {
        Ok(opinion) if heard.verdict().outcome.agreed().is_some_and(|agreed| agreed != *opinion) => {
            Some(Deed::Dissented)
        }
        Ok(_) => Some(Deed::Answered),
        Err(failure) => match failure.fault.retry_after {
            Some(wait) => Some(Deed::AskedForRest(wait.as_secs())),
            None if failure.no_route => None,
            None => failed,
        },
    }
}
