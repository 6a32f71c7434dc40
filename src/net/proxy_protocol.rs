//! The PROXY protocol, versions 1 and 2: who connected to the proxy, told before the first byte of the connection.
//!
//! Source: "The PROXY protocol", W. Tarreau, haproxy's doc/proxy-protocol.txt (2020/03/05). The parser is a pure
//! function over the bytes so far; [`read`] feeds it exactly as many bytes as the header has. Whether a peer is to be
//! believed is its caller's business.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The connection came from this address.
    From(IpAddr),
    /// It is the proxy's own, such as a health check (`LOCAL`).
    Local,
    /// The proxy does not know, or it was no TCP connection (`UNKNOWN`, `UNSPEC`, Unix sockets).
    Unknown,
}

/// What the bytes so far come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A whole header of so many bytes.
    Whole(Told, usize),
    /// At least so many more bytes are needed.
    More(usize),
    /// No such header.
    Wrong,
}

/// §2.2: the twelve bytes that no other protocol begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// §2.1: the longest line of version 1, with its end.
const LONGEST_LINE: usize = 107;

/// The largest header of version 2 that is taken: addresses, and TLVs such as a TLS name. The format allows 64 KiB.
const LONGEST: usize = 16 + 2048;

/// Reads a header off the beginning of `bytes`.
pub fn parse(bytes: &[u8]) -> Parsed {
    match bytes.first() {
        None => Parsed::More(1),
        Some(b'P') => version_1(bytes),
        Some(b'\r') => version_2(bytes),
        Some(_) => Parsed::Wrong,
    }
}

fn version_1(bytes: &[u8]) -> Parsed {
    let begin = b"PROXY ";
    let common = bytes.len().min(begin.len());
    if bytes[..common] != begin[..common] {
        return Parsed::Wrong;
    }
    let within = &bytes[..bytes.len().min(LONGEST_LINE)];
    let Some(end) = within.windows(2).position(|pair| pair == b"\r\n") else {
        // One more byte at a time: what follows the line belongs to somebody else.
        return if bytes.len() < LONGEST_LINE { Parsed::More(1) } else { Parsed::Wrong };
    };
    let Ok(line) = std::str::from_utf8(&bytes[begin.len()..end]) else { return Parsed::Wrong };
    let told = match line.split(' ').collect::<Vec<_>>().as_slice() {
        ["UNKNOWN", ..] => Some(Told::Unknown),
        ["TCP4", from, to, from_port, to_port] if ports([from_port, to_port]) => {
            let (from, to) = (from.parse::<Ipv4Addr>(), to.parse::<Ipv4Addr>());
            from.ok().filter(|_| to.is_ok()).map(|from| Told::From(IpAddr::V4(from)))
        }
        ["TCP6", from, to, from_port, to_port] if ports([from_port, to_port]) => {
            let (from, to) = (from.parse::<Ipv6Addr>(), to.parse::<Ipv6Addr>());
            from.ok().filter(|_| to.is_ok()).map(|from| Told::From(IpAddr::V6(from).to_canonical()))
        }
        _ => None,
    };
    told.map_or(Parsed::Wrong, |told| Parsed::Whole(told, end + 2))
}

fn ports(texts: [&str; 2]) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok();
    texts.into_iter().all(digits)
}

fn version_2(bytes: &[u8]) -> Parsed {
    let common = bytes.len().min(SIGNATURE.len());
    if bytes[..common] != SIGNATURE[..common] {
        return Parsed::Wrong;
    }
    let Some((head, rest)) = bytes.split_at_checked(16) else { return Parsed::More(16 - bytes.len()) };
    let (version_and_command, family) = (head[12], head[13]);
    let length = usize::from(u16::from_be_bytes([head[14], head[15]]));
    if version_and_command >> 4 != 2 || 16 + length > LONGEST {
        return Parsed::Wrong;
    }
    let Some(block) = rest.get(..length) else { return Parsed::More(length - rest.len()) };
    let told = match (version_and_command & 0xf, family) {
        // §2.2: of a LOCAL connection the block is skipped, whatever it holds.
        (0, _) => Some(Told::Local),
        // TCP over IPv4: two addresses, two ports. Over IPv6 likewise.
        (1, 0x11) => block
            .first_chunk::<12>()
            .map(|block| Told::From(IpAddr::V4(Ipv4Addr::new(block[0], block[1], block[2], block[3])))),
        (1, 0x21) => block
            .first_chunk::<36>()
            .and_then(|block| block.first_chunk::<16>())
            .map(|source| Told::From(IpAddr::V6(Ipv6Addr::from(*source)).to_canonical())),
        (1, _) => Some(Told::Unknown),
        _ => None,
    };
    told.map_or(Parsed::Wrong, |told| Parsed::Whole(told, 16 + length))
}

