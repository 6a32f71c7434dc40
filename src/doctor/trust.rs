//! TLS roots: whose certificates are believed, and whether they could be read.

use super::{Finding, Level, Subject};
use crate::report::clean::Cleaner;
use crate::report::words::counted;
use dynflare_core::fault::Fault;

/// What is known.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// How many certificate authorities the system trusts.
    pub system: usize,
    /// How many files `ca_file` names.
    pub files: usize,
    /// Why the whole cannot be used.
    pub fault: Option<&'a Fault>,
}

/// What is said of them.
pub fn judge(facts: &Facts<'_>, cleaner: &Cleaner) -> Finding {
    let of = |level, what: String| Finding::new(level, Subject::Trust, what);
    if let Some(fault) = facts.fault {
        let finding = Finding::of_fault(Subject::Trust, "nobody can be spoken to over TLS", fault, cleaner);
        return Finding { level: Level::Error, ..finding };
    }
    let beside = match facts.files {
        0 => String::new(),
        files => format!(", and those of {}", counted(files, "file")),
    };
    match facts.system {
        0 => of(Level::Note, format!("the program's own set of certificate authorities is believed{beside}")).hint(
            "it is as old as the program: keep that up to date, or install the system's (package `ca-certificates`)",
        ),
        number => of(Level::Ok, format!("{number} certificate authorities of the system are believed{beside}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::fault::Class;

    #[test]
    fn a_file_that_cannot_be_used_stops_everything_and_a_missing_store_nothing() {
        let fault = Fault::new(Class::Unavailable, "cannot use the CA file").hint("check `ca_file`");
        for (system, files, fault, level, what) in [
            (140, 0, None, Level::Ok, "140 certificate authorities of the system are believed"),
            (
                140,
                2,
                None,
                Level::Ok,
                "140 certificate authorities of the system are believed, and those of 2 files",
            ),
            (
                0,
                1,
                None,
                Level::Note,
                "the program's own set of certificate authorities is believed, and those of 1 file",
            ),
            (140, 1, Some(&fault), Level::Error, "nobody can be spoken to over TLS: cannot use the CA file"),
        ] {
            let finding = judge(&Facts { system, files, fault }, &Cleaner::default());
            assert_eq!((finding.level, finding.what.as_str()), (level, what));
        }
    }
}
