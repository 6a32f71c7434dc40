//! The quorum: whether enough operators agree, and how many more could fail before they would not.

use super::{Finding, Level, Subject};
use crate::report::clean::Cleaner;
use crate::report::heard::Heard;
use crate::report::human::why_not_agreed;
use crate::report::words::counted;
use dynflare_core::quorum::Opinion;

/// How much a family is needed by a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// By none.
    Not,
    /// By one that is passed over where the machine does not have the family.
    IfPresent,
    /// By one that fails without it.
    Required,
}

/// What is said of the agreement about one family, by one way.
pub fn judge(heard: &Heard, need: Need, cleaner: &Cleaner) -> Option<Finding> {
    let about = heard.about();
    let of = |level, what: String| Some(Finding::new(level, Subject::Quorum, format!("{about}: {what}")));
    if heard.is_absent() {
        let what = if heard.detection.no_route() {
            format!("this machine has no way to the Internet over {}", heard.family())
        } else {
            format!("this machine has no {} address", heard.family())
        };
        return match need {
            Need::Not => None,
            Need::IfPresent => of(Level::Note, format!("{what}; its records are passed over")),
            Need::Required => {
                let hint = format!(
                    "leave {} out of the record, or see to it that the machine has it",
                    heard.family()
                );
                of(Level::Error, format!("{what}, and a record needs it")).map(|finding| finding.hint(hint))
            }
        };
    }
    if need == Need::Not {
        return None;
    }
    let (quorum, panel) = (heard.verdict().quorum, heard.verdict().panel);
    let agreeing = match heard.verdict().outcome.agreed() {
        Some(Opinion::Address(_)) => heard.agreeing().len(),
        Some(Opinion::NoAddress) | None => {
            let Some(by) = heard.networks().iter().map(|(_, by)| by.len()).max() else {
                let finding = of(Level::Error, cleaner.whole(&why_not_agreed(heard)));
                return finding.map(|finding| finding.hint(remedy(heard)));
            };
            by
        }
    };
    if quorum == 1 && panel == 1 {
        return of(Level::Note, "a single party is believed".to_owned()).map(|finding| {
            finding.hint("nothing to do if that is meant; else set `panel`, and name more sources")
        });
    }
    let state = format!("{} agree, {quorum} must", counted(agreeing, "operator"));
    match agreeing.saturating_sub(quorum) {
        0 => of(Level::Warning, format!("{state}: if one more fails, nothing is published"))
            .map(|finding| finding.hint("add sources of other operators to `pool`")),
        spare => of(Level::Ok, format!("{state}, so {spare} may fail")),
    }
}