/// Reads the header off a connection, and not one byte more. There is no deadline here.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Told> {
    let mut bytes = Vec::new();
    loop {
        match parse(&bytes) {
            Parsed::Whole(told, _) => return Ok(told),
            Parsed::Wrong => {
                return Err(io::Error::other("the connection does not begin with a PROXY header"));
            }
            Parsed::More(count) => {
                let from = bytes.len();
                bytes.resize(from + count, 0);
                stream.read_exact(&mut bytes[from..]).await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v2(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
        let length = u16::try_from(block.len()).expect("short").to_be_bytes();
        [SIGNATURE.as_slice(), &[0x20 | command, family], &length, block].concat()
    }

    fn from(text: &str) -> Told {
        Told::From(text.parse().expect("an address"))
    }

    #[test]
    fn both_versions_tell_the_client_of_both_families() {
        let v6 = "2001:db8::7".parse::<Ipv6Addr>().expect("an address").octets();
        let block6 = [v6.as_slice(), &[0; 16], &[0x12, 0x34, 1, 187]].concat();
        let block4 = [203, 0, 113, 7, 192, 0, 2, 1, 0x12, 0x34, 1, 187];
        let with_tlv = [block4.as_slice(), &[0x20, 0, 1, 9]].concat();
        for (bytes, told) in [
            (b"PROXY TCP4 203.0.113.7 192.0.2.1 4660 443\r\n".to_vec(), from("203.0.113.7")),
            (b"PROXY TCP6 2001:db8::7 2001:db8::1 4660 443\r\n".to_vec(), from("2001:db8::7")),
            (b"PROXY UNKNOWN\r\n".to_vec(), Told::Unknown),
            (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n".to_vec(), Told::Unknown),
            (v2(1, 0x11, &block4), from("203.0.113.7")),
            (v2(1, 0x11, &with_tlv), from("203.0.113.7")),
            (v2(1, 0x21, &block6), from("2001:db8::7")),
            (v2(0, 0x11, &block4), Told::Local),
            (v2(0, 0, &[]), Told::Local),
            (v2(1, 0, &[]), Told::Unknown),
            (v2(1, 0x31, &[0; 216]), Told::Unknown),
        ] {
            let whole = bytes.len();
            assert_eq!(parse(&bytes), Parsed::Whole(told, whole), "{bytes:?}");
            // With the request behind it, and cut anywhere.
            assert_eq!(
                parse(&[bytes.as_slice(), b"GET / HTTP/1.1\r\n\r\n"].concat()),
                Parsed::Whole(told, whole)
            );
            for cut in 0..whole {
                let Parsed::More(count) = parse(&bytes[..cut]) else { panic!("cut at {cut}: {bytes:?}") };
                assert!(cut + count <= whole, "asks for bytes that are not the header's");
            }
        }
    }

    #[test]
    fn what_is_no_header_is_none() {
        for bytes in [
            b"GET / HTTP/1.1\r\n".as_slice(),
            b"PROXY TCP4 203.0.113.7 192.0.2.1 4660\r\n",
            b"PROXY TCP4 203.0.113.7 192.0.2.1 4660 +443\r\n",
            b"PROXY TCP4 203.0.113.7 192.0.2.1 4660 70000\r\n",
            b"PROXY TCP4 2001:db8::7 2001:db8::1 4660 443\r\n",
            b"PROXY TCP4  203.0.113.7 192.0.2.1 4660 443\r\n",
            b"PROXY TCP5 203.0.113.7 192.0.2.1 4660 443\r\n",
            b"PROXY UDP4 203.0.113.7 192.0.2.1 4660 443\r\n",
            b"PROXI",
            &[b'P'; 200],
            &v2(1, 0x11, &[1, 2, 3]),
            &v2(1, 0x21, &[0; 35]),
            &v2(2, 0x11, &[0; 12]),
            &v2(1, 0x11, &[0; 4000]),
        ] {
            assert_eq!(parse(bytes), Parsed::Wrong, "{bytes:?}");
        }
        let endless = [b"PROXY UNKNOWN ".as_slice(), &[b'x'; 200]].concat();
        assert_eq!(parse(&endless), Parsed::Wrong);
        let mut version_3 = v2(1, 0x11, &[0; 12]);
        version_3[12] = 0x31;
        assert_eq!(parse(&version_3), Parsed::Wrong);
    }

    #[test]
    fn random_and_mutated_headers_neither_panic_nor_tell_without_being_whole() {
        let mut seed = 42_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed.to_be_bytes()[1]
        };
        let seeds =
            [v2(1, 0x11, &[9; 12]), v2(1, 0x21, &[9; 40]), b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n".to_vec()];
        for round in 0..60_000_usize {
            let mut bytes = seeds[round % seeds.len()].clone();
            for _ in 0..=next() % 4 {
                let at = usize::from(next()) % bytes.len();
                bytes[at] = next();
            }
            bytes.truncate(usize::from(next()) % (bytes.len() + 1));
            match parse(&bytes) {
                Parsed::Whole(_, length) => assert!(length <= bytes.len() && length >= 15, "{bytes:?}"),
                Parsed::More(count) => assert!(count > 0),
                Parsed::Wrong => {}
            }
        }
    }

    #[tokio::test]
    async fn a_connection_keeps_what_follows_the_header() {
        let bytes = b"PROXY TCP4 203.0.113.7 192.0.2.1 4660 443\r\nGET".as_slice();
        let mut stream = bytes;
        assert_eq!(read(&mut stream).await.expect("a header"), from("203.0.113.7"));
        assert_eq!(stream, b"GET");
        assert!(read(&mut b"PROXY TCP4 203".as_slice()).await.is_err());
    }
}
