//! What is read from UPnP's XML: elements without children, by local name, in their order, with their parent.

use crate::net::xml::Element;

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

/// The leaves of a document; `None` for what is not one well-formed document.
pub(super) fn leaves(document: &[u8]) -> Option<Vec<Leaf>> {
    let mut leaves = Vec::new();
    gather(&Element::read_bare(document)?, &mut 0, &mut leaves);
    Some(leaves)
}

/// Adds the leaves below an element and leaves `number` at that of the last element it holds.
fn gather(element: &Element, number: &mut usize, leaves: &mut Vec<Leaf>) {
    let parent = *number;
    for child in element.children() {
        *number += 1;
        if child.children().is_empty() {
            let (name, text) = (child.name.clone(), child.own_text().to_owned());
            leaves.push(Leaf { name, text, parent });
        } else {
            gather(child, number, leaves);
        }
    }
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
        // What else is none is said where documents are read.
        assert_eq!((read("x"), read("<a>"), read("<a/><a/>")), (None, None, None));
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
