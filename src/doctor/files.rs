//! Files: who else can read or change them, and whether what is learnt can be kept.

use super::{Finding, Level, Subject};
use crate::config::Diagnostic;
use crate::report::clean::Cleaner;
use std::path::{Path, PathBuf};

/// What is known of one file of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: PathBuf,
    /// Its permissions as the system has them; `None` where it has none.
    pub mode: Option<u32>,
}

/// What is known of the state directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing says where it is.
    Nowhere,
    /// It is there, and can be written.
    Ready(PathBuf),
    /// It is not there yet, and can be made.
    ToBeMade(PathBuf),
    /// It is there, or would be, and cannot be used, for this reason.
    Unusable(PathBuf, String),
}

/// Whether all secrets were read, so that it would be known who else can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// They were.
    AtAll,
    /// Some were not: the configuration cannot be used as it is.
    AtSome,
}

/// What is known.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The files of the configuration.
    pub files: &'a [File],
    /// What was said when they were read; those are taken which are about permissions.
    pub notices: &'a [Diagnostic],
    /// Whether all secrets were read.
    pub looked: Looked,
    /// The state directory.
    pub state: &'a State,
    /// Why what was learnt earlier cannot be read.
    pub unread: &'a [String],
}

/// What is said of them.
pub fn judge(facts: &Facts<'_>, cleaner: &Cleaner) -> Vec<Finding> {
    let Facts { files, notices, looked, state, unread } = *facts;
    let of = |level, what: String| Finding::new(level, Subject::Files, what);
    let exposed = notices.iter().filter(|notice| notice.exposes);
    let mut findings: Vec<Finding> = exposed
        .map(|notice| {
            let hint = notice.hint.as_ref().map(|hint| cleaner.whole(hint));
            Finding { hint, ..of(Level::Warning, cleaner.whole(&notice.message)) }
        })
        .collect();
    for file in files.iter().filter(|file| file.mode.is_some_and(|mode| mode & 0o002 != 0)) {
        let path = shown(&file.path, cleaner);
        let what = format!("every user of this machine can change `{path}`, and with it what is published");
        findings.push(of(Level::Warning, what).hint(format!("chmod o-w {path}")));
    }
    if findings.is_empty() && !files.is_empty() && looked == Looked::AtAll {
        findings.push(of(Level::Ok, "nobody else can read a secret or change the configuration".to_owned()));
    }
    findings.push(of_state(state, cleaner));
    findings.extend(unread.iter().map(|why| {
        of(Level::Warning, cleaner.whole(why))
            .hint("look at the file and who owns it; without it the next run begins anew")
    }));
    findings
}

fn of_state(state: &State, cleaner: &Cleaner) -> Finding {
    let of = |level, what: String| Finding::new(level, Subject::Files, what);
    match state {
        State::Nowhere => {
            let what = "nothing says where to keep what was learnt: every run begins anew";
            of(Level::Warning, what.to_owned()).hint("set `state_dir`, or $HOME")
        }
        State::Ready(path) => of(Level::Ok, format!("what was learnt is kept in {}", shown(path, cleaner))),
        State::ToBeMade(path) => {
            of(Level::Ok, format!("what is learnt will be kept in {}", shown(path, cleaner)))
        }
        State::Unusable(path, why) => {
            let what =
                format!("what is learnt cannot be kept in {}: {}", shown(path, cleaner), cleaner.whole(why));
            of(Level::Warning, what)
                .hint("make it a folder of the user that runs this program, or set `state_dir`")
        }
    }
}

fn shown(path: &Path, cleaner: &Cleaner) -> String {
    cleaner.whole(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(files: &[(&str, u32)], notices: &[Diagnostic], state: &State) -> Vec<(Level, String)> {
        let file = |(path, mode): &(&str, u32)| File { path: PathBuf::from(path), mode: Some(*mode) };
        let files: Vec<File> = files.iter().map(file).collect();
        let facts = Facts { files: &files, notices, looked: Looked::AtAll, state, unread: &[] };
        let findings = judge(&facts, &Cleaner::default());
        findings.into_iter().map(|one| (one.level, one.what)).collect()
    }

    fn of_state_alone<'a>(state: &'a State, unread: &'a [String]) -> Facts<'a> {
        Facts { files: &[], notices: &[], looked: Looked::AtAll, state, unread }
    }

    #[test]
    fn what_was_not_looked_at_is_not_praised() {
        let files = [File { path: PathBuf::from("/a"), mode: Some(0o100_600) }];
        let facts = Facts { files: &files, looked: Looked::AtSome, ..of_state_alone(&State::Nowhere, &[]) };
        assert!(judge(&facts, &Cleaner::default()).iter().all(|one| one.level == Level::Warning));
    }

    #[test]
    fn who_else_can_read_or_write_is_told() {
        let ready = State::Ready(PathBuf::from("/state"));
        let kept = (Level::Ok, "what was learnt is kept in /state".to_owned());
        let fine = (Level::Ok, "nobody else can read a secret or change the configuration".to_owned());
        assert_eq!(said(&[("/a", 0o100_644)], &[], &ready), [fine.clone(), kept.clone()]);
        assert_eq!(said(&[], &[], &ready), std::slice::from_ref(&kept));
        let open = "every user of this machine can change `/a`, and with it what is published".to_owned();
        assert_eq!(said(&[("/a", 0o100_666)], &[], &ready), [(Level::Warning, open), kept.clone()]);
        let readable =
            Diagnostic::note("every user of this machine can read the token in `/a`", None).exposing();
        let other = Diagnostic::note("took blanks off the token", None);
        let found = said(&[("/a", 0o100_644)], &[readable.clone(), other], &ready);
        assert_eq!(found, [(Level::Warning, readable.message), kept]);
    }

    #[test]
    fn a_state_directory_that_is_of_no_use_is_a_warning() {
        let path = PathBuf::from("/state");
        for (state, level) in [
            (State::Nowhere, Level::Warning),
            (State::Ready(path.clone()), Level::Ok),
            (State::ToBeMade(path.clone()), Level::Ok),
            (State::Unusable(path, "permission denied".to_owned()), Level::Warning),
        ] {
            let found = judge(&of_state_alone(&state, &[]), &Cleaner::default());
            assert_eq!(found.len(), 1);
            assert_eq!(
                (found[0].level, found[0].hint.is_some()),
                (level, level == Level::Warning),
                "{found:?}"
            );
        }
        let unread = ["cannot read /state/memory.json".to_owned()];
        let found = judge(&of_state_alone(&State::Nowhere, &unread), &Cleaner::default());
        assert_eq!(found[1].what, "cannot read /state/memory.json");
    }
}
