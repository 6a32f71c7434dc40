//! `inadyn.conf`, by inadyn.conf(5).

use super::custom;
use crate::draft::{Draft, Families, Wanted};
use crate::finding::Kind;
use crate::mapping::{self, Purse};
use crate::mistake::Mistake;
use crate::source::{self, What};
use crate::tree::Said;

/// What needs nothing here, and why.
const NEEDLESS: &[(&str, &str)] = &[
    ("verify-address", "addresses that cannot be reached are never published; `allow` makes exceptions"),
    ("broken-rtc", "certificates are always checked"),
    ("cache-dir", "what was written is remembered below `state_dir`"),
    ("user-agent", "requests name Dynflare"),
    ("startup-delay", "`dynflare run` waits for the network by itself"),
    ("append-myip", "the address has its place in the query"),
    ("checkip-ssl", "the address is asked for over HTTPS"),
    ("checkip-path", "it belongs to `checkip-server`"),
    ("ddns-response", "the answers of the dyndns2 protocol are known"),
];

/// One word of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(char),
}

/// A section: `provider no-ip.com:1 { … }`.
struct Section {
    kind: String,
    name: String,
    line: usize,
    settings: Vec<Said>,
    hosts: Vec<Said>,
}

/// Reads the file.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    let tokens = tokens(text)?;
    let (globals, sections) = parse(draft, &tokens)?;
    let mut both = Families::V4;
    let mut interface = None;
    let mut forced = None;
    for said in &globals {
        match said.key.as_str() {
            "period" => crate::time::interval(draft, crate::time::seconds(&said.text), said),
            "allow-ipv6" => {
                if said.flag() == Some(true) {
                    both = Families::Both;
                }
            }
            "iface" => interface = Some(said.clone()),
            "forced-update" => forced = Some(said.clone()),
            "iterations" if said.text != "0" => {
                draft.changed(said, "`dynflare update` does one round, and `dynflare run` stays");
            }
            "secure-ssl" if said.flag() == Some(false) => {
                draft.lost(said, "certificates are always checked; `ca_file` trusts one of your own");
            }
            "iterations" | "secure-ssl" => {}
            "ca-trust-file" => draft.set("ca_file", format!("[{}]", crate::render::quoted(&said.text)), said),
            "fake-address" => draft.lost(said, "a wrong address is never published, not even for a moment"),
            _ => rest(draft, said),
        }
    }
    if sections.is_empty() {
        return Err(Mistake::whole("it has no `provider` and no `custom` section"));
    }
    for section in &sections {
        read_section(draft, section, (both, interface.as_ref(), forced.as_ref()));
    }
    Ok(())
}

fn rest(draft: &mut Draft<'_>, said: &Said) {
    match NEEDLESS.iter().find(|(key, _)| *key == said.key) {
        Some((_, why)) => draft.needless(said, *why),
        None => {
            draft.find(
                Kind::Unknown,
                &said.key,
                said.line,
                "this is no setting of inadyn that is known here",
            );
        }
    }
}

fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Mistake> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\n' => line += 1,
            c if c.is_whitespace() => {}
            '#' => {
                while characters.peek().is_some_and(|c| *c != '\n') {
                    characters.next();
                }
            }
            '/' if characters.peek() == Some(&'/') => {
                while characters.peek().is_some_and(|c| *c != '\n') {
                    characters.next();
                }
            }
            '/' if characters.peek() == Some(&'*') => {
                let from = line;
                let mut before = ' ';
                loop {
                    match characters.next() {
                        None => return Err(Mistake::at(from, "a comment is not closed".to_owned())),
                        Some('/') if before == '*' => break,
                        Some(c) => {
                            line += usize::from(c == '\n');
                            before = c;
                        }
                    }
                }
            }
            '{' | '}' | '=' | ',' | '(' | ')' => tokens.push((Token::Sign(c), line)),
            '"' | '\'' => {
                let from = line;
                let mut word = String::new();
                loop {
                    match characters.next() {
                        None => return Err(Mistake::at(from, "a quote is not closed".to_owned())),
                        Some(end) if end == c => break,
                        Some('\\') if c == '"' => match characters.next() {
                            None => return Err(Mistake::at(from, "a quote is not closed".to_owned())),
                            Some('\n') => line += 1,
                            Some(escaped) => word.push(escaped),
                        },
                        Some(inner) => {
                            line += usize::from(inner == '\n');
                            word.push(inner);
                        }
                    }
                }
                tokens.push((Token::Word(word), from));
            }
            c => {
                let mut word = String::from(c);
                while let Some(&next) = characters.peek() {
                    if next.is_whitespace()
                        || matches!(next, '{' | '}' | '=' | ',' | '(' | ')' | '#' | '"' | '\'')
                    {
                        break;
                    }
                    word.push(next);
                    characters.next();
                }
                tokens.push((Token::Word(word), line));
            }
        }
    }
    Ok(tokens)
}

