//! From a draft to text: the configuration, with its secrets elsewhere, and the report.

use crate::catalogue::Sight;
use crate::draft::{Account, Draft, Families, Part, Record, Worth};
use crate::finding::{Finding, Kind};
use crate::tool::Tool;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// What became of the files.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Whose file each was.
    pub tools: Vec<Tool>,
    /// The secrets, in the order of the configuration.
    pub secrets: Vec<Secret>,
    /// What to know, the most important first.
    pub findings: Vec<Finding>,
    /// How many records there are in the configuration.
    pub records: usize,
    files: Vec<String>,
    pieces: Vec<Piece>,
}

/// A secret that the configuration refers to.
#[derive(Clone)]
pub struct Secret {
    /// The name of its file.
    pub file: String,
    /// Where it is used: `providers.cloudflare.token`.
    pub used: String,
    /// Where it stands: `ddclient.conf:12`; what it is, where it stands nowhere.
    pub from: String,
    text: Option<String>,
}

impl Secret {
    /// The secret itself; `None` where it has to be filled in.
    pub fn expose(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("file", &self.file).field("used", &self.used).finish_non_exhaustive()
    }
}

/// Where secrets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Each in a file of its own in this folder, which the configuration names.
    Files(String),
    /// In the configuration itself.
    Inline,
}

#[derive(Clone)]
enum Piece {
    Text(String),
    Secret(usize),
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.debug_tuple("Text").field(text).finish(),
            Self::Secret(index) => f.debug_tuple("Secret").field(index).finish(),
        }
    }
}

impl Imported {
    /// The configuration, as text.
    pub fn configuration(&self, placement: &Placement) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Secret(index) => {
                    let secret = &self.secrets[*index];
                    // What begins like a reference would be taken for one.
                    let inline = secret.expose().filter(|text| !is_reference(text));
                    match (placement, inline) {
                        (Placement::Inline, Some(inline)) => text.push_str(&quoted(inline)),
                        (Placement::Inline, None) => {
                            text.push_str(&quoted(&format!("file:/etc/dynflare/{}", secret.file)));
                        }
                        (Placement::Files(folder), _) => {
                            text.push_str(&quoted(&format!("file:{folder}{}", secret.file)));
                        }
                    }
                }
            }
        }
        text
    }

    /// The place of a finding: `ddclient.conf:12`.
    pub fn place(&self, finding: &Finding) -> String {
        format!("{}:{}", self.files.get(finding.file).map_or("", String::as_str), finding.line)
    }

    /// What to know, for people: a heading for each kind, a line for each finding.
    pub fn report(&self) -> String {
        let mut text = String::new();
        for kind in Kind::ALL {
            let of_kind: Vec<&Finding> =
                self.findings.iter().filter(|finding| finding.kind == kind).collect();
            if of_kind.is_empty() {
                continue;
            }
            let _ = writeln!(text, "{}{}:", if text.is_empty() { "" } else { "\n" }, kind.heading());
            for finding in of_kind {
                let _ = writeln!(text, "  {} `{}`: {}", self.place(finding), finding.setting, finding.why);
            }
        }
        text
    }
}

/// A text as TOML has it (TOML 1.0, basic strings).
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn is_reference(text: &str) -> bool {
    ["file:", "env:", "cmd:", "credential:"].iter().any(|kind| text.trim_start().starts_with(kind))
}

/// Writes everything down.
pub(crate) fn finish(mut draft: Draft<'_>, tools: Vec<Tool>, files: &[String]) -> Imported {
    let pool = draft.pool();
    let mut writer = Writer {
        files,
        pieces: Vec::new(),
        text: String::new(),
        secrets: Vec::new(),
        taken: BTreeMap::new(),
    };
    let mut from: Vec<String> = Vec::new();
    for (tool, file) in tools.iter().zip(files) {
        from.push(format!("{file} ({})", tool.name()));
    }
    writer.line(&format!("# Made by `dynflare import` from {}.", from.join(", ")));
    writer.line("# `dynflare check` says whether it is right, `dynflare plan` what it would change.");
    writer.line("version = 1");
    writer.line("");
    for setting in &draft.settings {
        writer.line(&format!("{} = {} # {}", setting.key, setting.value, setting.from));
    }
    let tables =
        pool.iter().position(|line| line.starts_with('[')).map_or(pool.len(), |at| at.saturating_sub(1));
    for line in &pool[..tables] {
        writer.line(line);
    }
    // Accounts in the order of their first record, and only those that have one.
    let used: Vec<usize> = (0..draft.accounts.len())
        .filter(|index| draft.records.iter().any(|record| record.account == *index))
        .collect();
    let names = names(&draft.accounts, &used);
    writer.records(&draft.records, &names);
    for index in used {
        writer.account(&draft.accounts[index], &names[&index]);
    }
    for line in &pool[tables..] {
        writer.line(line);
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for target in &draft.targets {
        let count = kinds.entry(target.kind).or_default();
        *count += 1;
        let name = if *count == 1 { target.kind.to_owned() } else { format!("{}-{count}", target.kind) };
        writer.line("");
        let place = writer.place(target.file, target.line);
        writer.line(&format!("[notify.{name}] # {place}"));
        writer.line(&format!("type = {}", quoted(target.kind)));
        for (key, value) in &target.plain {
            writer.line(&format!("{key} = {value}"));
        }
        for part in &target.parts {
            writer.part(part, &format!("notify.{name}"), target.file);
        }
    }
    let mut findings = draft.findings;
    findings.sort_by_key(|finding| (finding.kind, finding.file, finding.line));
    writer.left_out(&findings, files);
    let records = draft.records.len();
    writer.flush();
    Imported {
        tools,
        secrets: writer.secrets,
        findings,
        records,
        files: files.to_vec(),
        pieces: writer.pieces,
    }
}

/// What accounts are called: as their provider, and numbered where there are several.
fn names(accounts: &[Account], used: &[usize]) -> BTreeMap<usize, String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names = BTreeMap::new();
    for index in used {
        let provider = accounts[*index].provider.as_str();
        let count = counts.entry(provider).or_default();
        *count += 1;
        // These describe a provider, and are no name for one.
        let base = if matches!(provider, "get" | "http") { "custom" } else { provider };
        names.insert(*index, if *count == 1 { base.to_owned() } else { format!("{base}-{count}") });
    }
    names
}

