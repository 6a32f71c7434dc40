//! What the endpoint has done, counted.

use super::answer::Word;
use crate::server::metrics::Counted;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a request was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// It asked too often.
    Rate,
    /// It guessed too often.
    Locked,
    /// Too many passwords are being checked.
    Busy,
    /// Nobody can tell who asks: a proxy does not say so in a way that can be trusted.
    Unseen,
}

impl Turned {
    const ALL: [Self; 4] = [Self::Rate, Self::Locked, Self::Busy, Self::Unseen];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Locked => "locked",
            Self::Busy => "busy",
            Self::Unseen => "unseen",
        }
    }
}

/// The counters.
#[derive(Debug, Default)]
pub struct Counters {
    answers: [AtomicU64; Word::ALL.len()],
    turned: [AtomicU64; Turned::ALL.len()],
    checks: [AtomicU64; 2],
    lost: AtomicU64,
}

impl Counters {
    /// A line was answered.
    pub(super) fn answered(&self, word: Word) {
        self.answers[word as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// A request was turned away.
    pub(super) fn turned(&self, why: Turned) {
        self.turned[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// A password was checked the slow way.
    pub(super) fn checked(&self, right: bool) {
        self.checks[usize::from(right)].fetch_add(1, Ordering::Relaxed);
    }

    /// A line of the audit log found no room.
    pub(super) fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// All of them, sorted by name.
    pub fn read(&self) -> Vec<Counted> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        vec![
            Counted {
                name: "dynflare_serve_answers",
                about: "Answers to updates, one for each name, by their word.",
                label: "answer",
                samples: Word::ALL
                    .iter()
                    .map(|word| (word.as_str(), count(&self.answers[*word as usize])))
                    .collect(),
            },
            Counted {
                name: "dynflare_serve_audit_lines_lost",
                about: "Lines that the audit log had no room for.",
                label: "file",
                samples: vec![("audit", count(&self.lost))],
            },
            Counted {
                name: "dynflare_serve_password_checks",
                about: "Passwords that were checked against their hash, by the result.",
                label: "result",
                samples: vec![("wrong", count(&self.checks[0])), ("right", count(&self.checks[1]))],
            },
            Counted {
                name: "dynflare_serve_turned_away",
                about: "Requests for updates that were not looked at, by the reason.",
                label: "why",
                samples: Turned::ALL
                    .iter()
                    .map(|why| (why.as_str(), count(&self.turned[*why as usize])))
                    .collect(),
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::metrics::{Form, counters};

    #[test]
    fn every_word_and_reason_has_a_counter_of_its_own() {
        let kept = Counters::default();
        for word in Word::ALL {
            kept.answered(word);
        }
        kept.answered(Word::Nochg);
        kept.turned(Turned::Locked);
        kept.checked(false);
        let page = counters(&kept.read(), Form::Prometheus);
        for line in [
            "# TYPE dynflare_serve_answers_total counter",
            "dynflare_serve_answers_total{answer=\"good\"} 1",
            "dynflare_serve_answers_total{answer=\"nochg\"} 2",
            "dynflare_serve_answers_total{answer=\"911\"} 1",
            "dynflare_serve_turned_away_total{why=\"locked\"} 1",
            "dynflare_serve_turned_away_total{why=\"rate\"} 0",
            "dynflare_serve_password_checks_total{result=\"wrong\"} 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
        }
        let open = counters(&kept.read(), Form::OpenMetrics);
        assert!(open.contains("# TYPE dynflare_serve_answers counter\n"), "{open}");
    }
}
