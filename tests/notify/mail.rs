//! A real mail server, aiosmtpd: in the open, with STARTTLS and with TLS, with a login.

use crate::{changed, failing, network, of, secret, tested, text, told, trusting};
use dynflare::notify::Settings;
use dynflare::notify::settings::Value;
use dynflare_core::fault::Class;
use dynflare_testkit::mailbox::{LOGIN, Mailbox, Security};
use dynflare_testkit::serve::{Server, loopback};
use dynflare_testkit::tls::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn at(mailbox: &Mailbox, security: &str, to: &[&str]) -> Settings {
    let to = to.iter().map(|to| (*to).to_owned()).collect();
    let settings =
        of("mail").with("server", text(mailbox.address().to_string())).with("security", text(security));
    settings.with("from", text("Dynflare <dynflare@example.org>")).with("to", Value::List(to))
}

fn with_login(settings: Settings) -> Settings {
    settings.with("username", text(LOGIN.0)).with("password", secret(LOGIN.1))
}

#[tokio::test]
async fn a_mail_has_a_subject_a_sentence_and_says_that_a_machine_wrote_it() {
    let Some(mailbox) = Mailbox::start(Security::Open, &Authority::new().loopback()) else { return };
    let settings = at(&mailbox, "none", &["me@example.org", "You <you@example.com>"]);
    told(settings, &network(), &failing()).await.expect("taken");
    let mail = mailbox.mail().expect("it arrived");
    assert_eq!((&mail["from"], &mail["hello"]), (&"dynflare@example.org".into(), &"example.org".into()));
    assert_eq!(mail["to"], serde_json::json!(["me@example.org", "you@example.com"]));
    let sent = mail["text"].as_str().expect("text");
    let (head, body) = sent.split_once("\r\n\r\n").expect("a head and a body");
    for line in [
        "Subject: home.example.org A is failing",
        "From: Dynflare <dynflare@example.org>",
        "Auto-Submitted: auto-generated",
        "Importance: high",
        "Date: Mon, 23 Nov 2026 08:00:00 +0000",
    ] {
        assert!(head.lines().any(|other| other == line), "{line}\n{head}");
    }
    assert!(head.contains("Message-ID: <") && head.contains("@example.org>"), "{head}");
    let body = body.replace("=\r\n", "").replace("\r\n", "\n");
    assert!(body.contains("hint: `dynflare status` shows whether it still fails"), "{body}");
}

#[tokio::test]
async fn a_mail_is_handed_over_with_a_login_after_starttls_and_over_tls() {
    let authority = Authority::new();
    let identity = authority.loopback().without_alpn();
    for (security, word) in [(Security::StartTls, "starttls"), (Security::Tls, "tls")] {
        let Some(mailbox) = Mailbox::start(security, &identity) else { return };
        let settings = || at(&mailbox, word, &["me@example.org"]);
        told(with_login(settings()), &trusting(&authority), &changed()).await.expect("taken");
        let mail = mailbox.mail().expect("it arrived");
        assert_eq!((&mail["login"], &mail["tls"]), (&true.into(), &true.into()), "{word}");
        let wrong = settings().with("username", text(LOGIN.0)).with("password", secret("wr0ng-s3cret"));
        let fault = tested(wrong, &trusting(&authority)).await.expect_err("refused");
        assert_eq!(
            (fault.class, fault.what.as_str()),
            (Class::Denied, "the mail server did not accept the login")
        );
        assert_eq!(fault.status.as_deref(), Some("SMTP 535"));
        assert!(!format!("{fault:?}").contains("s3cret"));
        let fault = tested(with_login(settings()), &network()).await.expect_err("nobody vouches for it");
        assert_eq!(
            fault.what, "the certificate of 127.0.0.1 was issued by nobody this machine trusts",
            "{word}"
        );
    }
}

#[tokio::test]
async fn a_server_without_starttls_is_sent_nothing() {
    let Some(mailbox) = Mailbox::start(Security::Open, &Authority::new().loopback()) else { return };
    let fault = tested(with_login(at(&mailbox, "starttls", &["me@example.org"])), &network()).await;
    let fault = fault.expect_err("no TLS");
    assert_eq!(fault.what, format!("{} does not offer STARTTLS", mailbox.address()));
}

#[tokio::test]
async fn the_servers_refusals_are_told_in_its_words() {
    let Some(mailbox) = Mailbox::start(Security::Open, &Authority::new().loopback()) else { return };
    for (to, class, shown) in [
        (
            "nobody@example.org",
            Class::Invalid,
            "the mail server refused the message (SMTP 550 \"5.1.1 no such mailbox here\")",
        ),
        (
            "later@example.org",
            Class::Unavailable,
            "the mail server takes no message for now (SMTP 451 \"4.7.1 greylisted, come back later\")",
        ),
    ] {
        let fault = tested(at(&mailbox, "none", &[to]), &network()).await.expect_err("refused");
        assert_eq!((fault.class, fault.to_string().as_str()), (class, shown));
    }
}

#[tokio::test]
async fn what_somebody_slipped_in_before_tls_is_refused() {
    let server = Server::each("smtp", loopback().await, |mut tcp| async move {
        let _ = tcp.write_all(b"220 mail.example.org ESMTP\r\n").await;
        let _ = tcp.read(&mut [0; 512]).await;
        let _ = tcp.write_all(b"250-mail.example.org\r\n250 STARTTLS\r\n").await;
        let _ = tcp.read(&mut [0; 512]).await;
        let _ = tcp.write_all(b"220 go ahead\r\n250 slipped in\r\n").await;
        let _ = tcp.read(&mut [0; 512]).await;
    });
    let settings = of("mail").with("server", text(server.address().to_string()));
    let settings =
        settings.with("from", text("a@example.org")).with("to", Value::List(vec!["b@example.org".into()]));
    let fault = tested(settings, &network()).await.expect_err("an attack");
    let what = format!("{} went on before TLS was set up; somebody on the way may have", server.address());
    assert_eq!(fault.what, what);
}
