//! The data of a record as text (presentation form) and on the wire, for the types that Dynflare writes.
//!
//! One value has one text, so that texts can be compared: addresses as in RFC 5952, numbers without leading zeros,
//! names without the trailing dot, strings quoted, service parameters in the order of their keys. Names in a text are
//! absolute, with or without the trailing dot.
//!
//! A TXT content that does not begin with a quote is one text just as it stands, spaces included. RFC 1035 §5.1 would
//! split it at its spaces, which is not what somebody means who writes `v=spf1 ip4:192.0.2.1 -all`.

mod service_params;

use domain::base::charstr::DisplayQuoted;
use domain::base::name::{Name, ParsedName};
use domain::base::rdata::{ParseRecordData, RecordData};
use domain::base::wire::ParseError;
use domain::base::{CharStr, Rtype};
use domain::dep::octseq::{Octets, Parser};
use domain::rdata::{A, Aaaa, Caa, Cname, Https, Mx, Srv, Svcb, Txt};
use dynflare_core::record::RecordType;
use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Why a text is no data of a type, as a clause: "expected PRIORITY TARGET".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// The one text of the value that `text` describes; names come out in lower case (RFC 4034 §6.2).
pub fn canonical(rtype: RecordType, text: &str) -> Result<String, Malformed> {
    let octets = to_wire(rtype, text)?;
    let mut parser = Parser::from_ref(octets.as_slice());
    let text = from_wire(rtype, &mut parser).map_err(|_| Malformed::new("the value cannot be encoded"))?;
    Ok(match rtype {
        RecordType::Cname | RecordType::Mx | RecordType::Srv => text.to_ascii_lowercase(),
        RecordType::Https | RecordType::Svcb => lower_target(&text),
        RecordType::A | RecordType::Aaaa | RecordType::Caa | RecordType::Txt => text,
    })
}

/// The text of data in wire form that is not compressed.
pub fn text(rtype: RecordType, octets: &[u8]) -> Result<String, Malformed> {
    let mut parser = Parser::from_ref(octets);
    let text = from_wire(rtype, &mut parser).ok().filter(|_| parser.remaining() == 0);
    text.ok_or_else(|| Malformed(format!("the octets are no data of type {rtype}")))
}

/// Folds the case of the second field, the target, and leaves the parameters alone.
fn lower_target(text: &str) -> String {
    let fields = text.splitn(3, ' ').enumerate();
    let fields: Vec<String> = fields
        .map(|(position, field)| if position == 1 { field.to_ascii_lowercase() } else { field.to_owned() })
        .collect();
    fields.join(" ")
}

/// The wire form (RFC 1035 §3.2.1 RDATA, names not compressed) of the value that `text` describes.
pub fn to_wire(rtype: RecordType, text: &str) -> Result<Vec<u8>, Malformed> {
    if rtype == RecordType::Txt && !text.starts_with('"') {
        return plain_text(text);
    }
    let tokens = tokens(text)?;
    match (rtype, tokens.as_slice()) {
        (RecordType::A, [address]) => {
            let address: Ipv4Addr = number(address, "an IPv4 address")?;
            Ok(address.octets().to_vec())
        }
        (RecordType::Aaaa, [address]) => {
            let address: Ipv6Addr = number(address, "an IPv6 address")?;
            Ok(address.octets().to_vec())
        }
        (RecordType::Cname, [target]) => name(target),
        (RecordType::Mx, [preference, exchange]) => {
            Ok([u16_octets(preference)?.to_vec(), name(exchange)?].concat())
        }
        (RecordType::Srv, [priority, weight, port, target]) => {
            let numbers = [u16_octets(priority)?, u16_octets(weight)?, u16_octets(port)?].concat();
            Ok([numbers, name(target)?].concat())
        }
        (RecordType::Caa, [flags, tag, value]) => caa(flags, tag, value),
        (RecordType::Https | RecordType::Svcb, [priority, target, parameters @ ..]) => {
            let parameters = service_params::to_wire(parameters)?;
            Ok([u16_octets(priority)?.to_vec(), name(target)?, parameters].concat())
        }
        (RecordType::Txt, strings) => {
            strings.iter().map(character_string).collect::<Result<Vec<_>, _>>().map(|all| all.concat())
        }
        (rtype, _) => Err(Malformed(format!("expected {}", form(rtype)))),
    }
}

