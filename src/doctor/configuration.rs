//! The configuration: whether it can be used, what it says that is worth knowing, and what of it nobody uses.

use super::{Finding, Level, Subject};
use crate::config::{Diagnostic, Settings};
use crate::report::clean::Cleaner;
use crate::report::words::counted;

/// What is said of a configuration that can be used. Of `notices` those about permissions belong to the files.
pub fn judge(settings: &Settings, notices: &[Diagnostic], cleaner: &Cleaner) -> Vec<Finding> {
    let of = |level, what: String| Finding::new(level, Subject::Configuration, what);
    let others = notices.iter().filter(|notice| !notice.exposes);
    let mut findings: Vec<Finding> =
        others.map(|notice| of_diagnostic(notice, Level::Note, cleaner)).collect();
    for account in &settings.unused_accounts {
        let what =
            format!("the account `{}` ({}) is used by no record and no zone", account.value, account.origin);
        findings.push(of(Level::Note, what).hint("take it out, or name it in a record"));
    }
    if settings.records.is_empty() && settings.served().is_none() {
        let none = Settings::no_records();
        findings.push(of_diagnostic(&none, Level::Error, cleaner));
        return findings;
    }
    let served = if settings.served().is_some() { ", and a server" } else { "" };
    findings.push(of(
        Level::Ok,
        format!(
            "can be used: {} at {}{served}",
            counted(settings.records.len(), "record"),
            counted(settings.accounts.len(), "account")
        ),
    ));
    findings
}

/// What is said of one that cannot.
pub fn of_mistakes(mistakes: &[Diagnostic], cleaner: &Cleaner) -> Vec<Finding> {
    mistakes.iter().map(|mistake| of_diagnostic(mistake, Level::Error, cleaner)).collect()
}

fn of_diagnostic(diagnostic: &Diagnostic, level: Level, cleaner: &Cleaner) -> Finding {
    let finding = Finding::new(level, Subject::Configuration, cleaner.whole(&diagnostic.sentence()));
    Finding { hint: diagnostic.hint.as_ref().map(|hint| cleaner.whole(hint)), ..finding }
}
