//! Who came before a proxy: `X-Forwarded-For` and `Forwarded` (RFC 7239) as a list of hops, and nothing about trust.
//!
//! A client may have written anything into these headers before the first honest proxy added its own line, so a hop
//! counts only by its place from the right, and everything that cannot be read for certain is [`None`].

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The hops of all lines of `X-Forwarded-For`, the client's first; a hop that is no address is `None`.
pub fn x_forwarded_for<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Option<IpAddr>> {
    lines.flat_map(|line| line.split(',')).map(|hop| node(hop.trim_matches([' ', '\t']))).collect()
}

/// The hops of all lines of `Forwarded` (RFC 7239 §4), the client's first.
///
/// A hop that is unknown, obfuscated or without `for` is `None`, and so is a whole line that breaks the grammar: in
/// such a line nobody can tell which quote a client opened.
pub fn forwarded<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Option<IpAddr>> {
    lines.flat_map(|line| elements(line).unwrap_or_else(|| vec![None])).collect()
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip().to_canonical());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse::<Ipv6Addr>().ok().map(|address| IpAddr::V6(address).to_canonical())
}

/// The `for` of every element of a line; `None` where the line breaks the grammar.
fn elements(line: &str) -> Option<Vec<Option<IpAddr>>> {
    let mut rest = line.trim_matches([' ', '\t']);
    let mut hops = Vec::new();
    loop {
        // A list may have empty elements (RFC 9110 §5.6.1.2); they are no hops.
        let (hop, after) =
            if rest.is_empty() || rest.starts_with(',') { (None, rest) } else { element(rest)? };
        if after.len() < rest.len() {
            hops.push(hop);
        }
        match after.strip_prefix(',') {
            Some(next) => rest = next.trim_start_matches([' ', '\t']),
            None if after.is_empty() => return Some(hops),
            None => return None,
        }
    }
}

/// One element, `pair *(";" pair)`, and what stands behind it.
fn element(text: &str) -> Option<(Option<IpAddr>, &str)> {
    let (mut hop, mut seen, mut rest) = (None, false, text);
    loop {
        let end = rest.find(|c: char| !is_token(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            return None;
        }
        let (value, after) = value(after.strip_prefix('=')?)?;
        if name.eq_ignore_ascii_case("for") {
            // No parameter may occur twice in an element (RFC 7239 §4).
            if std::mem::replace(&mut seen, true) {
                return None;
            }
            // An IPv6 address is quoted and bracketed (§6).
            hop = node(&value);
        }
        let after = after.trim_start_matches([' ', '\t']);
        match after.strip_prefix(';') {
            Some(next) => rest = next.trim_start_matches([' ', '\t']),
            None => return Some((hop, after)),
        }
    }
}

/// A token or a quoted string (RFC 9110 §5.6.2, §5.6.4), and what stands behind it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| !is_token(c)).unwrap_or(text.len());
        let (token, after) = text.split_at(end);
        // A colon is no part of a token, but some proxies leave the quotes of `address:port` out.
        let longer = after.find(|c: char| !is_token(c) && c != ':').unwrap_or(after.len());
        let (more, after) = after.split_at(longer);
        let token = format!("{token}{more}");
        return (!token.is_empty()).then_some((token, after));
    };
    let mut unquoted = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((unquoted, &quoted[at + 1..])),
            '\\' => unquoted.push(characters.next()?.1),
            other => unquoted.push(other),
        }
    }
    None
}

/// RFC 9110 §5.6.2.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn x_forwarded_for_is_a_list_over_all_its_lines() {
        let hops =
            x_forwarded_for(["192.0.2.1, 198.51.100.2:4711", "[2001:db8::1]:80,2001:db8::2"].into_iter());
        assert_eq!(hops, [ip("192.0.2.1"), ip("198.51.100.2"), ip("2001:db8::1"), ip("2001:db8::2")]);
        let hops =
            x_forwarded_for(["unknown, , 192.0.2.1 192.0.2.2, 192.0.2.01, ::ffff:192.0.2.9"].into_iter());
        assert_eq!(hops, [None, None, None, None, ip("192.0.2.9")]);
    }

    #[test]
    fn the_examples_of_rfc_7239_read_as_meant() {
        // RFC 7239 §4.
        for (line, expected) in [
            ("for=\"_gazonk\"", vec![None]),
            ("For=\"[2001:db8:cafe::17]:4711\"", vec![ip("2001:db8:cafe::17")]),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", vec![ip("192.0.2.60")]),
            ("for=192.0.2.43, for=198.51.100.17", vec![ip("192.0.2.43"), ip("198.51.100.17")]),
            (
                "for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown",
                vec![ip("192.0.2.43"), ip("2001:db8:cafe::17"), None],
            ),
            ("proto=https;by=203.0.113.43", vec![None]),
            ("for=192.0.2.43:47011", vec![ip("192.0.2.43")]),
        ] {
            assert_eq!(forwarded([line].into_iter()), expected, "{line}");
        }
    }

    #[test]
    fn a_quote_that_a_client_left_open_swallows_no_honest_hop() {
        // What a proxy appends with a comma, behind whatever the client sent.
        for honest in ["for=192.0.2.7", "for=\"192.0.2.7:1\"", "for=\"[2001:db8::7]\";proto=https"] {
            for forged in
                ["for=\"", "for=\"\\", "for=\"a", "for=1.1.1.1;by=\"", "\"", "for=", "for=\"1.1.1.1\\\\\\"]
            {
                let line = format!("{forged}, {honest}");
                let hops = forwarded([line.as_str()].into_iter());
                let last = hops.last().copied().flatten();
                assert!(
                    last.is_none() || last == ip("192.0.2.7") || last == ip("2001:db8::7"),
                    "{line}: {hops:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_written_twice_or_wrongly_is_unknown() {
        for line in [
            "for=192.0.2.1;for=192.0.2.2",
            "for 192.0.2.1",
            "for=192.0.2.1 for=192.0.2.2",
            "for=192.0.2.1;",
            "=",
        ] {
            assert_eq!(forwarded([line].into_iter()), [None], "{line:?}");
        }
        assert_eq!(forwarded([", for=192.0.2.1, "].into_iter()), [ip("192.0.2.1")]);
    }

    #[test]
    fn no_text_makes_it_panic_or_invent_an_address() {
        let mut seed = 7_u64;
        let pieces = [
            "for",
            "=",
            "\"",
            "\\",
            ",",
            ";",
            " ",
            "192.0.2.1",
            "[",
            "]",
            ":",
            "2001:db8::1",
            "é",
            "by",
            "_x",
        ];
        for _ in 0..40_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[usize::try_from(seed >> 33).unwrap_or(0) % pieces.len()]);
            }
            for hop in forwarded([text.as_str()].into_iter())
                .into_iter()
                .chain(x_forwarded_for([text.as_str()].into_iter()))
            {
                let shown = hop.map(|hop| hop.to_string()).unwrap_or_default();
                let plain = text.replace('\\', "");
                assert!(hop.is_none_or(|hop| hop.is_ipv6() || plain.contains(&shown)), "{text}: {shown}");
            }
        }
    }
}
