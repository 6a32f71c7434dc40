//! How many must agree, and how long is waited for them.

use core::fmt;
use core::time::Duration;

/// How votes become an outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// What more than half of the panel says.
    #[default]
    Majority,
    /// What most say; a tie decides nothing.
    Plurality,
}

/// The waits of a round, from its start or from the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// After how long without its answer one more operator is asked. Zero asks the whole panel at once.
    pub hedge: Duration,
    /// After how long without its answer a source has failed.
    pub source_timeout: Duration,
    /// When the round is decided with what is there.
    pub deadline: Duration,
}

impl Default for Times {
    /// One second, five seconds and twelve: room for two rows of sources that answer nothing.
    fn default() -> Self {
        Self {
            hedge: Duration::from_secs(1),
            source_timeout: Duration::from_secs(5),
            deadline: Duration::from_secs(12),
        }
    }
}

/// Panel, quorum, rule and waits that fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    panel: usize,
    quorum: usize,
    rule: Rule,
    times: Times,
}

/// Why settings do not make rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesError {
    /// A panel of nobody.
    NoPanel,
    /// A quorum of nobody.
    NoQuorum,
    /// More must agree than can vote.
    AbovePanel {
        /// The quorum asked for.
        quorum: usize,
        /// The panel asked for.
        panel: usize,
    },
    /// Two different answers could both have a quorum.
    NotMajority {
        /// The quorum asked for.
        quorum: usize,
        /// The panel asked for.
        panel: usize,
    },
    /// A wait of zero for a source or for the round.
    NoTime,
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPanel => f.write_str("the panel must have at least 1 operator"),
            Self::NoQuorum => f.write_str("the quorum must be at least 1"),
            Self::AbovePanel { quorum, panel } => {
                write!(f, "a quorum of {quorum} cannot be reached by a panel of {panel}")
            }
            Self::NotMajority { quorum, panel } => {
                let least = panel / 2 + 1;
                write!(
                    f,
                    "a quorum of {quorum} is not more than half of a panel of {panel}; it needs {least}"
                )
            }
            Self::NoTime => f.write_str("the source timeout and the deadline must be longer than zero"),
        }
    }
}

impl core::error::Error for RulesError {}

impl Default for Rules {
    /// Three of five.
    fn default() -> Self {
        Self {
            panel: Self::PANEL,
            quorum: Self::PANEL / 2 + 1,
            rule: Rule::Majority,
            times: Times::default(),
        }
    }
}

impl Rules {
    /// The panel unless something else is asked for.
    pub const PANEL: usize = 5;

    /// Rules for what the user set; the rest follows.
    ///
    /// A majority without a quorum takes the least there is. A quorum without a panel keeps the default panel where
    /// it fits, else takes the largest panel of which it is a majority, so that `quorum = 1` is one trusted source.
    /// A plurality without a quorum is content with one vote.
    pub fn new(panel: Option<usize>, quorum: Option<usize>, rule: Rule) -> Result<Self, RulesError> {
        if panel == Some(0) {
            return Err(RulesError::NoPanel);
        }
        if quorum == Some(0) {
            return Err(RulesError::NoQuorum);
        }
        let (panel, quorum) = match (rule, panel, quorum) {
            (Rule::Majority, panel, None) => {
                let panel = panel.unwrap_or(Self::PANEL);
                (panel, panel / 2 + 1)
            }
            (Rule::Majority, None, Some(quorum)) => {
                let fits = quorum <= Self::PANEL && quorum > Self::PANEL / 2;
                (if fits { Self::PANEL } else { (quorum - 1).saturating_mul(2).saturating_add(1) }, quorum)
            }
            (Rule::Plurality, panel, None) => (panel.unwrap_or(Self::PANEL), 1),
            (Rule::Plurality, None, Some(quorum)) => (quorum.max(Self::PANEL), quorum),
            (Rule::Majority | Rule::Plurality, Some(panel), Some(quorum)) => (panel, quorum),
        };
        if quorum > panel {
            return Err(RulesError::AbovePanel { quorum, panel });
        }
        if rule == Rule::Majority && quorum <= panel / 2 {
            return Err(RulesError::NotMajority { quorum, panel });
        }
        Ok(Self { panel, quorum, rule, times: Times::default() })
    }

