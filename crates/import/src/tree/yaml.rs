//! YAML as a tree: anchors are put where their aliases stand, and `<<` brings the entries of another table.

use super::{DEPTH, Entry, Node, Value};
use crate::mistake::Mistake;
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::BTreeMap;

/// How many values a document may come to when its aliases are put in: a few lines can otherwise mean billions.
const MOST: usize = 100_000;

/// Reads the first document.
pub(super) fn read(text: &str) -> Result<Node, Mistake> {
    let mut reader = Reader::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            Mistake::at(error.marker().line().max(1), format!("this is no YAML: {}", error.info()))
        })?;
        if reader.event(event, &span)? {
            break;
        }
    }
    Ok(reader.root.unwrap_or(Node { line: 1, value: Value::Null }))
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    count: usize,
    root: Option<Node>,
}

/// A list or table that is not at its end.
struct Open {
    line: usize,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(String, usize)>),
}

impl Reader {
    /// Takes an event in; true at the end of the document.
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<bool, Mistake> {
        let line = span.start.line().max(1);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
            Event::DocumentEnd => return Ok(true),
            Event::Alias(anchor) => {
                let mut node = self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .ok_or_else(|| Mistake::at(line, "an alias stands before its anchor".to_owned()))?;
                self.counted(size(&node), line)?;
                node.line = line;
                self.put(node, 0)?;
            }
            Event::Scalar(text, style, anchor, _) => {
                self.counted(1, line)?;
                self.put(Node { line, value: scalar(&text, style) }, anchor)?;
            }
            Event::SequenceStart(anchor, _) => self.opened(line, anchor, Kind::List(Vec::new()))?,
            Event::MappingStart(anchor, _) => self.opened(line, anchor, Kind::Map(Vec::new(), None))?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let value = match open.kind {
                        Kind::List(items) => Value::List(items),
                        Kind::Map(entries, _) => Value::Map(entries),
                    };
                    self.put(Node { line: open.line, value }, open.anchor)?;
                }
            }
        }
        Ok(false)
    }

    fn counted(&mut self, more: usize, line: usize) -> Result<(), Mistake> {
        self.count = self.count.saturating_add(more);
        if self.count > MOST {
            return Err(Mistake::at(line, format!("the YAML comes to more than {MOST} values")));
        }
        Ok(())
    }

    fn opened(&mut self, line: usize, anchor: usize, kind: Kind) -> Result<(), Mistake> {
        if self.open.len() >= DEPTH {
            return Err(Mistake::at(line, format!("the YAML is nested more than {DEPTH} times")));
        }
        self.counted(1, line)?;
        self.open.push(Open { line, anchor, kind });
        Ok(())
    }

    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Mistake> {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Map(entries, waiting)) => match waiting.take() {
                None => {
                    let key = node.scalar().unwrap_or_default();
                    if key.is_empty() && !matches!(node.value, Value::Text(_) | Value::Null) {
                        return Err(Mistake::at(
                            node.line,
                            format!("a name has to be a text, and is {}", node.noun()),
                        ));
                    }
                    *waiting = Some((key, node.line));
                }
                Some((key, _)) if key == "<<" => merge(entries, &node),
                Some((key, line)) => {
                    // What was merged in before gives way to what stands here.
                    entries.retain(|known| known.key != key);
                    entries.push(Entry { key, line, node });
                }
            },
        }
        Ok(())
    }
}

/// The entries of other tables that are not there yet (<https://yaml.org/type/merge.html>).
fn merge(entries: &mut Vec<Entry>, other: &Node) {
    for node in other.items() {
        if let Value::Map(others) = &node.value {
            for entry in others {
                if entries.iter().all(|known| known.key != entry.key) {
                    entries.push(entry.clone());
                }
            }
        }
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|entry| size(&entry.node)).sum::<usize>(),
        Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) => 1,
    }
}

/// What a scalar without quotes is, by the core schema (YAML 1.2.2 §10.3.2).
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Flag(true),
        "false" | "False" | "FALSE" => Value::Flag(false),
        _ if text.parse::<f64>().is_ok() && text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            Value::Number(text.to_owned())
        }
        _ => Value::Text(text.to_owned()),
    }
}
