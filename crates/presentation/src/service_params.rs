//! The service parameters of SVCB and HTTPS records (RFC 9460) between text and wire.

use super::{Malformed, Token, number, octets, quoted};
use domain::base::wire::ParseError;
use domain::utils::base64;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The parameters that have a name, by their numbers in the IANA registry "Service Parameter Keys";
/// the position is the number.
const NAMES: [&str; 7] = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"];

const MANDATORY: u16 = 0;
const ALPN: u16 = 1;
const NO_DEFAULT_ALPN: u16 = 2;
const PORT: u16 = 3;
const IPV4HINT: u16 = 4;
const ECH: u16 = 5;
const IPV6HINT: u16 = 6;

/// Encodes `KEY`, `KEY=VALUE` fields, sorted by key as RFC 9460 §2.2 demands.
pub(super) fn to_wire(fields: &[Token]) -> Result<Vec<u8>, Malformed> {
    let mut parameters = BTreeMap::new();
    for field in fields {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (field.as_str(), None),
        };
        let number = key_number(key)?;
        if parameters.insert(number, encode(number, value)?).is_some() {
            return Err(Malformed(format!("the service parameter {key} is given twice")));
        }
    }
    if let Some(list) = parameters.get(&MANDATORY) {
        let missing = list.chunks(2).map(u16_of).find(|key| !parameters.contains_key(key));
        if let Some(key) = missing {
            return Err(Malformed(format!("the mandatory service parameter {} is not given", key_name(key))));
        }
    }
    let mut wire = Vec::new();
    for (key, value) in parameters {
        let length = u16::try_from(value.len())
            .map_err(|_| Malformed(format!("the service parameter {} is too long", key_name(key))))?;
        wire.extend_from_slice(&key.to_be_bytes());
        wire.extend_from_slice(&length.to_be_bytes());
        wire.extend_from_slice(&value);
    }
    Ok(wire)
}

/// The fields of encoded parameters, in the order in which they stand.
pub(super) fn from_wire(mut wire: &[u8]) -> Result<Vec<String>, ParseError> {
    let mut fields = Vec::new();
    while let Some((head, rest)) = wire.split_at_checked(4) {
        let key = u16_of(&head[..2]);
        let (value, rest) =
            rest.split_at_checked(usize::from(u16_of(&head[2..]))).ok_or(ParseError::ShortInput)?;
        let name = key_name(key);
        fields.push(match decode(key, value) {
            Some(text) if text.is_empty() => name,
            Some(text) => format!("{name}={}", quoted(&text)),
            None => return Err(ParseError::form_error("malformed service parameter")),
        });
        wire = rest;
    }
    if wire.is_empty() { Ok(fields) } else { Err(ParseError::ShortInput) }
}

/// `alpn`, or `keyNNNNN` for a parameter without a name.
fn key_name(key: u16) -> String {
    NAMES.get(usize::from(key)).map_or_else(|| format!("key{key}"), ToString::to_string)
}

fn key_number(name: &str) -> Result<u16, Malformed> {
    let named = NAMES.iter().position(|known| *known == name).and_then(|number| u16::try_from(number).ok());
    named
        .or_else(|| {
            name.strip_prefix("key").filter(|digits| *digits == "0" || !digits.starts_with('0'))?.parse().ok()
        })
        .ok_or_else(|| Malformed(format!("{name:?} is not a service parameter")))
}