    /// The same rules with other waits.
    pub fn timed(mut self, times: Times) -> Result<Self, RulesError> {
        if times.source_timeout.is_zero() || times.deadline.is_zero() {
            return Err(RulesError::NoTime);
        }
        self.times = times;
        Ok(self)
    }

    /// How many operators may vote in one round; at least 1.
    pub fn panel(&self) -> usize {
        self.panel
    }

    /// How many operators must agree; at least 1, at most the panel, and under a majority more than half of it.
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// How votes become an outcome.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// The waits.
    pub fn times(&self) -> Times {
        self.times
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn sizes(panel: Option<usize>, quorum: Option<usize>) -> Result<(usize, usize), RulesError> {
        Rules::new(panel, quorum, Rule::Majority).map(|rules| (rules.panel(), rules.quorum()))
    }

    #[test]
    fn three_of_five_is_the_default() {
        assert_eq!(sizes(None, None), Ok((5, 3)));
        assert_eq!(Rules::new(None, None, Rule::Majority), Ok(Rules::default()));
    }

    #[test]
    fn what_is_not_set_follows_from_what_is() {
        assert_eq!(sizes(Some(1), None), Ok((1, 1)));
        assert_eq!(sizes(Some(4), None), Ok((4, 3)));
        assert_eq!(sizes(Some(9), None), Ok((9, 5)));
        assert_eq!(sizes(None, Some(1)), Ok((1, 1)));
        assert_eq!(sizes(None, Some(2)), Ok((3, 2)));
        assert_eq!(sizes(None, Some(4)), Ok((5, 4)));
        assert_eq!(sizes(None, Some(6)), Ok((11, 6)));
    }

    #[test]
    fn a_majority_is_more_than_half_for_every_size() {
        for panel in 1..=40 {
            for quorum in 1..=45 {
                let made = sizes(Some(panel), Some(quorum));
                assert_eq!(made.is_ok(), quorum <= panel && 2 * quorum > panel, "{quorum} of {panel}");
            }
            let (_, quorum) = sizes(Some(panel), None).expect("a panel alone is enough");
            assert!(2 * quorum > panel && 2 * (quorum - 1) <= panel);
            let (panel, quorum) = sizes(None, Some(quorum)).expect("a quorum alone is enough");
            assert!(2 * quorum > panel);
        }
    }

    #[test]
    fn a_refusal_names_the_numbers() {
        assert_eq!(
            sizes(Some(3), Some(1)).expect_err("refused").to_string(),
            "a quorum of 1 is not more than half of a panel of 3; it needs 2"
        );
        assert_eq!(
            sizes(Some(3), Some(4)).expect_err("refused").to_string(),
            "a quorum of 4 cannot be reached by a panel of 3"
        );
        assert_eq!(sizes(Some(0), None), Err(RulesError::NoPanel));
        assert_eq!(sizes(None, Some(0)), Err(RulesError::NoQuorum));
        assert_eq!(sizes(None, Some(usize::MAX)).map(|_| ()), Ok(()));
    }

    #[test]
    fn a_wait_of_zero_is_refused_except_for_the_hedge() {
        let times = Times { hedge: Duration::ZERO, ..Times::default() };
        assert!(Rules::default().timed(times).is_ok());
        let none = Times { source_timeout: Duration::ZERO, ..Times::default() };
        assert_eq!(Rules::default().timed(none), Err(RulesError::NoTime));
        let none = Times { deadline: Duration::ZERO, ..Times::default() };
        assert_eq!(Rules::default().timed(none), Err(RulesError::NoTime));
    }
}
