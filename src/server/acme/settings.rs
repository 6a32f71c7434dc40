//! What certificates by ACME are made from. Who reads these from a file, and under which keys, is not known here.

use crate::net::Base;
use crate::net::base::Scheme;
use crate::secret::Secret;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use dynflare_core::name::Name;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// Where certificates come from unless something else is said: Let's Encrypt.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// The most names one certificate can be for (Let's Encrypt's limit).
pub const MOST_SUBJECTS: usize = 100;

/// What certificates are ordered with.
///
/// The terms of service of the certificate authority are agreed to in the user's name, so nobody may start this
/// unless the user's own configuration says so.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the certificate is for; the first is the server's own name. At least one, each once.
    pub subjects: Vec<Subject>,
    /// The directory's URL (RFC 8555 §7.1.1), [`LETS_ENCRYPT`] or another; `https://` only.
    pub directory: String,
    /// Trusted besides the system's certificates when the directory is asked (PEM): for a private authority.
    pub ca_file: Option<PathBuf>,
    /// How the authority may reach the user: `mailto:` URLs. May be empty.
    pub contact: Vec<String>,
    /// The account that the authority wants its client to belong to (RFC 8555 §7.3.4).
    pub binding: Option<Binding>,
    /// By which challenges the names may be proven, the preferred one first. After a failure the next has its turn.
    pub challenges: Vec<Challenge>,
    /// Where keys and certificates are kept: a directory of their own within the state directory. Made where missing.
    pub folder: PathBuf,
}

/// What a certificate can be for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A name; no wildcard, for which there is no challenge here.
    Name(Name),
    /// An address (RFC 8738), for authorities that do that.
    Address(IpAddr),
}

/// An account at the certificate authority that was made elsewhere.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The key's identifier, as the authority gave it.
    pub key_id: String,
    /// The key in base64url, as the authority gave it.
    pub key: Secret,
}

/// How it is proven that a name leads here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// A self-made certificate on port 443 (TLS-ALPN-01, RFC 8737).
    TlsAlpn,
    /// A file below `/.well-known/` on port 80 (HTTP-01, RFC 8555 §8.3).
    Http,
}

impl Challenge {
    /// Its name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TlsAlpn => "TLS-ALPN-01",
            Self::Http => "HTTP-01",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// Why nothing can be ordered with these settings. Fit to be said under the key that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No name, so no certificate.
    #[error("a certificate needs a name")]
    NoSubject,
    /// More than any authority takes.
    #[error("a certificate can be for {MOST_SUBJECTS} names, and these are {0}")]
    TooMany(usize),
    /// Twice in the list.
    #[error("`{0}` stands there twice")]
    Twice(String),
    /// `*.example.org`.
    #[error(
        "`{0}` is a wildcard, which can be proven through DNS only; name each name, or use certificate files"
    )]
    Wildcard(Name),
    /// `localhost`, `_dmarc.example.org`.
    #[error("`{0}` is no name that a certificate authority gives certificates for")]
    NotPublic(Name),
    /// The directory's URL.
    #[error("the directory {0}")]
    Directory(String),
    /// What is no e-mail address.
    #[error("`{0}` is no contact; expected \"mailto:somebody@example.org\"")]
    Contact(String),
    /// The key of [`Binding`]. It is not repeated.
    #[error("the key of the account binding is not base64url")]
    BindingKey,
    /// Neither port is served.
    #[error(
        "the names can be proven neither on port 443 nor on port 80; listen on one of them, \
         or use certificate files"
    )]
    NoChallenge,
}

impl Settings {
    /// Whether something can be ordered with these.
    pub fn check(&self) -> Result<(), Unfit> {
        if self.subjects.len() > MOST_SUBJECTS {
            return Err(Unfit::TooMany(self.subjects.len()));
        }
        for (place, subject) in self.subjects.iter().enumerate() {
            if self.subjects[..place].contains(subject) {
                return Err(Unfit::Twice(subject.to_string()));
            }
            match subject {
                Subject::Name(name) if name.is_wildcard() => return Err(Unfit::Wildcard(name.clone())),
                Subject::Name(name) if !is_of_hosts(name) => return Err(Unfit::NotPublic(name.clone())),
                Subject::Name(_) | Subject::Address(_) => {}
            }
        }
        if self.subjects.is_empty() {
            return Err(Unfit::NoSubject);
        }
        let (base, _) = Base::split(&self.directory).map_err(|error| Unfit::Directory(error.to_string()))?;
        if base.scheme() != Scheme::Https {
            return Err(Unfit::Directory("must be asked over https://".to_owned()));
        }
        if let Some(unfit) = self.contact.iter().find(|contact| !is_contact(contact)) {
            return Err(Unfit::Contact(unfit.clone()));
        }
        if self.binding.as_ref().is_some_and(|binding| binding.octets().is_none()) {
            return Err(Unfit::BindingKey);
        }
        if self.challenges.is_empty() { Err(Unfit::NoChallenge) } else { Ok(()) }
    }
}