/// The fields of a type, as the user has to write them.
fn form(rtype: RecordType) -> &'static str {
    match rtype {
        RecordType::A => "one IPv4 address",
        RecordType::Aaaa => "one IPv6 address",
        RecordType::Caa => "FLAGS TAG \"VALUE\"",
        RecordType::Cname => "one name",
        RecordType::Https | RecordType::Svcb => "PRIORITY TARGET [KEY=VALUE ...]",
        RecordType::Mx => "PREFERENCE NAME",
        RecordType::Srv => "PRIORITY WEIGHT PORT TARGET",
        RecordType::Txt => "text",
    }
}

/// The data of a record in a message as text; `None` for a record of another type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its type.
    pub rtype: RecordType,
    /// Its data.
    pub text: String,
}

impl RecordData for Text {
    fn rtype(&self) -> Rtype {
        Rtype::from_int(self.rtype.code())
    }
}

impl<'a, Octs: Octets + ?Sized> ParseRecordData<'a, Octs> for Text {
    fn parse_rdata(rtype: Rtype, parser: &mut Parser<'a, Octs>) -> Result<Option<Self>, ParseError> {
        let Some(rtype) = RecordType::all().find(|known| known.code() == rtype.to_int()) else {
            return Ok(None);
        };
        from_wire(rtype, parser).map(|text| Some(Self { rtype, text }))
    }
}

/// The text of the data at `parser`, which ends with the data.
fn from_wire<Octs>(rtype: RecordType, parser: &mut Parser<'_, Octs>) -> Result<String, ParseError>
where
    Octs: Octets + ?Sized,
{
    Ok(match rtype {
        RecordType::A => A::parse(parser)?.to_string(),
        RecordType::Aaaa => Aaaa::parse(parser)?.to_string(),
        RecordType::Caa => Caa::parse(parser)?.to_string(),
        RecordType::Cname => bare(Cname::<ParsedName<_>>::parse(parser)?.cname()),
        RecordType::Https => {
            let https = Https::<_, ParsedName<_>>::parse(parser)?;
            service(https.priority(), https.target(), https.params().as_slice())?
        }
        RecordType::Mx => {
            let mx = Mx::<ParsedName<_>>::parse(parser)?;
            format!("{} {}", mx.preference(), bare(mx.exchange()))
        }
        RecordType::Srv => {
            let srv = Srv::<ParsedName<_>>::parse(parser)?;
            format!("{} {} {} {}", srv.priority(), srv.weight(), srv.port(), bare(srv.target()))
        }
        RecordType::Svcb => {
            let svcb = Svcb::<_, ParsedName<_>>::parse(parser)?;
            service(svcb.priority(), svcb.target(), svcb.params().as_slice())?
        }
        RecordType::Txt => {
            let txt = Txt::parse(parser)?;
            let strings: Vec<String> = txt.iter().map(quoted).collect();
            strings.join(" ")
        }
    })
}

fn service(priority: u16, target: &impl Display, parameters: &[u8]) -> Result<String, ParseError> {
    let parameters = service_params::from_wire(parameters)?;
    let fields = [vec![priority.to_string(), bare(target)], parameters].concat();
    Ok(fields.join(" "))
}

/// A name without the trailing dot; the root stays a dot.
fn bare(name: &impl Display) -> String {
    let text = name.to_string();
    if text.is_empty() { ".".to_owned() } else { text }
}

fn quoted(octets: &[u8]) -> String {
    DisplayQuoted::from_slice(octets).to_string()
}

/// A field of a text: without its quotes, with its escapes.
type Token = String;

/// Splits a text at spaces outside quotes; a quote may begin inside a field (`alpn="h2,h3"`, RFC 9460 §2.1).
fn tokens(text: &str) -> Result<Vec<Token>, Malformed> {
    let (mut tokens, mut current, mut inside) = (Vec::new(), None::<String>, false);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                inside = !inside;
                current.get_or_insert_default();
            }
            '\\' => {
                let next = letters
                    .next()
                    .ok_or_else(|| Malformed::new("the backslash at the end escapes nothing"))?;
                current.get_or_insert_default().extend(['\\', next]);
            }
            space if space.is_ascii_whitespace() && !inside => tokens.extend(current.take()),
            letter => current.get_or_insert_default().push(letter),
        }
    }
    if inside {
        return Err(Malformed::new("a quote is not closed"));
    }
    tokens.extend(current);
    Ok(tokens)
}

