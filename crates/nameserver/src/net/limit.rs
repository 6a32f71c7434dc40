//! How often a network is answered over UDP, where anybody can ask in the name of somebody else.
//!
//! Pure: looks at answers, not at requests, and gets the time from whoever asks. Equal questions of one network share a
//! rate, as do all "there is no such name", all "there is nothing of that type" and all errors of a network, and then all
//! its answers together. What is too much is dropped, but for one in `slip`, which says "ask over TCP" in an answer no
//! longer than the question: whoever really asked then gets through, whoever was only named gets nothing to speak of.

use dynflare_core::address::Prefix;
use dynflare_datagram::{Rate, Rates, network};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Octets of a message's head, and of a question behind its name.
const HEAD: usize = 12;
const KIND: usize = 4;
/// Opcode of an update.
const UPDATE: u8 = 5;
/// The longest question: a name and what follows.
const LONGEST: usize = 255 + KIND;

/// Answers per second for one network (an IPv4 /24, an IPv6 /56). At once it may be twice as many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// To one question: name and type.
    pub same: u32,
    /// "There is nothing of that type", and referrals.
    pub nothing: u32,
    /// "There is no such name".
    pub missing: u32,
    /// Refusals and errors.
    pub errors: u32,
    /// All of them.
    pub all: u32,
    /// One in so many that are too much becomes "ask over TCP"; 0: none.
    pub slip: usize,
    /// Networks that are not limited.
    pub exempt: Vec<Prefix>,
    /// For how many networks and questions there is room; each takes nine octets.
    pub room: usize,
}

impl Default for RateLimit {
    /// As other name servers recommend it; the machine itself is exempt.
    fn default() -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"].map(|prefix| prefix.parse().expect("a prefix"));
        Self {
            same: 20,
            nothing: 20,
            missing: 20,
            errors: 10,
            all: 500,
            slip: 2,
            exempt: loopback.into(),
            room: 1 << 16,
        }
    }
}

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is sent.
    Send,
    /// "Ask over TCP" is sent instead.
    Slip,
    /// Nothing is sent.
    Drop,
}

/// Keeps count.
#[derive(Debug)]
pub(super) struct Limiter {
    limit: RateLimit,
    rates: Rates,
    over: AtomicUsize,
}

/// What an answer says, as far as it is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    Same,
    Nothing,
    Missing,
    Error,
    All,
}

impl Limiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        let rates = Rates::new(limit.room);
        Self { limit, rates, over: AtomicUsize::new(0) }
    }

    /// Judges an answer to `to` at `now`, a time since some fixed moment.
    pub(super) fn judge(&self, answer: &[u8], to: IpAddr, now: Duration) -> Verdict {
        if has_been_verified(answer) || self.limit.exempt.iter().any(|prefix| prefix.contains(to)) {
            return Verdict::Send;
        }
        let class = class(answer);
        let mut question = [0; LONGEST];
        let length = match (class, question_end(answer)) {
            (Class::Same, Some(end)) => {
                let asked = &answer[HEAD..end];
                question[..asked.len()].copy_from_slice(asked);
                // Resolvers ask in whatever case they like.
                question.make_ascii_lowercase();
                asked.len()
            }
            _ => 0,
        };
        let network = network(to);
        let taken = self.rates.take((network, class, &question[..length]), now, self.rate(class))
            && self.rates.take((network, Class::All), now, self.rate(Class::All));
        if taken {
            return Verdict::Send;
        }
        let over = self.over.fetch_add(1, Ordering::Relaxed);
        if self.limit.slip > 0 && over.is_multiple_of(self.limit.slip) {
            Verdict::Slip
        } else {
            Verdict::Drop
        }
    }

    fn rate(&self, class: Class) -> Rate {
        let per_second = match class {
            Class::Same => self.limit.same,
            Class::Nothing => self.limit.nothing,
            Class::Missing => self.limit.missing,
            Class::Error => self.limit.errors,
            Class::All => self.limit.all,
        };
        Rate { per_second, burst: per_second.saturating_mul(2) }
    }
}

/// Whether this is a verdict on an update, which only the holder of a key gets (NOERROR, YXDOMAIN, YXRRSET, NXRRSET).
fn has_been_verified(answer: &[u8]) -> bool {
    answer
        .first_chunk::<HEAD>()
        .is_some_and(|head| head[2] >> 3 & 15 == UPDATE && matches!(head[3] & 15, 0 | 6..=8))
}

fn class(answer: &[u8]) -> Class {
    match answer.first_chunk::<HEAD>().map(|head| (head[3] & 15, [head[6], head[7]])) {
        Some((0, [0, 0])) => Class::Nothing,
        Some((0, _)) => Class::Same,
        Some((3, _)) => Class::Missing,
        Some(_) | None => Class::Error,
    }
}

/// Where the question of one of our answers ends. Its name is written in full.
fn question_end(answer: &[u8]) -> Option<usize> {
    if answer.get(4..6)? != [0, 1] {
        return None;
    }
    let mut at = HEAD;
    loop {
        match *answer.get(at)? {
            0 => break,
            length @ 1..=63 => at += 1 + usize::from(length),
            _ => return None,
        }
    }
    let end = at + 1 + KIND;
    (end <= answer.len() && end - HEAD <= LONGEST).then_some(end)
}

