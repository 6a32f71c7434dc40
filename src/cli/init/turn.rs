//! What goes to and fro in the dialogue: questions, answers, what is looked up and what was found.

use crate::provider::registry::Field;
use crate::secret::Secret;
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use dynflare_core::record::RecordType;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The user is asked.
    Ask(Asked),
    /// Something is looked up.
    Find(Task),
    /// Everything is known.
    Done,
}

/// What the user is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    Provider,
    Credential(&'static Field),
    Zone,
    Names,
    Types,
    File,
    RunBy,
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.flag() == other.flag()
    }
}

impl Eq for Asked {}

impl Asked {
    /// The argument that answers it.
    pub(super) fn flag(self) -> String {
        match self {
            Self::Provider => "--provider".to_owned(),
            Self::Credential(field) if field.key == "token" => "--token-file".to_owned(),
            Self::Credential(field) => format!("--credential {}=…", field.key),
            Self::Zone => "--zone".to_owned(),
            Self::Names => "--name".to_owned(),
            Self::Types => "--type".to_owned(),
            Self::File => "--config".to_owned(),
            Self::RunBy => "--generate".to_owned(),
        }
    }
}

/// What is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// The zones that the account sees.
    Zones,
    /// The addresses that the zone holds.
    Records,
    /// The addresses at the chosen names, where a zone cannot be listed.
    Look,
    /// The addresses of this machine.
    Detect,
}

/// What an answer is.
#[derive(Debug)]
pub(super) enum Answer {
    Text(String),
    Secret(Secret),
}

/// What was found.
#[derive(Debug)]
pub(super) enum Found {
    /// The zones; `None` where the provider cannot be asked.
    Zones(Result<Option<Vec<Name>>, Trouble>),
    /// The records; `None` where the provider cannot be asked.
    Records(Result<Option<Vec<There>>, Trouble>),
    /// The records at the chosen names; `None` where the provider shows none.
    Look(Result<Option<Vec<There>>, Trouble>),
    /// What is known of each family, in words, and whether it has an address.
    Detect(Vec<(Family, Sight, String)>),
}

/// Whether this machine has an address of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    Address,
    Nothing,
}

/// A record that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct There {
    pub(super) name: Name,
    pub(super) rtype: RecordType,
    pub(super) content: String,
}

/// Why nothing was found.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    /// The whole of it, in the form of an error.
    pub(super) text: String,
}

/// What trouble means for the answers so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The credentials are not good.
    Refused,
    /// The zone is not there.
    NoZone,
    /// Nobody knows: it was not possible to ask.
    Unknown,
}

/// What has been heard, and whether an answer has to be given again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) lines: Vec<String>,
    pub(super) again: bool,
    /// What the credentials have to be, where they were not good; whoever is asked again is told with the question.
    pub(super) needed: Option<String>,
}

impl Heard {
    pub(super) fn said(lines: Vec<String>) -> Self {
        Self { lines, again: false, needed: None }
    }

    pub(super) fn again(text: impl Into<String>) -> Self {
        Self { lines: vec![text.into()], again: true, needed: None }
    }
}

/// What a list of the provider is known to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Listed<T> {
    NotYet,
    Never,
    All(Vec<T>),
}

impl<T> Listed<T> {
    pub(super) fn items(&self) -> &[T] {
        match self {
            Self::NotYet | Self::Never => &[],
            Self::All(items) => items,
        }
    }
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chosen<T> {
    NotYet,
    /// There is to be none.
    Without,
    This(T),
}

impl<T> Chosen<T> {
    pub(super) fn get(&self) -> Option<&T> {
        match self {
            Self::NotYet | Self::Without => None,
            Self::This(chosen) => Some(chosen),
        }
    }
}

/// One credential.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Secret(Secret),
    Plain(String),
    /// The account does without.
    Left,
}
