//! What of a configuration file may be shown.
//!
//! A diagnostic quotes the line it is about, and that line may hold a secret: as the value of a key we know, of a key
//! with a slip in it, or in a file that is no TOML at all. So this does not rely on the parser. It walks over the
//! text in TOML's own terms, forgives everything, and hides every value whose key is not known to be harmless.

use std::ops::Range;

/// Keys whose values may be shown. Every other value is hidden, also that of a key nobody knows.
const HARMLESS: &[&str] = &[
    "accounts",
    "acme",
    "address",
    "addresses",
    "agent",
    "allow",
    "audit_interval",
    "base_url",
    "body",
    "ca_file",
    "certificate",
    "certificate_key",
    "chat_id",
    "client",
    "client_from",
    "command",
    "comment",
    "confirm",
    "confirm_deadline",
    "connections",
    "connections_per_address",
    "contact",
    "contains",
    "content",
    "deadline",
    "deny",
    "directory",
    "discovery_prefix",
    "dns",
    "dns_responses_per_second",
    "email",
    "enforce",
    "failing_after",
    "flap_window",
    "from",
    "hold_down",
    "hops",
    "host_id",
    "interface",
    "interval",
    "ipv4",
    "ipv6",
    "key_algorithm",
    "key_name",
    "keys",
    "limits",
    "line",
    "listen",
    "listen_names",
    "mark",
    "match",
    "max_changes_per_hour",
    "max_deletions",
    "method",
    "name",
    "name_servers",
    "names",
    "no_address_grace",
    "on",
    "on_no_address",
    "on_stop",
    "operator",
    "owner",
    "panel",
    "pointer",
    "pool",
    "port",
    "prefix_len",
    "priority",
    "privacy",
    "provider",
    "provider_calls",
    "proxied",
    "proxy",
    "public_key",
    "quorum",
    "read",
    "record",
    "records",
    "refresh_after",
    "requests_per_minute",
    "room_id",
    "router_events",
    "rule",
    "schedule",
    "schedule_timezone",
    "secondaries",
    "security",
    "sentinel",
    "server",
    "signed_by",
    "spec",
    "state_dir",
    "status",
    "stun",
    "tags",
    "timeout",
    "tls",
    "to",
    "topic_prefix",
    "transfer",
    "transport",
    "trust",
    "trusted_proxies",
    "ttl",
    "type",
    "types",
    "updates_per_minute",
    "uplink",
    "url",
    "url_contains",
    "username",
    "version",
    "whoami",
    "zone_id",
];

/// Keys whose values may be URLs, sorted.
const HOLDS_URL: &[&str] =
    &["agent", "base_url", "command", "ipv4", "ipv6", "pool", "proxy", "server", "spec", "url"];

/// Where in a text with a URL something secret may stand: user and password, and the query.
pub(super) fn url_secrets(text: &str) -> impl Iterator<Item = Range<usize>> {
    let authority = text.find("://").map(|at| at + 3);
    let within = authority.map(|start| {
        let end = text[start..].find(['"', '\'', ' ', '\n']).map_or(text.len(), |at| start + at);
        let host_end = text[start..end].find(['/', '?', '#']).map_or(end, |at| start + at);
        let user = text[start..host_end].rfind('@').map(|at| start..start + at);
        let query = text[host_end..end].find('?').map(|at| host_end + at + 1..end);
        [user, query]
    });
    within.into_iter().flatten().flatten().filter(|range| !range.is_empty())
}

/// Whether the value of a key may be shown.
pub(super) fn harmless(key: &str) -> bool {
    HARMLESS.binary_search(&key).is_ok()
}

/// Whether a table of this name holds secrets under whatever keys.
pub(super) fn is_shut(key: &str) -> bool {
    matches!(key, "headers" | "secrets")
}

