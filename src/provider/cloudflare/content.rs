//! The data of a record in the API's fields and as core's one text, both ways.
//!
//! Most types have it all in `content`. MX keeps its preference in `priority`; CAA, HTTPS, SRV and SVCB are written as
//! `data`, and their `content` is for show only. Source: the record models at
//! <https://developers.cloudflare.com/api/resources/dns/subresources/records/>.

use crate::provider::presentation::canonical;
use dynflare_core::record::RecordType;
use serde_json::{Map, Value, json};

/// The fields of a record that hold its data, as listed.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) content: Option<String>,
    pub(super) priority: Option<u16>,
    pub(super) data: Option<Value>,
}

impl Shown {
    /// The one text of the value; as it is shown where it is no valid value. `None` where nothing is shown.
    pub(super) fn text(&self, rtype: RecordType) -> Option<String> {
        let text = self.spelled(rtype).or_else(|| self.content.clone())?;
        Some(canonical(rtype, &text).unwrap_or(text))
    }

    /// The presentation form, put together where it comes in parts.
    fn spelled(&self, rtype: RecordType) -> Option<String> {
        let data = self.data.as_ref();
        let number = |key: &str| data?.get(key)?.as_u64();
        let word = |key: &str| data?.get(key)?.as_str();
        match rtype {
            RecordType::A | RecordType::Aaaa | RecordType::Cname | RecordType::Txt => None,
            RecordType::Caa => {
                Some(format!("{} {} {}", number("flags")?, word("tag")?, quoted(word("value")?)))
            }
            RecordType::Https | RecordType::Svcb => {
                let parts =
                    format!("{} {} {}", number("priority")?, word("target")?, word("value").unwrap_or(""));
                Some(parts.trim_end().to_owned())
            }
            RecordType::Mx => Some(format!("{} {}", self.priority?, self.content.as_ref()?)),
            RecordType::Srv => Some(format!(
                "{} {} {} {}",
                number("priority")?,
                number("weight")?,
                number("port")?,
                word("target")?
            )),
        }
    }
}

/// The fields to write for a value. A text that does not have the form of its type goes as it is, to be refused.
pub(super) fn fields(rtype: RecordType, text: &str) -> Map<String, Value> {
    let fields = in_parts(rtype, text).unwrap_or_else(|| json!({ "content": text }));
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn in_parts(rtype: RecordType, text: &str) -> Option<Value> {
    let mut words = text.splitn(
        match rtype {
            RecordType::Srv => 4,
            RecordType::Mx => 2,
            RecordType::A
            | RecordType::Aaaa
            | RecordType::Caa
            | RecordType::Cname
            | RecordType::Https
            | RecordType::Svcb
            | RecordType::Txt => 3,
        },
        ' ',
    );
    let mut number = || words.next()?.parse::<u16>().ok();
    match rtype {
        RecordType::A | RecordType::Aaaa | RecordType::Cname | RecordType::Txt => None,
        RecordType::Caa => {
            let flags = number()?;
            let (tag, value) = (words.next()?, unquoted(words.next()?)?);
            Some(json!({ "data": { "flags": flags, "tag": tag, "value": value } }))
        }
        RecordType::Https | RecordType::Svcb => {
            let priority = number()?;
            let (target, value) = (words.next()?, words.next().unwrap_or(""));
            Some(json!({ "data": { "priority": priority, "target": target, "value": value } }))
        }
        RecordType::Mx => {
            let priority = number()?;
            Some(json!({ "content": words.next()?, "priority": priority }))
        }
        RecordType::Srv => {
            let (priority, weight, port) = (number()?, number()?, number()?);
            let target = words.next()?;
            Some(
                json!({ "data": { "priority": priority, "weight": weight, "port": port, "target": target } }),
            )
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The text in quotes (RFC 1035 §5.1) without escapes by number, which no CAA value needs.
fn unquoted(text: &str) -> Option<String> {
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut plain = String::with_capacity(inside.len());
    let mut rest = inside.chars();
    while let Some(c) = rest.next() {
        plain.push(if c == '\\' { rest.next().filter(|c| !c.is_ascii_digit())? } else { c });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fields: &Value) -> Shown {
        let content = fields["content"].as_str().map(str::to_owned);
        let priority = fields["priority"].as_u64().and_then(|number| u16::try_from(number).ok());
        Shown { content, priority, data: fields.get("data").cloned() }
    }

    #[test]
    fn every_type_comes_back_as_it_was_written() {
        let cases = [
            (RecordType::A, "192.0.2.1", json!({ "content": "192.0.2.1" })),
            (RecordType::Aaaa, "2001:db8::1", json!({ "content": "2001:db8::1" })),
            (RecordType::Cname, "www.example.org", json!({ "content": "www.example.org" })),
            (RecordType::Txt, "\"v=spf1 -all\"", json!({ "content": "\"v=spf1 -all\"" })),
            (RecordType::Mx, "10 mail.example.org", json!({ "content": "mail.example.org", "priority": 10 })),
            (
                RecordType::Caa,
                "0 issue \"ca.example\"",
                json!({ "data": { "flags": 0, "tag": "issue", "value": "ca.example" } }),
            ),
            (
                RecordType::Srv,
                "10 5 5060 sip.example.org",
                json!({ "data": { "priority": 10, "weight": 5, "port": 5060, "target": "sip.example.org" } }),
            ),
            (
                RecordType::Svcb,
                "0 www.example.org",
                json!({ "data": { "priority": 0, "target": "www.example.org", "value": "" } }),
            ),
        ];
        for (rtype, text, wanted) in cases {
            let written = Value::Object(fields(rtype, text));
            assert_eq!(written, wanted, "{rtype}");
            assert_eq!(shown(&written).text(rtype).as_deref(), Some(text), "{rtype}");
        }
        let https = "1 . alpn=\"h2,h3\" ipv4hint=\"192.0.2.1\"";
        let text = canonical(RecordType::Https, https).expect("valid");
        let written = Value::Object(fields(RecordType::Https, &text));
        assert_eq!(written["data"]["target"], ".");
        assert_eq!(shown(&written).text(RecordType::Https), Some(text));
    }

    #[test]
    fn what_is_shown_differently_is_one_text() {
        let text = |rtype, content: &str| shown(&json!({ "content": content })).text(rtype);
        assert_eq!(text(RecordType::Aaaa, "2001:0DB8:0:0::1").as_deref(), Some("2001:db8::1"));
        assert_eq!(text(RecordType::Cname, "WWW.Example.ORG.").as_deref(), Some("www.example.org"));
        assert_eq!(text(RecordType::Txt, "v=spf1 -all").as_deref(), Some("\"v=spf1 -all\""));
        assert_eq!(text(RecordType::Txt, "\"v=spf1 -all\"").as_deref(), Some("\"v=spf1 -all\""));
        assert_eq!(text(RecordType::A, "not an address").as_deref(), Some("not an address"));
    }

    #[test]
    fn a_text_without_the_form_of_its_type_goes_as_it_is() {
        for rtype in [RecordType::Caa, RecordType::Https, RecordType::Mx, RecordType::Srv] {
            assert_eq!(Value::Object(fields(rtype, "what is this")), json!({ "content": "what is this" }));
        }
    }
}
