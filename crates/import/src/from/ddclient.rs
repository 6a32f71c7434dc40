//! `ddclient.conf`.
//!
//! A line sets defaults for everything below it, unless it names hosts: then what it sets is theirs alone. Backslashes
//! join lines; commas and blanks separate (<https://ddclient.net/usage.html>, ddclient(8)).

use super::custom;
use crate::draft::Worth;
use crate::draft::{Draft, Families, Switch, Target, Wanted};
use crate::finding::Kind;
use crate::mapping::{self, Held, Purse};
use crate::mistake::Mistake;
use crate::source::{self, What};
use crate::tree::Said;
use std::collections::BTreeMap;

/// Settings by name.
type Settings = BTreeMap<String, Said>;

/// What needs nothing here, and why.
const NEEDLESS: &[(&str, &str)] = &[
    ("cache", "what was written is remembered below `state_dir`"),
    ("custom", "every provider takes names of one's own domain"),
    ("debug", "`-vv` shows more"),
    ("exec", "`--dry-run` shows without doing"),
    ("facility", "events go to standard error and from there to the journal"),
    ("force", "`dynflare update` reads what is there and writes what is wrong"),
    ("foreground", "`dynflare run` always stays in the foreground"),
    ("max-warn", "each failure is told once"),
    ("min-error-interval", "failures are tried again with growing pauses, and as the provider asks"),
    ("min-interval", "a record is only written when it is wrong, and at most `max_changes_per_hour`"),
    ("on-root-domain", "the zone tells the name apart"),
    ("pid", "`dynflare run` needs no file with its process id"),
    ("priority", "events go to standard error and from there to the journal"),
    ("quiet", "`-q` shows less"),
    ("retry", "what failed is tried again"),
    ("static", "the provider's own choice stays"),
    ("syslog", "events go to standard error and from there to the journal"),
    ("test", "`--dry-run` shows without doing"),
    ("timeout", "every request has a limit; `deadline` is that of a detection"),
    ("use-personal-access-token", "Gandi's `token` is one"),
    ("verbose", "`-v` shows more"),
];

/// What is read elsewhere, or together with other settings.
const TAKEN: &[&str] = &[
    "apikey",
    "cmd",
    "cmdv4",
    "cmdv6",
    "fw",
    "fw-skip",
    "fwv4",
    "fwv4-skip",
    "fwv6",
    "fwv6-skip",
    "if",
    "if-skip",
    "ifv4",
    "ifv6",
    "ip",
    "ipv4",
    "ipv6",
    "login",
    "password",
    "protocol",
    "root-domain",
    "script",
    "secretapikey",
    "server",
    "token",
    "ttl",
    "use",
    "usev4",
    "usev6",
    "web",
    "web-skip",
    "webv4",
    "webv4-skip",
    "webv6",
    "webv6-skip",
    "wildcard",
    "zone",
    "max-interval",
];

/// Reads the file.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    let mut defaults = Settings::new();
    let mut hosts = 0;
    for (line, joined) in logical(text) {
        let (own, names) = line_of(&joined, line)?;
        for said in own.values() {
            once(draft, said);
        }
        if names.is_empty() {
            defaults.extend(own);
            continue;
        }
        hosts += names.len();
        let mut settings = defaults.clone();
        settings.extend(own);
        block(draft, &settings, &names);
    }
    if hosts == 0 {
        return Err(Mistake::whole("it names no host"));
    }
    Ok(())
}

/// Lines joined where a backslash ends them, each with the number of its first, without comments.
fn logical(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, raw) in text.lines().enumerate() {
        let bare = without_comment(raw);
        let (bare, more) = match bare.trim_end().strip_suffix('\\') {
            Some(bare) => (bare.to_owned(), Switch::On),
            None => (bare, Switch::Off),
        };
        let (number, mut joined) = open.take().unwrap_or((index + 1, String::new()));
        joined.push(' ');
        joined.push_str(&bare);
        match more {
            Switch::On => open = Some((number, joined)),
            Switch::Off => lines.push((number, joined)),
        }
    }
    lines.extend(open);
    lines.retain(|(_, line)| !line.trim().is_empty());
    lines
}

