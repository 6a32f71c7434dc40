//! The configuration: defaults, then the file, then the environment, then the arguments.
//!
//! Read in that order, each value with its origin, every mistake in one run. Only this module reads the environment,
//! and it gets it as a value. What comes out is [`Settings`]: parsed, checked, and without anything left to guess.
//!
//! A list in a higher layer takes the place of the one below: `-r` on the command line means these records and no
//! others. Secrets are read last, and only those of accounts that a record uses. Nothing here ever shows one: what
//! is quoted from the file was masked before ([`mask`]), and values of keys that are not known to be harmless are
//! [`Secret`]s from the moment they are read.
//!
//! [`Secret`]: crate::secret::Secret

mod accounts;
mod cloudflare;
mod conditions;
pub mod diagnostic;
mod effective;
mod environment;
mod exec;
mod extras;
mod fields;
mod file;
#[cfg(feature = "rest")]
mod http;
mod inherited;
mod keys;
mod layers;
mod load;
mod mask;
mod names;
#[cfg(feature = "notify")]
mod notify;
mod options;
pub mod origin;
pub mod own;
mod places;
mod privacy;
pub mod record;
mod rfc2136;
mod schedule;
mod secret;
#[cfg(feature = "serve")]
pub mod serve;
mod settings;
mod sources;
mod suggest;
mod uplinks;
mod value;

pub use accounts::AccountSettings;
pub use diagnostic::{Colour, Diagnostic, Notice, Severity};
pub use effective::Row;
pub use environment::{CREDENTIALS, CredentialRow, Environment};
#[cfg(feature = "setup")]
pub(crate) use file::usual;
pub use inherited::{Inherited, inherited};
pub use keys::{
    CLOUDFLARE_KEYS, EXEC_KEYS, GET_KEYS, HTTP_KEYS, KEYS, KeyRow, RFC2136_KEYS, SOURCE_KEYS, TableKey,
    UPLINK_KEYS,
};
pub use layers::Arguments;
#[cfg(feature = "fuzzing")]
pub use load::{Fuzzed, fuzz};
pub use load::{Secrets, load, load_text, state_dir};
pub use options::OPTIONS;
pub use origin::{Origin, Setting};
pub use privacy::Privacy;
pub use record::{Presence, RecordWish};
pub use secret::{from_argument, from_prompt, from_variables};
#[cfg(feature = "serve")]
pub use serve::Serve;
pub use settings::Settings;
pub(crate) use suggest::nearest;
pub use uplinks::{Calls, UplinkSettings};

#[cfg(test)]
mod tests;
