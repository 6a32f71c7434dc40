//! Who has guessed too often: a pure state machine on a given clock.
//!
//! What is counted is distinct wrong secrets, by address and account together, and more generously by address alone; so
//! a device with an old password locks nobody out, and no stranger locks an account for others. The same wrong secret
//! again is known to be wrong and no guess. Locks double up to an hour, and what was counted fades. Accounts that do
//! not exist are counted like those that do.

use super::aging::Aging;
use std::net::IpAddr;
use std::time::Duration;

/// How many distinct wrong secrets lock a pair of address and account.
const OF_PAIR: u32 = 5;

/// How many lock an address, whatever the accounts.
const OF_ADDRESS: u32 = 20;

/// The first lock.
const FIRST: Duration = Duration::from_secs(60);

/// The longest.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// After so long without a failure one of those counted is forgotten.
const FADES: Duration = Duration::from_secs(10 * 60);

/// How many checks of passwords may be under way for one address.
const AT_ONCE: u32 = 4;

/// How many addresses, and pairs, are remembered at least.
const KEYS: usize = 8192;

/// A short keyed digest of an account's name, or of a secret shown for it.
pub type Print = u64;

/// An address, and the account that somebody there says to be.
pub type Pair = (IpAddr, Print);

/// Whether a secret may be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may; [`Locks::checked`] has to follow.
    Check,
    /// It was checked before and is wrong.
    Wrong,
    /// Not for so long.
    Locked(Duration),
    /// Not now: too many of this address are being checked.
    Busy,
}

#[derive(Clone, Debug, Default)]
struct Count {
    failures: u32,
    last: Duration,
    until: Duration,
    wrong: Vec<Print>,
    /// Whether the account was recognised at the address.
    friend: bool,
    checking: u32,
}

impl Count {
    fn locked(&self, now: Duration) -> Option<Duration> {
        self.until.checked_sub(now).filter(|rest| !rest.is_zero())
    }

    fn fail(&mut self, free: u32, now: Duration) {
        let faded = now.saturating_sub(self.last).as_secs() / FADES.as_secs();
        self.failures =
            self.failures.saturating_sub(u32::try_from(faded).unwrap_or(u32::MAX)).saturating_add(1);
        self.last = now;
        if let Some(beyond) = self.failures.checked_sub(free) {
            let lock = FIRST.saturating_mul(1_u32.checked_shl(beyond).unwrap_or(u32::MAX));
            self.until = now + lock.min(LONGEST);
        }
    }
}

/// All that is counted.
#[derive(Debug)]
pub struct Locks {
    pairs: Aging<Pair, Count>,
    addresses: Aging<IpAddr, Count>,
}

impl Default for Locks {
    fn default() -> Self {
        Self { pairs: Aging::new(KEYS), addresses: Aging::new(KEYS) }
    }
}

