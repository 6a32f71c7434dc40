//! The configuration: defaults, then the file, then the environment, then the arguments.
//!
//! Read in that order, each value with its origin, every mistake in one run. Only this module reads the environment,
//! and it gets it as a value. What comes out is [`Settings`]: parsed, checked, and without anything left to guess.

pub mod diagnostic;
mod names;
mod options;
pub mod origin;
pub mod record;
mod settings;
mod suggest;
mod value;

pub use diagnostic::{Diagnostic, Notice};
pub use options::OPTIONS;
pub use origin::{Origin, Setting};
pub use record::{Presence, RecordWish};
pub use settings::Settings;