/// The octets that a field stands for: `\DDD` is an octet by its number, `\X` is X itself (RFC 1035 §5.1).
fn octets(token: &str) -> Result<Vec<u8>, Malformed> {
    let (mut octets, mut rest) = (Vec::new(), token);
    while let Some((before, after)) = rest.split_once('\\') {
        octets.extend_from_slice(before.as_bytes());
        if after.starts_with(|c: char| c.is_ascii_digit()) {
            let octet = after.get(..3).and_then(|digits| digits.parse().ok());
            octets
                .push(octet.ok_or_else(|| {
                    Malformed::new("after a backslash three digits up to 255 are expected")
                })?);
            rest = &after[3..];
        } else {
            let length = after.chars().next().map_or(0, char::len_utf8);
            octets.extend_from_slice(&after.as_bytes()[..length]);
            rest = &after[length..];
        }
    }
    octets.extend_from_slice(rest.as_bytes());
    Ok(octets)
}

/// A field that is a number or an address.
fn number<T: FromStr>(token: &str, what: &str) -> Result<T, Malformed> {
    token.parse().map_err(|_| Malformed(format!("{token:?} is not {what}")))
}

fn u16_octets(token: &Token) -> Result<[u8; 2], Malformed> {
    number::<u16>(token, "a number from 0 to 65535").map(u16::to_be_bytes)
}

fn name(token: &Token) -> Result<Vec<u8>, Malformed> {
    let name = Name::<Vec<u8>>::from_str(token)
        .map_err(|error| Malformed(format!("{token:?} is not a name: {error}")))?;
    Ok(name.into_octets())
}

fn character_string(token: &Token) -> Result<Vec<u8>, Malformed> {
    let octets = octets(token)?;
    let string = CharStr::from_octets(octets.as_slice())
        .map_err(|_| Malformed::new("a quoted string is longer than 255 octets"))?;
    Ok([&[u8::try_from(string.len()).expect("checked by CharStr")], octets.as_slice()].concat())
}

/// One text in as many strings as it takes.
fn plain_text(text: &str) -> Result<Vec<u8>, Malformed> {
    if text.is_empty() {
        return Err(Malformed::new("the text is empty; write \"\" for an empty string"));
    }
    let chunks = text.as_bytes().chunks(255);
    let octets: Vec<u8> = chunks
        .flat_map(|chunk| [&[u8::try_from(chunk.len()).expect("chunks of at most 255")], chunk].concat())
        .collect();
    if octets.len() > usize::from(u16::MAX) {
        return Err(Malformed::new("the text is longer than a record can hold"));
    }
    Ok(octets)
}

