//! Text with placeholders: `{name}`, `{zone}`, `{host}`, `{type}`, `{value}`, `{ip}`, `{ttl}` and `{secret:KEY}`.
//!
//! Other braces are what they are, since bodies are often JSON. What a placeholder stands for is written so that it
//! cannot be anything but a value where it goes.

use std::collections::BTreeSet;

/// The placeholders beside secrets, sorted.
pub const WORDS: [&str; 7] = ["host", "ip", "name", "ttl", "type", "value", "zone"];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Word(&'static str),
    Secret(String),
}

/// Text with placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(Vec<Part>);

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// Percent-encoded (RFC 3986 §2.1), for URLs and forms.
    Percent,
    /// Escaped as within a string of JSON (RFC 8259 §7).
    Json,
    /// As they are.
    Plain,
}

/// Whether a text could be meant as a placeholder: a word, or two with a colon between them.
fn is_word(text: &str) -> bool {
    let fits = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    match text.split_once(':') {
        Some((kind, key)) => fits(kind) && fits(key),
        None => fits(text) && text.starts_with(|c: char| c.is_ascii_alphabetic()),
    }
}

impl Template {
    /// Reads a template; the error is the placeholder that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut before = String::new();
        let mut rest = text;
        while let Some((text, after)) = rest.split_once('{') {
            before.push_str(text);
            let word = after.split_once('}').filter(|(word, _)| is_word(word));
            let Some((word, after)) = word else {
                before.push('{');
                rest = after;
                continue;
            };
            let part = match (word.split_once(':'), WORDS.iter().find(|known| **known == word)) {
                (Some(("secret", key)), _) => Part::Secret(key.to_owned()),
                (None, Some(known)) => Part::Word(known),
                _ => return Err(word.to_owned()),
            };
            if !before.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut before)));
            }
            parts.push(part);
            rest = after;
        }
        before.push_str(rest);
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        Ok(Self(parts))
    }

    /// The keys of the secrets in it.
    pub fn secrets(&self) -> BTreeSet<&str> {
        self.0
            .iter()
            .filter_map(|part| match part {
                Part::Secret(key) => Some(key.as_str()),
                Part::Text(_) | Part::Word(_) => None,
            })
            .collect()
    }

    /// Whether it has any of these placeholders.
    pub fn has(&self, words: &[&str]) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Word(word) if words.contains(word)))
    }

    /// The text it becomes; `of` gives what a word and what a secret stands for.
    pub fn fill(&self, of: &dyn Fn(&str, Option<&str>) -> String, writing: Writing) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Word(word) => writing.of(&of(word, None)),
            Part::Secret(key) => writing.of(&of("secret", Some(key))),
        };
        self.0.iter().map(part).collect()
    }
}

impl Writing {
    fn of(self, value: &str) -> String {
        match self {
            Self::Plain => value.to_owned(),
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::Percent => value
                .bytes()
                .map(|b| match b {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                        char::from(b).to_string()
                    }
                    _ => format!("%{b:02X}"),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, writing: Writing) -> Result<String, String> {
        let of = |word: &str, key: Option<&str>| match (word, key) {
            ("secret", Some(key)) => format!("{key} \"&\""),
            (word, _) => word.to_uppercase(),
        };
        Template::parse(text).map(|template| template.fill(&of, writing))
    }

    #[test]
    fn braces_that_are_no_placeholders_stay() {
        for (text, expected) in [
            ("{\"a\":{\"b\":\"{name}\"},\"c\":{ttl}}", "{\"a\":{\"b\":\"NAME\"},\"c\":TTL}"),
            ("{}", "{}"),
            ("{ name }", "{ name }"),
            ("{", "{"),
            ("a}b", "a}b"),
            ("{{name}}", "{NAME}"),
        ] {
            assert_eq!(filled(text, Writing::Plain).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_placeholder_that_is_none_is_named() {
        for (text, word) in [("x{nmae}", "nmae"), ("{secrets:a}", "secrets:a"), ("{ipv4}", "ipv4")] {
            assert_eq!(filled(text, Writing::Plain), Err(word.to_owned()));
        }
    }

    #[test]
    fn a_value_is_written_as_its_place_wants_it() {
        for (writing, expected) in [
            (Writing::Plain, "key \"&\""),
            (Writing::Json, "key \\\"&\\\""),
            (Writing::Percent, "key%20%22%26%22"),
        ] {
            assert_eq!(filled("{secret:key}", writing).as_deref(), Ok(expected));
        }
    }
}
