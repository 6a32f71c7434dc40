//! The dyndns2 protocol: what its servers answer, and what a definition that is `like = "dyndns2"` need not say.
//!
//! Codes: "Return Codes" of the Dyn Remote Access API (<https://help.dyn.com/remote-access-api/return-codes/>), and
//! No-IP's page "Integrate with No-IP DDNS" (<https://www.noip.com/integrate/response>). One line per name of the call,
//! in its order; what is about the whole account is one line alone.

use super::definition::Field;
use super::form::{Entry, Meaning, Text};
use super::reply::Told;
use crate::provider::push::About;
use dynflare_core::address::Family;
use std::net::IpAddr;
use std::time::Duration;

/// User and password as the protocol has them.
pub(super) const BASIC: &str = "{username}:{password}";

/// How long to wait after trouble at the server: "wait at least 30 minutes" is what the protocol says.
const TROUBLE: Duration = Duration::from_secs(30 * 60);

/// The longest wait that a server is believed to mean: a day.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// The codes with a meaning of their own, sorted; what else begins a line is no answer.
const CODES: &[Code] = &[
    Code("!donator", Meaning::Rejected, About::Account, "the account has not paid for what is asked"),
    Code("!yours", Meaning::NoSuchName, About::Name, "the name belongs to another account"),
    Code("911", Meaning::RetryLater, About::Account, "the server has a problem"),
    Code("abuse", Meaning::Abuse, About::Name, "the name is blocked for abuse"),
    Code(
        "badagent",
        Meaning::Rejected,
        About::Account,
        "the server does not take this program or its request",
    ),
    Code("badauth", Meaning::Denied, About::Account, "the credentials were refused"),
    Code("dnserr", Meaning::RetryLater, About::Account, "the server has a problem with its DNS"),
    Code("good", Meaning::Updated, About::Name, ""),
    Code("nochg", Meaning::Unchanged, About::Name, ""),
    Code("nohost", Meaning::NoSuchName, About::Name, "the name does not exist in this account"),
    Code("notfqdn", Meaning::Rejected, About::Name, "the server takes it for no complete name"),
    Code("numhost", Meaning::Rejected, About::Account, "the call has more names than the server takes"),
];

/// A code, what it means, whom it is about, and how to say it.
struct Code(&'static str, Meaning, About, &'static str);

/// `hostname={fqdn}&myip={ip}`: the address is always said, so that the server never guesses one.
pub(super) fn query() -> Vec<Entry> {
    [("hostname", "{fqdn}"), ("myip", "{ip}")]
        .map(|(key, value)| (key.to_owned(), Text::Always(value.to_owned())))
        .into()
}

/// User and password.
pub(super) fn fields() -> Vec<Field> {
    let field = |key: &str, about: &str, secret| Field {
        key: key.to_owned(),
        about: about.to_owned(),
        secret,
        optional: false,
        env: Vec::new(),
    };
    vec![
        field("password", "the password for updates", true),
        field("username", "the user name for updates", false),
    ]
}

/// What the body of an answer says about each of the names of a call; `None` where it is not of this protocol.
pub(super) fn read(body: &str, names: usize, sent: &[IpAddr]) -> Option<Vec<Told>> {
    let lines: Vec<&str> = body.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let told: Vec<Told> = lines.iter().filter_map(|line| line_of(line, sent)).collect();
    let first = told.first()?;
    if let Some(of_all) = told.iter().find(|told| told.about == About::Account) {
        return Some(vec![of_all.clone(); names]);
    }
    if names == 1 {
        // Some servers say a line per address: what failed goes first, then what was changed.
        let weight = |told: &&Told| match told.meaning {
            Some(Meaning::Unchanged) => 2,
            Some(Meaning::Updated) => 1,
            Some(_) | None => 0,
        };
        return Some(vec![told.iter().min_by_key(weight).unwrap_or(first).clone()]);
    }
    if lines.len() == names && told.len() == names {
        return Some(told);
    }
    // Which of the names the lines are about can only be guessed, so nothing is known of any.
    let what = format!("the server answered with {} for {names} names", lines_of(lines.len()));
    Some(vec![Told::unclear(what, body); names])
}

fn lines_of(count: usize) -> String {
    if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }
}

fn line_of(line: &str, sent: &[IpAddr]) -> Option<Told> {
    let mut words = line.split_whitespace();
    // `good:` and `good;` are seen, too.
    let code = words.next()?.trim_end_matches([':', ';', ',']).to_ascii_lowercase();
    if let Some(wait) = wait_of(&code) {
        return Some(Told {
            meaning: Some(Meaning::RetryLater),
            about: About::Account,
            wait: Some(wait),
            what: "the server asks to wait".to_owned(),
            said: line.to_owned(),
        });
    }
    let Code(_, meaning, about, what) = CODES.iter().find(|known| known.0 == code)?;
    let told = Told {
        meaning: Some(*meaning),
        about: *about,
        wait: (*meaning == Meaning::RetryLater).then_some(TROUBLE),
        what: (*what).to_owned(),
        said: line.to_owned(),
    };
    match meaning {
        Meaning::Updated | Meaning::Unchanged => {
            Some(echoed(told, words.collect::<Vec<_>>().join(" ").as_str(), sent))
        }
        _ => Some(told),
    }
}

