//! What a server's refusal means: RCODE and TSIG error (IANA registries "DNS RCODEs" and "TSIG error") to a [`Fault`].
//!
//! Servers say the same thing in different words. A key that may not change a name: BIND REFUSED, Knot NOTAUTH with
//! BADKEY, PowerDNS NOERROR without doing it (the adapter's own look afterwards finds that). A wrong secret: BIND and
//! Knot NOTAUTH with BADSIG, PowerDNS REFUSED without a signature.

use super::message::Signature;
use crate::net::Effect;
use domain::base::iana::{Rcode, TsigRcode};
use dynflare_core::fault::{Class, Fault};

/// A refusal as it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub(super) rcode: Rcode,
    pub(super) tsig: Option<TsigRcode>,
    pub(super) signature: Signature,
    /// What was asked for.
    pub(super) effect: Effect,
}

impl Refusal {
    /// The fault it is.
    pub(super) fn fault(self) -> Fault {
        let (class, what, hint) = self.meaning();
        let unsigned = match self.signature {
            Signature::Missing => ", in an answer that was not signed",
            Signature::Good | Signature::NotAsked => "",
        };
        let fault = Fault::new(class, format!("{what}{unsigned}")).status(self.status());
        if hint.is_empty() { fault } else { fault.hint(hint) }
    }

    fn meaning(self) -> (Class, &'static str, &'static str) {
        if self.rcode == Rcode::NOTAUTH
            && let Some(meaning) = self.tsig.and_then(of_tsig)
        {
            return meaning;
        }
        match self.effect {
            Effect::Read => of_question(self.rcode),
            Effect::Write => of_update(self.rcode),
        }
    }

    /// `NOTAUTH (BADSIG)`.
    fn status(self) -> String {
        let rcode = rcode_name(self.rcode);
        match self.tsig.filter(|error| *error != TsigRcode::NOERROR) {
            Some(error) => format!("{rcode} ({})", tsig_name(error)),
            None => rcode,
        }
    }
}

/// What is wrong with the signature (RFC 8945 §5.2).
fn of_tsig(error: TsigRcode) -> Option<(Class, &'static str, &'static str)> {
    Some(match error {
        TsigRcode::BADKEY => (
            Class::Denied,
            "the key was refused",
            "check the key's name and algorithm, and that the server lets it change this name and type",
        ),
        TsigRcode::BADSIG => (
            Class::Denied,
            "the signature was refused",
            "check the key's secret and algorithm against the server's",
        ),
        TsigRcode::BADTIME => (
            Class::Unavailable,
            "this machine's clock and the server's differ too much for a signature",
            "set this machine's clock, or the server's",
        ),
        TsigRcode::BADTRUNC => (
            Class::Denied,
            "the signature was refused as too short",
            "let the server accept signatures of full length for this key",
        ),
        _ => return None,
    })
}

fn of_question(rcode: Rcode) -> (Class, &'static str, &'static str) {
    match rcode {
        Rcode::REFUSED => (
            Class::Denied,
            "the server refused the question",
            "check that it is the primary server of this zone and lets this key and machine ask it",
        ),
        Rcode::NOTAUTH => (
            Class::NoSuchZone,
            "the server is not authoritative for this zone",
            "set `server` to the zone's primary server",
        ),
        Rcode::SERVFAIL => (
            Class::Unavailable,
            "the server failed",
            "look into the server's log; the zone may not have loaded",
        ),
        Rcode::FORMERR => (Class::Unexpected, "the server found the question malformed", ""),
        Rcode::NOTIMP => (Class::Invalid, "the server does not know this kind of question", ""),
        _ => (Class::Unexpected, "the server answered what answers no question", ""),
    }
}

fn of_update(rcode: Rcode) -> (Class, &'static str, &'static str) {
    match rcode {
        Rcode::REFUSED => (
            Class::Denied,
            "the server refused the update",
            "let the server's update policy grant this key (or this machine's address) this name and type",
        ),
        Rcode::NOTAUTH => (
            Class::NoSuchZone,
            "the server is not authoritative for this zone",
            "set `server` to the zone's primary server, and check the zone",
        ),
        Rcode::NOTZONE => (
            Class::Invalid,
            "the name does not lie in the zone",
            "check the zone of this record, or use `auto`",
        ),
        Rcode::NOTIMP => (
            Class::Invalid,
            "the server does not take updates",
            "allow dynamic updates (RFC 2136) for this zone at the server",
        ),
        // It may have handed the update on and heard nothing back (RFC 2136 §2.2, §6).
        Rcode::SERVFAIL => (
            Class::Unconfirmed,
            "the server failed at the update",
            "look into the server's log; it may be unable to write the zone",
        ),
        Rcode::FORMERR => (Class::Invalid, "the server found the update malformed", ""),
        Rcode::NXRRSET | Rcode::YXRRSET | Rcode::NXDOMAIN | Rcode::YXDOMAIN => {
            (Class::Unconfirmed, "the records were changed meanwhile", "")
        }
        _ => (Class::Unexpected, "the server answered what answers no update", ""),
    }
}

