//! Which of our providers theirs are, and which of their keys is which of ours: data, one row per way to say it.
//!
//! A value is a template over their keys. Where a program knows several sets of credentials for one provider, each has a
//! row, and the first whose keys are all given counts.

mod cloudflare;
mod ddclient;
mod inadyn;
mod json;

use crate::catalogue::{Need, Sight};
use crate::draft::{Account, Draft, Part, Worth};
use crate::finding::Kind;
use crate::tool::Tool;
use crate::tree::Said;
use std::collections::BTreeMap;

pub(crate) use ddclient::server;

/// One way in which a program says an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Their word for the provider, in lower case.
    pub(crate) theirs: &'static str,
    /// Our id; empty where Dynflare has none.
    pub(crate) ours: &'static str,
    /// Our keys with what goes there.
    pub(crate) parts: &'static [(&'static str, &'static str)],
    /// What to know; where Dynflare has no such provider, why.
    pub(crate) note: &'static str,
}

const fn row(
    theirs: &'static str,
    ours: &'static str,
    parts: &'static [(&'static str, &'static str)],
) -> Row {
    Row { theirs, ours, parts, note: "" }
}

const fn noted(row: Row, note: &'static str) -> Row {
    Row { note, ..row }
}

/// A provider that Dynflare does not have.
const fn none(theirs: &'static str, note: &'static str) -> Row {
    Row { theirs, ours: "", parts: &[], note }
}

const GONE: &str = "the service has ended";
const NO_API: &str =
    "Dynflare has no such provider; `type = \"http\"` or `type = \"get\"` describes one of your own";

/// The rows of a program.
fn rows(tool: Tool) -> &'static [Row] {
    match tool {
        Tool::Ddclient => ddclient::ROWS,
        Tool::Ddns => json::DDNS,
        Tool::DdnsGo => json::DDNS_GO,
        Tool::DdnsUpdater => json::DDNS_UPDATER,
        Tool::Dness => json::DNESS,
        Tool::Godns => json::GODNS,
        Tool::Inadyn => inadyn::ROWS,
        Tool::Dynflare | Tool::Favonia | Tool::Oznu | Tool::Timothymiller => cloudflare::ROWS,
    }
}

/// A row as callers see it, to hold it against the providers there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Whose word it is.
    pub tool: &'static str,
    /// The word.
    pub theirs: &'static str,
    /// Our provider.
    pub ours: &'static str,
    /// Our keys.
    pub keys: Vec<&'static str>,
}

/// Every mapping there is to one of our providers.
pub fn mappings() -> Vec<Mapping> {
    let of_tool = |tool: Tool| rows(tool).iter().map(move |row| (tool.word(), row));
    let servers = ddclient::SERVERS.iter().map(|row| ("dyndns2", row));
    let all = Tool::ALL.into_iter().flat_map(of_tool).chain(servers);
    all.filter(|(_, row)| !row.ours.is_empty())
        .map(|(tool, row)| Mapping {
            tool,
            theirs: row.theirs,
            ours: row.ours,
            keys: row.parts.iter().map(|(key, _)| *key).collect(),
        })
        .collect()
}

/// A credential as the other program has it.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// What it is, or where.
    pub(crate) worth: Worth,
    /// Its name and line; the text is never looked at.
    pub(crate) said: Said,
}

/// Credentials by their names in lower case.
pub(crate) type Purse = BTreeMap<String, Held>;

/// Puts a value in, under its name.
pub(crate) fn hold(purse: &mut Purse, key: &str, said: &Said) {
    let worth = Worth::Given(said.text.clone());
    purse.insert(key.to_lowercase(), Held { worth, said: said.clone() });
}

/// Whether the program has this provider, whether or not Dynflare has it too.
pub(crate) fn knows(tool: Tool, theirs: &str) -> bool {
    rows(tool).iter().any(|row| row.theirs == theirs)
}

/// Every key that a program has for this provider.
pub(crate) fn keys(tool: Tool, theirs: &str) -> Vec<&'static str> {
    let own = rows(tool).iter().filter(|row| row.theirs == theirs);
    let servers = if theirs == "dyndns2" || theirs == "custom" { ddclient::SERVERS } else { &[] };
    let mut keys: Vec<&str> = own
        .chain(servers)
        .flat_map(|row| row.parts)
        .flat_map(|(_, template)| placeholders(template))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The account that a provider of theirs and these credentials make; `None` after telling why there is none.
