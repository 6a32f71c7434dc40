//! A real mosquitto: in the open, with a login, with TLS.

use crate::{changed, failing, network, news, of, secret, target, tested, text, told, trusting};
use dynflare::notify::channel::Health;
use dynflare::notify::{Notifier, Settings, Standing};
use dynflare::report::clean::Cleaner;
use dynflare::report::news::{Subject, What};
use dynflare_core::fault::Class;
use dynflare_testkit::broker::{Access, Broker, LOGIN};
use dynflare_testkit::serve::{Server, loopback};
use dynflare_testkit::tls::Authority;
use serde_json::{Value, json};

fn at(broker: &Broker) -> Settings {
    of("mqtt").with("server", text(broker.address().to_string()))
}

fn with_login(settings: Settings) -> Settings {
    settings.with("username", text(LOGIN.0)).with("password", secret(LOGIN.1))
}

fn json(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or_else(|error| panic!("{error}: {payload}"))
}

const TOPIC: &str = "dynflare/cloudflare/home.example.org/A";

#[tokio::test]
async fn news_are_published_and_the_state_of_a_record_is_retained_for_home_assistant() {
    let Some(broker) = Broker::start(Access::Open, None) else { return };
    let before = broker.listen(Access::Open, None);
    told(at(&broker), &network(), &changed()).await.expect("taken");
    let sent = before.messages(5);
    let topics: Vec<&str> = sent.iter().map(|(_, topic, _)| topic.as_str()).collect();
    let id = "dynflare_cloudflare_home_example_org_A";
    assert_eq!(
        topics,
        [
            "dynflare/news",
            &format!("homeassistant/sensor/{id}/config"),
            &format!("homeassistant/binary_sensor/{id}_problem/config"),
            &format!("{TOPIC}/value"),
            &format!("{TOPIC}/problem"),
        ]
    );
    assert_eq!(json(&sent[0].2)["kind"], "changed");
    let mut kept = broker.listen(Access::Open, None).messages(4);
    kept.sort();
    assert!(kept.iter().all(|(retained, ..)| *retained), "{kept:?}");
    let value = kept.iter().find(|(_, topic, _)| topic.ends_with("/value")).expect("retained");
    assert_eq!(value.2, "203.0.113.7");
    let sensor = kept.iter().find(|(_, topic, _)| topic.contains("/sensor/")).expect("retained");
    assert_eq!(json(&sensor.2)["state_topic"], json!(format!("{TOPIC}/value")));
}

#[tokio::test]
async fn a_problem_begins_and_ends_and_what_is_known_is_not_told_again() {
    let Some(broker) = Broker::start(Access::Open, None) else { return };
    let listener = broker.listen(Access::Open, None);
    let settings = at(&broker).with("discovery_prefix", text("")).with("topic_prefix", text("home/dns"));
    let (notifier, mut outcomes) = Notifier::start(&target(settings), &network(), Cleaner::default());
    let record = Subject { account: "cloudflare".into(), name: "home.example.org".into(), rtype: "A".into() };
    let stands =
        |health| Standing { record: record.clone(), values: Some(vec!["203.0.113.7".into()]), health };
    let expect = |count| {
        let of = |(_, topic, payload): (bool, String, String)| {
            let payload = if topic.ends_with("news") { json(&payload)["kind"].to_string() } else { payload };
            format!("{} {payload}", topic.trim_start_matches("home/dns/"))
        };
        listener.messages(count).into_iter().map(of).collect::<Vec<_>>()
    };
    notifier.standing(&[stands(Health::Well)]);
    crate::ended(&mut outcomes).await.expect("taken");
    let below = "cloudflare/home.example.org/A";
    assert_eq!(expect(2), [format!("{below}/value 203.0.113.7"), format!("{below}/problem OFF")]);
    notifier.tell(&failing());
    crate::ended(&mut outcomes).await.expect("taken");
    assert_eq!(expect(2), ["news \"failing\"".to_owned(), format!("{below}/problem ON")]);
    notifier.standing(&[stands(Health::Unwell)]);
    crate::ended(&mut outcomes).await.expect("nothing to tell");
    notifier.tell(&news(What::Recovered { since: crate::THEN }));
    crate::ended(&mut outcomes).await.expect("taken");
    assert_eq!(expect(2), ["news \"recovered\"".to_owned(), format!("{below}/problem OFF")]);
    notifier.stop().await;
}

#[tokio::test]
async fn a_login_over_tls_is_taken_and_a_wrong_one_is_told() {
    let authority = Authority::new();
    let identity = authority.loopback().without_alpn();
    let Some(broker) = Broker::start(Access::Login, Some(&identity)) else { return };
    let listener = broker.listen(Access::Login, Some(authority.file()));
    let secure = || at(&broker).with("security", text("tls"));
    tested(with_login(secure()), &trusting(&authority)).await.expect("taken");
    assert_eq!(json(&listener.messages(1)[0].2)["kind"], "test");
    let wrong = secure().with("username", text(LOGIN.0)).with("password", secret("wr0ng-s3cret"));
    let fault = tested(wrong, &trusting(&authority)).await.expect_err("refused");
    assert_eq!(fault.to_string(), "the broker refused the connection: the login was not accepted");
    assert_eq!(
        (fault.class, fault.hint.as_deref()),
        (Class::Denied, Some("check `username` and `password`"))
    );
    let fault = tested(secure(), &trusting(&authority)).await.expect_err("no login");
    assert_eq!(fault.class, Class::Denied);
    let fault = tested(with_login(secure()), &network()).await.expect_err("nobody vouches for it");
    assert_eq!(fault.what, "the certificate of 127.0.0.1 was issued by nobody this machine trusts");
    let fault = tested(with_login(at(&broker)), &network()).await.expect_err("it speaks TLS");
    assert!(fault.what.ends_with("cut the connection before its answer was complete"), "{fault}");
    assert!(!format!("{fault:?}").contains(LOGIN.1));
}

#[tokio::test]
async fn a_login_in_the_open_is_taken() {
    let Some(broker) = Broker::start(Access::Login, None) else { return };
    tested(with_login(at(&broker)), &network()).await.expect("taken");
}

#[tokio::test]
async fn what_does_not_speak_mqtt_is_told() {
    let server = Server::each("mqtt", loopback().await, |mut tcp| async move {
        let _ = tokio::io::AsyncWriteExt::write_all(&mut tcp, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = tokio::io::AsyncReadExt::read(&mut tcp, &mut [0; 64]).await;
    });
    let settings = of("mqtt").with("server", text(server.address().to_string()));
    let fault = tested(settings, &network()).await.expect_err("no broker");
    assert_eq!(fault.what, format!("{} does not answer in MQTT", server.address()));
    assert_eq!(fault.hint.as_deref(), Some("check `server` and `security`"));
}
