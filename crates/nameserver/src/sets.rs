//! All sets of one name in one piece of memory: per set its type, its TTL, and its records' data with their lengths.
//!
//! 8 octets per set and 2 per record beside the data itself. Sets are sorted by type and never empty.

use crate::rdata;

/// Octets before a set's data: type, TTL, length.
const HEAD: usize = 8;
/// The most that one name may hold: what fits into one message over TCP, with room for the rest of it.
pub(crate) const MOST: usize = 60_000;

/// One set inside the piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Set<'s> {
    pub(crate) rtype: u16,
    pub(crate) ttl: u32,
    data: &'s [u8],
}

impl<'s> Set<'s> {
    /// The data of each record.
    pub(crate) fn records(self) -> impl Iterator<Item = &'s [u8]> {
        let mut rest = self.data;
        std::iter::from_fn(move || {
            let (length, after) = rest.split_first_chunk::<2>()?;
            let (record, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
            rest = after;
            Some(record)
        })
    }

    /// The data of its first record.
    pub(crate) fn first(self) -> &'s [u8] {
        self.records().next().expect("invariant: no set is empty")
    }

    /// Whether it has a record with this data.
    pub(crate) fn has(self, data: &[u8]) -> bool {
        self.records().any(|there| rdata::same(self.rtype, there, data))
    }
}

/// The sets of a piece, by rising type.
pub(crate) fn all(piece: &[u8]) -> impl Iterator<Item = Set<'_>> {
    let mut rest = piece;
    std::iter::from_fn(move || {
        let (head, after) = rest.split_first_chunk::<HEAD>()?;
        let [t0, t1, l0, l1, l2, l3, d0, d1] = *head;
        let (data, after) = after.split_at(usize::from(u16::from_be_bytes([d0, d1])));
        rest = after;
        Some(Set { rtype: u16::from_be_bytes([t0, t1]), ttl: u32::from_be_bytes([l0, l1, l2, l3]), data })
    })
}

/// The set of a type.
pub(crate) fn find(piece: &[u8], rtype: u16) -> Option<Set<'_>> {
    all(piece).find(|set| set.rtype == rtype)
}

/// Whether octets from outside are a piece as this module makes them.
pub(crate) fn is_sound(piece: &[u8]) -> bool {
    let (mut rest, mut last) = (piece, None);
    while let Some((head, after)) = rest.split_first_chunk::<HEAD>() {
        let rtype = u16::from_be_bytes([head[0], head[1]]);
        let Some((mut data, after)) =
            after.split_at_checked(usize::from(u16::from_be_bytes([head[6], head[7]])))
        else {
            return false;
        };
        if data.is_empty() || last.is_some_and(|last| last >= rtype) {
            return false;
        }
        while !data.is_empty() {
            let Some((length, after)) = data.split_first_chunk::<2>() else { return false };
            let length = usize::from(u16::from_be_bytes(*length));
            let Some((record, after)) = after.split_at_checked(length) else { return false };
            if rdata::read(&[&[0; 12], record].concat(), rtype, 12, 12 + length).as_deref() != Some(record) {
                return false;
            }
            data = after;
        }
        (rest, last) = (after, Some(rtype));
    }
    rest.is_empty()
}

/// What one name would hold is more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMuch;

/// The piece with the set of a type replaced; no records take it away.
pub(crate) fn with<'d>(
    piece: &[u8],
    rtype: u16,
    ttl: u32,
    records: impl Iterator<Item = &'d [u8]>,
) -> Result<Vec<u8>, TooMuch> {
    let mut new = Vec::with_capacity(piece.len() + 32);
    let copy = |new: &mut Vec<u8>, set: Set<'_>| {
        new.extend(set.rtype.to_be_bytes());
        new.extend(set.ttl.to_be_bytes());
        new.extend(u16::try_from(set.data.len()).expect("invariant: it was stored so").to_be_bytes());
        new.extend_from_slice(set.data);
    };
    all(piece).filter(|set| set.rtype < rtype).for_each(|set| copy(&mut new, set));
    let mut data = Vec::new();
    for record in records {
        data.extend(u16::try_from(record.len()).map_err(|_| TooMuch)?.to_be_bytes());
        data.extend_from_slice(record);
        if data.len() > MOST {
            return Err(TooMuch);
        }
    }
    if !data.is_empty() {
        copy(&mut new, Set { rtype, ttl, data: &data });
    }
    all(piece).filter(|set| set.rtype > rtype).for_each(|set| copy(&mut new, set));
    if new.len() > MOST { Err(TooMuch) } else { Ok(new) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdata::code;

    fn piece() -> Vec<u8> {
        let records = [&[192, 0, 2, 1][..], &[192, 0, 2, 2]];
        let one = with(&[], code::A, 60, records.into_iter()).expect("little");
        with(&one, code::TXT, 30, [&b"\x02hi"[..]].into_iter()).expect("little")
    }

    #[test]
    fn sets_come_out_as_they_went_in() {
        let piece = piece();
        assert!(is_sound(&piece));
        assert_eq!(piece.len(), 8 + 2 * 6 + 8 + 5);
        let a = find(&piece, code::A).expect("put in");
        assert_eq!(a.ttl, 60);
        assert_eq!(a.records().collect::<Vec<_>>(), [[192, 0, 2, 1], [192, 0, 2, 2]]);
        assert!(a.has(&[192, 0, 2, 2]) && !a.has(&[192, 0, 2, 3]));
        assert_eq!(find(&piece, code::TXT).map(Set::first), Some(&b"\x02hi"[..]));
        assert_eq!(find(&piece, code::AAAA), None);
    }

    #[test]
    fn an_empty_set_is_none() {
        let less = with(&piece(), code::A, 60, std::iter::empty()).expect("little");
        assert_eq!(all(&less).map(|set| set.rtype).collect::<Vec<_>>(), [code::TXT]);
        assert_eq!(with(&less, code::TXT, 0, std::iter::empty()), Ok(Vec::new()));
    }

    #[test]
    fn what_one_name_holds_has_a_limit() {
        let text = [255; 256];
        assert_eq!(with(&[], code::TXT, 60, std::iter::repeat_n(&text[..], 240)), Err(TooMuch));
        assert!(with(&[], code::TXT, 60, std::iter::repeat_n(&text[..], 230)).is_ok());
    }

    #[test]
    fn octets_from_elsewhere_are_not_taken_for_sets() {
        let piece = piece();
        for cut in 1..piece.len() {
            let whole = cut == 8 + 2 * 6;
            assert_eq!(is_sound(&piece[..cut]), whole, "{cut}");
        }
        assert!(!is_sound(&[0, 1, 0, 0, 0, 60, 0, 0]), "an empty set");
        assert!(!is_sound(&[0, 1, 0, 0, 0, 60, 0, 5, 0, 3, 1, 2, 3]), "three octets are no address");
    }
}
