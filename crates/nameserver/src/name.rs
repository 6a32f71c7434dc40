//! Names on the wire (RFC 1035 §3.1) and the keys under which zones keep them.
//!
//! A key is a name turned round: its labels from the root down, in lower case, with a zero octet between them. Octets
//! compared one by one then give the canonical order of RFC 4034 §6.1, and what lies below a name follows it directly.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

/// The longest name on the wire, in octets, with the root's (RFC 1035 §2.3.4).
const LONGEST: usize = 255;
/// Stands between the labels of a key.
const BETWEEN: u8 = 0;
/// Makes two octets of one: a zero octet inside a label becomes this and 1, this itself becomes this and 2.
const ESCAPE: u8 = 1;

/// A name in wire form, not compressed, in the case in which it came.
#[derive(Clone, Copy)]
pub(crate) struct WireName {
    length: u8,
    octets: [u8; LONGEST],
}

impl WireName {
    /// Reads the name at `at` in a message and follows its pointers, which only go back. With the offset after it.
    /// `None` where the octets are no name.
    pub(crate) fn read(message: &[u8], at: usize) -> Option<(Self, usize)> {
        let mut name = Self { length: 0, octets: [0; LONGEST] };
        let (mut position, mut end, mut before) = (at, None, at);
        loop {
            let length = *message.get(position)?;
            match length {
                0 => {
                    name.push(&[0])?;
                    return Some((name, end.unwrap_or(position + 1)));
                }
                1..=63 => {
                    let next = position + 1 + usize::from(length);
                    name.push(message.get(position..next)?)?;
                    position = next;
                }
                192.. => {
                    let low = *message.get(position + 1)?;
                    end = end.or(Some(position + 2));
                    let target = usize::from(length & 63) << 8 | usize::from(low);
                    // Strictly back, so that it ends; never into the header.
                    if target >= before || target < 12 {
                        return None;
                    }
                    (position, before) = (target, target);
                }
                _ => return None,
            }
        }
    }

    /// Reads a name that is not compressed and fills `octets` exactly.
    pub(crate) fn exactly(octets: &[u8]) -> Option<Self> {
        let length = length(octets)?;
        (length == octets.len()).then(|| {
            let mut name = Self { length: 0, octets: [0; LONGEST] };
            name.push(octets)?;
            Some(name)
        })?
    }

    /// A checked name in wire form.
    pub(crate) fn of(name: &dynflare_core::name::Name) -> Self {
        let mut wire = Self { length: 0, octets: [0; LONGEST] };
        for label in name.labels() {
            let length = u8::try_from(label.len()).expect("a core name's labels have 63 octets at most");
            wire.push(&[length]).and_then(|()| wire.push(label.as_bytes())).expect("a core name fits");
        }
        wire.push(&[0]).expect("a core name fits");
        wire
    }

    fn push(&mut self, octets: &[u8]) -> Option<()> {
        let from = usize::from(self.length);
        let to = from + octets.len();
        self.octets.get_mut(from..to)?.copy_from_slice(octets);
        self.length = u8::try_from(to).ok()?;
        Some(())
    }

    /// The same name in lower case (ASCII letters only, RFC 4343 §2.1).
    #[must_use]
    pub(crate) fn lower(mut self) -> Self {
        // Lengths are below 64 and so never letters.
        self.octets.make_ascii_lowercase();
        self
    }

    /// As text, for messages to people: without the final dot, other octets as `\DDD` (RFC 1035 §5.1).
    fn text(&self) -> String {
        let mut text = String::new();
        let mut rest: &[u8] = self;
        while let Some((&length, after)) = rest.split_first() {
            if length == 0 {
                break;
            }
            let (label, after) = after.split_at(usize::from(length));
            if !text.is_empty() {
                text.push('.');
            }
            for &octet in label {
                match octet {
                    b'.' | b'\\' => text.extend(['\\', char::from(octet)]),
                    b'!'..=b'~' => text.push(char::from(octet)),
                    _ => {
                        let digits = [octet / 100, octet / 10 % 10, octet % 10];
                        text.push('\\');
                        text.extend(digits.map(|digit| char::from(b'0' + digit)));
                    }
                }
            }
            rest = after;
        }
        if text.is_empty() { ".".to_owned() } else { text }
    }
}

/// The length of the name at the start of `octets`, which is not compressed.
pub(crate) fn length(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match *octets.get(at)? {
            0 => return (at < LONGEST).then_some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            _ => return None,
        }
    }
}

impl Deref for WireName {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }
}

impl PartialEq for WireName {
    /// Names are the same in any case (RFC 4343 §2).
    fn eq(&self, other: &Self) -> bool {
        self.eq_ignore_ascii_case(other)
    }
}

