//! The command line: arguments here, one file per command beside them.

pub mod args;
