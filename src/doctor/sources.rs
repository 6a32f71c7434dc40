//! The sources: whether each one answers, and whether it says what the others say.

use super::{Finding, Level, Subject};
use crate::report::clean::Cleaner;
use crate::report::heard::{Heard, Told};
use crate::report::words::{and, counted, fault_cause};
use dynflare_core::quorum::Opinion;

/// What is said of the sources that were asked about one family by one way. Where nobody needs the family, or this
/// machine has no way out over it, that is not the sources' fault, and nothing is.
pub fn judge(heard: &Heard, cleaner: &Cleaner) -> Vec<Finding> {
    let about = heard.about();
    let of = |level, what: String| Finding::new(level, Subject::Sources, format!("{about}: {what}"));
    let told = heard.told();
    if heard.is_absent() || told.is_empty() {
        return Vec::new();
    }
    let agreed = heard.verdict().outcome.agreed();
    let mut findings = Vec::new();
    let mut silent: Vec<(String, Vec<String>, Option<String>)> = Vec::new();
    let mut answered = 0;
    for (source, told, _) in &told {
        let id = cleaner.remote(&source.id);
        match told {
            Told::Says(opinion) => {
                answered += 1;
                let Some(agreed) = agreed.filter(|agreed| agreed != opinion) else { continue };
                let finding = of(Level::Warning, dissent(&id, *opinion, agreed));
                findings.push(finding.hint(
                    "it is outvoted; look whether a VPN or a proxy lies on the way to it, or leave it out of `pool`",
                ));
            }
            Told::Failed(fault) => {
                let cause = fault_cause(fault, cleaner);
                if let Some((_, ids, _)) = silent.iter_mut().find(|(same, ..)| *same == cause) {
                    ids.push(id);
                } else {
                    let hint = fault.hint.as_ref().map(|hint| cleaner.whole(hint));
                    silent.push((cause, vec![id], hint));
                }
            }
            Told::NotNeeded => {}
        }
    }
    for (cause, ids, hint) in silent {
        let finding = of(Level::Note, format!("nothing usable from {}: {cause}", and(&ids)));
        findings.push(Finding { hint, ..finding });
    }
    let what = match (answered, told.len()) {
        (answered, all) if answered == all && findings.is_empty() => {
            let (who, say) = match all {
                1 => ("the one source answers".to_owned(), "says"),
                _ => (format!("all {all} sources answer"), "say"),
            };
            let said = agreed.map(|agreed| format!(" and {say} {agreed}")).unwrap_or_default();
            format!("{who}{said}")
        }
        // That nobody answers is the quorum's to say.
        (0, _) => return findings,
        (answered, all) => format!("{answered} of {} answer", counted(all, "source")),
    };
    findings.push(of(Level::Ok, what));
    findings
}

fn dissent(id: &str, opinion: Opinion, agreed: Opinion) -> String {
    let said = |opinion| match opinion {
        Opinion::Address(address) => address.to_string(),
        Opinion::NoAddress => "that there is none".to_owned(),
    };
    format!("{id} says {}, and the agreed address is {}", said(opinion), said(agreed))
}

#[cfg(test)]
mod tests {
    use super::super::quorum::tests::{Play, heard};
    use super::*;

    fn said(plays: &[(&str, Play)]) -> Vec<(Level, String)> {
        let findings = judge(&heard(plays, 3), &Cleaner::default());
        findings.into_iter().map(|one| (one.level, one.what)).collect()
    }

    #[test]
    fn silence_is_a_note_and_dissent_a_warning() {
        let (mine, other, none) =
            (Play::Says("203.0.113.7"), Play::Says("198.51.100.9"), Play::Fails("is broken"));
        for (plays, expected) in [
            (
                vec![("a", mine), ("b", mine), ("c", mine)],
                vec![(Level::Ok, "IPv4: all 3 sources answer and say 203.0.113.7")],
            ),
            (
                vec![("a", mine), ("b", mine), ("c", mine), ("d", none), ("e", none)],
                vec![
                    (Level::Note, "IPv4: nothing usable from d and e: is broken"),
                    (Level::Ok, "IPv4: 3 of 5 sources answer"),
                ],
            ),
            (
                vec![("a", mine), ("b", mine), ("c", mine), ("d", other)],
                vec![
                    (Level::Warning, "IPv4: d says 198.51.100.9, and the agreed address is 203.0.113.7"),
                    (Level::Ok, "IPv4: 4 of 4 sources answer"),
                ],
            ),
            // Without an agreement nobody dissents; what that means is the quorum's to say.
            (
                vec![("a", mine), ("b", other), ("c", none)],
                vec![
                    (Level::Note, "IPv4: nothing usable from c: is broken"),
                    (Level::Ok, "IPv4: 2 of 3 sources answer"),
                ],
            ),
            (vec![], vec![]),
        ] {
            let expected: Vec<(Level, String)> =
                expected.into_iter().map(|(level, what)| (level, what.to_owned())).collect();
            assert_eq!(said(&plays), expected);
        }
    }
}