/// Global settings and sections.
fn parse(draft: &mut Draft<'_>, tokens: &[(Token, usize)]) -> Result<(Vec<Said>, Vec<Section>), Mistake> {
    let mut globals = Vec::new();
    let mut sections: Vec<Section> = Vec::new();
    let mut open = false;
    let mut at = 0;
    let sign =
        |at: usize, wanted: char| matches!(tokens.get(at), Some((Token::Sign(sign), _)) if *sign == wanted);
    let word = |at: usize| match tokens.get(at) {
        Some((Token::Word(word), _)) => Some(word.clone()),
        Some((Token::Sign(_), _)) | None => None,
    };
    while let Some((token, line)) = tokens.get(at) {
        let line = *line;
        let Token::Word(key) = token else {
            if open && *token == Token::Sign('}') {
                open = false;
                at += 1;
                continue;
            }
            return Err(Mistake::at(line, "a name of a setting has to stand here".to_owned()));
        };
        let key = key.to_lowercase();
        if sign(at + 1, '=') {
            at += 2;
            let mut values = Vec::new();
            if sign(at, '{') {
                at += 1;
                while !sign(at, '}') {
                    match tokens.get(at) {
                        Some((Token::Word(text), line)) => {
                            values.push(Said { key: key.clone(), line: *line, text: text.clone() });
                        }
                        Some((Token::Sign(','), _)) => {}
                        Some((Token::Sign(_), line)) => {
                            return Err(Mistake::at(*line, format!("the list of `{key}` is not closed")));
                        }
                        None => return Err(Mistake::at(line, format!("the list of `{key}` is not closed"))),
                    }
                    at += 1;
                }
                at += 1;
            } else {
                let text = word(at).ok_or_else(|| Mistake::at(line, format!("`{key}` has no value")))?;
                values.push(Said { key: key.clone(), line, text });
                at += 1;
            }
            match sections.last_mut().filter(|_| open) {
                Some(section) if matches!(key.as_str(), "hostname" | "alias") => section.hosts.extend(values),
                Some(section) => section.settings.extend(values),
                None => globals.extend(values),
            }
        } else if key == "include" && sign(at + 1, '(') {
            let said = Said { key: "include".to_owned(), line, text: String::new() };
            draft.lost(
                &said,
                "the settings in the other file are not known here; write them in its place and import again",
            );
            at += 4;
        } else if matches!(key.as_str(), "provider" | "custom") && !open {
            let name = word(at + 1).ok_or_else(|| Mistake::at(line, format!("`{key}` has no name")))?;
            if !sign(at + 2, '{') {
                return Err(Mistake::at(line, format!("the section `{key}` does not begin with {{")));
            }
            sections.push(Section { kind: key, name, line, settings: Vec::new(), hosts: Vec::new() });
            open = true;
            at += 3;
        } else {
            return Err(Mistake::at(
                line,
                "there is neither a setting NAME = VALUE nor a section".to_owned(),
            ));
        }
    }
    match sections.last().filter(|_| open) {
        Some(section) => {
            Err(Mistake::at(section.line, format!("the section `{}` is not closed", section.kind)))
        }
        None => Ok((globals, sections)),
    }
}