/// Letters, digits and hyphens, and more than one label: what the authorities' own rules allow.
fn is_of_hosts(name: &Name) -> bool {
    let fit = |label: &str| !label.contains('_') && !label.starts_with('-') && !label.ends_with('-');
    name.labels().all(fit) && name.labels().count() > 1
}

/// An address alone: `mailto:` may also hold a subject and a text (RFC 8555 §7.3 allows neither these nor two addresses).
fn is_contact(text: &str) -> bool {
    let fit = |c: char| c.is_ascii_graphic() && !matches!(c, ',' | '?');
    text.strip_prefix("mailto:").and_then(|address| address.split_once('@')).is_some_and(
        |(mailbox, domain)| {
            !mailbox.is_empty() && domain.contains('.') && text.chars().all(fit) && !domain.contains('@')
        },
    )
}

impl Binding {
    /// The key itself. Authorities write it with and without padding.
    pub(super) fn octets(&self) -> Option<Vec<u8>> {
        let text = self.key.expose().trim().trim_end_matches('=');
        BASE64_URL_SAFE_NO_PAD.decode(text).ok().filter(|octets| !octets.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Subject {
        Subject::Name(Name::parse(text).expect("a name"))
    }

    fn settings(subjects: Vec<Subject>) -> Settings {
        Settings {
            subjects,
            directory: LETS_ENCRYPT.to_owned(),
            ca_file: None,
            contact: vec!["mailto:admin@example.org".to_owned()],
            binding: None,
            challenges: vec![Challenge::TlsAlpn],
            folder: PathBuf::new(),
        }
    }

    #[test]
    fn a_name_and_an_address_can_be_ordered_for() {
        let both = vec![name("ddns.example.org"), Subject::Address("192.0.2.1".parse().expect("an address"))];
        assert_eq!(settings(both).check(), Ok(()));
    }

    #[test]
    fn what_nobody_certifies_is_refused_before_anybody_is_asked() {
        let refused = |texts: &[&str]| settings(texts.iter().copied().map(name).collect()).check();
        assert_eq!(refused(&[]), Err(Unfit::NoSubject));
        for text in ["localhost", "_acme.example.org", "-a.example.org", "a-.example.org"] {
            assert!(matches!(refused(&[text]), Err(Unfit::NotPublic(_))), "{text}");
        }
        assert!(matches!(refused(&["*.example.org"]), Err(Unfit::Wildcard(_))));
        assert_eq!(
            refused(&["a.example.org", "A.example.org."]),
            Err(Unfit::Twice("a.example.org".to_owned()))
        );
        let many: Vec<String> = (0..=MOST_SUBJECTS).map(|n| format!("n{n}.example.org")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(refused(&many), Err(Unfit::TooMany(101)));
    }

    #[test]
    fn the_directory_is_asked_over_tls_only() {
        let mut unfit = settings(vec![name("ddns.example.org")]);
        for url in ["http://acme.example.org/directory", "acme.example.org", "ftp://acme.example.org"] {
            url.clone_into(&mut unfit.directory);
            assert!(matches!(unfit.check(), Err(Unfit::Directory(_))), "{url}");
        }
    }

    #[test]
    fn a_contact_is_one_mail_address() {
        for text in [
            "admin@example.org",
            "mailto:admin",
            "mailto:a@example.org,b@example.org",
            "mailto:a@example.org?subject=b",
            "mailto:@example.org",
            "tel:+12025551212",
            "mailto:a b@example.org",
        ] {
            assert!(!is_contact(text), "{text}");
        }
        assert!(is_contact("mailto:some.body+acme@mail.example.org"));
    }

    #[test]
    fn the_key_of_a_binding_is_read_with_and_without_padding() {
        let read = |key: &str| Binding { key_id: "kid-1".to_owned(), key: Secret::new(key) }.octets();
        assert_eq!(read("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(read("-_8="), Some(vec![0xfb, 0xff]));
        assert_eq!(read("AAAA\n"), Some(vec![0, 0, 0]));
        // A letter alone; bits left over; another alphabet; nothing.
        for key in ["A", "AAAAA", "-_9", "+/8=", ""] {
            assert_eq!(read(key), None, "{key}");
        }
    }
}
