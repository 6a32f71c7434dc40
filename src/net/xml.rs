//! XML answers as a tree: elements by their local name, with attributes, text and children.
//!
//! Tags must match and the depth is limited; a document type, and with it every entity of its own, is refused.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

/// How deep elements may lie. What APIs and routers send needs about ten.
const DEEPEST: usize = 64;

/// An element or an attribute that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no {0}")]
pub struct Missing(String);

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name without prefix.
    pub name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The root of a document; `None` for what is not one well-formed document.
    pub fn read(document: &[u8]) -> Option<Self> {
        Self::tree(document, Self::started)
    }

    /// The same without attributes; how they are written is not looked at.
    pub fn read_bare(document: &[u8]) -> Option<Self> {
        Self::tree(document, |start| {
            Some(Self { name: start.local_name().as_ref().to_owned(), ..Self::default() })
        })
    }

    fn tree(document: &[u8], started: impl Fn(&BytesStart<'_>) -> Option<Self>) -> Option<Self> {
        let text = std::str::from_utf8(document).ok()?;
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim_start());
        reader.config_mut().expand_empty_elements = true;
        let (mut open, mut root): (Vec<Self>, Option<Self>) = (Vec::new(), None);
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if open.len() >= DEEPEST || root.is_some() {
                        return None;
                    }
                    open.push(started(&start)?);
                }
                Event::End(_) => {
                    let mut element = open.pop()?;
                    let text = std::mem::take(&mut element.text);
                    text.trim().clone_into(&mut element.text);
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => root = Some(element),
                    }
                }
                Event::Text(told) => add(&mut open, &told.xml10_content())?,
                Event::CData(told) => add(&mut open, &told.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let letter = match reference.resolve_char_ref().ok()? {
                        Some(letter) => letter,
                        None => match reference.xml10_content().as_ref() {
                            "amp" => '&',
                            "lt" => '<',
                            "gt" => '>',
                            "quot" => '"',
                            "apos" => '\'',
                            _ => return None,
                        },
                    };
                    add(&mut open, letter.encode_utf8(&mut [0; 4]))?;
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::DocType(_) | Event::Empty(_) => return None,
                Event::Eof => return root.filter(|_| open.is_empty()),
            }
        }
    }

    fn started(start: &BytesStart<'_>) -> Option<Self> {
        let name = start.local_name().as_ref().to_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?.into_owned();
            attributes.push((attribute.key.local_name().as_ref().to_owned(), value));
        }
        Some(Self { name, attributes, ..Self::default() })
    }

    /// All children, in their order.
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// The children of this name.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element at a path of names, separated by `/`.
    pub fn find(&self, path: &str) -> Option<&Self> {
        path.split('/')
            .try_fold(self, |element, name| element.children.iter().find(|child| child.name == name))
    }

    /// The same, where it has to be there.
    pub fn at(&self, path: &str) -> Result<&Self, Missing> {
        self.find(path).ok_or_else(|| Missing(format!("element `{path}` in `{}`", self.name)))
    }

    /// The text of the first element at a path.
    pub fn text(&self, path: &str) -> Result<&str, Missing> {
        self.at(path).map(|element| element.text.as_str())
    }

    /// Its own text.
    pub fn own_text(&self) -> &str {
        &self.text
    }

    /// One attribute.
    pub fn attribute(&self, name: &str) -> Result<&str, Missing> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .ok_or_else(|| Missing(format!("attribute `{name}` of `{}`", self.name)))
    }
}

/// Text belongs to the element that is open; outside of all there is only white space.
fn add(open: &mut [Element], text: &str) -> Option<()> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return None,
    }
    Some(())
}

/// `text` as it stands in XML.
pub fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_path_with_attributes_and_text() {
        let text = "<?xml version=\"1.0\"?>\r\n<a xmlns=\"x\"><s:b k=\"1 &amp; 2\"> x&lt;<![CDATA[<]]> </s:b><c><d/><d>2</d></c></a>\n";
        let root = Element::read(text.as_bytes()).expect("a document");
        let b = root.at("b").expect("it is there");
        assert_eq!((b.own_text(), b.attribute("k")), ("x<<", Ok("1 & 2")));
        assert_eq!(root.at("c").expect("it is there").all("d").count(), 2);
        assert_eq!(root.text("c/d"), Ok(""));
        assert!(root.text("c/e").is_err() && b.attribute("l").is_err());
    }

    #[test]
    fn what_is_not_one_document_is_none() {
        let deep = "<a>".repeat(100_000);
        for text in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><a/>",
            "x<a/>",
            "<a b=c/>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "<a>&b;</a>",
            "<a b=\"&c;\"/>",
            deep.as_str(),
        ] {
            assert_eq!(Element::read(text.as_bytes()), None, "{}", text.chars().take(40).collect::<String>());
        }
        assert_eq!(Element::read(&[b'<', b'a', b'>', 0xff, b'<', b'/', b'a', b'>']), None);
    }

    #[test]
    fn what_is_escaped_is_read_back() {
        let text = "\"a\" & <b> 'c'";
        let root =
            Element::read(format!("<a b=\"{0}\">{0}</a>", escaped(text)).as_bytes()).expect("a document");
        assert_eq!((root.own_text(), root.attribute("b")), (text, Ok(text)));
    }
}