fn caa(flags: &Token, tag: &Token, value: &Token) -> Result<Vec<u8>, Malformed> {
    let flags: u8 = number(flags, "a number from 0 to 255")?;
    if tag.is_empty() || tag.len() > 255 || !tag.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
        return Err(Malformed(format!("{tag:?} is not a CAA tag, such as issue")));
    }
    let length = u8::try_from(tag.len()).expect("checked just above");
    Ok([&[flags, length], tag.as_bytes(), octets(value)?.as_slice()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_one_text_per_value() {
        let table = [
            (RecordType::A, "203.0.113.7", "203.0.113.7"),
            (RecordType::Aaaa, "2001:DB8:0:0::1", "2001:db8::1"),
            (RecordType::Caa, "0 issue ca.example.org", "0 issue \"ca.example.org\""),
            (RecordType::Caa, "128 issue \"ca.example.org; x=y\"", "128 issue \"ca.example.org; x=y\""),
            (RecordType::Cname, "Home.Example.ORG.", "home.example.org"),
            (RecordType::Https, "0 WWW.example.org", "0 www.example.org"),
            (RecordType::Https, "1 . alpn=h2,h3", "1 . alpn=\"h2,h3\""),
            (RecordType::Https, "1 .", "1 ."),
            (
                RecordType::Svcb,
                "16 foo.example.org. port=53 ipv6hint=2001:DB8::1,2001:db8::2 alpn=\"h2,h3-19\" ipv4hint=192.0.2.1",
                "16 foo.example.org alpn=\"h2,h3-19\" port=\"53\" ipv4hint=\"192.0.2.1\" ipv6hint=\"2001:db8::1,2001:db8::2\"",
            ),
            (
                RecordType::Svcb,
                "1 . key667=hello mandatory=port,alpn no-default-alpn alpn=h2 port=8443 ech=AAEC",
                "1 . mandatory=\"alpn,port\" alpn=\"h2\" no-default-alpn port=\"8443\" ech=\"AAEC\" key667=\"hello\"",
            ),
            // RFC 9460, appendix D.2, figure 10: a comma and a backslash inside an identifier.
            (
                RecordType::Svcb,
                r#"16 foo.example.org. alpn="f\\\\oo\\,bar,h2""#,
                r#"16 foo.example.org alpn="f\\\\oo\\,bar,h2""#,
            ),
            (RecordType::Mx, "010 mail.example.org.", "10 mail.example.org"),
            (RecordType::Mx, "0 .", "0 ."),
            (RecordType::Srv, "0 5 5060 Sip.example.org", "0 5 5060 sip.example.org"),
            (RecordType::Txt, "v=spf1 ip4:203.0.113.7 -all", "\"v=spf1 ip4:203.0.113.7 -all\""),
            (RecordType::Txt, "say \"hi\" \\ there", "\"say \\\"hi\\\" \\\\ there\""),
            (RecordType::Txt, "\"two\"   \"strings\"", "\"two\" \"strings\""),
            (RecordType::Txt, "\"\"", "\"\""),
            (RecordType::Txt, "\"\\007;\"", "\"\\007;\""),
            (RecordType::Txt, "bücher", "\"b\\195\\188cher\""),
        ];
        for (rtype, given, expected) in table {
            assert_eq!(canonical(rtype, given).as_deref(), Ok(expected), "{rtype} {given}");
            assert_eq!(canonical(rtype, expected).as_deref(), Ok(expected), "{rtype} {given}, again");
        }
    }

    #[test]
    fn a_long_text_takes_several_strings() {
        let text = "x".repeat(300);
        let expected = format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45));
        assert_eq!(canonical(RecordType::Txt, &text), Ok(expected));
    }

    #[test]
    fn content_that_is_no_data_of_the_type_says_what_was_expected() {
        let long = format!("\"{}\"", "x".repeat(256));
        let table = [
            (RecordType::A, "2001:db8::1", "\"2001:db8::1\" is not an IPv4 address"),
            (RecordType::A, "", "expected one IPv4 address"),
            (RecordType::A, "192.0.2.1 192.0.2.2", "expected one IPv4 address"),
            (RecordType::Aaaa, "192.0.2.1", "\"192.0.2.1\" is not an IPv6 address"),
            (RecordType::Caa, "0 is-sue x", "\"is-sue\" is not a CAA tag, such as issue"),
            (RecordType::Cname, "a b", "expected one name"),
            (RecordType::Https, "1", "expected PRIORITY TARGET [KEY=VALUE ...]"),
            (RecordType::Https, "1 . color=red", "\"color\" is not a service parameter"),
            (RecordType::Https, "1 . port=1 port=2", "the service parameter port is given twice"),
            (RecordType::Https, "1 . mandatory=alpn", "the mandatory service parameter alpn is not given"),
            (
                RecordType::Https,
                "1 . no-default-alpn=1",
                "the service parameter no-default-alpn takes no value",
            ),
            (RecordType::Https, "1 . alpn", "the service parameter alpn needs a value"),
            (RecordType::Https, "1 . ipv4hint=2001:db8::1", "\"2001:db8::1\" is not an IPv4 address"),
            (RecordType::Mx, "mail.example.org", "expected PREFERENCE NAME"),
            (RecordType::Mx, "70000 mail.example.org", "\"70000\" is not a number from 0 to 65535"),
            (RecordType::Srv, "0 0 sip.example.org", "expected PRIORITY WEIGHT PORT TARGET"),
            (RecordType::Txt, "\"open", "a quote is not closed"),
            (RecordType::Txt, "\"\\999\"", "after a backslash three digits up to 255 are expected"),
            (RecordType::Txt, "\"end\\", "the backslash at the end escapes nothing"),
            (RecordType::Txt, "", "the text is empty; write \"\" for an empty string"),
            (RecordType::Txt, &long, "a quoted string is longer than 255 octets"),
        ];
        for (rtype, given, expected) in table {
            assert_eq!(canonical(rtype, given), Err(Malformed::new(expected)), "{rtype} {given}");
        }
    }
}