/// One account with its names.
fn read_section(
    draft: &mut Draft<'_>,
    section: &Section,
    (families, interface, forced): (Families, Option<&Said>, Option<&Said>),
) {
    let get = |key: &str| section.settings.iter().rfind(|said| said.key == key);
    let mut purse = Purse::new();
    for said in &section.settings {
        mapping::hold(&mut purse, &said.key, said);
    }
    // Some providers call a host what is an account's field here.
    if let Some(host) = section.hosts.first() {
        mapping::hold(&mut purse, "hostname", host);
    }
    let word = if section.kind == "custom" { "custom".to_owned() } else { plugin(&section.name) };
    let theirs = Said { key: section.kind.clone(), line: section.line, text: word.clone() };
    let families = match section.name.split('@').next() {
        Some("ipv6") => Families::V6,
        Some("ipv4") if section.name.contains('@') => Families::V4,
        Some(_) | None => families,
    };
    let account = if section.kind == "custom" {
        let server = get("ddns-server").map(|said| source::host(&said.text)).unwrap_or_default();
        match mapping::server(&server) {
            Some(row) => {
                // The rows have ddclient's words.
                let rename = purse.remove("username").map(|held| purse.insert("login".to_owned(), held));
                drop(rename);
                mapping::choose(draft, &theirs, &[row], &purse)
            }
            None if server.is_empty() => {
                draft.lost(&theirs, "the section has no `ddns-server`");
                None
            }
            None => {
                let path = get("ddns-path").map_or_else(|| "/nic/update".to_owned(), |said| path(&said.text));
                custom::dyndns2(draft, &theirs, (&server, Some(path.as_str())), &mut purse)
            }
        }
    } else {
        mapping::account(draft, &theirs, &purse)
    };
    sources(draft, section, families, interface);
    for said in &section.settings {
        match said.key.as_str() {
            "ssl" if said.flag() == Some(false) => {
                draft.changed(said, "Dynflare speaks HTTPS, except where a provider has none");
            }
            "username" | "password" | "ttl" | "proxied" | "wildcard" | "iface" | "checkip-server"
            | "checkip-command" | "ddns-server" | "ddns-path" | "ssl" => {}
            _ => rest(draft, said),
        }
    }
    let Some(account) = account else { return };
    if section.hosts.is_empty() {
        draft.lost(&theirs, "the section names no `hostname`");
    }
    // These have the zone in place of a user.
    let zone = match word.as_str() {
        "cloudflare.com" | "namecheap.com" => get("username").map(|said| said.text.clone()),
        _ => None,
    };
    for host in &section.hosts {
        let mut options = Vec::new();
        options.extend(get("ttl").map(|said| ("ttl", said.clone())));
        options.extend(get("proxied").map(|said| ("proxied", said.clone())));
        if let Some(said) = forced
            && word != "cloudflare.com"
            && let Some(seconds) = crate::time::seconds(&said.text)
        {
            let text = crate::time::shown(seconds.clamp(3_600, 365 * 86_400));
            options.push(("refresh_after", Said { text, ..said.clone() }));
        }
        let name = host.text.trim_start_matches("@.").to_owned();
        let wanted = Wanted {
            name: name.clone(),
            zone: zone.clone(),
            families,
            options,
            line: host.line,
            setting: "hostname".to_owned(),
        };
        if get("wildcard").and_then(Said::flag) == Some(true) {
            let setting = "wildcard".to_owned();
            draft.record(account, Wanted { name: format!("*.{name}"), setting, ..wanted.clone() });
        }
        draft.record(account, wanted);
    }
}

/// The path with the placeholders that inadyn adds by itself.
fn path(text: &str) -> String {
    if text.contains('%') {
        let plain = "/nic/update?hostname=%h&myip=%i";
        return if text == plain { "/nic/update".to_owned() } else { text.to_owned() };
    }
    format!("{text}%h")
}

/// The plugin that a name means: `default@noip.com`, `no-ip.com:1` or part of one.
fn plugin(name: &str) -> String {
    let bare = name.split(':').next().unwrap_or_default().to_lowercase();
    let bare = bare.rsplit('@').next().unwrap_or_default().to_owned();
    let mut found = mapping::mappings().into_iter().filter(|row| row.tool == "inadyn").map(|row| row.theirs);
    if bare.is_empty() || mapping::knows(crate::tool::Tool::Inadyn, &bare) {
        return bare;
    }
    found.find(|theirs| theirs.contains(&bare)).map_or(bare.clone(), str::to_owned)
}

fn sources(draft: &mut Draft<'_>, section: &Section, families: Families, interface: Option<&Said>) {
    let get = |key: &str| section.settings.iter().rfind(|said| said.key == key);
    if let Some(said) = get("checkip-command") {
        draft.ask(families, source::command(&said.text), said);
    } else if let Some(said) = get("iface").or(interface) {
        draft.ask(families, What::Own(format!("interface:{}", said.text)), said);
    } else if let Some(said) = get("checkip-server").filter(|said| said.text != "default") {
        let path = get("checkip-path").map_or("/", |said| said.text.as_str());
        let scheme = if get("checkip-ssl").and_then(Said::flag) == Some(false) { "http" } else { "https" };
        let url = format!("{scheme}://{}{}{path}", said.text, if path.starts_with('/') { "" } else { "/" });
        let what = match source::url(&url) {
            // It takes the first thing that looks like an address.
            What::Own(_) => What::Page(url, "[^0-9]*([0-9A-Fa-f.:]+).*".to_owned()),
            what @ (What::Public(_) | What::Page(_, _)) => what,
        };
        draft.ask(families, what, said);
    }
}