/// A `#` begins a comment at the beginning of a word and outside quotes.
fn without_comment(line: &str) -> String {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"') && before == '=' => quote = Some(c),
            None if c == '#' && (before.is_whitespace() || before == ',') => return line[..at].to_owned(),
            Some(_) | None => {}
        }
        before = c;
    }
    line.to_owned()
}

/// The settings and the hosts of a line.
fn line_of(text: &str, line: usize) -> Result<(Settings, Vec<String>), Mistake> {
    let mut settings = Settings::new();
    let mut hosts = Vec::new();
    let separator = |c: char| c.is_whitespace() || c == ',';
    let mut rest = text.trim_start_matches(separator);
    while !rest.is_empty() {
        let name =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
        let after = rest[name..].trim_start();
        if let (true, Some(value)) = (name > 0, after.strip_prefix('=')) {
            let key = rest[..name].to_ascii_lowercase();
            let value = value.trim_start_matches([' ', '\t']);
            let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
            let (value, left) = match quote {
                Some(quote) => {
                    let inner = &value[1..];
                    let end = inner.find(quote).ok_or_else(|| {
                        Mistake::at(line, format!("the quote behind `{key}=` is not closed"))
                    })?;
                    (&inner[..end], &inner[end + 1..])
                }
                None => value.split_at(value.find(separator).unwrap_or(value.len())),
            };
            settings.insert(key.clone(), Said { key, line, text: value.to_owned() });
            rest = left.trim_start_matches(separator);
        } else {
            let end = rest.find(separator).unwrap_or(rest.len());
            hosts.push(rest[..end].trim_matches(['\'', '"']).to_owned());
            rest = rest[end..].trim_start_matches(separator);
        }
    }
    Ok((settings, hosts))
}

/// What is said for everything, or is the same wherever it is said.
fn once(draft: &mut Draft<'_>, said: &Said) {
    let key = said.key.strip_suffix("_env").unwrap_or(&said.key);
    if let Some((_, why)) = NEEDLESS.iter().find(|(needless, _)| *needless == key) {
        draft.needless(said, *why);
        return;
    }
    if TAKEN.contains(&key) {
        return;
    }
    match key {
        "daemon" => crate::time::interval(draft, crate::time::seconds(&said.text), said),
        "ssl" if said.flag() == Some(false) => {
            draft.changed(said, "Dynflare speaks HTTPS, except where a provider has none");
        }
        "ssl" => draft.needless(said, "Dynflare speaks HTTPS in any case"),
        "ssl_ca_file" => draft.set("ca_file", format!("[{}]", crate::render::quoted(&said.text)), said),
        "ssl_ca_dir" => draft.lost(said, "`ca_file` takes files of certificate authorities, no folder"),
        "mail" | "mail-failure" | "mail-from" => draft.lost(
            said,
            "Dynflare sends mail over SMTP and has to be told a server: a `[notify.NAME]` with `type = \"mail\"`, `server`, `from` and `to`",
        ),
        "postscript" => {
            let words: Vec<String> = said.text.split_whitespace().map(crate::render::quoted).collect();
            draft.tell(Target {
                kind: "program",
                parts: Vec::new(),
                plain: vec![("command", format!("[{}]", words.join(", "))), ("on", "[\"changed\"]".to_owned())],
                line: said.line,
                file: 0,
            });
            draft.changed(said, "the program gets the address in $DYNFLARE_TO and everything as JSON on standard input, not as an argument");
        }
        "proxy" => draft.lost(said, "providers are spoken to directly; a source of `[sources.NAME]` can have a `proxy`"),
        "mx" | "backupmx" | "mxpri" => draft.lost(said, "Dynflare keeps addresses and leaves mail exchangers as they are"),
        "fw-login" | "fw-password" | "fw-banner" | "fw-ssl-validate" => {
            draft.lost(said, "pages of routers that ask for a login cannot be read; the source `router` asks by PCP, NAT-PMP and UPnP");
        }
        _ => {
            let why = "this is no setting of ddclient that is known here";
            draft.find(Kind::Unknown, &said.key, said.line, why);
        }
    }
}