/// What to do where there is no agreement.
fn remedy(heard: &Heard) -> &'static str {
    let answered = !heard.verdict().ballots.is_empty();
    if answered && heard.opinions().len() > 1 {
        "look whether this machine has several ways out, such as a VPN beside the line; `dynflare detect` shows who says what"
    } else {
        "look for a firewall or a proxy, or add sources of other operators to `pool`"
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::source::{Answer, Aside, Detection, Source};
    use dynflare_core::address::Family;
    use dynflare_core::fault::{Class, Fault};
    use dynflare_core::quorum::{Ballot, Rule, Rules, Verdict, count};
    use std::sync::Arc;
    use std::time::Duration;

    /// What a source of a table does.
    #[derive(Clone, Copy, Debug)]
    pub(in super::super) enum Play {
        Says(&'static str),
        None,
        Fails(&'static str),
        NoRoute,
    }

    /// What is heard over IPv4 from sources of these names, each of its own operator, of whom so many must agree.
    pub(in super::super) fn heard(plays: &[(&str, Play)], quorum: usize) -> Heard {
        let panel = quorum * 2 - 1;
        let rules = Rules::new(Some(panel), Some(quorum), Rule::Majority).expect("rules");
        let sources: Vec<Source> =
            plays.iter().map(|(id, _)| Source::fixed(None, None).called(*id).run_by(*id)).collect();
        let answers: Vec<Answer> = plays
            .iter()
            .enumerate()
            .map(|(source, (_, play))| {
                let fault = |what: &str| Fault::new(Class::Unavailable, what);
                let said = match play {
                    Play::Says(address) => Ok(Opinion::Address(address.parse().expect("an address"))),
                    Play::None => Ok(Opinion::NoAddress),
                    Play::Fails(what) => Err(fault(what).into()),
                    Play::NoRoute => {
                        Err(crate::source::Failure { fault: fault("no way out"), no_route: true })
                    }
                };
                Answer { source, said, took: Duration::ZERO, aside: Aside::default() }
            })
            .collect();
        let ballot = |answer: &Answer| {
            Some(Ballot {
                source: answer.source,
                operator: answer.source,
                opinion: *answer.said.as_ref().ok()?,
            })
        };
        let ballots: Vec<Ballot> = answers.iter().filter_map(ballot).collect();
        let verdict = Verdict {
            outcome: count(&ballots, &rules),
            networks: Vec::new(),
            ballots,
            quorum,
            panel,
            failed: answers
                .iter()
                .filter(|answer| answer.said.is_err())
                .map(|answer| answer.source)
                .collect(),
            late: Vec::new(),
            dropped: Vec::new(),
        };
        let detection = Detection { family: Family::V4, verdict, answers, took: Duration::ZERO };
        Heard { detection, sources: Arc::from(sources), uplink: None }
    }

    #[test]
    fn how_many_may_fail_is_counted_in_operators() {
        let (mine, other, fails) =
            (Play::Says("203.0.113.7"), Play::Says("198.51.100.9"), Play::Fails("is broken"));
        let none = "IPv4: this machine has no IPv4 address";
        for (plays, need, expected) in [
            (vec![mine; 5], Need::Required, Some((Level::Ok, "IPv4: 5 operators agree, 3 must, so 2 may fail".to_owned()))),
            (vec![mine; 5], Need::Not, None),
            (
                vec![mine, mine, mine, fails, fails],
                Need::IfPresent,
                Some((Level::Warning, "IPv4: 3 operators agree, 3 must: if one more fails, nothing is published".to_owned())),
            ),
            (
                vec![mine, mine, fails, fails],
                Need::Required,
                Some((
                    Level::Error,
                    "IPv4: too few sources named the IPv4 address: 203.0.113.7 by a and b; 3 operators must agree; 2 sources failed"
                        .to_owned(),
                )),
            ),
            (
                vec![mine, mine, other, other],
                Need::Required,
                Some((
                    Level::Error,
                    "IPv4: the sources disagree about the IPv4 address: 198.51.100.9 by c and d, 203.0.113.7 by a and b; 3 operators must agree"
                        .to_owned(),
                )),
            ),
            (
                vec![fails; 3],
                Need::Required,
                Some((Level::Error, "IPv4: no source could tell the IPv4 address (a: is broken); 3 sources failed".to_owned())),
            ),
            (vec![Play::None; 3], Need::IfPresent, Some((Level::Note, format!("{none}; its records are passed over")))),
            (vec![Play::None; 3], Need::Required, Some((Level::Error, format!("{none}, and a record needs it")))),
            (
                vec![Play::NoRoute; 3],
                Need::IfPresent,
                Some((
                    Level::Note,
                    "IPv4: this machine has no way to the Internet over IPv4; its records are passed over".to_owned(),
                )),
            ),
            (vec![Play::NoRoute; 3], Need::Not, None),
        ] {
            let names = ["a", "b", "c", "d", "e"];
            let plays: Vec<(&str, Play)> = names.into_iter().zip(plays).collect();
            let found = judge(&heard(&plays, 3), need, &Cleaner::default());
            let lacks = found.as_ref().is_some_and(|one| one.level > Level::Note && one.hint.is_none());
            assert!(!lacks, "{found:?}");
            assert_eq!(found.map(|one| (one.level, one.what)), expected, "{plays:?}");
        }
    }

    #[test]
    fn one_party_alone_is_told() {
        let found =
            judge(&heard(&[("a", Play::Says("203.0.113.7"))], 1), Need::Required, &Cleaner::default());
        assert_eq!(
            found.map(|one| (one.level, one.what)),
            Some((Level::Note, "IPv4: a single party is believed".to_owned()))
        );
    }
}