/// What a success says to have published has to be what was sent: `good 127.0.0.1` is how No-IP says that it has
/// not updated anything, and an address of the other family alone is how a server shows that it overlooks the one it
/// was sent and may have taken the sender's. Beside one that was sent, another one of the other family is no trouble.
fn echoed(told: Told, rest: &str, sent: &[IpAddr]) -> Told {
    let words = rest.split(|c: char| c.is_whitespace() || c == ',');
    let named: Vec<IpAddr> = words.filter_map(|word| word.parse().ok()).collect();
    let wrong = named.iter().find(|address| {
        let family = Family::of(**address);
        let of_family = || sent.iter().filter(|sent| Family::of(**sent) == family);
        of_family().next().is_some() && !of_family().any(|sent| sent == *address)
    });
    let wrong =
        wrong.or_else(|| named.first().filter(|_| !named.iter().any(|address| sent.contains(address))));
    match wrong {
        Some(address) => {
            Told { meaning: None, what: format!("the server says to have published {address}"), ..told }
        }
        None => told,
    }
}

/// `w30m`: how long a server asks to wait.
fn wait_of(code: &str) -> Option<Duration> {
    let rest = code.strip_prefix('w')?;
    let digits = rest.strip_suffix(['h', 'm', 's'])?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let wait = super::definition::duration(rest).ok()?;
    Some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meanings(body: &str, names: usize) -> Option<Vec<Option<Meaning>>> {
        let sent = ["192.0.2.1".parse().expect("an address")];
        read(body, names, &sent).map(|told| told.into_iter().map(|told| told.meaning).collect())
    }

    #[test]
    fn ur_54_every_code_means_what_the_protocol_says() {
        for (body, meaning, wait) in [
            ("good 192.0.2.1", Meaning::Updated, None),
            ("good", Meaning::Updated, None),
            ("GOOD 192.0.2.1\r\n", Meaning::Updated, None),
            ("nochg 192.0.2.1", Meaning::Unchanged, None),
            ("badauth", Meaning::Denied, None),
            ("!donator", Meaning::Rejected, None),
            ("!yours", Meaning::NoSuchName, None),
            ("nohost", Meaning::NoSuchName, None),
            ("notfqdn", Meaning::Rejected, None),
            ("numhost", Meaning::Rejected, None),
            ("abuse", Meaning::Abuse, None),
            ("badagent", Meaning::Rejected, None),
            ("dnserr", Meaning::RetryLater, Some(1800)),
            ("911", Meaning::RetryLater, Some(1800)),
            ("w2h", Meaning::RetryLater, Some(7200)),
            ("w30m", Meaning::RetryLater, Some(1800)),
            ("w90s", Meaning::RetryLater, Some(90)),
            ("w99999h", Meaning::RetryLater, Some(86_400)),
        ] {
            let told = read(body, 1, &["192.0.2.1".parse().expect("an address")]).expect("an answer");
            assert_eq!(told[0].meaning, Some(meaning), "{body}");
            assert_eq!(told[0].wait.map(|wait| wait.as_secs()), wait, "{body}");
        }
    }

    #[test]
    fn ur_54_nothing_html_and_other_words_are_no_answer() {
        for body in ["", "\n\n", "<html><body>good</body></html>", "wonderful", "w", "wh", "goodbye"] {
            assert_eq!(meanings(body, 1), None, "{body}");
        }
    }

    #[test]
    fn ur_54_lines_belong_to_the_names_in_their_order() {
        assert_eq!(
            meanings("good 192.0.2.1\nnohost\nnochg 192.0.2.1\n", 3),
            Some(vec![Some(Meaning::Updated), Some(Meaning::NoSuchName), Some(Meaning::Unchanged)])
        );
        assert_eq!(meanings("badauth", 2), Some(vec![Some(Meaning::Denied); 2]), "the account is refused");
        assert_eq!(meanings("good 192.0.2.1", 2), Some(vec![None; 2]), "which one is not said");
        assert_eq!(meanings("good\nnochg\ngood", 2), Some(vec![None; 2]));
        assert_eq!(meanings("nochg\ngood", 1), Some(vec![Some(Meaning::Updated)]), "a line per address");
        assert_eq!(meanings("good\nnohost", 1), Some(vec![Some(Meaning::NoSuchName)]));
    }

    #[test]
    fn a_success_with_another_address_is_none() {
        assert_eq!(meanings("good 127.0.0.1", 1), Some(vec![None]));
        assert_eq!(meanings("nochg 198.51.100.7", 1), Some(vec![None]));
        assert_eq!(meanings("good 192.0.2.1,2001:db8::1", 1), Some(vec![Some(Meaning::Updated)]));
        assert_eq!(meanings("good 2001:db8::1", 1), Some(vec![None]), "of the other family alone");
    }

    #[test]
    fn the_codes_are_sorted() {
        assert!(CODES.is_sorted_by_key(|code| code.0));
    }
}
