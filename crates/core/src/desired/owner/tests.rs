//! Marks in comments, as people and programs write them.

use super::{Mark, OwnerError, OwnerMark};
use alloc::string::ToString;

fn owner(text: &str) -> OwnerMark {
    OwnerMark::of(text).expect("an owner")
}

#[test]
fn the_mark_is_a_word_of_its_own() {
    let plain = OwnerMark::plain();
    for comment in [
        "dynflare",
        " dynflare ",
        "dynflare.",
        "dynflare: web server",
        "dynflare, by the door",
        "web (dynflare)",
        "web [dynflare] server",
        "managed by dynflare",
        "managed by \"dynflare\"; do not edit",
        "managed by=dynflare",
        "dynflare dynflare",
        "dynflare:",
        "see dynflare.org, dynflare",
    ] {
        assert_eq!(plain.found_in(comment), Mark::Ours, "{comment:?}");
    }
    for comment in [
        "",
        "web server",
        "Dynflare",
        "DYNFLARE",
        "dynflared",
        "mydynflare",
        "my-dynflare",
        "dynflare-old",
        "dynflare_2",
        "dynflare.example.org",
        "https://dynflare.example/",
        "https://git.example/dynflare/dynflare",
        "x:dynflare",
        "ops@dynflare",
        "dynflare/web",
        "dyn flare",
        "dynflaré",
        "ödynflare",
    ] {
        assert_eq!(plain.found_in(comment), Mark::None, "{comment:?}");
    }
}

#[test]
fn an_owners_mark_is_exactly_that_owners() {
    for comment in
        ["dynflare:x", "web dynflare:x", "(dynflare:x)", "dynflare:x.", "dynflare:x: web", "dynflare:x, y"]
    {
        assert_eq!(owner("x").found_in(comment), Mark::Ours, "{comment:?}");
        assert_eq!(owner("y").found_in(comment), Mark::Others, "{comment:?}");
        assert_eq!(owner("X").found_in(comment), Mark::Others, "{comment:?}");
        assert_eq!(owner("xx").found_in(comment), Mark::Others, "{comment:?}");
        assert_eq!(OwnerMark::plain().found_in(comment), Mark::Others, "{comment:?}");
    }
}

#[test]
fn a_plain_mark_is_not_an_owners() {
    assert_eq!(owner("x").found_in("dynflare"), Mark::Others);
    assert_eq!(owner("x").found_in("dynflare: x"), Mark::Others);
}

#[test]
fn a_longer_owner_is_another_owner() {
    for comment in ["dynflare:x-2", "dynflare:x_", "dynflare:xy"] {
        assert_eq!(owner("x").found_in(comment), Mark::Others, "{comment:?}");
    }
    let longer_than_any = "dynflare:".to_string() + &"x".repeat(33);
    assert_eq!(OwnerMark::plain().found_in(&longer_than_any), Mark::Others);
    assert_eq!(owner(&"x".repeat(32)).found_in(&longer_than_any), Mark::Others);
}

#[test]
fn what_is_in_doubt_is_not_ours() {
    for comment in
        ["dynflare:x dynflare:y", "dynflare:y dynflare:x", "dynflare dynflare:x", "dynflare:x (was dynflare)"]
    {
        assert_eq!(owner("x").found_in(comment), Mark::Others, "{comment:?}");
    }
}

#[test]
fn every_pair_of_owners_tells_its_own_from_the_other() {
    let marks =
        [OwnerMark::plain(), owner("a"), owner("b"), owner("a-b"), owner("A"), owner("a_"), owner("0")];
    for mine in &marks {
        for theirs in &marks {
            let expected = if mine == theirs { Mark::Ours } else { Mark::Others };
            for comment in [theirs.to_string(), alloc::format!("web ({theirs}), by the door")] {
                assert_eq!(mine.found_in(&comment), expected, "{mine} {comment}");
            }
        }
    }
}

#[test]
fn an_owner_is_up_to_32_letters_digits_and_two_signs() {
    for text in ["x", "0", "_", "-", "site-1_B", &"x".repeat(32)] {
        assert_eq!(OwnerMark::of(text).map(|mark| mark.to_string()), Ok(alloc::format!("dynflare:{text}")));
    }
    for text in ["", " ", "a b", "a.b", "a:b", "ä", "a\n", &"x".repeat(33)] {
        assert_eq!(OwnerMark::of(text), Err(OwnerError), "{text:?}");
    }
    assert_eq!(OwnerMark::plain().to_string(), "dynflare");
    assert_eq!(OwnerMark::default(), OwnerMark::plain());
}
