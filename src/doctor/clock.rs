//! This machine's clock, held against those of the servers that were spoken to. A single one that is wrong is outvoted,
//! as a single source is.

use super::{Finding, Level, Subject};
use crate::net::date;
use crate::report::clean::Cleaner;
use crate::report::words::{and, counted, lasting};

/// No clock that is right says less: 2025-01-01, in seconds since 1970.
const EARLIEST: u64 = 1_735_689_600;

/// How far clocks may be apart that agree, in seconds: an answer may have been under way for as long.
const TOGETHER: i64 = 30;

/// From here on a clock is wrong, in seconds: TSIG allows as much (RFC 8945 §10).
const WRONG: u64 = 300;

/// From here on nothing that has a time limit works, in seconds: a day.
const USELESS: u64 = 86_400;

/// What is known.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What this machine's clock says, in seconds since 1970.
    pub now: u64,
    /// By how many seconds each server's clock is ahead of it.
    pub servers: &'a [(String, i64)],
    /// Accounts whose messages are signed with the time.
    pub signed: &'a [String],
}

/// What is said of the clock.
pub fn judge(facts: &Facts<'_>, cleaner: &Cleaner) -> Vec<Finding> {
    let of = |level, what: String| Finding::new(level, Subject::Clock, what);
    let synchronise = "set the clock, and have it kept right (NTP: systemd-timesyncd, chrony)";
    if facts.now < EARLIEST {
        let what = format!("this machine's clock says {}, which cannot be", date::minute(facts.now));
        return vec![of(Level::Error, what).hint(synchronise)];
    }
    let mut ahead: Vec<i64> = facts.servers.iter().map(|(_, ahead)| *ahead).collect();
    ahead.sort_unstable();
    let Some(middle) = ahead.get(ahead.len() / 2).copied() else {
        return vec![of(Level::Note, "not compared: no server told the time".to_owned())];
    };
    let is_near = |ahead: i64| (ahead - middle).abs() <= TOGETHER;
    let near = ahead.iter().filter(|ahead| is_near(**ahead)).count();
    if near * 2 <= ahead.len() {
        let what = format!("not compared: the clocks of {} disagree", counted(ahead.len(), "server"));
        return vec![of(Level::Note, what)];
    }
    let (servers, off) = (counted(near, "server"), middle.unsigned_abs());
    let mut findings: Vec<Finding> = facts
        .servers
        .iter()
        .filter(|(_, ahead)| !is_near(*ahead))
        .map(|(server, ahead)| {
            let what = format!(
                "the clock of {} is wrong by {}",
                cleaner.remote(server),
                lasting(ahead.abs_diff(middle))
            );
            of(Level::Note, what).hint("nothing to do here: it is that server's")
        })
        .collect();
    let wrong = if middle > 0 { "behind" } else { "ahead of" };
    let apart = format!("this machine's clock is {} {wrong} that of {servers}", lasting(off));
    findings.push(match off {
        off if off <= TOGETHER.unsigned_abs() => {
            of(Level::Ok, format!("this machine's clock agrees with that of {servers}"))
        }
        off if off < WRONG => of(Level::Note, apart).hint(synchronise),
        off if off >= USELESS => {
            of(Level::Error, format!("{apart}: certificates look expired or not yet valid")).hint(synchronise)
        }
        _ if !facts.signed.is_empty() => {
            let accounts: Vec<String> = facts.signed.iter().map(|name| format!("`{name}`")).collect();
            let what = format!("{apart}: what is signed for {} will be refused", and(&accounts));
            of(Level::Error, what).hint(synchronise)
        }
        _ => of(Level::Warning, apart).hint(synchronise),
    });
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(now: u64, ahead: &[i64], signed: &[&str]) -> Vec<(Level, String)> {
        let servers: Vec<(String, i64)> =
            ahead.iter().enumerate().map(|(number, ahead)| (format!("s{number}"), *ahead)).collect();
        let signed: Vec<String> = signed.iter().map(|name| (*name).to_owned()).collect();
        let findings = judge(&Facts { now, servers: &servers, signed: &signed }, &Cleaner::default());
        findings.into_iter().map(|one| (one.level, one.what)).collect()
    }

    #[test]
    fn the_majority_of_the_servers_tells_the_time() {
        const NOW: u64 = 1_795_000_000;
        let day = 86_400;
        for (ahead, signed, expected) in [
            (vec![0, -1, 0], vec![], vec![(Level::Ok, "this machine's clock agrees with that of 3 servers")]),
            (vec![30], vec![], vec![(Level::Ok, "this machine's clock agrees with that of 1 server")]),
            (
                vec![90, 91, 90],
                vec![],
                vec![(Level::Note, "this machine's clock is 1 min 30 s behind that of 3 servers")],
            ),
            (
                vec![-600, -601, -599],
                vec![],
                vec![(Level::Warning, "this machine's clock is 10 min ahead of that of 3 servers")],
            ),
            (
                vec![600, 600, 600],
                vec!["bind"],
                vec![(
                    Level::Error,
                    "this machine's clock is 10 min behind that of 3 servers: what is signed for `bind` will be refused",
                )],
            ),
            (
                vec![day, day + 1],
                vec![],
                vec![(
                    Level::Error,
                    "this machine's clock is 1 d behind that of 2 servers: certificates look expired or not yet valid",
                )],
            ),
            (
                vec![0, 7200, 0, 0],
                vec![],
                vec![
                    (Level::Note, "the clock of s1 is wrong by 2 h"),
                    (Level::Ok, "this machine's clock agrees with that of 3 servers"),
                ],
            ),
            (vec![0, 7200], vec![], vec![(Level::Note, "not compared: the clocks of 2 servers disagree")]),
            (vec![], vec![], vec![(Level::Note, "not compared: no server told the time")]),
        ] {
            let expected: Vec<(Level, String)> =
                expected.into_iter().map(|(level, what)| (level, what.to_owned())).collect();
            assert_eq!(said(NOW, &ahead, &signed), expected, "{ahead:?}");
        }
    }

    #[test]
    fn ur_50_a_clock_of_1970_is_wrong_whatever_anybody_says() {
        let what = "this machine's clock says 1970-01-01 00:01 UTC, which cannot be";
        assert_eq!(said(60, &[], &[]), [(Level::Error, what.to_owned())]);
        assert_eq!(said(60, &[0, 0], &[]), [(Level::Error, what.to_owned())]);
    }
}
