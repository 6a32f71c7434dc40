//! The same data, written in different ways.
//!
//! Providers show a content in their own spelling: TXT with or without quotes, host names with or without the last
//! dot, service parameters quoted or reordered. Two contents are the same when [`comparable`] makes the same of them.

use super::RecordType;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

/// The longest character-string (RFC 1035 §3.3), in octets.
const LONGEST_STRING: usize = 255;

/// A form in which equal contents are equal texts. For comparing only: it need not be valid presentation form.
pub fn comparable(rtype: RecordType, content: &str) -> String {
    let content = content.trim();
    match rtype {
        RecordType::A => shortest::<Ipv4Addr>(content),
        RecordType::Aaaa => shortest::<Ipv6Addr>(content),
        RecordType::Txt => text_of(content),
        RecordType::Cname => host(content),
        RecordType::Mx | RecordType::Srv => {
            let fields: Vec<String> = content.split_whitespace().map(host).collect();
            fields.join(" ")
        }
        RecordType::Caa => fields(content).join(" "),
        RecordType::Https | RecordType::Svcb => service(content),
    }
}

/// The presentation form in which a content is written: addresses as in RFC 5952, TXT as quoted character-strings of
/// at most 255 octets (RFC 1035 §5.1), others as they come, without the white space around them.
pub fn presentable(rtype: RecordType, content: &str) -> String {
    let content = content.trim();
    match rtype {
        RecordType::A | RecordType::Aaaa => comparable(rtype, content),
        RecordType::Txt => quoted(&text_of(content)),
        RecordType::Caa
        | RecordType::Cname
        | RecordType::Https
        | RecordType::Mx
        | RecordType::Srv
        | RecordType::Svcb => content.to_owned(),
    }
}

fn shortest<T: core::str::FromStr + ToString>(content: &str) -> String {
    content.parse::<T>().map_or_else(|_| content.to_owned(), |address| address.to_string())
}

/// Lower-case, without the last dot; the root stays `.`.
fn host(content: &str) -> String {
    let content = content.to_ascii_lowercase();
    match content.strip_suffix('.') {
        Some("") | None => content,
        Some(rest) => rest.to_owned(),
    }
}

/// The text of a TXT content: what stands in its quoted strings, joined (RFC 7208 §3.3 joins the same way); where it
/// is not a row of quoted strings, the content as it is. Octets that are no ASCII text become `\DDD`.
fn text_of(content: &str) -> String {
    let joined = joined_strings(content);
    let mut text = String::new();
    for c in joined.as_deref().unwrap_or(content).chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            text.extend(c.encode_utf8(&mut [0; 4]).bytes().map(|octet| format!("\\{octet:03}")));
        }
    }
    text
}

fn joined_strings(content: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = content;
    while !rest.is_empty() {
        rest = rest.strip_prefix('"')?;
        loop {
            let c = rest.chars().next()?;
            rest = &rest[c.len_utf8()..];
            match c {
                '"' => break,
                '\\' => rest = unescape(rest, &mut text)?,
                _ => text.push(c),
            }
        }
        rest = rest.trim_start();
    }
    Some(text)
}

/// Appends the octet behind a backslash (RFC 1035 §5.1), and returns what follows it.
fn unescape<'a>(rest: &'a str, text: &mut String) -> Option<&'a str> {
    let c = rest.chars().next()?;
    if !c.is_ascii_digit() {
        text.push(c);
        return Some(&rest[c.len_utf8()..]);
    }
    let code = rest.get(..3)?;
    let octet: u8 = code.parse().ok()?;
    if matches!(octet, b' '..=b'~') {
        text.push(char::from(octet));
    } else {
        text.push('\\');
        text.push_str(code);
    }
    Some(&rest[3..])
}

fn quoted(text: &str) -> String {
    let mut strings = Vec::new();
    let mut string = String::new();
    let mut octets = 0;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        // A kept escape is one octet and must not be torn apart or escaped again.
        let kept = c == '\\' && rest.get(1..4).is_some_and(is_octet);
        let (taken, length) = if kept { (4, 1) } else { (c.len_utf8(), c.len_utf8()) };
        if octets + length > LONGEST_STRING {
            strings.push(core::mem::take(&mut string));
            octets = 0;
        }
        if !kept && matches!(c, '"' | '\\') {
            string.push('\\');
        }
        string.push_str(&rest[..taken]);
        octets += length;
        rest = &rest[taken..];
    }
    strings.push(string);
    let strings: Vec<String> = strings.iter().map(|string| format!("\"{string}\"")).collect();
    strings.join(" ")
}

fn is_octet(code: &str) -> bool {
    code.bytes().all(|b| b.is_ascii_digit()) && code.parse::<u8>().is_ok()
}

/// White-space separated fields, where white space inside quotes does not separate; without the quotes.
fn fields(content: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = None::<String>;
    let mut inside = false;
    for c in content.chars() {
        if c == '"' {
            inside = !inside;
            field.get_or_insert_default();
        } else if c.is_whitespace() && !inside {
            fields.extend(field.take());
        } else {
            field.get_or_insert_default().push(c);
        }
    }
    fields.extend(field);
    fields
}

/// Priority, target, parameters in any order (RFC 9460 §2.1).
fn service(content: &str) -> String {
    let mut fields = fields(content);
    if let Some(target) = fields.get_mut(1) {
        *target = host(target);
    }
    if let Some(parameters) = fields.get_mut(2..) {
        parameters.sort();
    }
    fields.join(" ")
}

#[cfg(test)]
mod tests;