impl Eq for WireName {}

impl fmt::Display for WireName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for WireName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())
    }
}

/// A name turned round; see the module.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    length: u16,
    octets: [u8; 2 * LONGEST],
}

impl Key {
    /// The key of a name in wire form.
    pub(crate) fn of(name: &[u8]) -> Self {
        let mut key = Self { length: 0, octets: [0; 2 * LONGEST] };
        let (mut starts, mut count, mut at) = ([0_u8; 128], 0, 0);
        while name[at] != 0 {
            starts[count] = u8::try_from(at).expect("invariant: a name has 255 octets at most");
            count += 1;
            at += 1 + usize::from(name[at]);
        }
        for (position, &start) in starts[..count].iter().rev().enumerate() {
            if position > 0 {
                key.push(BETWEEN);
            }
            let start = usize::from(start);
            for octet in &name[start + 1..][..usize::from(name[start])] {
                match octet.to_ascii_lowercase() {
                    BETWEEN => {
                        key.push(ESCAPE);
                        key.push(1);
                    }
                    ESCAPE => {
                        key.push(ESCAPE);
                        key.push(2);
                    }
                    octet => key.push(octet),
                }
            }
        }
        key
    }

    fn push(&mut self, octet: u8) {
        self.octets[usize::from(self.length)] = octet;
        self.length += 1;
    }
}

impl Deref for Key {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self
    }
}

/// Whether the name with the key `key` lies below the one with the key `above`; an empty key stands above all others.
pub(crate) fn is_below(key: &[u8], above: &[u8]) -> bool {
    if above.is_empty() {
        return !key.is_empty();
    }
    key.len() > above.len() && key[above.len()] == BETWEEN && key.starts_with(above)
}

/// The part of `key` that comes after `zone`: empty for the zone's own name, `None` outside.
pub(crate) fn relative<'k>(key: &'k [u8], zone: &[u8]) -> Option<&'k [u8]> {
    if key.len() == zone.len() {
        return (key == zone).then_some(&[]);
    }
    is_below(key, zone).then(|| if zone.is_empty() { key } else { &key[zone.len() + 1..] })
}

/// The key of the name one label up; `None` for an empty one.
pub(crate) fn parent(key: &[u8]) -> Option<&[u8]> {
    if key.is_empty() {
        return None;
    }
    let cut = key.iter().rposition(|&octet| octet == BETWEEN).unwrap_or(0);
    Some(&key[..cut])
}

/// Appends the labels of a key in wire form, leftmost first, without the root.
pub(crate) fn push_labels(key: &[u8], out: &mut Vec<u8>) {
    let mut rest = key;
    while !rest.is_empty() {
        let above = parent(rest).expect("invariant: not empty");
        let label = if above.is_empty() { rest } else { &rest[above.len() + 1..] };
        let at = out.len();
        out.push(0);
        let mut octets = label.iter();
        while let Some(&octet) = octets.next() {
            out.push(match octet {
                ESCAPE => octets.next().map_or(ESCAPE, |octet| octet - 1),
                octet => octet,
            });
        }
        out[at] = u8::try_from(out.len() - at - 1).expect("invariant: a label has 63 octets at most");
        rest = above;
    }
}

/// Whether octets from outside are the key of a name.
pub(crate) fn is_key(key: &[u8]) -> bool {
    let (mut label, mut total, mut octets) = (0, 1, key.iter());
    while let Some(&octet) = octets.next() {
        let sound = match octet {
            BETWEEN => label > 0,
            ESCAPE => matches!(octets.next(), Some(1 | 2)),
            octet => !octet.is_ascii_uppercase(),
        };
        label = if octet == BETWEEN { 0 } else { label + 1 };
        total += 1;
        if !sound || label > 63 {
            return false;
        }
    }
    // Each label takes an octet for its length, and what stands between two here is one less.
    key.is_empty() || (label > 0 && total < LONGEST)
}