impl Locks {
    /// Whether credentials are looked at at all. Nobody's are while their pair is locked, so that nothing can be
    /// learned then; and at a locked address only those of accounts that were recognised there.
    pub fn admit(&mut self, pair: Pair, now: Duration) -> Result<(), Duration> {
        let mut friend = false;
        if let Some(count) = self.pairs.get(pair) {
            friend = count.friend;
            if let Some(rest) = count.locked(now) {
                return Err(rest);
            }
        }
        match self.addresses.get(pair.0).and_then(|count| count.locked(now)) {
            Some(rest) if !friend => Err(rest),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether a secret may be checked that was admitted and is not known to be right.
    pub fn ask(&mut self, pair: Pair, secret: Print, now: Duration) -> Verdict {
        if self.pairs.get(pair).is_some_and(|count| count.wrong.contains(&secret)) {
            return Verdict::Wrong;
        }
        if let Some(rest) = self.addresses.get(pair.0).and_then(|count| count.locked(now)) {
            // Only friends come here, and what is right for them is known: this is a guess.
            self.guessed(pair, secret, now);
            return Verdict::Locked(rest);
        }
        let all = self.addresses.entry(pair.0);
        if all.checking >= AT_ONCE {
            return Verdict::Busy;
        }
        all.checking += 1;
        Verdict::Check
    }

    /// The check ended, one way or the other.
    pub fn checked(&mut self, address: IpAddr) {
        if let Some(all) = self.addresses.get(address) {
            all.checking = all.checking.saturating_sub(1);
        }
    }

    /// A secret was wrong.
    pub fn guessed(&mut self, pair: Pair, secret: Print, now: Duration) {
        let count = self.pairs.entry(pair);
        if count.wrong.contains(&secret) {
            return;
        }
        if count.wrong.len() >= OF_PAIR as usize {
            count.wrong.remove(0);
        }
        count.wrong.push(secret);
        count.fail(OF_PAIR, now);
        self.addresses.entry(pair.0).fail(OF_ADDRESS, now);
    }

    /// A secret was right. What was counted of the pair stays and fades: whoever has the password already does not
    /// guess, and whoever guesses beside somebody who has it shall gain nothing by that.
    pub fn befriend(&mut self, pair: Pair) {
        self.pairs.entry(pair).friend = true;
    }

    /// Passwords may have changed, so nothing is known to be wrong any more. Locks stay.
    pub fn forget_secrets(&mut self) {
        self.pairs.each(|pair| pair.wrong.clear());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Print = 1;
    const OTHER: Print = 2;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1000 + seconds)
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn guess(locks: &mut Locks, pair: Pair, secret: Print, now: Duration) -> Verdict {
        if let Err(rest) = locks.admit(pair, now) {
            return Verdict::Locked(rest);
        }
        let verdict = locks.ask(pair, secret, now);
        if verdict == Verdict::Check {
            locks.checked(pair.0);
            locks.guessed(pair, secret, now);
        }
        verdict
    }

    #[test]
    fn five_wrong_passwords_lock_the_pair_and_nobody_else() {
        let mut locks = Locks::default();
        let pair = (ip(1), HOME);
        for secret in 0..5 {
            assert_eq!(guess(&mut locks, pair, secret, at(0)), Verdict::Check);
        }
        assert_eq!(guess(&mut locks, pair, 9, at(0)), Verdict::Locked(FIRST));
        assert_eq!(locks.admit((ip(2), HOME), at(0)), Ok(()), "the account is open to others");
        assert_eq!(locks.ask((ip(2), HOME), 9, at(0)), Verdict::Check);
        assert_eq!(locks.admit((ip(1), OTHER), at(0)), Ok(()), "and the address to other accounts");
        // After the lock there is one guess, and then twice the wait.
        assert_eq!(guess(&mut locks, pair, 9, at(61)), Verdict::Check);
        assert_eq!(guess(&mut locks, pair, 10, at(61)), Verdict::Locked(FIRST * 2));
    }

    #[test]
    fn a_device_with_an_old_password_is_told_so_for_ever_and_locks_nothing() {
        let mut locks = Locks::default();
        let pair = (ip(1), HOME);
        assert_eq!(guess(&mut locks, pair, 7, at(0)), Verdict::Check);
        for second in 0..10_000 {
            assert_eq!(guess(&mut locks, pair, 7, at(second)), Verdict::Wrong);
        }
        assert_eq!(locks.admit(pair, at(10_000)), Ok(()));
        locks.forget_secrets();
        assert_eq!(locks.ask(pair, 7, at(10_000)), Verdict::Check, "it may be right by now");
    }

    #[test]
    fn guessing_at_many_accounts_locks_the_address_but_for_whom_it_knows() {
        let mut locks = Locks::default();
        let friend = (ip(1), 1000);
        locks.befriend(friend);
        for account in 0..20 {
            assert_eq!(guess(&mut locks, (ip(1), account), 0, at(0)), Verdict::Check);
        }
        assert_eq!(locks.admit((ip(1), 99), at(0)), Err(FIRST));
        assert_eq!(locks.admit((ip(2), 99), at(0)), Ok(()));
        assert_eq!(locks.admit(friend, at(0)), Ok(()), "a device that was right here goes on");
        for secret in 0..5 {
            assert!(matches!(guess(&mut locks, friend, secret, at(0)), Verdict::Locked(_)));
        }
        assert!(locks.admit(friend, at(0)).is_err(), "but nobody guesses under its name");
    }

    #[test]
    fn what_was_counted_fades() {
        let mut locks = Locks::default();
        let pair = (ip(1), HOME);
        for secret in 0..4 {
            assert_eq!(guess(&mut locks, pair, secret, at(0)), Verdict::Check);
        }
        // Forty minutes later all four are forgotten.
        for secret in 10..15 {
            assert_eq!(guess(&mut locks, pair, secret, at(2400)), Verdict::Check);
        }
        assert_eq!(guess(&mut locks, pair, 99, at(2400)), Verdict::Locked(FIRST));
    }

    #[test]
    fn no_lock_is_longer_than_an_hour() {
        let mut locks = Locks::default();
        let pair = (ip(1), HOME);
        let mut now = at(0);
        let mut longest = Duration::ZERO;
        for secret in 0..60 {
            if let Verdict::Locked(rest) = guess(&mut locks, pair, secret, now) {
                longest = longest.max(rest);
                now += rest;
            }
        }
        assert!(longest > FIRST * 8 && longest <= LONGEST, "{longest:?}");
    }

    #[test]
    fn one_address_has_four_checks_under_way_at_most() {
        let mut locks = Locks::default();
        for secret in 0..4 {
            assert_eq!(locks.ask((ip(1), HOME), secret, at(0)), Verdict::Check);
        }
        assert_eq!(locks.ask((ip(1), OTHER), 9, at(0)), Verdict::Busy);
        locks.checked(ip(1));
        assert_eq!(locks.ask((ip(1), OTHER), 9, at(0)), Verdict::Check);
    }
}
