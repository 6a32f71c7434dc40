//! Whether somebody on the way answers DNS questions in place of the servers they are sent to.
//!
//! Routers and providers do that on port 53. What a "who am I" name says is then the address of whoever answered, or
//! nothing at all. Three questions over plain UDP bring it to light: to two unrelated services, whose answers are held
//! against the address that was agreed on over HTTPS, and to an address at which there is no server, where only an
//! interceptor can answer. [`observe`] asks, [`judge`] is a pure function of what was heard.

use super::dns::Dns;
use super::{DnsError, Engine, Failure, Question};
use dynflare_core::fault::Class;
use dynflare_core::quorum::Opinion;
use std::fmt;
use std::net::IpAddr;

/// Whom to ask.
#[derive(Clone, Debug)]
pub struct Probes {
    services: [(String, Dns); 2],
    nowhere: Dns,
}

/// OpenDNS, Google, and an address for documentation (RFC 5737, RFC 3849), which no route leads to.
const V4: [&str; 3] = [
    "udp://208.67.222.222/myip.opendns.com",
    "udp://216.239.32.10/o-o.myaddr.l.google.com/TXT",
    "udp://192.0.2.53/myip.opendns.com",
];
const V6: [&str; 3] = [
    "udp://[2620:119:35::35]/myip.opendns.com",
    "udp://[2001:4860:4802:32::a]/o-o.myaddr.l.google.com/TXT",
    "udp://[2001:db8::53]/myip.opendns.com",
];

/// What came back from one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// This address.
    Address(IpAddr),
    /// An answer as that server never gives it: another name, two texts, no such name.
    Otherwise,
    /// Nothing.
    Nothing,
}

/// Everything that was heard about one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observations {
    /// The address that was agreed on over transports that cannot be forged.
    pub agreed: Option<IpAddr>,
    /// The two services and what they said.
    pub services: [(String, Said); 2],
    /// What came back from an address without a server.
    pub nowhere: Said,
}

/// What it comes to. Displayed as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Who answered says what was agreed on.
    Clear,
    /// An answer came from where there is no server.
    FromNowhere(Said),
    /// Both services, which have nothing to do with each other, say the same wrong address.
    SameWrongAddress(IpAddr),
    /// Both services answer in a way that neither does.
    NotThemselves,
    /// One of them, or each in another way, says something wrong; the others do not bear it out.
    Doubtful(String),
    /// Nobody answers: port 53 is closed on the way, which is no harm.
    Closed,
    /// There is nothing to hold the answers against.
    Unknown,
}

impl Probes {
    /// The public services.
    pub fn built_in() -> Self {
        Self::new(V4, V6).expect("invariant: a test reads the questions")
    }

    /// Other ones: for each family two services and an address without a server, as users write them behind `dns:`.
    pub fn new(v4: [&str; 3], v6: [&str; 3]) -> Result<Self, DnsError> {
        let dns = |place: usize| Dns::new(Some(v4[place]), Some(v6[place]));
        let service = |place: usize| -> Result<(String, Dns), DnsError> {
            let dns = dns(place)?;
            Ok((dns.written(), dns))
        };
        Ok(Self { services: [service(0)?, service(1)?], nowhere: dns(2)? })
    }
}

impl Finding {
    /// Whether it is certain that somebody answers in the servers' place.
    pub fn is_interception(&self) -> bool {
        match self {
            Self::FromNowhere(_) | Self::SameWrongAddress(_) | Self::NotThemselves => true,
            Self::Clear | Self::Doubtful(_) | Self::Closed | Self::Unknown => false,
        }
    }

    /// The word for machine-readable output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::FromNowhere(_) => "answer from nowhere",
            Self::SameWrongAddress(_) => "same wrong address",
            Self::NotThemselves => "not themselves",
            Self::Doubtful(_) => "doubtful",
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SOMEBODY: &str = "somebody on the way answers DNS questions in place of other name servers";
        match self {
            Self::Clear => f.write_str("plain DNS reaches the servers it is sent to"),
            Self::FromNowhere(Said::Address(address)) => {
                write!(f, "{SOMEBODY}: an address without a server answered, with {address}")
            }
            Self::FromNowhere(Said::Otherwise | Said::Nothing) => {
                write!(f, "{SOMEBODY}: an address without a server answered")
            }
            Self::SameWrongAddress(address) => {
                write!(
                    f,
                    "{SOMEBODY}: two unrelated services say {address}, which is not this machine's address"
                )
            }
            Self::NotThemselves => {
                write!(f, "{SOMEBODY}: two unrelated services answer as neither of them does")
            }
            Self::Doubtful(service) => {
                write!(f, "{service} does not say the address agreed on; plain DNS may be intercepted")
            }
            Self::Closed => f.write_str("plain DNS to other name servers gets no answer"),
            Self::Unknown => f.write_str("whether plain DNS is intercepted could not be told"),
        }
    }
}

