//! The table of kinds fits itself.

use super::*;
use crate::notify::template::places;

/// Places that requests have besides those of messages.
const MORE: [&str; 3] = ["basic", "body", "priority"];

#[test]
fn kinds_and_their_fields_are_sorted() {
    assert!(KINDS.is_sorted_by_key(|kind| kind.name));
    assert!(PLACES.is_sorted());
    for kind in KINDS {
        assert!(kind.fields.is_sorted_by_key(|field| field.key), "{}", kind.name);
        assert!(kind.docs.starts_with("https://"), "{}", kind.name);
    }
}

#[test]
fn requests_use_only_places_that_there_are() {
    for kind in KINDS {
        let Way::Http(row) = &kind.way else { continue };
        let path = match row.address {
            Address::Base(path) => path,
            Address::Whole(key) => {
                assert!(kind.fields.iter().any(|field| field.key == key), "{}", kind.name);
                ""
            }
        };
        let pings = row.pings.iter().flat_map(|row| [&row.fine, &row.failed, &row.test]);
        let queries = pings.filter_map(|suffix| suffix.query);
        let texts = row.headers.iter().map(|row| row.1).chain([path, row.body]).chain(queries);
        for word in texts.flat_map(places) {
            let known = PLACES.iter().any(|(place, _)| *place == word)
                || MORE.contains(&word)
                || kind.fields.iter().any(|field| field.key == word);
            assert!(known, "{}: {word}", kind.name);
        }
    }
}

#[test]
fn what_stands_for_a_field_would_be_accepted() {
    for field in KINDS.iter().flat_map(|kind| kind.fields) {
        let Need::Default(text) = field.need else { continue };
        let fits = match field.form {
            Form::Text(check) | Form::Secret(check) | Form::List(check) => check(text).is_ok(),
            Form::Words(words) => words.contains(&text),
            Form::Number(..) | Form::Headers | Form::Duration(..) => false,
        };
        assert!(fits, "{}", field.key);
    }
}
