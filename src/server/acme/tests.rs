//! What needs no authority: certificates, what is kept, words.

use super::certificate::{Certificate, fields};
use super::settings::Subject;
use super::shelf::Shelf;
use super::{News, span};
use dynflare_core::name::Name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, Der};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The example of RFC 9773, appendix A; it is valid in the year 1.
const EXAMPLE: &str = "-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
";

fn issued() -> (String, String) {
    let key = rcgen::KeyPair::generate().expect("ring makes keys");
    let names = ["ddns.example.org".to_owned(), "192.0.2.1".to_owned()];
    let mut params = rcgen::CertificateParams::new(names).expect("names are ASCII");
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2060, 1, 1);
    (params.self_signed(&key).expect("parameters are complete").pem(), key.serialize_pem())
}

fn name(text: &str) -> Subject {
    Subject::Name(Name::parse(text).expect("a name"))
}

#[test]
fn a_certificate_is_named_as_the_standards_example_is() {
    let der = CertificateDer::from_pem_slice(EXAMPLE.as_bytes()).expect("it is PEM");
    let fields = fields(&der).expect("it is a certificate");
    let authority = fields.authority.expect("it names its authority's key");
    let identifier = instant_acme::CertificateIdentifier::new(
        Der::from_slice(&authority),
        Der::from_slice(&fields.serial),
    );
    assert_eq!(identifier.to_string(), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
    assert_eq!(fields.validity.end, UNIX_EPOCH, "what lies before 1970 has ended");
}

#[test]
fn a_certificate_is_read_with_its_key_in_any_order_and_for_its_names() {
    let (certificate, key) = issued();
    for text in [format!("{key}{certificate}"), format!("{certificate}\n{key}")] {
        let read = Certificate::parse(text.as_bytes()).expect("both are there");
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        // Before 2050 and after it the standard writes times differently (RFC 5280 §4.1.2.5).
        assert_eq!(seconds(read.validity.start), 1_767_225_600);
        assert_eq!(seconds(read.validity.end), 2_840_140_800);
        let address = |text: &str| Subject::Address(text.parse().expect("an address"));
        assert_eq!(read.lacks(&[name("ddns.example.org"), address("192.0.2.1")]), None);
        assert_eq!(
            read.lacks(&[name("ddns.example.org"), name("a.example.org")]),
            Some(&name("a.example.org"))
        );
        assert_eq!(read.lacks(&[address("192.0.2.2")]), Some(&address("192.0.2.2")));
    }
}

#[test]
fn what_does_not_belong_together_or_is_cut_off_is_refused() {
    let ((certificate, key), (_, other)) = (issued(), issued());
    let half = &certificate[..certificate.len() / 2];
    for (text, why) in [
        (format!("{certificate}{other}"), "cannot be used"),
        (certificate.clone(), "no private key"),
        (key.clone(), "no certificate"),
        (format!("{key}{half}"), "no"),
        (String::new(), "no certificate"),
    ] {
        let refused = Certificate::parse(text.as_bytes()).expect_err(why);
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn notes_that_are_not_understood_are_moved_aside_and_a_broken_certificate_is_told() {
    let folder = std::env::temp_dir().join(format!("dynflare-acme-shelf-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary directory can be written");
    for text in ["{", r#"{"version": 99}"#, r#"{"version": 1, "accounts": []}"#] {
        std::fs::write(folder.join("acme.json"), text).expect("our own directory");
        let (shelf, wrong) = Shelf::open(&folder).expect("the directory can be used");
        assert!(wrong.is_some_and(|wrong| wrong.contains("acme.json.bad")), "{text}");
        assert!(shelf.notes.accounts.is_empty());
        assert_eq!(std::fs::read_to_string(folder.join("acme.json.bad")).ok().as_deref(), Some(text));
    }
    let (shelf, wrong) = Shelf::open(&folder).expect("the directory can be used");
    assert!(wrong.is_none() && shelf.certificate().is_ok_and(|found| found.is_none()));
    std::fs::write(folder.join("certificate.pem"), "nothing").expect("our own directory");
    assert!(shelf.certificate().is_err_and(|why| why.contains("it holds no certificate")));
    let held = shelf.hold().expect("it can be locked");
    assert!(held.is_some() && shelf.hold().is_ok_and(|second| cfg!(not(unix)) || second.is_none()));
    drop(held);
    assert!(shelf.hold().is_ok_and(|again| again.is_some()));
    std::fs::remove_dir_all(&folder).expect("our own directory");
}

#[test]
fn news_are_sentences_with_times_that_people_use() {
    let seconds = Duration::from_secs;
    for (duration, words) in
        [(1, "1 second"), (119, "119 seconds"), (3600, "60 minutes"), (172_799, "47 hours")]
    {
        assert_eq!(span(seconds(duration)), words);
    }
    let failed = News::Failed {
        names: "ddns.example.org".to_owned(),
        why: "the certificate authority is not done yet".to_owned(),
        again: seconds(120),
        left: Some(seconds(20 * 86_400)),
    };
    assert!(failed.is_bad());
    assert_eq!(
        failed.to_string(),
        "cannot get a certificate for ddns.example.org: the certificate authority is not done yet; \
         next attempt in 2 minutes; the present one is valid for 20 days"
    );
}