/// Asks all three at once, about the question's family. `agreed` is what HTTPS came to.
pub async fn observe(probes: &Probes, agreed: Option<IpAddr>, question: Question<'_>) -> Observations {
    let [(first_id, first), (second_id, second)] = &probes.services;
    let (one, other, nowhere) =
        tokio::join!(first.ask(question), second.ask(question), probes.nowhere.ask(question));
    let services = [(first_id.clone(), said(one)), (second_id.clone(), said(other))];
    Observations { agreed, services, nowhere: said(nowhere) }
}

fn said(answer: Result<Opinion, Failure>) -> Said {
    match answer {
        Ok(Opinion::Address(address)) => Said::Address(address),
        Ok(Opinion::NoAddress) => Said::Otherwise,
        // A code, or content that does not fit, came in an answer; all else is that there was none.
        Err(Failure { fault, .. }) if fault.status.is_some() || fault.class == Class::Unexpected => {
            Said::Otherwise
        }
        Err(_) => Said::Nothing,
    }
}

/// What the observations come to.
pub fn judge(observations: &Observations) -> Finding {
    let Observations { agreed, services, nowhere } = observations;
    if *nowhere != Said::Nothing {
        return Finding::FromNowhere(*nowhere);
    }
    let wrong = |said: Said| match said {
        Said::Address(address) => agreed.is_some_and(|agreed| agreed != address),
        Said::Otherwise => true,
        Said::Nothing => false,
    };
    let [(first, one), (second, other)] = services;
    match (one, other) {
        (Said::Nothing, Said::Nothing) => Finding::Closed,
        (Said::Otherwise, Said::Otherwise) => Finding::NotThemselves,
        (Said::Address(one), Said::Address(other)) if one == other && wrong(Said::Address(*one)) => {
            Finding::SameWrongAddress(*one)
        }
        _ if wrong(*one) => Finding::Doubtful(first.clone()),
        _ if wrong(*other) => Finding::Doubtful(second.clone()),
        _ if agreed.is_none() => Finding::Unknown,
        _ => Finding::Clear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Said {
        Said::Address(text.parse().expect("an address"))
    }

    fn finding(agreed: Option<&str>, one: Said, other: Said, nowhere: Said) -> Finding {
        let services = [("one".to_owned(), one), ("other".to_owned(), other)];
        let agreed = agreed.map(|agreed| agreed.parse().expect("an address"));
        judge(&Observations { agreed, services, nowhere })
    }

    #[test]
    fn the_public_services_can_be_read_and_answer_over_both_families() {
        let probes = Probes::built_in();
        for family in dynflare_core::address::Family::BOTH {
            assert!(
                probes.services.iter().all(|(_, dns)| dns.serves(family)) && probes.nowhere.serves(family)
            );
        }
    }

    #[test]
    fn each_pattern_has_its_finding() {
        let (mine, wrong, else_) = (address("203.0.113.7"), address("198.51.100.1"), address("198.51.100.2"));
        let (no, odd) = (Said::Nothing, Said::Otherwise);
        let true_ = Some("203.0.113.7");
        let doubtful = |who: &str| Finding::Doubtful(who.to_owned());
        let same = Finding::SameWrongAddress("198.51.100.1".parse().expect("an address"));
        for (agreed, one, other, nowhere, expected) in [
            (true_, mine, mine, no, Finding::Clear),
            (true_, mine, no, no, Finding::Clear),
            (true_, mine, mine, mine, Finding::FromNowhere(mine)),
            (true_, no, no, odd, Finding::FromNowhere(odd)),
            (None, no, no, wrong, Finding::FromNowhere(wrong)),
            (true_, wrong, wrong, no, same),
            (true_, odd, odd, no, Finding::NotThemselves),
            (None, odd, odd, no, Finding::NotThemselves),
            (true_, wrong, mine, no, doubtful("one")),
            (true_, mine, odd, no, doubtful("other")),
            (true_, wrong, else_, no, doubtful("one")),
            (true_, no, wrong, no, doubtful("other")),
            (true_, no, no, no, Finding::Closed),
            (None, wrong, wrong, no, Finding::Unknown),
            (None, mine, no, no, Finding::Unknown),
        ] {
            let found = finding(agreed, one, other, nowhere);
            assert_eq!(found, expected, "{agreed:?} {one:?} {other:?} {nowhere:?}");
        }
    }
}