/// One or several hosts with what holds for them.
fn block(draft: &mut Draft<'_>, settings: &Settings, hosts: &[String]) {
    let first = settings.values().next();
    let line = settings.get("protocol").or(first).map_or(1, |said| said.line);
    let dyndns = Said { key: "protocol".to_owned(), line, text: "dyndns2".to_owned() };
    let protocol = settings.get("protocol").unwrap_or(&dyndns).clone();
    let mut purse = Purse::new();
    for (key, said) in settings {
        match key.strip_suffix("_env") {
            Some(key) => {
                let worth = Worth::Reference(format!("env:{}", said.text));
                purse.insert(key.to_owned(), Held { worth, said: said.clone() });
            }
            None => mapping::hold(&mut purse, key, said),
        }
    }
    let Some(account) = account(draft, &protocol, settings, &mut purse) else {
        for host in hosts {
            let said = Said { key: "protocol".to_owned(), line: protocol.line, text: String::new() };
            draft.lost(&said, format!("so `{}` is not kept", shown(host)));
        }
        return;
    };
    let families = families(draft, settings);
    let Some(families) = families else {
        draft.lost(&protocol, "both families are switched off, so its hosts are not kept");
        return;
    };
    let word = protocol.text.to_lowercase();
    let zone = zone(&word, settings);
    for host in hosts {
        let mut name = host.clone();
        if word == "duckdns" && !name.contains('.') {
            name.push_str(".duckdns.org");
        }
        let mut options = Vec::new();
        options.extend(settings.get("ttl").map(|said| ("ttl", said.clone())));
        if let Some(refresh) = settings.get("max-interval")
            && word != "cloudflare"
        {
            options.extend(refresh_after(draft, refresh).map(|said| ("refresh_after", said)));
        }
        let wanted = Wanted {
            name: name.clone(),
            zone: zone.clone(),
            families,
            options: options.clone(),
            line: host_line(settings, &protocol),
            setting: "host".to_owned(),
        };
        if settings.get("wildcard").and_then(Said::flag) == Some(true) {
            let setting = "wildcard".to_owned();
            draft.record(account, Wanted { name: format!("*.{name}"), setting, ..wanted.clone() });
        }
        draft.record(account, wanted);
    }
}

/// The line of what was said last: hosts stand below it or beside it.
fn host_line(settings: &Settings, protocol: &Said) -> usize {
    settings
        .values()
        .map(|said| said.line)
        .filter(|line| *line >= protocol.line)
        .max()
        .unwrap_or(protocol.line)
}

fn shown(host: &str) -> &str {
    if host.len() <= 80 && host.chars().all(|c| c.is_alphanumeric() || ".-_*@".contains(c)) {
        host
    } else {
        "…"
    }
}

fn refresh_after(draft: &mut Draft<'_>, said: &Said) -> Option<Said> {
    if let Some(seconds) = crate::time::seconds(&said.text) {
        let fitting = seconds.clamp(3_600, 365 * 86_400);
        if fitting != seconds {
            draft.changed(said, "records are written again after 1 hour at least and 365 days at most");
        }
        Some(Said { text: crate::time::shown(fitting), ..said.clone() })
    } else {
        draft.lost(said, "it is no duration");
        None
    }
}

/// The zone that some protocols have beside the host.
fn zone(word: &str, settings: &Settings) -> Option<String> {
    let key = match word {
        // Its login is the domain.
        "namecheap" => "login",
        "porkbun" => "root-domain",
        _ => "zone",
    };
    settings.get(key).or_else(|| settings.get("zone")).map(|said| said.text.clone())
}