/// The ranges of `text` that must not be shown, in order.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut walk = Walk { text, at: 0, depth: 0, shut: false, hidden: Vec::new() };
    while walk.at < text.len() {
        walk.statement();
    }
    walk.hidden
}

/// How many brackets may be open at once; what is nested deeper is hidden to the end.
const DEEPEST: usize = 64;

struct Walk<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// Whether this is the inside of a table that holds secrets.
    shut: bool,
    hidden: Vec<Range<usize>>,
}

impl<'t> Walk<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip(&mut self, mut wanted: impl FnMut(char) -> bool) {
        self.at += self.rest().find(|c| !wanted(c)).unwrap_or(self.rest().len());
    }

    fn hide(&mut self, from: usize) {
        let hidden = &self.text[from..self.at];
        let (start, end) = (from + hidden.len() - hidden.trim_start().len(), from + hidden.trim_end().len());
        if start < end {
            self.hidden.push(start..end);
        }
    }

    fn skip_line(&mut self) {
        self.skip(|c| c != '\n');
    }

    /// One line at the outermost level, or a value over several.
    fn statement(&mut self) {
        self.skip(char::is_whitespace);
        let start = self.at;
        match self.rest().chars().next() {
            None => {}
            Some('#') => self.comment(),
            Some('[') => {
                self.skip_line();
                let mut parts = self.text[start..self.at].split(['[', ']', '.', '#']);
                self.shut = parts.any(|part| is_shut(part.trim().trim_matches(['"', '\''])));
            }
            Some(_) => match self.key() {
                Some(key) => {
                    self.value(&key);
                    let after = self.at;
                    self.skip(|c| c != '\n' && c != '#');
                    if self.shut || !harmless(&key) {
                        self.hide(after);
                    }
                    if self.rest().starts_with('#') {
                        self.comment();
                    }
                }
                None => self.no_statement(start),
            },
        }
    }

    /// A comment may hold what was commented out; only plain prose is shown.
    fn comment(&mut self) {
        let start = self.at + 1;
        self.skip_line();
        if self.text[start..self.at].contains(['=', ':', '"', '\'']) {
            self.hide(start);
        }
    }

    /// A line that is neither table nor `key = value`: at most its first word is shown, if it is a key.
    fn no_statement(&mut self, start: usize) {
        self.at = start;
        self.skip(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let word = &self.text[start..self.at];
        let from = if harmless(word) || super::keys::is_secret(word) { self.at } else { start };
        self.skip_line();
        if !harmless(word) {
            self.hide(from);
        }
    }

    /// Reads up to and with the `=`; the last part of a dotted key, or nothing where there is no key.
    fn key(&mut self) -> Option<String> {
        let (mut last, mut shut) = (String::new(), false);
        loop {
            self.skip(|c| c == ' ' || c == '\t');
            let start = self.at;
            match self.rest().chars().next()? {
                '=' => {
                    self.at += 1;
                    return Some(if shut { "secrets".to_owned() } else { last });
                }
                '.' => {
                    shut |= is_shut(&last);
                    self.at += 1;
                }
                quote @ ('"' | '\'') => {
                    self.string(quote);
                    self.text[start..self.at].trim_matches(quote).clone_into(&mut last);
                }
                c if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') => {
                    self.skip(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
                    self.text[start..self.at].clone_into(&mut last);
                }
                _ => return None,
            }
        }
    }

    fn value(&mut self, key: &str) {
        let harmless = !self.shut && harmless(key);
        self.skip(|c| c == ' ' || c == '\t');
        let start = self.at;
        match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => {
                self.string(quote);
                let text = &self.text[start..self.at];
                if !harmless && !is_reference(text) {
                    // The quotes stay outside, so that the line still looks like what it is.
                    let closed = text.len() > 1 && text.ends_with(quote);
                    self.at -= usize::from(closed);
                    self.hide(start + 1);
                    self.at += usize::from(closed);
                } else if HOLDS_URL.contains(&key) {
                    let moved = url_secrets(text).map(|range| start + range.start..start + range.end);
                    self.hidden.extend(moved);
                }
            }
            Some('[') => self.items(']', |walk| walk.value(key)),
            Some('{') => {
                let before = self.shut;
                self.shut = before || is_shut(key);
                self.items('}', |walk| {
                    let start = walk.at;
                    if let Some(key) = walk.key() {
                        walk.value(&key);
                    } else {
                        walk.skip(|c| !matches!(c, ',' | '}' | '\n'));
                        walk.hide(start);
                    }
                });
                self.shut = before;
            }
            _ => {
                self.skip(|c| !matches!(c, ',' | ']' | '}' | '#' | '\n'));
                let text = self.text[start..self.at].trim();
                let number = text.len() < 10 && text.bytes().all(|b| b.is_ascii_digit());
                if !harmless && !number && !matches!(text, "true" | "false") {
                    self.hide(start);
                }
            }
        }
    }

    /// The items between brackets, over as many lines as it takes.
    fn items(&mut self, close: char, mut item: impl FnMut(&mut Self)) {
        if self.depth == DEEPEST {
            let start = self.at;
            self.at = self.text.len();
            self.hide(start);
            return;
        }
        self.at += 1;
        self.depth += 1;
        loop {
            self.skip(|c| c.is_whitespace() || c == ',');
            match self.rest().chars().next() {
                None => break,
                Some(c) if c == close => {
                    self.at += 1;
                    break;
                }
                Some('#') => self.comment(),
                Some(other) => {
                    let before = self.at;
                    item(self);
                    if self.at == before {
                        self.at += other.len_utf8();
                    }
                }
            }
        }
        self.depth -= 1;
    }

    /// A string of any of the four kinds; one that is not closed ends with its line, or with the text.
    fn string(&mut self, quote: char) {
        let triple: String = [quote; 3].iter().collect();
        let (fence, lines) =
            if self.rest().starts_with(&triple) { (triple, true) } else { (quote.to_string(), false) };
        self.at += fence.len();
        while let Some(c) = self.rest().chars().next() {
            if self.rest().starts_with(&fence) {
                self.at += fence.len();
                return;
            }
            if c == '\n' && !lines {
                return;
            }
            self.at += c.len_utf8();
            if c == '\\' && quote == '"' {
                self.at += self.rest().chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
            }
        }
    }
}

