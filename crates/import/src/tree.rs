//! Documents of three syntaxes as one tree, in which every value knows its line.
//!
//! [`Keys`] is how such a tree is read: what is asked for is taken out, and what nobody asked for is left to be told.
//! The syntaxes themselves are below: `json`, `toml` and `yaml`.

mod json;
mod toml;
mod yaml;

use crate::mistake::Mistake;

/// How deep a document may be nested.
const DEPTH: usize = 64;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What stands there.
    pub(crate) value: Value,
}

/// What stands somewhere.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Nothing: `null`, or a key without a value.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number, as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// Several.
    List(Vec<Node>),
    /// Named ones, in their order.
    Map(Vec<Entry>),
}

/// One named value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) key: String,
    /// The line of the name.
    pub(crate) line: usize,
    /// The value.
    pub(crate) node: Node,
}

/// The syntax of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// JSON (RFC 8259).
    Json,
    /// TOML 1.0.
    Toml,
    /// YAML 1.2.
    Yaml,
}

impl Syntax {
    /// Reads a document.
    pub(crate) fn read(self, text: &str) -> Result<Node, Mistake> {
        match self {
            Self::Json => json::read(text),
            Self::Toml => toml::read(text),
            Self::Yaml => yaml::read(text),
        }
    }
}

impl Node {
    /// A text, a number or a flag as text; `None` for everything else.
    pub(crate) fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Flag(flag) => Some(flag.to_string()),
            Value::Number(text) | Value::Text(text) => Some(text.clone()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Whether nothing is said: null, an empty text, an empty list or map.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Text(text) => text.trim().is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            Value::Flag(_) | Value::Number(_) => false,
        }
    }

    /// What it is, as a noun for a sentence.
    pub(crate) fn noun(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Flag(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a table",
        }
    }

    /// Whether it is a table that has this key, in whatever case.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// The value of this key of a table, in whatever case.
    pub(crate) fn find(&self, key: &str) -> Option<&Self> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|entry| entry.key.eq_ignore_ascii_case(key)).map(|entry| &entry.node)
    }

    /// The values of a list; the one value of anything else.
    pub(crate) fn items(&self) -> Vec<&Self> {
        match &self.value {
            Value::List(items) => items.iter().collect(),
            Value::Null => Vec::new(),
            Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => vec![self],
        }
    }
}

/// A scalar with the name and the line it stands under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The name, as written.
    pub(crate) key: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The value.
    pub(crate) text: String,
}

impl Said {
    /// `true`, `yes`, `on`, `1`; `None` for what is neither that nor its contrary.
    pub(crate) fn flag(&self) -> Option<bool> {
        match self.text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" | "t" | "y" => Some(true),
            "false" | "no" | "off" | "0" | "f" | "n" | "" => Some(false),
            _ => None,
        }
    }
}

/// The entries of a table that nobody has asked for yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    /// Before the names in findings: `dnsconf[0].`.
    path: String,
    entries: Vec<Entry>,
}

impl Keys {
    /// The entries of a table; an error with its line where it is none.
    pub(crate) fn of(node: &Node, path: &str) -> Result<Self, Mistake> {
        match &node.value {
            Value::Map(entries) => Ok(Self { path: path.to_owned(), entries: entries.clone() }),
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                let what = if path.is_empty() { "the document" } else { path.trim_end_matches('.') };
                Err(Mistake::at(node.line, format!("{what} has to be a table, and is {}", node.noun())))
            }
        }
    }

    /// The name of an entry as findings have it.
    pub(crate) fn named(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    /// Puts an entry in.
    pub(crate) fn put(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Takes an entry out, whatever the case of its name is.
    pub(crate) fn take(&mut self, key: &str) -> Option<Entry> {
        let index = self.entries.iter().rposition(|entry| entry.key.eq_ignore_ascii_case(key))?;
        Some(self.entries.remove(index))
    }

    /// Takes a scalar out; empty ones count as not given, and what is no scalar is a mistake.
    pub(crate) fn said(&mut self, key: &str) -> Result<Option<Said>, Mistake> {
        let Some(entry) = self.take(key) else { return Ok(None) };
        if entry.node.is_empty() {
            return Ok(None);
        }
        let name = self.named(&entry.key);
        match entry.node.scalar() {
            Some(text) => Ok(Some(Said { key: name, line: entry.line, text: text.trim().to_owned() })),
            None => Err(Mistake::at(
                entry.node.line,
                format!("`{name}` has to be a text, a number, true or false, and is {}", entry.node.noun()),
            )),
        }
    }

    /// Takes a list of scalars out; one scalar is a list of one.
    pub(crate) fn list(&mut self, key: &str) -> Result<Vec<Said>, Mistake> {
        let Some(entry) = self.take(key) else { return Ok(Vec::new()) };
        let name = self.named(&entry.key);
        let mut list = Vec::new();
        for item in entry.node.items() {
            let text = item.scalar().ok_or_else(|| {
                Mistake::at(item.line, format!("`{name}` has to hold texts, and there is {}", item.noun()))
            })?;
            list.push(Said { key: name.clone(), line: item.line, text: text.trim().to_owned() });
        }
        list.retain(|said| !said.text.is_empty());
        Ok(list)
    }

    /// Takes the entries of a table out, to be read in the same way.
    pub(crate) fn table(&mut self, key: &str) -> Result<Self, Mistake> {
        match self.take(key) {
            Some(entry) if !entry.node.is_empty() => {
                Self::of(&entry.node, &format!("{}.", self.named(&entry.key)))
            }
            Some(_) | None => Ok(Self::default()),
        }
    }

    /// Takes the tables of a list out, each with its place in the list.
    pub(crate) fn tables(&mut self, key: &str) -> Result<Vec<Self>, Mistake> {
        let Some(entry) = self.take(key) else { return Ok(Vec::new()) };
        let name = self.named(&entry.key);
        let read = |(index, item): (usize, &Node)| Self::of(item, &format!("{name}[{index}]."));
        entry.node.items().into_iter().enumerate().map(read).collect()
    }

    /// The line of the first entry that is left or was there.
    pub(crate) fn line(&self) -> usize {
        self.entries.first().map_or(1, |entry| entry.line)
    }

    /// What nobody asked for and says something.
    pub(crate) fn rest(&mut self) -> Vec<(String, usize)> {
        let entries = std::mem::take(&mut self.entries);
        let said = entries.into_iter().filter(|entry| !entry.node.is_empty());
        said.map(|entry| (self.named(&entry.key), entry.line)).collect()
    }

    /// The names of the entries that are left.
    pub(crate) fn names(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.key.clone()).collect()
    }
}

/// The line of a place in a text, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count() + 1
}
