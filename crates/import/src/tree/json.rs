//! JSON whose values know their line: every value is kept as the piece of text it is, which lies somewhere in the whole.

use super::{DEPTH, Entry, Node, Value, line_of};
use crate::mistake::Mistake;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Node, Mistake> {
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| {
        let found = mistake(&error, 1);
        // What ends too early ends in its last line, not behind it.
        let last = text.trim_end().lines().count().max(1);
        Mistake { line: found.line.map(|line| line.min(last)), ..found }
    })?;
    Reader { text, lines: Lines::of(text) }.node(whole, 0)
}

fn mistake(error: &serde_json::Error, first: usize) -> Mistake {
    // Its own text ends in the line, which is told apart from it.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    let line = error.line().max(1) + first - 1;
    if error.is_eof() {
        Mistake::at(line, "the JSON ends in the middle".to_owned())
    } else {
        Mistake::at(line, format!("this is no JSON: {message}"))
    }
}

/// Where lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|&end| end < offset) + 1
    }
}

struct Reader<'t> {
    text: &'t str,
    lines: Lines,
}

impl Reader<'_> {
    fn node(&self, raw: &RawValue, depth: usize) -> Result<Node, Mistake> {
        // The piece lies in the text, so the difference of where they begin is its place.
        let piece = raw.get();
        let offset = (piece.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let line = if offset <= self.text.len() { self.lines.line(offset) } else { line_of(self.text, 0) };
        if depth > DEPTH {
            return Err(Mistake::at(line, format!("the JSON is nested more than {DEPTH} times")));
        }
        let failed = |error: serde_json::Error| mistake(&error, line);
        let value = match piece.bytes().next() {
            Some(b'{') => {
                let Pairs(pairs) = serde_json::from_str(piece).map_err(failed)?;
                let entry = |(key, raw): (String, &RawValue)| {
                    let node = self.node(raw, depth + 1)?;
                    Ok(Entry { key, line: node.line, node })
                };
                Value::Map(pairs.into_iter().map(entry).collect::<Result<_, Mistake>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(piece).map_err(failed)?;
                Value::List(
                    items.into_iter().map(|item| self.node(item, depth + 1)).collect::<Result<_, _>>()?,
                )
            }
            Some(b'"') => Value::Text(serde_json::from_str(piece).map_err(failed)?),
            Some(b't') => Value::Flag(true),
            Some(b'f') => Value::Flag(false),
            Some(b'n') | None => Value::Null,
            Some(_) => Value::Number(piece.to_owned()),
        };
        Ok(Node { line, value })
    }
}

/// The entries of an object in their order, those of the same name too.
struct Pairs<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;
        impl<'de> Visitor<'de> for Walk {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Walk)
    }
}
