//! Small translations that many dialects need.

use crate::provider::Zone;
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType, presentable};

/// Base64 (RFC 4648 §4), padded.
pub(super) fn base64(octets: &[u8]) -> String {
    domain::utils::base64::encode_string(octets)
}

/// Lower-case hexadecimal.
pub(super) fn hex(octets: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).expect("invariant: below 16");
    octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect()
}

/// The name as its zone calls it; the zone's own is `apex`.
pub(super) fn relative<'n>(name: &'n Name, zone: &Zone, apex: &'n str) -> &'n str {
    let whole = name.as_str();
    if *name == zone.name {
        return apex;
    }
    let rest = whole.strip_suffix(zone.name.as_str()).and_then(|rest| rest.strip_suffix('.'));
    rest.unwrap_or(whole)
}

/// The name that an API means by `text`, which is relative to the zone, and the zone's own for `apex`, `@` or nothing.
pub(super) fn from_relative(text: &str, zone: &Zone) -> Option<Name> {
    match text {
        "" | "@" => Some(zone.name.clone()),
        _ => absolute(&format!("{text}.{}", zone.name)),
    }
}

/// The name that an API means by an absolute text, with or without its last dot, in whichever case and alphabet.
pub(super) fn absolute(text: &str) -> Option<Name> {
    if text.is_ascii() {
        return Name::parse(text).ok();
    }
    Name::parse(&idna::domain_to_ascii(text).ok()?).ok()
}

/// The place of a server that the user names: a host, with or without scheme, port and path; `path` where it has none.
pub(super) fn place(server: &str, path: &str) -> String {
    let server = server.trim().trim_end_matches('/');
    let (scheme, rest) = server.split_once("://").unwrap_or(("https", server));
    let path = if rest.contains('/') { "" } else { path };
    format!("{scheme}://{rest}{path}")
}

/// A value as an API without quotes around texts wants it.
pub(super) fn bare(rtype: RecordType, value: &str) -> String {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    match (rtype, inner) {
        (RecordType::Txt, Some(inner)) => {
            inner.replace("\" \"", "").replace("\\\"", "\"").replace("\\\\", "\\")
        }
        _ => value.to_owned(),
    }
}

/// A value as core writes it, of an API that may leave the quotes around texts away.
pub(super) fn presented(key: &Key, value: &str) -> String {
    presentable(key.rtype, value.trim())
}

/// A value whose host names end with a dot, for APIs that take one without for a relative name.
pub(super) fn dotted(rtype: RecordType, value: &str) -> String {
    let at = match rtype {
        RecordType::Cname => 0,
        RecordType::Mx | RecordType::Https | RecordType::Svcb => 1,
        RecordType::Srv => 3,
        RecordType::A | RecordType::Aaaa | RecordType::Caa | RecordType::Txt => return value.to_owned(),
    };
    let mut fields: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
    if let Some(host) = fields.get_mut(at).filter(|host| !host.ends_with('.')) {
        host.push('.');
    }
    fields.join(" ")
}

/// Whether an API's word is this type.
pub(super) fn is_type(word: &str, key: &Key) -> bool {
    word.eq_ignore_ascii_case(key.rtype.as_str())
}

/// One segment of a path or one value of a query, percent-encoded but for what RFC 3986 §2.3 leaves alone.
pub(super) fn segment(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    fn zone() -> Zone {
        Zone { name: name("example.org"), id: "1".to_owned() }
    }

    #[test]
    fn a_name_and_its_relative_form_lead_to_each_other() {
        for (whole, short) in [("example.org", "@"), ("a.b.example.org", "a.b"), ("*.example.org", "*")] {
            assert_eq!(relative(&name(whole), &zone(), "@"), short);
            assert_eq!(from_relative(short, &zone()), Some(name(whole)));
        }
        assert_eq!(absolute("Bücher.example."), Some(name("xn--bcher-kva.example")));
    }

    #[test]
    fn texts_lose_their_quotes_and_get_them_back() {
        let key = Key { name: name("example.org"), rtype: RecordType::Txt };
        for (whole, short) in [("\"v=spf1 -all\"", "v=spf1 -all"), (r#""a \"b\" c""#, r#"a "b" c"#)] {
            assert_eq!(bare(RecordType::Txt, whole), short);
            assert_eq!(presented(&key, short), whole);
            assert_eq!(presented(&key, whole), whole);
        }
        assert_eq!(bare(RecordType::A, "192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn a_server_is_named_with_as_much_as_it_takes() {
        for (server, whole) in [
            ("pi.hole", "https://pi.hole/api"),
            ("http://192.0.2.1:8080/", "http://192.0.2.1:8080/api"),
            ("https://example.org/dns/api", "https://example.org/dns/api"),
        ] {
            assert_eq!(place(server, "/api"), whole);
        }
    }

    #[test]
    fn host_names_get_their_last_dot() {
        for (rtype, value, expected) in [
            (RecordType::Cname, "www.example.org", "www.example.org."),
            (RecordType::Mx, "10 mail.example.org", "10 mail.example.org."),
            (RecordType::Mx, "0 .", "0 ."),
            (RecordType::Srv, "0 5 443 a.example.org.", "0 5 443 a.example.org."),
            (RecordType::Https, "1 . alpn=h2", "1 . alpn=h2"),
            (RecordType::A, "192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(dotted(rtype, value), expected);
        }
    }

    #[test]
    fn a_segment_is_encoded() {
        assert_eq!(segment("*.a/b c"), "%2A.a%2Fb%20c");
    }
}