/// The account of a protocol.
fn account(draft: &mut Draft<'_>, protocol: &Said, settings: &Settings, purse: &mut Purse) -> Option<usize> {
    let server = settings.get("server").map(|said| source::host(&said.text));
    match protocol.text.to_lowercase().as_str() {
        "dyndns2" => {
            let host = server.unwrap_or_else(|| "members.dyndns.org".to_owned());
            if let Some(row) = mapping::server(&host) {
                return mapping::choose(draft, protocol, &[row], purse);
            }
            custom::dyndns2(
                draft,
                protocol,
                (&host, settings.get("script").map(|said| said.text.as_str())),
                purse,
            )
        }
        "cloudflare" => {
            // The login `token` says that the password is one.
            let is_token = settings.get("login").is_none_or(|login| login.text.eq_ignore_ascii_case("token"));
            if let (true, Some(password)) = (is_token, purse.remove("password")) {
                purse.insert("token".to_owned(), password);
                purse.remove("login");
            }
            mapping::account(draft, protocol, purse)
        }
        "nsupdate" => {
            // A port stands behind a blank here.
            if let Some(said) = settings.get("server") {
                let text = said.text.split_whitespace().collect::<Vec<_>>().join(":");
                mapping::hold(purse, "server", &Said { text, ..said.clone() });
            }
            if let Some(password) = settings.get("password") {
                draft.changed(
                    password,
                    "ddclient names a key file for nsupdate here; Dynflare takes the key itself, as ALGORITHM:NAME:SECRET",
                );
            }
            mapping::account(draft, protocol, purse)
        }
        _ => {
            if let (Some(said), Some(host)) = (settings.get("server"), server)
                && settings.get("server").is_some_and(|said| said.line >= protocol.line)
            {
                draft.changed(
                    said,
                    format!("Dynflare asks the provider's own server and not `{}`", shown(&host)),
                );
            }
            mapping::account(draft, protocol, purse)
        }
    }
}

/// The families that are looked after, and where their addresses come from.
fn families(draft: &mut Draft<'_>, settings: &Settings) -> Option<Families> {
    let mut on = [Switch::Off, Switch::Off];
    let ways = [("usev4", Families::V4, "v4"), ("usev6", Families::V6, "v6"), ("use", Families::V4, "")];
    let newer = settings.contains_key("usev4") || settings.contains_key("usev6");
    for (key, families, end) in ways {
        let Some(said) = settings.get(key) else { continue };
        let way = said.text.to_lowercase();
        if matches!(way.as_str(), "no" | "disabled") || (key == "use" && newer) {
            continue;
        }
        on[usize::from(families == Families::V6)] = Switch::On;
        if let Some(what) = what(draft, settings, said, (&way, end)) {
            draft.ask(families, what, said);
        }
    }
    if !newer && !settings.contains_key("use") {
        on[0] = Switch::On;
    }
    Families::of(on[0], on[1])
}

fn what(draft: &mut Draft<'_>, settings: &Settings, said: &Said, (way, end): (&str, &str)) -> Option<What> {
    let get = |key: &str| {
        settings.get(&format!("{key}{end}")).or_else(|| settings.get(key)).map(|said| said.text.clone())
    };
    let kind = way.strip_suffix("v4").or_else(|| way.strip_suffix("v6")).unwrap_or(way);
    match kind {
        "web" => {
            let url = get("web").unwrap_or_else(|| "dyndns".to_owned());
            // Without a dot it is the name of a service that ddclient knows.
            if !url.contains(['.', '/']) {
                return Some(What::Public(url));
            }
            let skip = settings.get(&format!("web{end}-skip")).or_else(|| settings.get("web-skip"));
            match (source::url(&url), skip) {
                (What::Own(spec), Some(skip)) => {
                    let url = spec.trim_start_matches("url:").to_owned();
                    Some(What::Page(url, after(&skip.text)))
                }
                (what, _) => Some(what),
            }
        }
        "if" => Some(What::Own(match get("if").as_deref() {
            None | Some("default") => "interface".to_owned(),
            Some(name) => format!("interface:{name}"),
        })),
        "ip" => {
            if let Some(address) = get("ip") {
                Some(What::Own(format!("static:{address}")))
            } else {
                draft.lost(said, "the address was given on the command line");
                None
            }
        }
        "cmd" => get("cmd").map(|command| source::command(&command)),
        _ => {
            // Pages of routers, by URL or by the router's name.
            draft.changed(
                said,
                "pages of routers are not read; the router is asked by PCP, NAT-PMP and UPnP instead, as the source `router`",
            );
            None
        }
    }
}

/// A pattern for a line with the address somewhere behind a text.
pub(super) fn after(skip: &str) -> String {
    let mut escaped = String::new();
    for c in skip.chars() {
        if c.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    format!(".*{escaped}[^0-9A-Fa-f]*([0-9A-Fa-f.:]+).*")
}