/// Whether a quoted text only says where the secret is. A command line may hold one itself.
fn is_reference(quoted: &str) -> bool {
    let inner = quoted.trim_matches(['"', '\'']);
    let closed = quoted.len() >= 2 && quoted.ends_with(['"', '\'']);
    let named = ["file:", "env:", "credential:"].iter().any(|kind| inner.starts_with(kind));
    closed && named && !inner.contains(['"', '\'', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::origin::{Medium, Text};

    fn shown(text: &str) -> String {
        Text::hiding(Medium::File("t".into()), text, secrets(text)).shown().to_owned()
    }

    #[test]
    fn the_list_of_harmless_keys_is_sorted_and_holds_no_secret() {
        assert!(HARMLESS.is_sorted());
        for key in ["token", "key", "key_secret", "password", "topic", "webhook_url", "tokn", ""] {
            assert!(!harmless(key), "{key}");
        }
    }

    #[test]
    fn ur_45_values_are_hidden_unless_their_key_is_harmless() {
        for (text, expected) in [
            ("panel = 5 # five\n", "panel = 5 # five\n"),
            ("token = \"s3cret\"\n", "token = \"***\"\n"),
            ("token = 's3cret' # old: s3cret\n", "token = '***' # ***\n"),
            ("token = \"\"\"\ns3cret\ns3cret\"\"\"\npanel = 1", "token = \"***\"\npanel = 1"),
            ("tokn=\"s3cret\"", "tokn=\"***\""),
            ("\"token\" = \"s3cret\"", "\"token\" = \"***\""),
            ("providers.cloudflare.token = \"s3cret\"", "providers.cloudflare.token = \"***\""),
            ("p = { token = \"s3cret\", server = \"ns1\" }", "p = { token = \"***\", server = \"ns1\" }"),
            (
                "records = [\n  \"a:b:c\", # note\n  { record = \"x\", tokn = \"s3cret\" },\n]",
                "records = [\n  \"a:b:c\", # note\n  { record = \"x\", tokn = \"***\" },\n]",
            ),
            ("token = \"file:/etc/token\"", "token = \"file:/etc/token\""),
            ("token = \"cmd:pass s3cret\"", "token = \"***\""),
            ("token = \"s3\\\"cret\"", "token = \"***\""),
            ("verbose = true", "verbose = true"),
            ("pannel = 5", "pannel = 5"),
            ("url = \"https://u:s3cret@h/p?k=s3cret\" # x", "url = \"https://***@h/p?***\" # x"),
            ("pool = [\"ipify\", \"url:https://h/?s3cret\"]", "pool = [\"ipify\", \"url:https://h/?***\"]"),
            ("records = [\"a:b:c:d?ttl=5\"]", "records = [\"a:b:c:d?ttl=5\"]"),
            (
                "secrets = { user = \"s3cret\" }\nserver = \"a\"",
                "secrets = { user = \"***\" }\nserver = \"a\"",
            ),
            ("secrets = { server = \"s3cret\" }", "secrets = { server = \"***\" }"),
            ("secrets.server = \"s3cret\"", "secrets.server = \"***\""),
            (
                "[providers.mine.secrets]\nserver = \"s3cret\"\n[x]\nserver = \"a\"",
                "[providers.mine.secrets]\nserver = \"***\"\n[x]\nserver = \"a\"",
            ),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn brackets_without_end_neither_overflow_nor_show_anything() {
        for open in ["[", "{a=", "[{a=["] {
            let text = format!("pool = {}\ntoken = \"s3cret\"", open.repeat(100_000));
            assert!(!shown(&text).contains("s3cret"), "{open}");
        }
    }

    #[test]
    fn ur_45_secrets_in_text_that_is_no_toml_are_hidden_too() {
        for text in [
            "token = \"s3cret",
            "token = \"s3cret\npanel = 5",
            "token = s3cret\n",
            "token = s3cret\"s3cret\n",
            "token = \"\"\"s3cret",
            "token \"s3cret\"",
            "token: s3cret",
            "token s3cret",
            "s3cret",
            "s3cret-s3cret = ",
            "= s3cret",
            "#token = \"s3cret\"",
            "token = \"a\" s3cret",
            "token = 'a's3cret",
            "token = [\"s3cret\", s3cret",
            "x = { token = \"s3cret",
            "x = { token \"s3cret\" }",
            "x = { s3cret }",
            "token =\t\"s3cret\\\" still s3cret\"",
            "ü = \"s3cret\"",
            "token = “s3cret”",
            "key_secret=\"file:/a\" \"s3cret\"",
            "token = \"file:/a\" # s3cret:",
        ] {
            let shown = shown(text);
            let key_itself = text.starts_with("s3cret-");
            assert!(key_itself || !shown.contains("s3cret"), "{text:?} shows {shown:?}");
        }
    }

    #[test]
    fn any_text_is_walked_to_its_end() {
        let pieces =
            ["token", " ", "=", "\"", "'", "\"\"\"", "[", "]", "{", "}", "#", "\n", "\\", ",", ".", "ü"];
        // Every text of four pieces, with the walk's own assertions (slicing at character boundaries).
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    for d in pieces {
                        let text = [a, b, c, d].concat();
                        assert!(
                            secrets(&text).is_sorted_by(|left, right| left.end <= right.start),
                            "{text:?}"
                        );
                    }
                }
            }
        }
    }
}