pub(crate) fn account(draft: &mut Draft<'_>, theirs: &Said, purse: &Purse) -> Option<usize> {
    let word = theirs.text.to_lowercase();
    let tool = draft.tool;
    let candidates: Vec<&Row> = rows(tool).iter().filter(|row| row.theirs == word).collect();
    if candidates.is_empty() {
        let harmless =
            word.len() <= 40 && word.chars().all(|c| c.is_ascii_alphanumeric() || ".-_@".contains(c));
        let what = if harmless { format!("`{word}`") } else { "this".to_owned() };
        draft.lost(theirs, format!("{what} is no provider of {} that is known here", tool.name()));
        return None;
    }
    choose(draft, theirs, &candidates, purse)
}

/// The account of the first row whose keys are all given, else of the one with the most.
pub(crate) fn choose(draft: &mut Draft<'_>, theirs: &Said, rows: &[&Row], purse: &Purse) -> Option<usize> {
    let given = |row: &Row| {
        let all: Vec<&str> = row.parts.iter().flat_map(|(_, template)| placeholders(template)).collect();
        let there = all.iter().filter(|key| purse.contains_key(**key)).count();
        (there, all.len())
    };
    let whole = rows.iter().find(|row| {
        let (there, all) = given(row);
        there == all
    });
    let most = || rows.iter().rev().max_by_key(|row| given(row).0);
    let row = *whole.or_else(most)?;
    if row.ours.is_empty() {
        draft.lost(theirs, row.note);
        return None;
    }
    let Some(provider) = draft.catalogue.find(row.ours) else {
        draft.lost(theirs, format!("this build of Dynflare has no provider `{}`", row.ours));
        return None;
    };
    if !row.note.is_empty() {
        draft.changed(theirs, row.note);
    }
    let mut parts = Vec::new();
    let some_required = provider.fields.iter().any(|field| field.need == Need::Required);
    for field in &provider.fields {
        let template = row.parts.iter().find(|(key, _)| *key == field.key).map(|(_, template)| *template);
        let filled = template.and_then(|template| fill(template, purse));
        let (worth, line) = match filled {
            Some(filled) => filled,
            // Where nothing is required, what the row names is, since it is one of several ways.
            None if field.need == Need::Optional && (some_required || template.is_none()) => continue,
            None => {
                let why =
                    format!("{} needs `{}`, which is not there: {}", provider.name, field.key, field.about);
                draft.find(Kind::Missing, &theirs.key, theirs.line, why);
                (Worth::Absent(field.about.clone()), theirs.line)
            }
        };
        parts.push(Part { key: field.key.clone(), worth, sight: field.sight, line });
    }
    let used: Vec<&str> = row.parts.iter().flat_map(|(_, template)| placeholders(template)).collect();
    for (key, held) in purse {
        if !used.contains(&key.as_str()) && rows.iter().any(|other| mentions(other, key)) {
            draft.needless(&held.said, "the other credentials are enough");
        }
    }
    let account =
        Account { provider: provider.id.clone(), parts, verbatim: Vec::new(), line: theirs.line, file: 0 };
    Some(draft.account(account))
}

/// A part of an account that no row has.
pub(crate) fn part(key: &str, held: &Held, sight: Sight) -> Part {
    Part { key: key.to_owned(), worth: held.worth.clone(), sight, line: held.said.line }
}

fn mentions(row: &Row, key: &str) -> bool {
    row.parts.iter().any(|(_, template)| placeholders(template).contains(&key))
}

fn placeholders(template: &str) -> Vec<&str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(key, _)| key).collect()
}

/// A template with everything in its place; a reference can only stand alone.
fn fill(template: &str, purse: &Purse) -> Option<(Worth, usize)> {
    let keys = placeholders(template);
    if let [key] = keys.as_slice()
        && template.len() == key.len() + 2
    {
        return purse.get(*key).map(|held| (held.worth.clone(), held.said.line));
    }
    let mut text = template.to_owned();
    let mut line = 1;
    for key in keys {
        let held = purse.get(key)?;
        let Worth::Given(value) = &held.worth else { return None };
        text = text.replace(&format!("{{{key}}}"), value);
        line = held.said.line;
    }
    Some((Worth::Given(text), line))
}