/// The whole name in wire form: a relative key and its zone's name.
pub(crate) fn absolute(key: &[u8], zone: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(key.len() + 1 + zone.len());
    push_labels(key, &mut name);
    name.extend_from_slice(zone);
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::name::Name;
    use proptest::prelude::*;

    fn wire(text: &str) -> WireName {
        WireName::of(&Name::parse(text).expect("a name"))
    }

    fn key(text: &str) -> Vec<u8> {
        Key::of(&wire(text)).to_vec()
    }

    #[test]
    fn keys_are_in_canonical_order() {
        // RFC 4034 §6.1, its own example.
        let names: [&[u8]; 9] = [
            b"\x07example\x00",
            b"\x01a\x07example\x00",
            b"\x08yljkjljk\x01a\x07example\x00",
            b"\x01Z\x01a\x07example\x00",
            b"\x04zABC\x01a\x07EXAMPLE\x00",
            b"\x01z\x07example\x00",
            b"\x01\x01\x01z\x07example\x00",
            b"\x01*\x01z\x07example\x00",
            b"\x01\xc8\x01z\x07example\x00",
        ];
        let keys: Vec<Vec<u8>> = names.iter().map(|name| Key::of(name).to_vec()).collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn below_is_at_a_label_boundary() {
        assert!(is_below(&key("a.example.org"), &key("example.org")));
        assert!(!is_below(&key("example.org"), &key("example.org")));
        assert!(!is_below(&key("notexample.org"), &key("example.org")));
        assert_eq!(relative(&key("b.a.example.org"), &key("example.org")), Some(&b"a\0b"[..]));
        assert_eq!(relative(&key("example.org"), &key("example.org")), Some(&b""[..]));
        assert_eq!(relative(&key("example.com"), &key("example.org")), None);
        assert_eq!(parent(b"a\0b"), Some(&b"a"[..]));
        assert_eq!(parent(b"a"), Some(&b""[..]));
        assert_eq!(parent(b""), None);
    }

    #[test]
    fn pointers_go_back_only() {
        let mut message = vec![0; 12];
        message.extend(b"\x03www\x07example\x00\xc0\x10\x01a\xc0\x0c");
        let (name, next) = WireName::read(&message, 25).expect("a pointer");
        assert_eq!((name.to_string().as_str(), next), ("example", 27));
        let (name, next) = WireName::read(&message, 27).expect("a label and a pointer");
        assert_eq!((name.to_string().as_str(), next), ("a.www.example", 31));
        for wrong in [&b"\xc0\x0c"[..], b"\xc0\x0d", b"\xc0\x00", b"\x40a\x00", b"\x03ww", b"\xc0", b""] {
            let mut message = vec![0; 12];
            message.extend(wrong);
            assert!(WireName::read(&message, 12).is_none(), "{wrong:?}");
        }
        let mut long = vec![0; 12];
        for _ in 0..4 {
            long.push(63);
            long.extend([b'x'; 63]);
        }
        long.push(0);
        assert!(WireName::read(&long, 12).is_none(), "257 octets");
    }

    #[test]
    fn octets_from_elsewhere_are_not_taken_for_keys() {
        for right in [&b""[..], b"org", b"org\0example", b"\x01\x01", b"\x01\x02\0a", &[b'x'; 63]] {
            assert!(is_key(right), "{right:?}");
        }
        let long = [b"x".repeat(63), b"x".repeat(63), b"x".repeat(63), b"x".repeat(62)].join(&0);
        for wrong in
            [&b"\0"[..], b"org\0", b"\0org", b"a\0\0b", b"Org", b"\x01", b"\x01\x03", &[b'x'; 64], &long]
        {
            assert!(!is_key(wrong), "{wrong:?}");
        }
        assert!(is_key(&long[..long.len() - 1]), "a name of 255 octets");
    }

    proptest! {
        #[test]
        fn a_key_turns_back_into_its_name(labels in prop::collection::vec(prop::collection::vec(prop_oneof![any::<u8>(), 0..3_u8], 1..20), 0..6)) {
            let mut name = Vec::new();
            for label in &labels {
                name.push(u8::try_from(label.len()).expect("short"));
                name.extend(label);
            }
            let mut back = Vec::new();
            let key = Key::of(&[name.as_slice(), &[0]].concat());
            prop_assert!(is_key(&key), "{:?}", &*key);
            push_labels(&key, &mut back);
            prop_assert_eq!(back, name.to_ascii_lowercase());
        }

        #[test]
        fn keys_compare_like_labels(one in any::<[u8; 3]>(), other in any::<[u8; 3]>(), split in any::<bool>()) {
            let wire = |octets: [u8; 3]| [&[3], &octets[..], &[1, b'z', 0]].concat();
            let two = |octets: [u8; 3]| if split { [&[1, octets[0], 2, octets[1], octets[2]], &[1, b'z', 0][..]].concat() } else { wire(octets) };
            let (a, b) = (Key::of(&wire(one)), Key::of(&two(other)));
            let lower = |octets: [u8; 3]| octets.to_ascii_lowercase();
            let expected = if split {
                // Labels from the right: `one` against the two last octets of `other`.
                lower(one).as_slice().cmp(&lower(other)[1..]).then(std::cmp::Ordering::Less)
            } else {
                lower(one).cmp(&lower(other))
            };
            prop_assert_eq!((*a).cmp(&*b), expected);
        }
    }
}
