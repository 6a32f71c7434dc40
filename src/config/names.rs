//! Names as users write them, in any script, to names as DNS holds them. This happens once, here.

use super::diagnostic::Diagnostic;
use super::value::Given;
use crate::idn;
use dynflare_core::name::{Name, NameError};
use std::borrow::Cow;

/// Reads the name of a zone, or any absolute name.
pub(super) fn absolute(text: &str) -> Result<Name, String> {
    Name::parse(&to_ascii(text)?).map_err(|error| error.to_string())
}

/// Reads a name inside a zone: `@` or nothing is the apex, a name that ends in the zone is absolute, anything else is
/// relative.
pub(super) fn inside(text: &str, zone: &Name) -> Result<Name, String> {
    Name::parse_in(&to_ascii(text)?, zone).map_err(|error| match error {
        NameError::OutsideZone => format!("`{text}` does not lie in the zone `{zone}`"),
        NameError::Empty
        | NameError::EmptyLabel
        | NameError::LabelTooLong
        | NameError::TooLong
        | NameError::Character(_) => error.to_string(),
    })
}

/// Reads names by which a listener may be asked for.
pub(super) fn hosts(given: &Given) -> Result<Vec<String>, Diagnostic> {
    let one = |item: &Given| {
        let name = absolute(item.text()?.trim()).map_err(|why| {
            Diagnostic::error(why, &item.place).hint("such as `nas.example.org`, without a port")
        })?;
        Ok(name.to_string())
    };
    given.items()?.iter().map(one).collect()
}

fn to_ascii(text: &str) -> Result<Cow<'_, str>, String> {
    idn::to_ascii(text).ok_or_else(|| {
        format!("`{text}` has characters that cannot stand in an internationalised name (UTS #46)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> Name {
        Name::parse("example.com").expect("a literal name")
    }

    #[test]
    fn ur_37_names_are_normalised_without_duplicates() {
        for (text, expected) in [
            ("Home.Example.COM.", "home.example.com"),
            ("Home", "home.example.com"),
            ("@", "example.com"),
            ("", "example.com"),
            ("*", "*.example.com"),
            ("*.sub", "*.sub.example.com"),
            ("*.example.com", "*.example.com"),
            ("bücher", "xn--bcher-kva.example.com"),
            ("BÜCHER", "xn--bcher-kva.example.com"),
            ("bu\u{308}cher", "xn--bcher-kva.example.com"),
            ("faß", "xn--fa-hia.example.com"),
            ("*.bücher", "*.xn--bcher-kva.example.com"),
            ("_dmarc.bücher", "_dmarc.xn--bcher-kva.example.com"),
            ("日本。example。com", "xn--wgv71a.example.com"),
        ] {
            assert_eq!(inside(text, &zone()).expect(text).as_str(), expected, "{text}");
        }
        assert_eq!(absolute("bücher.example").expect("a good name").as_str(), "xn--bcher-kva.example");
        assert_eq!(
            absolute("xn--bcher-kva.example").expect("a good name"),
            absolute("Bücher.Example.").expect("too")
        );
    }

    #[test]
    fn what_cannot_be_a_name_is_told_apart() {
        for (text, expected) in [
            ("a..b", "a label between two dots is empty"),
            ("a b", "the character ' ' cannot stand in a name"),
            ("x.*", "`*` may only stand alone as the first label"),
            ("www.example.org.", "`www.example.org.` does not lie in the zone `example.com`"),
            (
                "a\u{2FF0}b",
                "`a\u{2FF0}b` has characters that cannot stand in an internationalised name (UTS #46)",
            ),
        ] {
            assert_eq!(inside(text, &zone()).expect_err(text), expected, "{text}");
        }
        let long = "a".repeat(64);
        assert_eq!(inside(&long, &zone()).expect_err("too long"), "a label is longer than 63 characters");
    }
}
