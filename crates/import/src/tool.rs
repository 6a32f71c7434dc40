//! The programs whose files are read, and how a file is known to be one of theirs.

use crate::env;
use crate::mistake::Mistake;
use crate::tree::{Node, Syntax, Value};

/// A program whose files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// ddclient: `ddclient.conf`.
    Ddclient,
    /// `NewFuture`'s ddns: `config.json`.
    Ddns,
    /// ddns-go: `.ddns_go_config.yaml`.
    DdnsGo,
    /// qdm12's ddns-updater: `config.json`, and its variables.
    DdnsUpdater,
    /// dness: `dness.conf`.
    Dness,
    /// The original dynflare: a crontab line, variables.
    Dynflare,
    /// favonia's cloudflare-ddns: variables.
    Favonia,
    /// godns: `config.json` or `config.yaml`.
    Godns,
    /// inadyn: `inadyn.conf`.
    Inadyn,
    /// oznu's docker-cloudflare-ddns: variables.
    Oznu,
    /// timothymiller's cloudflare-ddns: variables, or `config.json` of its first version.
    Timothymiller,
}

impl Tool {
    /// All of them, by the word that `--from` takes.
    pub const ALL: [Self; 11] = [
        Self::Ddclient,
        Self::Ddns,
        Self::DdnsGo,
        Self::DdnsUpdater,
        Self::Dness,
        Self::Dynflare,
        Self::Favonia,
        Self::Godns,
        Self::Inadyn,
        Self::Oznu,
        Self::Timothymiller,
    ];

    /// The word that `--from` takes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ddclient => "ddclient",
            Self::Ddns => "newfuture",
            Self::DdnsGo => "ddns-go",
            Self::DdnsUpdater => "ddns-updater",
            Self::Dness => "dness",
            Self::Dynflare => "dynflare",
            Self::Favonia => "favonia",
            Self::Godns => "godns",
            Self::Inadyn => "inadyn",
            Self::Oznu => "oznu",
            Self::Timothymiller => "timothymiller",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddclient => "ddclient",
            Self::Ddns => "NewFuture's ddns",
            Self::DdnsGo => "ddns-go",
            Self::DdnsUpdater => "ddns-updater",
            Self::Dness => "dness",
            Self::Dynflare => "the original dynflare",
            Self::Favonia => "favonia's cloudflare-ddns",
            Self::Godns => "godns",
            Self::Inadyn => "inadyn",
            Self::Oznu => "oznu's cloudflare-ddns",
            Self::Timothymiller => "timothymiller's cloudflare-ddns",
        }
    }

    /// What its files are, for a list.
    pub fn files(self) -> &'static str {
        match self {
            Self::Ddclient => "ddclient.conf",
            Self::Ddns => "config.json",
            Self::DdnsGo => ".ddns_go_config.yaml",
            Self::DdnsUpdater => "config.json, variables, compose file",
            Self::Dness => "dness.conf",
            Self::Dynflare => "crontab line, variables",
            Self::Favonia | Self::Oznu => "variables, compose file",
            Self::Godns => "config.json, config.yaml",
            Self::Inadyn => "inadyn.conf",
            Self::Timothymiller => "variables, compose file, config.json",
        }
    }

    /// The program of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.word() == word)
    }
}

/// Whose file this is, by what stands in it.
pub(crate) fn recognise(text: &str) -> Result<Tool, Mistake> {
    let body = text.trim_start();
    // Looks like a list within a list.
    if text.lines().any(|line| line.trim_start().starts_with("[[domains]]")) {
        return Ok(Tool::Dness);
    }
    if body.starts_with('{') || body.starts_with('[') {
        return by_keys(&Syntax::Json.read(text)?).ok_or_else(|| stranger("this JSON"));
    }
    if env::is_crontab_of_dynflare(text) {
        return Ok(Tool::Dynflare);
    }
    if let Some(tool) = env::whose(text) {
        return Ok(tool);
    }
    if is_inadyn(text) {
        return Ok(Tool::Inadyn);
    }
    let yaml = Syntax::Yaml.read(text);
    if let Some(tool) = yaml.as_ref().ok().and_then(by_keys) {
        return Ok(tool);
    }
    if is_ddclient(text) {
        return Ok(Tool::Ddclient);
    }
    // What looks like a table and cannot be read is told as that.
    let torn = ["dnsconf:", "domains:", "services:"]
        .iter()
        .any(|key| text.lines().any(|line| line.starts_with(key)));
    match yaml {
        Err(mistake) if torn => Err(mistake),
        Err(_) | Ok(_) => Err(stranger("this file")),
    }
}

fn stranger(what: &str) -> Mistake {
    let words: Vec<&str> = Tool::ALL.into_iter().map(Tool::word).collect();
    Mistake::whole(format!("nothing shows which program {what} belongs to"))
        .hint(format!("say it with --from: {}", words.join(", ")))
}

/// By the keys at the top of a document.
fn by_keys(node: &Node) -> Option<Tool> {
    if let Value::List(items) = &node.value {
        // Several configurations of NewFuture's ddns may stand in a list.
        return items.first().and_then(by_keys).filter(|tool| *tool == Tool::Ddns);
    }
    if node.has("services") {
        return env::whose_services(node);
    }
    if node.has("settings") {
        return Some(Tool::DdnsUpdater);
    }
    if node.has("dnsconf") {
        return Some(Tool::DdnsGo);
    }
    if let Some(zones) = node.find("cloudflare")
        && matches!(zones.value, Value::List(_))
    {
        return Some(Tool::Timothymiller);
    }
    let domains = node
        .find("domains")
        .and_then(|domains| domains.items().first().map(|first| first.has("domain_name")));
    if domains == Some(true) {
        return Some(Tool::Godns);
    }
    if node.has("dns")
        || node.has("index4")
        || node.has("index6")
        || (node.has("providers") && node.has("$schema"))
    {
        return Some(Tool::Ddns);
    }
    if domains.is_some() && (node.has("provider") || node.has("providers")) {
        return Some(Tool::Godns);
    }
    node.has("providers").then_some(Tool::Ddns)
}

fn is_inadyn(text: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        matches!(first, "provider" | "custom") && line.contains('{') && !line.trim_start().starts_with('#')
    })
}

fn is_ddclient(text: &str) -> bool {
    const KEYS: &[&str] =
        &["protocol", "use", "usev4", "usev6", "login", "daemon", "server", "password", "zone"];
    text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| {
        let key = line.trim().split(['=', ' ']).next().unwrap_or_default();
        KEYS.contains(&key) && line.contains('=')
    })
}