fn encode(key: u16, value: Option<&str>) -> Result<Vec<u8>, Malformed> {
    let name = || key_name(key);
    if key == NO_DEFAULT_ALPN {
        return match value {
            None | Some("") => Ok(Vec::new()),
            Some(_) => Err(Malformed(format!("the service parameter {} takes no value", name()))),
        };
    }
    let value = value.unwrap_or_default();
    if value.is_empty() && key <= IPV6HINT {
        return Err(Malformed(format!("the service parameter {} needs a value", name())));
    }
    match key {
        MANDATORY => {
            let mut keys = value.split(',').map(key_number).collect::<Result<Vec<_>, _>>()?;
            keys.sort_unstable();
            Ok(keys.into_iter().flat_map(u16::to_be_bytes).collect())
        }
        ALPN => alpn(&octets(value)?),
        PORT => number::<u16>(value, "a port").map(|port| port.to_be_bytes().to_vec()),
        IPV4HINT => {
            let addresses = value.split(',').map(|text| number::<Ipv4Addr>(text, "an IPv4 address"));
            addresses
                .map(|address| address.map(|address| address.octets()))
                .collect::<Result<Vec<_>, _>>()
                .map(|all| all.concat())
        }
        IPV6HINT => {
            let addresses = value.split(',').map(|text| number::<Ipv6Addr>(text, "an IPv6 address"));
            addresses
                .map(|address| address.map(|address| address.octets()))
                .collect::<Result<Vec<_>, _>>()
                .map(|all| all.concat())
        }
        ECH => base64::decode(value).map_err(|_| Malformed::new("the service parameter ech is not base64")),
        _ => octets(value),
    }
}

/// The protocol identifiers of a list in which `\,` and `\\` stand for themselves (RFC 9460, appendix A.1).
fn alpn(list: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut identifiers = vec![Vec::new()];
    let mut rest = list.iter();
    while let Some(&octet) = rest.next() {
        let current = identifiers.last_mut().expect("never empty");
        match octet {
            b',' => identifiers.push(Vec::new()),
            b'\\' => current.extend(rest.next()),
            octet => current.push(octet),
        }
    }
    let mut wire = Vec::new();
    for identifier in identifiers {
        let length = u8::try_from(identifier.len()).ok().filter(|length| *length > 0);
        wire.push(length.ok_or_else(|| Malformed::new("an alpn identifier takes 1 to 255 octets"))?);
        wire.extend(identifier);
    }
    Ok(wire)
}

/// The octets of a value's text before they are quoted; `None` where the value breaks the rules of its key.
fn decode(key: u16, value: &[u8]) -> Option<Vec<u8>> {
    let list = |parts: Vec<String>| Some(parts.join(",").into_bytes());
    match key {
        MANDATORY if value.len().is_multiple_of(2) => {
            list(value.chunks(2).map(|key| key_name(u16_of(key))).collect())
        }
        ALPN => alpn_text(value),
        NO_DEFAULT_ALPN if value.is_empty() => Some(Vec::new()),
        PORT if value.len() == 2 => Some(u16_of(value).to_string().into_bytes()),
        IPV4HINT if value.len().is_multiple_of(4) => list(
            value
                .chunks(4)
                .filter_map(|octets| <[u8; 4]>::try_from(octets).ok())
                .map(|octets| Ipv4Addr::from(octets).to_string())
                .collect(),
        ),
        IPV6HINT if value.len().is_multiple_of(16) => list(
            value
                .chunks(16)
                .filter_map(|octets| <[u8; 16]>::try_from(octets).ok())
                .map(|octets| Ipv6Addr::from(octets).to_string())
                .collect(),
        ),
        ECH => Some(base64::encode_string(value).into_bytes()),
        MANDATORY..=IPV6HINT => None,
        _ => Some(value.to_vec()),
    }
}

fn alpn_text(mut wire: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    while let Some((length, rest)) = wire.split_first() {
        let (identifier, rest) = rest.split_at_checked(usize::from(*length))?;
        if !text.is_empty() {
            text.push(b',');
        }
        for octet in identifier {
            if matches!(octet, b',' | b'\\') {
                text.push(b'\\');
            }
            text.push(*octet);
        }
        wire = rest;
    }
    Some(text)
}

/// A number from two octets; both callers have cut exactly two.
fn u16_of(octets: &[u8]) -> u16 {
    octets.iter().fold(0, |number, octet| number << 8 | u16::from(*octet))
}