fn rcode_name(rcode: Rcode) -> String {
    rcode.to_mnemonic().map_or_else(
        || format!("RCODE {}", rcode.to_int()),
        |name| String::from_utf8_lossy(name).into_owned(),
    )
}

fn tsig_name(error: TsigRcode) -> String {
    error.to_mnemonic().map_or_else(
        || format!("TSIG error {}", error.to_int()),
        |name| String::from_utf8_lossy(name).into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Option<TsigRcode> = None;

    #[test]
    fn every_refusal_of_an_update_has_its_own_sentence() {
        let table = [
            (Rcode::REFUSED, NONE, Signature::Good, "denied: the server refused the update (REFUSED)"),
            (
                Rcode::REFUSED,
                NONE,
                Signature::Missing,
                "denied: the server refused the update, in an answer that was not signed (REFUSED)",
            ),
            (
                Rcode::NOTAUTH,
                Some(TsigRcode::BADKEY),
                Signature::Missing,
                "denied: the key was refused, in an answer that was not signed (NOTAUTH (BADKEY))",
            ),
            (
                Rcode::NOTAUTH,
                Some(TsigRcode::BADSIG),
                Signature::Missing,
                "denied: the signature was refused, in an answer that was not signed (NOTAUTH (BADSIG))",
            ),
            (
                Rcode::NOTAUTH,
                Some(TsigRcode::BADTRUNC),
                Signature::Good,
                "denied: the signature was refused as too short (NOTAUTH (BADTRUNC))",
            ),
            (
                Rcode::NOTAUTH,
                Some(TsigRcode::BADTIME),
                Signature::Good,
                "unavailable: this machine's clock and the server's differ too much for a signature (NOTAUTH (BADTIME))",
            ),
            (
                Rcode::NOTAUTH,
                Some(TsigRcode::NOERROR),
                Signature::Good,
                "no-such-zone: the server is not authoritative for this zone (NOTAUTH)",
            ),
            (Rcode::NOTZONE, NONE, Signature::Good, "invalid: the name does not lie in the zone (NOTZONE)"),
            (Rcode::NOTIMP, NONE, Signature::NotAsked, "invalid: the server does not take updates (NOTIMP)"),
            (
                Rcode::SERVFAIL,
                NONE,
                Signature::Good,
                "unconfirmed: the server failed at the update (SERVFAIL)",
            ),
            (
                Rcode::FORMERR,
                NONE,
                Signature::NotAsked,
                "invalid: the server found the update malformed (FORMERR)",
            ),
            (
                Rcode::NXRRSET,
                NONE,
                Signature::Good,
                "unconfirmed: the records were changed meanwhile (NXRRSET)",
            ),
            (
                Rcode::YXRRSET,
                NONE,
                Signature::Good,
                "unconfirmed: the records were changed meanwhile (YXRRSET)",
            ),
            (
                Rcode::YXDOMAIN,
                NONE,
                Signature::Good,
                "unconfirmed: the records were changed meanwhile (YXDOMAIN)",
            ),
            (
                Rcode::NXDOMAIN,
                NONE,
                Signature::Good,
                "unconfirmed: the records were changed meanwhile (NXDOMAIN)",
            ),
            (
                Rcode::masked_from_int(11),
                NONE,
                Signature::Good,
                "unexpected: the server answered what answers no update (RCODE 11)",
            ),
        ];
        for (rcode, tsig, signature, expected) in table {
            let fault = Refusal { rcode, tsig, signature, effect: Effect::Write }.fault();
            assert_eq!(format!("{}: {fault}", fault.class), expected);
        }
    }

    #[test]
    fn a_refused_question_is_not_told_as_a_refused_update() {
        let table = [
            (Rcode::REFUSED, "denied: the server refused the question (REFUSED)"),
            (Rcode::NOTAUTH, "no-such-zone: the server is not authoritative for this zone (NOTAUTH)"),
            (Rcode::SERVFAIL, "unavailable: the server failed (SERVFAIL)"),
            (Rcode::FORMERR, "unexpected: the server found the question malformed (FORMERR)"),
            (Rcode::NOTIMP, "invalid: the server does not know this kind of question (NOTIMP)"),
            (Rcode::YXRRSET, "unexpected: the server answered what answers no question (YXRRSET)"),
        ];
        for (rcode, expected) in table {
            let refusal = Refusal { rcode, tsig: None, signature: Signature::NotAsked, effect: Effect::Read };
            let fault = refusal.fault();
            assert_eq!(format!("{}: {fault}", fault.class), expected);
        }
    }

    #[test]
    fn ur_50_a_wrong_clock_is_hinted_at_and_tried_again() {
        let refusal = Refusal {
            rcode: Rcode::NOTAUTH,
            tsig: Some(TsigRcode::BADTIME),
            signature: Signature::Missing,
            effect: Effect::Write,
        };
        let fault = refusal.fault();
        assert_eq!(fault.hint.as_deref(), Some("set this machine's clock, or the server's"));
        assert!(fault.class.policy().is_temporary());
    }
}
