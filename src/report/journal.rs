//! Events as entries of systemd's journal, with fields to search by: `journalctl -t dynflare RECORD=home.example.org`.
//!
//! The native protocol (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>) is one datagram an entry, so it is written here;
//! the library for it belongs to a logging framework that this program does not use.

use super::event::{Event, RecordEvent, Standing};
use super::human::Stream;
use std::fmt::Write as _;

/// Where the journal takes entries.
pub const SOCKET: &str = "/run/systemd/journal/socket";

/// The longest message, in bytes; what is longer would not fit into a datagram everywhere.
const LONGEST: usize = 48 * 1024;

/// How urgent an entry is (syslog(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Priority {
    Error = 3,
    Warning = 4,
    Notice = 5,
    Info = 6,
}

/// The datagram for an event whose text for people is `text`.
pub fn entry(event: &Event, stream: Stream, text: &str) -> Vec<u8> {
    let mut fields = vec![("SYSLOG_IDENTIFIER", "dynflare".to_owned())];
    let priority = if let Event::Record(record) = event {
        fields.extend(of_record(record));
        match record.outcome.standing() {
            Standing::AsDesired => Priority::Info,
            Standing::MadeSo | Standing::Pending => Priority::Notice,
            Standing::NotAgreed | Standing::FailedForNow => Priority::Warning,
            Standing::Failed => Priority::Error,
        }
    } else {
        match stream {
            Stream::Out => Priority::Notice,
            Stream::Err => Priority::Warning,
        }
    };
    fields.push(("PRIORITY", (priority as u8).to_string()));
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    fields.push(("MESSAGE", text[..end].to_owned()));
    datagram(&fields)
}

fn of_record(record: &RecordEvent) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("RECORD", record.key.name.to_string()),
        ("RECORD_TYPE", record.key.rtype.to_string()),
        ("ACCOUNT", record.account.clone()),
        ("OUTCOME", record.outcome.as_str().to_owned()),
    ];
    fields.extend(record.zone.as_ref().map(|zone| ("ZONE", zone.to_string())));
    fields.extend(record.key.rtype.family().map(|family| ("FAMILY", family.to_string())));
    fields
}

/// `NAME=value` on a line; a value of several lines with its length before it, in 64 bits, least byte first.
fn datagram(fields: &[(&str, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in fields {
        if value.contains('\n') {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(b'\n');
            bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(b'\n');
        } else {
            let mut line = String::new();
            writeln!(line, "{name}={value}").expect("writing to a String cannot fail");
            bytes.extend_from_slice(line.as_bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::event::{Outcome, Progress, Reading};
    use dynflare_core::fault::{Class, Fault};
    use dynflare_core::name::Name;
    use dynflare_core::record::{Key, RecordType};

    #[test]
    fn a_note_is_a_short_entry() {
        let entry = entry(&Event::Notice("x".into()), Stream::Err, "note: x");
        let text = String::from_utf8(entry).expect("text");
        assert_eq!(text, "SYSLOG_IDENTIFIER=dynflare\nPRIORITY=4\nMESSAGE=note: x\n");
    }

    #[test]
    fn a_record_can_be_searched_for_and_a_message_of_several_lines_is_one_field() {
        let key = Key { name: Name::parse("home.example.org").expect("a name"), rtype: RecordType::Aaaa };
        let outcome = Outcome::Failed(Fault::new(Class::Denied, "no"), Progress::Nothing);
        let event = Event::Record(Box::new(RecordEvent {
            account: "cloudflare".into(),
            key,
            zone: None,
            outcome,
            notes: Vec::new(),
            detections: Vec::new(),
            desired: None,
            next_try: None,
            reading: Reading::AtProvider,
        }));
        let bytes = entry(&event, Stream::Err, "error: a\n  cause: b");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for line in [
            "RECORD=home.example.org",
            "RECORD_TYPE=AAAA",
            "ACCOUNT=cloudflare",
            "FAMILY=IPv6",
            "PRIORITY=3",
            "OUTCOME=failed",
        ] {
            assert!(text.lines().any(|one| one == line), "no {line} in {text}");
        }
        let mut message = b"MESSAGE\n".to_vec();
        message.extend_from_slice(&19_u64.to_le_bytes());
        message.extend_from_slice(b"error: a\n  cause: b\n");
        assert!(bytes.ends_with(&message), "{text}");
    }

    #[test]
    fn a_message_too_long_for_a_datagram_is_cut_at_a_character() {
        let long = "ä".repeat(LONGEST);
        let entry = entry(&Event::Notice(String::new()), Stream::Out, &long);
        assert!(entry.len() < LONGEST + 200 && String::from_utf8(entry).is_ok());
    }
}
