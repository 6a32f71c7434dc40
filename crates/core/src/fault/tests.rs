//! The policy table, row by row.

use super::{Again, Class, Fault, Policy};
use alloc::collections::BTreeSet;
use alloc::string::ToString;
use core::time::Duration;

/// The table once more, written without sharing rows: a class that is added does not compile without a row here.
fn expected(class: Class) -> (&'static str, Policy) {
    let row = |again, relist| Policy { again, relist };
    match class {
        Class::Denied => ("denied", row(Again::AfterChange, false)),
        Class::NoSuchZone => ("no-such-zone", row(Again::AfterChange, false)),
        Class::NoSuchName => ("no-such-name", row(Again::AfterChange, false)),
        Class::Invalid => ("invalid", row(Again::AfterChange, false)),
        Class::RateLimited => ("rate-limited", row(Again::Later, false)),
        Class::Barred => ("barred", row(Again::AfterHuman, false)),
        Class::Unavailable => ("unavailable", row(Again::Later, false)),
        Class::Unconfirmed => ("unconfirmed", row(Again::Later, true)),
        Class::Unexpected => ("unexpected", row(Again::Later, false)),
    }
}

#[test]
fn every_class_has_its_word_and_its_policy() {
    for class in Class::ALL {
        assert_eq!((class.as_str(), class.policy()), expected(class));
        assert_eq!(class.to_string(), class.as_str());
    }
}

#[test]
fn all_classes_are_listed_once() {
    assert!(Class::ALL.is_sorted());
    assert_eq!(Class::ALL.iter().collect::<BTreeSet<_>>().len(), Class::ALL.len());
    assert_eq!(
        Class::ALL.iter().map(|class| class.as_str()).collect::<BTreeSet<_>>().len(),
        Class::ALL.len()
    );
}

#[test]
fn only_an_unclear_write_is_listed_again() {
    let relisted: alloc::vec::Vec<Class> =
        Class::ALL.into_iter().filter(|class| class.policy().relist).collect();
    assert_eq!(relisted, [Class::Unconfirmed]);
}

#[test]
fn what_a_wrong_configuration_or_a_ban_causes_is_not_temporary() {
    for class in Class::ALL {
        assert_eq!(class.policy().is_temporary(), class.policy().again == Again::Later, "{class}");
    }
    assert!(!Class::Denied.policy().is_temporary());
    assert!(!Class::Barred.policy().is_temporary());
    assert!(Class::RateLimited.policy().is_temporary());
}

#[test]
fn a_fault_shows_what_happened_in_the_words_of_both_sides() {
    let fault = Fault::new(Class::Denied, "the token was refused");
    assert_eq!(fault.to_string(), "the token was refused");
    assert_eq!(fault.clone().said("Invalid token").to_string(), "the token was refused (\"Invalid token\")");
    assert_eq!(fault.clone().status("HTTP 403").to_string(), "the token was refused (HTTP 403)");
    let full = fault.status("HTTP 403, 9109").said("line\nbreak");
    assert_eq!(full.to_string(), "the token was refused (HTTP 403, 9109 \"line\\nbreak\")");
}

#[test]
fn a_fault_carries_what_it_was_given() {
    let wait = Duration::from_secs(37);
    let fault = Fault::new(Class::RateLimited, "too many requests").hint("wait").retry_after(Some(wait));
    assert_eq!((fault.hint.as_deref(), fault.retry_after), (Some("wait"), Some(wait)));
    assert_eq!(fault.class.policy().again, Again::Later);
}