/// Makes of an answer that there is more over TCP, and nothing else.
pub(super) fn truncate(answer: &mut Vec<u8>) {
    if let Some(end) = question_end(answer) {
        answer.truncate(end);
    } else {
        answer.truncate(HEAD);
        answer.get_mut(4..6).unwrap_or_default().fill(0);
    }
    if let Some(head) = answer.first_chunk_mut::<HEAD>() {
        // No longer an error or a "no": whoever asks over TCP will hear it.
        head[2] |= 0x02;
        head[3] &= 0xf0;
        head[6..].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with this code and count of records, to a question about a name of one label.
    fn answer(rcode: u8, records: u8, name: &str) -> Vec<u8> {
        let mut octets = vec![0, 7, 0x84, rcode, 0, 1, 0, records, 0, 0, 0, 1];
        octets.push(u8::try_from(name.len()).expect("a label"));
        octets.extend(name.bytes());
        octets.extend([0, 0, 1, 0, 1]);
        octets.extend([0xc0, 12, 0, 1, 0, 1]);
        octets
    }

    fn limiter(slip: usize) -> Limiter {
        Limiter::new(RateLimit {
            same: 5,
            nothing: 4,
            missing: 3,
            errors: 2,
            all: 50,
            slip,
            ..RateLimit::default()
        })
    }

    fn sent(limiter: &Limiter, answer: &[u8], to: &str, tries: usize) -> usize {
        let to = to.parse().expect("an address");
        (0..tries).filter(|_| limiter.judge(answer, to, Duration::ZERO) == Verdict::Send).count()
    }

    #[test]
    fn each_kind_of_answer_has_its_rate_for_a_network() {
        let limiter = limiter(2);
        for (answer, expected) in [
            (answer(0, 1, "a"), 10),
            (answer(0, 1, "b"), 10),
            (answer(0, 0, "a"), 8),
            (answer(3, 0, "x"), 6),
            (answer(5, 0, "a"), 4),
        ] {
            assert_eq!(sent(&limiter, &answer, "192.0.2.1", 200), expected);
            assert_eq!(sent(&limiter, &answer, "192.0.2.200", 200), 0, "the same network");
        }
        assert_eq!(sent(&limiter, &answer(0, 0, "other"), "192.0.2.1", 9), 0, "whatever the name is");
        assert_eq!(sent(&limiter, &answer(3, 0, "y"), "192.0.2.1", 9), 0, "whatever the name is");
        assert_eq!(sent(&limiter, &answer(0, 1, "A"), "192.0.2.1", 9), 0, "in any case of letters");
        assert_eq!(sent(&limiter, &answer(0, 1, "a"), "198.51.100.1", 9), 9, "another network");
    }

    #[test]
    fn a_network_that_asks_for_many_names_has_a_rate_too() {
        let limiter = limiter(2);
        let all: usize =
            (0..500).map(|n| sent(&limiter, &answer(0, 1, &format!("n{n}")), "2001:db8:1:2::1", 1)).sum();
        assert_eq!(all, 100);
    }

    #[test]
    fn one_in_so_many_is_told_to_ask_over_tcp() {
        let to = "192.0.2.1".parse().expect("an address");
        for (slip, expected) in [(0, [0, 90]), (1, [90, 0]), (2, [45, 45]), (10, [9, 81])] {
            let limiter = limiter(slip);
            let answer = answer(0, 1, "a");
            let verdicts: Vec<_> = (0..100).map(|_| limiter.judge(&answer, to, Duration::ZERO)).collect();
            let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
            assert_eq!([count(Verdict::Slip), count(Verdict::Drop)], expected);
        }
    }

    #[test]
    fn who_is_exempt_is_not_limited() {
        let limiter = limiter(2);
        assert_eq!(sent(&limiter, &answer(0, 1, "a"), "127.0.0.1", 1000), 1000);
        assert_eq!(sent(&limiter, &answer(5, 0, "a"), "::1", 1000), 1000);
    }

    #[test]
    fn a_made_update_is_always_told() {
        let limiter = limiter(2);
        let mut made = answer(0, 0, "a");
        made[2] = 0xa8;
        assert_eq!(sent(&limiter, &made, "192.0.2.1", 1000), 1000);
        made[3] = 9;
        assert_eq!(sent(&limiter, &made, "192.0.2.1", 1000), 4, "but not that it was refused");
    }

    #[test]
    fn the_rate_comes_back() {
        let (limiter, answer) = (limiter(2), answer(0, 1, "a"));
        assert_eq!(sent(&limiter, &answer, "192.0.2.1", 200), 10);
        let to = "192.0.2.1".parse().expect("an address");
        let later = |ms| limiter.judge(&answer, to, Duration::from_millis(ms));
        assert_ne!(later(199), Verdict::Send);
        assert_eq!(later(200), Verdict::Send);
        assert_ne!(later(201), Verdict::Send);
    }

    #[test]
    fn a_truncated_answer_is_the_question_and_says_that_there_is_more() {
        let mut no = answer(3, 0, "a");
        truncate(&mut no);
        assert_eq!(no, [0, 7, 0x86, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, b'a', 0, 0, 1, 0, 1]);
        let mut broken = vec![0, 7, 0x84, 1, 0, 1, 0, 0, 0, 0, 0, 0, 70];
        truncate(&mut broken);
        assert_eq!(broken, [0, 7, 0x86, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