struct Writer<'f> {
    files: &'f [String],
    pieces: Vec<Piece>,
    text: String,
    secrets: Vec<Secret>,
    taken: BTreeMap<String, usize>,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Where something comes from: the line, and the file where there are several.
    fn place(&self, file: usize, line: usize) -> String {
        match self.files {
            [_] | [] => format!("line {line}"),
            several => format!("{}:{line}", several.get(file).map_or("", String::as_str)),
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.pieces.push(Piece::Text(text));
    }

    fn records(&mut self, records: &[Record], names: &BTreeMap<usize, String>) {
        if records.is_empty() {
            self.line("records = [] # nothing of the file could be carried over as a record");
            return;
        }
        self.line("records = [");
        for record in records {
            let types = match record.families {
                Families::V4 => "A",
                Families::V6 => "AAAA",
                Families::Both => "A+AAAA",
            };
            let options: Vec<String> =
                record.options.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
            let options = if options.is_empty() { String::new() } else { format!("?{}", options.join("&")) };
            let account = names.get(&record.account).map_or("", String::as_str);
            let text = format!("{account}:{}:{types}:{}{options}", record.zone, record.name);
            let place = self.place(record.file, record.line);
            self.line(&format!("    {}, # {place}", quoted(&text)));
        }
        self.line("]");
    }

    fn account(&mut self, account: &Account, name: &str) {
        self.line("");
        let place = self.place(account.file, account.line);
        self.line(&format!("[providers.{name}] # {place}"));
        if name != account.provider {
            self.line(&format!("type = {}", quoted(&account.provider)));
        }
        for line in &account.verbatim {
            self.line(line);
        }
        for part in &account.parts {
            self.part(part, &format!("providers.{name}"), account.file);
        }
    }

    fn part(&mut self, part: &Part, table: &str, file: usize) {
        let used = format!("{table}.{}", part.key);
        let place = format!("{}:{}", self.files.get(file).map_or("", String::as_str), part.line);
        match (&part.worth, part.sight) {
            (Worth::Reference(reference), _) => self.line(&format!("{} = {}", part.key, quoted(reference))),
            (Worth::Given(text), Sight::Plain) if !is_reference(text) => {
                self.line(&format!("{} = {}", part.key, quoted(text)));
            }
            (Worth::Given(text), Sight::Plain | Sight::Secret) => {
                self.secret(
                    &part.key,
                    Secret { file: String::new(), used, from: place, text: Some(text.clone()) },
                );
            }
            (Worth::Absent(about), _) => {
                self.line(&format!("# To be filled in: {about}."));
                self.secret(&part.key, Secret { file: String::new(), used, from: about.clone(), text: None });
            }
        }
    }

    /// A key whose value is a secret; it has a file of its own name.
    fn secret(&mut self, key: &str, mut secret: Secret) {
        let base: String = secret
            .used
            .trim_start_matches("providers.")
            .replace("credentials.", "")
            .replace("secrets.", "")
            .chars()
            .filter(|c| *c != '"')
            .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
            .collect();
        let count = self.taken.entry(base.clone()).or_default();
        *count += 1;
        secret.file = if *count == 1 { base } else { format!("{base}-{count}") };
        let _ = write!(self.text, "{key} = ");
        self.flush();
        self.pieces.push(Piece::Secret(self.secrets.len()));
        self.secrets.push(secret);
        self.text.push('\n');
    }

    /// What is not in the configuration, as comments at its end.
    fn left_out(&mut self, findings: &[Finding], files: &[String]) {
        let mut last = None;
        for finding in findings {
            if !matches!(finding.kind, Kind::Missing | Kind::Lost | Kind::Unknown) {
                continue;
            }
            if last != Some(finding.kind) {
                self.line("");
                self.line(&format!("# {}:", finding.kind.heading()));
                last = Some(finding.kind);
            }
            let file = files.get(finding.file).map_or("", String::as_str);
            let setting: String = finding.setting.chars().filter(|c| !c.is_control()).collect();
            let why = finding.why.replace(['\n', '\r'], " ");
            self.line(&format!("#   {file}:{} `{setting}`: {why}", finding.line));
        }
    }
}

/// A value behind the `?` of a record (<https://url.spec.whatwg.org/#application/x-www-form-urlencoded>).
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b':' | b'(' | b')' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
