//! TOML as a tree.

use super::{DEPTH, Entry, Node, Value, line_of};
use crate::mistake::Mistake;
use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Node, Mistake> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        Mistake::at(line, format!("this is no TOML: {}", error.message().lines().next().unwrap_or_default()))
    })?;
    entries(text, table.get_ref(), 0).map(|entries| Node { line: 1, value: Value::Map(entries) })
}

fn entries(text: &str, table: &DeTable<'_>, depth: usize) -> Result<Vec<Entry>, Mistake> {
    let mut entries = Vec::new();
    for (key, value) in table {
        let line = line_of(text, key.span().start);
        let node = node(text, value, depth + 1)?;
        entries.push(Entry { key: key.get_ref().to_string(), line, node });
    }
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

fn node(text: &str, value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Mistake> {
    let line = line_of(text, value.span().start);
    if depth > DEPTH {
        return Err(Mistake::at(line, format!("the TOML is nested more than {DEPTH} times")));
    }
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Number(number.to_string()),
        DeValue::Float(number) => Value::Number(number.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Array(items) => {
            Value::List(items.iter().map(|item| node(text, item, depth + 1)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => Value::Map(entries(text, table, depth)?),
    };
    Ok(Node { line, value })
}
