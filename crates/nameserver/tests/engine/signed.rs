//! Requests that are signed: RFC 8945, as another implementation signs and checks.

use crate::asking::{name, somebody, text};
use domain::base::message_builder::AdditionalBuilder;
use domain::base::{Message, Name};
use domain::rdata::tsig::Time48;
use domain::tsig::{self, ClientTransaction};
use dynflare_nameserver::{Algorithm, Answered, Key, KeySettings, NameServer, Transport};
use std::str::FromStr;
use std::sync::Arc;

/// The secret of all good keys here, in octets.
pub(crate) const SECRET: &[u8] = b"thirty-two octets for the tests!";

/// The server's side of a key that may change all of example.org.
pub(crate) fn key(text: &str, algorithm: Algorithm) -> KeySettings {
    let key = Key::new(name(text), algorithm, SECRET).expect("a secret");
    KeySettings::for_zones(key, [&name("example.org")])
}

/// The client's side of a key.
pub(crate) fn signer(text: &str, algorithm: tsig::Algorithm, secret: &[u8]) -> Arc<tsig::Key> {
    let name = Name::from_str(text).expect("a name");
    Arc::new(tsig::Key::new(algorithm, secret, name, None, None).expect("a key"))
}

/// The usual client's key.
pub(crate) fn good() -> Arc<tsig::Key> {
    signer("laptop", tsig::Algorithm::Sha256, SECRET)
}

/// Signs a request as of some seconds from now.
pub(crate) fn sign(
    mut request: AdditionalBuilder<Vec<u8>>,
    key: &Arc<tsig::Key>,
    seconds: i64,
) -> (Vec<u8>, ClientTransaction<Arc<tsig::Key>>) {
    let now = i64::try_from(u64::from(Time48::now())).expect("a time");
    let at = Time48::from_u64(u64::try_from(now + seconds).expect("a time"));
    let transaction = ClientTransaction::request(Arc::clone(key), &mut request, at).expect("it fits");
    (request.finish(), transaction)
}

/// What the server says to a signed request, and what the client thinks of the answer's signature.
pub(crate) async fn say(
    server: &NameServer,
    (request, transaction): (Vec<u8>, ClientTransaction<Arc<tsig::Key>>),
) -> (Vec<u8>, Option<String>) {
    let mut out = Vec::new();
    let out = match server.answer(&request, somebody(), Transport::Tcp, &mut out) {
        Answered::Done => out,
        Answered::Update(ticket) => ticket.wait().await.expect("the server runs"),
        Answered::Transfer(_) => panic!("no transfer was asked for"),
    };
    let mut message = Message::from_octets(out.clone()).expect("a whole head");
    let opinion = transaction.answer(&mut message, Time48::now());
    (out, opinion.err().map(|error| error.to_string()))
}

/// The RCODE of an answer, as text.
pub(crate) fn rcode(octets: &[u8]) -> String {
    let said = text(octets);
    said.split([' ', '\n']).next().unwrap_or_default().to_owned()
}

mod tests {
    use super::*;
    use crate::asking::{asking, server_with, set, zone};
    use domain::base::Rtype;
    use domain::rdata::tsig::Tsig;
    use dynflare_core::record::RecordType;

    fn house(algorithm: Algorithm) -> NameServer {
        let zone = zone(vec![set("home.example.org", RecordType::A, &["203.0.113.7"])]);
        server_with(vec![zone], vec![key("laptop", algorithm)])
    }

    /// The error field of the last record.
    fn error(octets: &[u8]) -> Option<(String, usize, usize)> {
        let message = Message::from_octets(octets).expect("a whole head");
        let last = message.additional().expect("a section").last()?.expect("a whole record");
        let tsig = last.into_record::<Tsig<_, _>>().expect("data of its type")?;
        let data = tsig.data();
        Some((
            data.error()
                .to_mnemonic()
                .map_or(String::new(), |word| String::from_utf8_lossy(word).into_owned()),
            data.mac().len(),
            data.other().len(),
        ))
    }

    #[tokio::test]
    async fn signed_questions_get_signed_answers() {
        for (ours, theirs) in [
            (Algorithm::Sha256, tsig::Algorithm::Sha256),
            (Algorithm::Sha384, tsig::Algorithm::Sha384),
            (Algorithm::Sha512, tsig::Algorithm::Sha512),
        ] {
            let server = house(ours);
            let request = asking("home.example.org", Rtype::A);
            let (said, opinion) =
                say(&server, sign(request.clone(), &signer("LapTop", theirs, SECRET), 0)).await;
            assert_eq!((rcode(&said).as_str(), opinion), ("NOERROR", None));
        }
    }

    #[tokio::test]
    async fn whoever_has_not_the_key_is_told_so_and_no_more() {
        let server = house(Algorithm::Sha256);
        let request = asking("home.example.org", Rtype::A);
        let table = [
            (signer("stranger", tsig::Algorithm::Sha256, SECRET), 0, "BADKEY", 0, 0),
            (signer("laptop", tsig::Algorithm::Sha512, SECRET), 0, "BADKEY", 0, 0),
            (
                signer("laptop", tsig::Algorithm::Sha256, b"another secret of thirty-two oct"),
                0,
                "BADSIG",
                0,
                0,
            ),
            // Signed, with the server's time in six octets (RFC 8945 §5.2.3).
            (good(), -400, "BADTIME", 32, 6),
            (good(), 400, "BADTIME", 32, 6),
        ];
        for (key, seconds, expected, mac, other) in table {
            let (said, _) = say(&server, sign(request.clone(), &key, seconds)).await;
            assert_eq!(rcode(&said), "NOTAUTH", "{expected}");
            let (error, signature, clock) = error(&said).expect("a TSIG record");
            assert_eq!((error.as_str(), signature, clock), (expected, mac, other));
            assert_eq!(said[6..8], [0, 0], "no answer with it");
        }
        let (said, opinion) = say(&server, sign(request.clone(), &good(), -299)).await;
        assert_eq!((rcode(&said).as_str(), opinion), ("NOERROR", None));
    }

    #[tokio::test]
    async fn a_request_that_was_changed_on_its_way_is_refused() {
        let server = house(Algorithm::Sha256);
        let request = asking("home.example.org", Rtype::A);
        let (signed, _) = sign(request.clone(), &good(), 0);
        // Another name, another type, another signature. The identifier may change: the record has the original.
        for at in [14, request.as_slice().len() - 3, signed.len() - 10] {
            let mut changed = signed.clone();
            changed[at] ^= 1;
            let mut out = Vec::new();
            let Answered::Done = server.answer(&changed, somebody(), Transport::Udp, &mut out) else {
                panic!("an answer is due");
            };
            assert_eq!(
                (rcode(&out).as_str(), error(&out).map(|error| error.0).as_deref()),
                ("NOTAUTH", Some("BADSIG"))
            );
        }
    }
}
