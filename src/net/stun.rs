//! Messages of STUN as far as both sides need them (RFC 8489 §5, §14): header, attributes, fingerprint, address.
//!
//! Pure. What a message means is the business of whoever asks (`source`) or answers (`server`).

use std::net::{IpAddr, SocketAddr};

/// Octets of the header.
pub const HEADER: usize = 20;

/// The fixed part of the transaction (§5).
pub const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// Message type: method Binding, class request (§5).
pub const REQUEST: u16 = 0x0001;
/// Method Binding, class success.
pub const SUCCESS: u16 = 0x0101;
/// Method Binding, class error.
pub const ERROR: u16 = 0x0111;

/// Attribute type (§18.3), as are the following.
pub const MAPPED_ADDRESS: u16 = 0x0001;
/// A signature over what comes before it (§14.5).
pub const MESSAGE_INTEGRITY: u16 = 0x0008;
/// Why there is no success (§14.8).
pub const ERROR_CODE: u16 = 0x0009;
/// Which attributes were not understood (§14.13).
pub const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
/// A signature with a newer algorithm (§14.6).
pub const MESSAGE_INTEGRITY_SHA256: u16 = 0x001c;
/// The address (§14.2).
pub const XOR_MAPPED_ADDRESS: u16 = 0x0020;
/// The checksum that ends a message (§14.7).
pub const FINGERPRINT: u16 = 0x8028;

/// What the CRC of a FINGERPRINT is combined with (§14.7).
pub const FINGERPRINT_XOR: u32 = 0x5354_554e;

/// How many octets follow a header; `None` where it is no header of STUN: it begins with two zero bits, holds the
/// cookie, and all attributes are padded to multiples of four (§5).
pub fn body_length(header: &[u8; HEADER]) -> Option<usize> {
    any_body_length(header).filter(|_| header[4..8] == COOKIE)
}

/// The same with or without the cookie, which the first edition did not have (RFC 3489 §11.1).
pub fn any_body_length(header: &[u8; HEADER]) -> Option<usize> {
    let length = u16::from_be_bytes([header[2], header[3]]);
    (header[0] & 0xc0 == 0 && length.is_multiple_of(4)).then_some(usize::from(length))
}

/// One attribute (§14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its type.
    pub kind: u16,
    /// Its value, without padding.
    pub value: &'a [u8],
    /// Whether it is a FINGERPRINT that is right and ends the message.
    pub seals: bool,
}

/// An attribute that reaches over the end, or a FINGERPRINT that is not the last or not right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// The attributes of a whole message, in turn, up to the first that is broken.
pub fn attributes(octets: &[u8]) -> impl Iterator<Item = Result<Attribute<'_>, Broken>> {
    let mut place = HEADER;
    std::iter::from_fn(move || {
        if place >= octets.len() {
            return (place > octets.len()).then(|| {
                // The padding of the last one is missing; said once.
                place = octets.len();
                Err(Broken)
            });
        }
        let read = attribute(octets, place);
        place = match read {
            Some((_, next)) => next,
            None => octets.len(),
        };
        Some(read.map(|(attribute, _)| attribute).ok_or(Broken))
    })
}

fn attribute(octets: &[u8], place: usize) -> Option<(Attribute<'_>, usize)> {
    let head = octets.get(place..place + 4)?;
    let kind = u16::from_be_bytes([head[0], head[1]]);
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let value = octets.get(place + 4..place + 4 + length)?;
    let next = place + 4 + length.next_multiple_of(4);
    let seals = kind == FINGERPRINT;
    if seals {
        let sum = u32::from_be_bytes(value.try_into().ok()?);
        if sum != crc32(&octets[..place]) ^ FINGERPRINT_XOR || next != octets.len() {
            return None;
        }
    }
    Some((Attribute { kind, value, seals }, next))
}

/// Adds an attribute to a message and corrects the length in its header.
pub fn push(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&u16::try_from(value.len()).unwrap_or_default().to_be_bytes());
    message.extend_from_slice(value);
    message.resize(message.len().next_multiple_of(4), 0);
    let whole = message.len();
    set_length(message, whole);
}

/// Ends a message with its FINGERPRINT, whose checksum is over the length with it.
pub fn seal(message: &mut Vec<u8>) {
    let whole = message.len() + 8;
    set_length(message, whole);
    let sum = crc32(message) ^ FINGERPRINT_XOR;
    push(message, FINGERPRINT, &sum.to_be_bytes());
}

fn set_length(message: &mut [u8], whole: usize) {
    let length = u16::try_from(whole.saturating_sub(HEADER)).unwrap_or_default();
    if let Some(place) = message.get_mut(2..4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

/// The value of MAPPED-ADDRESS, or with what follows the type and length of the header, of XOR-MAPPED-ADDRESS: cookie
/// and transaction id are what port and address are combined with (§14.1, §14.2).
pub fn address(address: SocketAddr, key: Option<&[u8; 16]>) -> Vec<u8> {
    let (family, octets) = match address.ip() {
        IpAddr::V4(address) => (1, address.octets().to_vec()),
        IpAddr::V6(address) => (2, address.octets().to_vec()),
    };
    let key = key.copied().unwrap_or_default();
    let mut value = vec![0, family];
    value.extend(address.port().to_be_bytes().iter().zip(&key).map(|(octet, key)| octet ^ key));
    value.extend(octets.iter().zip(&key).map(|(octet, key)| octet ^ key));
    value
}

/// The CRC of ITU V.42 (§14.7).
pub fn crc32(octets: &[u8]) -> u32 {
    !octets.iter().fold(!0, |sum: u32, octet| {
        (0..8).fold(sum ^ u32::from(*octet), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
    })
}
