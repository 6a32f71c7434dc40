//! `dynflare history`: what was changed and what went wrong, from the files that the daemon and one-shot runs keep.

use super::args::Verbosity;
use super::exit::Exit;
use super::output::{Format, Output};
use super::table::table;
use super::terminal;
use crate::config::{Settings, nearest};
use crate::history::{self, Past};
use crate::report::clean::Cleaner;
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
    let shown: Vec<&News> = past.news.iter().filter(|news| wanted.takes(news)).collect();
    let ballots = |news: &News| -> Vec<String> {
        let said = news.ballots.iter().filter(|_| verbosity >= Verbosity::Verbose);
        said.map(|said| output.cleaner.whole(&format!("{} (IPv{}): {}", said.source, said.family, said.said)))
            .collect()
    };
    match output.format {
        Format::Json => {
            for news in &shown {
                output.json_line(&serde_json::to_value(news).expect("it was read from JSON"));
            }
        }
        Format::Text if shown.is_empty() => {}
        Format::Text if terminal::is_looked_at() => {
            let rows = shown.iter().flat_map(|news| {
                let told = row(news, &clock, &output.cleaner);
                let below = |said| vec![String::new(), String::new(), String::new(), said];
                std::iter::once(told).chain(ballots(news).into_iter().map(below))
            });
            output.line(&table(&["time", "name", "type", "what"], rows.collect()));
        }
        Format::Text => {
            for news in &shown {
                output.line(&format!("{}  {}", clock.stamp(news.at), output.cleaner.whole(&news.sentence())));
                for said in ballots(news) {
                    output.line(&format!("  {said}"));
                }
            }
        }
    }
    let shown = shown.len();
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

/// News as the cells of a table.
fn row(news: &News, clock: &Clock, cleaner: &Cleaner) -> Vec<String> {
    let of = |part: fn(&Subject) -> &String| news.record.as_ref().map(part).cloned().unwrap_or_default();
    let what = news.what.sentence(news.at);
    let cells = [of(|record| &record.name), of(|record| &record.rtype), what];
    std::iter::once(clock.stamp(news.at)).chain(cells.iter().map(|cell| cleaner.whole(cell))).collect()
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
