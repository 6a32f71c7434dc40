//! Exit codes, and the one rule that makes them from outcomes.

use crate::report::event::{RecordEvent, Standing};
use std::process::ExitCode;

/// How a run ended. The numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is as desired, or was made so.
    AsDesired = 0,
    /// Some record failed, and trying the same again will not help.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// No address was agreed on, and nothing was written.
    NotAgreed = 3,
    /// `plan` only: changes are pending.
    Pending = 4,
    /// `doctor` only: all works, and something should be done.
    Warned = 5,
    /// Everything that failed may work later (`EX_TEMPFAIL` of sysexits.h).
    Later = 75,
}

/// Every code with its meaning, for the documentation.
pub const MEANINGS: &[(Exit, &str)] = &[
    (Exit::AsDesired, "all is as desired, or was made so"),
    (
        Exit::Failed,
        "some record failed, and trying the same again will not help; of `doctor`: something does not work",
    ),
    (Exit::Usage, "the command line or the configuration is wrong"),
    (
        Exit::NotAgreed,
        "no address was agreed on, and nothing was written; of `detect`: neither family has an agreed address, or one that a record must have has none",
    ),
    (Exit::Pending, "`plan` only: changes are pending"),
    (Exit::Warned, "`doctor` only: all works, and something should be done about a warning"),
    (Exit::Later, "everything that failed may work later"),
];

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What a round's outcomes come to.
    pub fn of(records: &[RecordEvent]) -> Self {
        let any = |wanted: Standing| records.iter().any(|record| record.outcome.standing() == wanted);
        if any(Standing::Failed) {
            Self::Failed
        } else if any(Standing::FailedForNow) || (any(Standing::NotAgreed) && any(Standing::MadeSo)) {
            Self::Later
        } else if any(Standing::NotAgreed) {
            Self::NotAgreed
        } else {
            Self::AsDesired
        }
    }

    /// The same for `plan`, where pending changes are an answer of their own.
    pub fn of_plan(records: &[RecordEvent]) -> Self {
        let pending = records.iter().any(|record| record.outcome.standing() == Standing::Pending);
        match Self::of(records) {
            Self::AsDesired if pending => Self::Pending,
            exit => exit,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::event::{Outcome, Progress, Reading, Steps};
    use dynflare_core::address::Family;
    use dynflare_core::fault::{Class, Fault};
    use dynflare_core::name::Name;
    use dynflare_core::plan::Effect;
    use dynflare_core::record::{Key, RecordType};

    fn key() -> Key {
        Key { name: Name::parse("home.example.org").expect("a name"), rtype: RecordType::A }
    }

    fn effect() -> Effect {
        Effect { key: key(), added: vec![], removed: vec![], deletions: 0 }
    }

    fn exit(outcomes: &[Outcome]) -> Exit {
        Exit::of_plan(&events(outcomes))
    }

    fn events(outcomes: &[Outcome]) -> Vec<RecordEvent> {
        let event = |outcome: &Outcome| RecordEvent {
            account: "cloudflare".to_owned(),
            key: key(),
            zone: None,
            outcome: outcome.clone(),
            notes: vec![],
            detections: vec![],
            desired: None,
            reading: Reading::AtProvider,
            next_try: None,
        };
        outcomes.iter().map(event).collect()
    }

    fn failed(class: Class) -> Outcome {
        Outcome::Failed(Fault::new(class, "it failed"), Progress::Nothing)
    }

    #[test]
    fn the_worst_that_waiting_does_not_mend_decides() {
        let changed = Outcome::Changed(Steps::Records(vec![]), effect());
        let pending = Outcome::Pending(Steps::Records(vec![]), effect());
        let unknown = Outcome::NotAgreed(Family::V4);
        assert_eq!(exit(&[]), Exit::AsDesired);
        assert_eq!(
            exit(&[Outcome::Unchanged(vec![]), Outcome::Absent(Family::V6), changed.clone()]),
            Exit::AsDesired
        );
        assert_eq!(exit(&[pending.clone(), changed.clone()]), Exit::Pending);
        assert_eq!(
            Exit::of(&events(std::slice::from_ref(&pending))),
            Exit::AsDesired,
            "--dry-run is not plan"
        );
        assert_eq!(exit(&[unknown.clone(), Outcome::Unchanged(vec![])]), Exit::NotAgreed);
        assert_eq!(exit(&[unknown.clone(), pending]), Exit::NotAgreed);
        assert_eq!(exit(&[unknown.clone(), changed]), Exit::Later, "something was written");
        assert_eq!(exit(&[unknown.clone(), failed(Class::Unavailable)]), Exit::Later);
        assert_eq!(exit(&[unknown, failed(Class::Denied)]), Exit::Failed);
        assert_eq!(exit(&[failed(Class::RateLimited), failed(Class::Unavailable)]), Exit::Later);
        assert_eq!(exit(&[Outcome::Unconfirmed(Fault::new(Class::Unconfirmed, "cut"))]), Exit::Later);
    }
}
