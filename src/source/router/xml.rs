//! What is read from UPnP's XML: elements without children, by local name, in their order, with their parent.
//!
//! Tags must match and the depth is limited; a document type, and with it every entity of its own, is refused.

use quick_xml::Reader;
use quick_xml::events::Event;

/// How deep elements may lie. A description of a router needs about ten.
const DEEPEST: usize = 64;

/// An element that holds text and no other element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Its name without prefix.
    pub(super) name: String,
    /// What it holds, without the white space around it.
    pub(super) text: String,
    /// Which of the elements that hold others it lies in, numbered in the order they begin.
    pub(super) parent: usize,
}

struct Open {
    name: String,
    text: String,
    number: usize,
    leaf: bool,
}

/// The leaves of a document; `None` for what is not one well-formed document.
pub(super) fn leaves(document: &[u8]) -> Option<Vec<Leaf>> {
    let text = std::str::from_utf8(document).ok()?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let (mut open, mut leaves, mut count): (Vec<Open>, Vec<Leaf>, usize) = (Vec::new(), Vec::new(), 0);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= DEEPEST || (open.is_empty() && count > 0) {
                    return None;
                }
                if let Some(parent) = open.last_mut() {
                    parent.leaf = false;
                }
                let name = start.local_name().as_ref().to_owned();
                open.push(Open { name, text: String::new(), number: count, leaf: true });
                count += 1;
            }
            Event::End(_) => {
                let Open { name, text, leaf, .. } = open.pop()?;
                if let (true, Some(parent)) = (leaf, open.last()) {
                    leaves.push(Leaf { name, text: text.trim().to_owned(), parent: parent.number });
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
            Event::Eof => return (open.is_empty() && count > 0).then_some(leaves),
        }
    }
}

/// Text belongs to the element that is open; outside of all there is only white space.
fn add(open: &mut [Open], text: &str) -> Option<()> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return None,
    }
    Some(())
}

/// The text of the one leaf of this name; `None` where there is none, or more than one.
pub(super) fn only<'l>(leaves: &'l [Leaf], name: &str) -> Option<&'l str> {
    let mut found = leaves.iter().filter(|leaf| leaf.name == name);
    found.next().filter(|_| found.next().is_none()).map(|leaf| leaf.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_garbled;
    use super::*;

    fn read(text: &str) -> Option<Vec<(String, String, usize)>> {
        let found = leaves(text.as_bytes())?;
        Some(found.into_iter().map(|leaf| (leaf.name, leaf.text, leaf.parent)).collect())
    }

    fn leaf(name: &str, text: &str, parent: usize) -> (String, String, usize) {
        (name.to_owned(), text.to_owned(), parent)
    }

    #[test]
    fn leaves_come_in_order_with_their_parent() {
        let text = "<?xml version=\"1.0\"?>\n<a><s:b> x </s:b><c><d/></c><c><d>1&amp;&#50;</d><e><![CDATA[<]]></e></c></a>\n";
        assert_eq!(
            read(text),
            Some(vec![leaf("b", "x", 0), leaf("d", "", 2), leaf("d", "1&2", 4), leaf("e", "<", 4)])
        );
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
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "<a>&b;</a>",
            deep.as_str(),
        ] {
            assert_eq!(read(text), None, "{}", text.chars().take(40).collect::<String>());
        }
        assert_eq!(leaves(&[b'<', b'a', b'>', 0xff, b'<', b'/', b'a', b'>']), None);
    }

    #[test]
    fn only_one_is_the_only_one() {
        let found = leaves(b"<r><a>1</a><b>2</b><b>3</b></r>").expect("a document");
        assert_eq!((only(&found, "a"), only(&found, "b"), only(&found, "c")), (Some("1"), None, None));
    }

    #[test]
    fn nothing_makes_the_reader_stumble() {
        each_garbled(&[b"<?xml version=\"1.0\"?><a x=\"y\"><b>1&amp;2</b><c/><!-- --></a>"], |told| {
            let _read = leaves(told);
        });
    }
}
