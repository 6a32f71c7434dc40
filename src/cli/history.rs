//! `dynflare history`: what was changed and what went wrong, from the files that the daemon and one-shot runs keep.

use super::args::Verbosity;
use super::exit::Exit;
use super::output::{Format, Output};
use crate::config::{Settings, nearest};
use crate::history::{self, Past};
use crate::report::human::block;
use crate::report::news::{News, Subject};
use crate::report::when::Clock;
use crate::setup;
use serde_json::json;
use std::path::Path;

/// What of the history is shown.
#[derive(clap::Args, Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Only what is not older: 2h, 7d, 2026-11-23, "2026-11-23 05:49"
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only what is about this name, or about its records of one type: NAME, NAME:TYPE; may be repeated
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<String>,
}

/// Prints it, oldest first; with `--json` one object a line.
pub(super) fn run(arguments: &Arguments, verbosity: Verbosity, settings: &Settings, output: &Output) -> Exit {
    let clock = Clock::local();
    let since = match arguments.since.as_deref().map(|text| clock.since(text, setup::now())).transpose() {
        Ok(since) => since.unwrap_or(0),
        Err(why) => {
            wrong(output, &block("cannot use --since", &why, None, ""), Exit::Usage);
            return Exit::Usage;
        }
    };
    let Some(folder) = settings.state_dir.value.as_deref() else {
        let hint = "set `state_dir`, or $HOME";
        let text = block("cannot show the history", "nothing says where it is kept", Some(hint), "");
        wrong(output, &text, Exit::Usage);
        return Exit::Usage;
    };
    match history::read(folder) {
        Ok(past) => show(&past, &Wanted { since, names: &arguments.names }, verbosity, (folder, output)),
        Err(error) => {
            wrong(output, &block("cannot read the history", &error.to_string(), None, ""), Exit::Failed);
            return Exit::Failed;
        }
    }
    Exit::AsDesired
}

fn wrong(output: &Output, text: &str, exit: Exit) {
    match output.format {
        Format::Text => output.error(text),
        Format::Json => output.json(&json!({ "mistakes": [text], "exit": exit.code() })),
    }
}

struct Wanted<'a> {
    since: u64,
    names: &'a [String],
}

impl Wanted<'_> {
    fn takes(&self, news: &News) -> bool {
        let named = |record: &Subject| self.names.iter().any(|name| is_meant(name, record));
        news.at >= self.since && (self.names.is_empty() || news.record.as_ref().is_some_and(named))
    }
}

/// Whether `NAME` or `NAME:TYPE` names the record, in any case, with or without a final dot.
fn is_meant(written: &str, record: &Subject) -> bool {
    let (name, rtype) = match written.split_once(':') {
        Some((name, rtype)) => (name, Some(rtype)),
        None => (written, None),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    name.eq_ignore_ascii_case(&record.name)
        && rtype.is_none_or(|rtype| rtype.eq_ignore_ascii_case(&record.rtype))
}

fn show(past: &Past, wanted: &Wanted<'_>, verbosity: Verbosity, (folder, output): (&Path, &Output)) {
    let clock = Clock::local();
    let mut shown = 0_usize;
    for news in past.news.iter().filter(|news| wanted.takes(news)) {
        shown += 1;
        match output.format {
            Format::Json => {
                output.json_line(&serde_json::to_value(news).expect("it was read from JSON"));
            }
            Format::Text => {
                output.line(&format!("{}  {}", clock.stamp(news.at), output.cleaner.whole(&news.sentence())));
                if verbosity >= Verbosity::Verbose {
                    for said in &news.ballots {
                        let said = format!("{} (IPv{}): {}", said.source, said.family, said.said);
                        output.line(&format!("  {}", output.cleaner.whole(&said)));
                    }
                }
            }
        }
    }
    if verbosity > Verbosity::Quiet {
        if past.skipped > 0 {
            let lines = crate::report::words::counted(past.skipped, "line");
            output.error(&format!("note: {lines} of the history passed over, not understood"));
        }
        if shown == 0 && output.format == Format::Text {
            let what = if past.news.is_empty() { "nothing has" } else { "nothing of that has" };
            let meant = meant(past, wanted).map(|near| format!("; did you mean `{near}`?"));
            output.error(&format!(
                "{what} happened yet, as far as {} knows{}",
                folder.display(),
                meant.unwrap_or_default()
            ));
        }
    }
}

/// Of the names that something happened to, the one that was meant where none of those wanted is among them.
fn meant<'p>(past: &'p Past, wanted: &Wanted<'_>) -> Option<&'p str> {
    let records = || past.news.iter().filter_map(|news| news.record.as_ref());
    let unknown = wanted.names.iter().find(|name| !records().any(|record| is_meant(name, record)))?;
    let name = unknown.split_once(':').map_or(unknown.as_str(), |(name, _)| name);
    nearest(name, records().map(|record| record.name.as_str())).filter(|near| *near != name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_named_as_people_write_it() {
        let record =
            Subject { account: "cloudflare".into(), name: "home.example.org".into(), rtype: "AAAA".into() };
        for name in ["home.example.org", "HOME.example.org.", "home.example.org:aaaa"] {
            assert!(is_meant(name, &record), "{name}");
        }
        for name in ["example.org", "home.example.org:A", "home"] {
            assert!(!is_meant(name, &record), "{name}");
        }
    }
}
