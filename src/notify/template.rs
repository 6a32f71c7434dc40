//! Texts with places in braces: `{"text": "{title}"}`. A place is a word of small letters and `_`; every other brace
//! stands for itself, so JSON needs no escapes. Values are escaped for where they are put.

/// How a value is written into what surrounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// As it is.
    None,
    /// Inside a JSON string (RFC 8259 §7).
    Json,
    /// Inside a segment or the query of a URL (RFC 3986 §2.1).
    Url,
}

/// A value for a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filling {
    /// Text, to be escaped.
    Text(String),
    /// Something that fits there already, such as a JSON value.
    Whole(String),
}

/// The words of the places in a template, in order.
pub fn places(template: &str) -> impl Iterator<Item = &str> {
    pieces(template).filter_map(|piece| match piece {
        Piece::Place(word) => Some(word),
        Piece::Literal(_) => None,
    })
}

/// The template with its places filled; `None` where one has no value.
pub fn fill(template: &str, escape: Escape, value: impl Fn(&str) -> Option<Filling>) -> Option<String> {
    let mut filled = String::with_capacity(template.len());
    for piece in pieces(template) {
        match piece {
            Piece::Literal(text) => filled.push_str(text),
            Piece::Place(word) => match value(word)? {
                Filling::Whole(text) => filled.push_str(&text),
                Filling::Text(text) => escaped(&text, escape, &mut filled),
            },
        }
    }
    Some(filled)
}

enum Piece<'t> {
    Literal(&'t str),
    Place(&'t str),
}

fn pieces(mut rest: &str) -> impl Iterator<Item = Piece<'_>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(word) = place(rest) {
            rest = &rest[word.len() + 2..];
            return Some(Piece::Place(word));
        }
        let begin = rest.chars().next().map_or(0, char::len_utf8);
        let mut braces = rest[begin..].match_indices('{').map(|(at, _)| begin + at);
        let end = braces.find(|at| place(&rest[*at..]).is_some()).unwrap_or(rest.len());
        let (literal, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Literal(literal))
    })
}

/// The word, where the text begins with a place.
fn place(text: &str) -> Option<&str> {
    let (word, _) = text.strip_prefix('{')?.split_once('}')?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (!word.is_empty() && word.bytes().all(fits)).then_some(word)
}

fn escaped(text: &str, escape: Escape, into: &mut String) {
    match escape {
        Escape::None => into.push_str(text),
        Escape::Json => {
            let quoted = serde_json::Value::from(text).to_string();
            into.push_str(&quoted[1..quoted.len() - 1]);
        }
        Escape::Url => {
            for byte in text.bytes() {
                // Unreserved, and of the others those that are plain in a segment and in a query.
                if byte.is_ascii_alphanumeric() || b"-._~:!@".contains(&byte) {
                    into.push(char::from(byte));
                } else {
                    into.extend(format!("%{byte:02X}").chars());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, escape: Escape) -> Option<String> {
        fill(template, escape, |word| match word {
            "title" => Some(Filling::Text("a \"b\" & ü/c\n".to_owned())),
            "json" => Some(Filling::Whole("{\"x\":1}".to_owned())),
            _ => None,
        })
    }

    #[test]
    fn values_are_escaped_for_where_they_stand() {
        for (template, escape, expected) in [
            ("{title}", Escape::None, "a \"b\" & ü/c\n"),
            ("{\"text\":\"{title}\"}", Escape::Json, "{\"text\":\"a \\\"b\\\" & ü/c\\n\"}"),
            ("/x/{title}?y", Escape::Url, "/x/a%20%22b%22%20%26%20%C3%BC%2Fc%0A?y"),
            ("{\"all\":{json}}", Escape::Json, "{\"all\":{\"x\":1}}"),
            ("{} {A} {{json}} {", Escape::None, "{} {A} {{\"x\":1}} {"),
            ("ü{json}ü", Escape::None, "ü{\"x\":1}ü"),
            ("", Escape::None, ""),
        ] {
            assert_eq!(filled(template, escape).as_deref(), Some(expected), "{template}");
        }
    }

    #[test]
    fn a_place_without_a_value_leaves_the_whole_out() {
        assert_eq!(filled("Bearer {token}", Escape::None), None);
    }

    #[test]
    fn places_are_words_of_small_letters() {
        let found: Vec<&str> = places("{title}{\"a\": {b_c}} {D} {} {e").collect();
        assert_eq!(found, ["title", "b_c"]);
    }
}
