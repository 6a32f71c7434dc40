//! What the machine is told, and what it answers: the events and actions of the daemon.

use crate::fault::Class;
use crate::memory::Place;
use crate::schedule::Moment;
pub use crate::uplink::Line;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

/// The time, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Since the daemon started; never goes back.
    pub at: Moment,
    /// Seconds since 1970-01-01 UTC, as the clock says; may jump.
    pub wall: u64,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The time that [`super::Machine::due`] gave has come, or something woke the loop for nothing.
    Tick,
    /// Something was noticed.
    Noticed(Notice),
    /// The sentinel was told an address of this line; `None` where nothing came back.
    Sighted(Line, Option<IpAddr>),
    /// The round is over.
    RoundEnded(Report),
    /// The configuration changed on disk, or somebody asked for it to be read again.
    ConfigChanged,
    /// It was read: what is wanted from now on, or why it cannot be used.
    Loaded(Result<Box<Wants>, String>),
    /// What `on_stop` asked for is done.
    Withdrawn,
    /// The process is told to end.
    Stop,
}

/// What can be noticed beside the clock. None of it is believed; it starts a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Addresses, links or routes of this machine changed.
    Interfaces,
    /// The router spoke of its outside address, or lost its state.
    Router(Option<IpAddr>),
    /// The machine was asleep.
    Resumed,
    /// The clock was set.
    ClockSet,
    /// Somebody asked for a round.
    Kick,
}

/// Everything that is wanted, from a configuration.
#[derive(Debug)]
pub struct Wants {
    /// The records: where they are, and which lines they go by.
    pub records: Vec<Want>,
    /// When things are done.
    pub timing: super::Timing,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Account, name and type.
    pub place: Place,
    /// The lines its values are made from.
    pub lines: BTreeSet<Line>,
}

/// What came of a round.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// By the place of the record in [`Wants::records`]; records that the round did not touch are left out.
    pub endings: Vec<(usize, Ending)>,
    /// What was agreed on; lines on which nothing was are left out.
    pub agreed: Vec<(Line, Agreement)>,
}

/// What was agreed on over a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// This address.
    Address(IpAddr),
    /// That there is none.
    NoAddress,
}

/// What became of a record in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its provider was asked, and it is as desired.
    Right,
    /// What it is made from has not changed, and its provider was not asked.
    AsBefore,
    /// It was made as desired.
    Changed,
    /// The machine has no address of its family, and that is in order.
    Absent,
    /// No address was agreed on.
    NotAgreed,
    /// What is there allows no plan; somebody has to look.
    Refused,
    /// A guard holds it back for now.
    Guarded,
    /// It failed, or could not be confirmed; with how long the other side asked us to wait.
    Failed(Class, Option<Duration>),
}

impl Ending {
    /// Whether the record is as it should be.
    pub fn is_right(self) -> bool {
        match self {
            Self::Right | Self::AsBefore | Self::Changed | Self::Absent => true,
            Self::NotAgreed | Self::Refused | Self::Guarded | Self::Failed(..) => false,
        }
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a round.
    Round {
        /// The records, by their place in [`Wants::records`], sorted.
        records: Vec<(usize, Look)>,
        /// Why.
        cause: Cause,
    },
    /// End the detections of the round; what is being written is finished.
    StopAsking,
    /// Give the round up, whatever it is at. It ends without a report.
    DropRound,
    /// Ask one witness for the address of this line.
    Ask(Line),
    /// Read the configuration.
    Load,
    /// Take back what is ours of every record (`on_stop`).
    Withdraw,
    /// Tell somebody, once.
    Tell(Told),
    /// End the process.
    End,
}

/// Whether a record's provider is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// Only where what the record is made from is not what it was last found right with.
    IfChanged,
    /// Whatever the address is.
    Always,
}

/// Why a round is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The daemon started.
    Start,
    /// It was time.
    Schedule,
    /// Something failed before.
    Retry,
    /// The sentinel was told another address.
    Sentinel,
    /// Addresses, links or routes of this machine changed.
    Interfaces,
    /// The router said something.
    Router,
    /// The machine was asleep.
    Resumed,
    /// The clock was set.
    ClockSet,
    /// The configuration changed.
    Reload,
    /// Somebody asked.
    Kick,
}

impl Cause {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Schedule => "schedule",
            Self::Retry => "retry",
            Self::Sentinel => "sentinel",
            Self::Interfaces => "interfaces",
            Self::Router => "router",
            Self::Resumed => "resume",
            Self::ClockSet => "clock",
            Self::Reload => "reload",
            Self::Kick => "kick",
        }
    }
}

/// What somebody should be told, once per incident. Times are seconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A record has failed often enough.
    Failing {
        /// Its place in [`Wants::records`].
        record: usize,
        /// How often in a row.
        times: u32,
        /// Since when.
        since: u64,
    },
    /// Somebody has to look at a record.
    Refused {
        /// Its place in [`Wants::records`].
        record: usize,
    },
    /// It is right again.
    Recovered {
        /// Its place in [`Wants::records`].
        record: usize,
        /// Since when it was not.
        since: u64,
    },
    /// The configuration on disk cannot be used.
    ConfigWrong(String),
    /// It can be used again.
    ConfigRight,
}
