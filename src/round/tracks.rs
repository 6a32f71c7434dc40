//! What a round teaches about its sources, for the breakers of later ones.

use crate::report::heard::Heard;
use crate::source::Answer;
use dynflare_core::breaker::{Deed, Tracks};

/// Takes note of what everybody did who was asked. A failure counts only where somebody answered: it may be this
/// machine's otherwise.
pub(super) fn note(tracks: &mut Tracks, heard: &Heard, now: u64) {
    let somebody_answered = heard.detection.answers.iter().any(|answer| answer.said.is_ok());
    for answer in &heard.detection.answers {
        if let Some(deed) = deed(answer, heard, somebody_answered.then_some(Deed::Failed)) {
            tracks.note(&heard.source(answer.source).id, heard.family(), deed, now);
        }
    }
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
