//! The services behind one HTTP request: what each is sent, to the byte, and what its answers come to.

use crate::{changed, failing, network, of, secret, target, tested, text, told};
use dynflare::net::NetError;
use dynflare::notify::settings::Value as Field;
use dynflare::notify::{Ended, Notifier, Settings};
use dynflare::report::clean::Cleaner;
use dynflare_core::fault::Class;
use dynflare_testkit::serve::{Server, handler, loopback, reply};
use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// A request as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// A server that takes everything and tells of it.
async fn recorder() -> (Server, mpsc::UnboundedReceiver<Seen>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let server = Server::http(handler(move |request: hyper::Request<hyper::body::Bytes>| {
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.to_string(), value.to_str().unwrap_or_default().to_owned())
        };
        let seen = Seen {
            line: format!(
                "{} {}",
                request.method(),
                request.uri().path_and_query().map_or("", |path| path.as_str())
            ),
            headers: request.headers().iter().map(header).collect(),
            body: String::from_utf8_lossy(request.body()).into_owned(),
        };
        let _ = sender.send(seen);
        async { reply(200, "{}") }
    }));
    (server.await, receiver)
}

/// What a target of these settings is sent for a piece of news.
async fn seen(settings: impl FnOnce(&str) -> Settings, news: dynflare::report::news::News) -> Seen {
    let (server, mut requests) = recorder().await;
    told(settings(server.base()), &network(), &news).await.expect("it was taken");
    let seen = requests.recv().await.expect("a request");
    assert!(requests.try_recv().is_err(), "one request for one message");
    assert_eq!(seen.header("user-agent"), Some("dynflare/test"));
    seen
}

const CHANGED: &str = "home.example.org A at cloudflare is now 203.0.113.7; it was 203.0.113.5";
const FAILING: &str = "home.example.org A at cloudflare has failed 3 times in a row since 2026-11-23 08:00 UTC: \
     the token was refused (HTTP 403, \"<no> & *never*\")\nhint: `dynflare status` shows whether it still fails";

#[tokio::test]
async fn ntfy_is_sent_json_to_its_root() {
    let sent = seen(
        |base| {
            of("ntfy")
                .with("base_url", text(base))
                .with("topic", secret("t0pic"))
                .with("token", secret("tk_1"))
        },
        failing(),
    );
    let sent = sent.await;
    assert_eq!(sent.line, "POST /");
    assert_eq!(sent.header("authorization"), Some("Bearer tk_1"));
    assert_eq!(sent.header("content-type"), Some("application/json"));
    let body = json!({ "topic": "t0pic", "title": "home.example.org A is failing", "message": FAILING, "priority": 4 });
    assert_eq!(sent.json(), body);
    let sent = seen(
        |base| {
            let ntfy = of("ntfy")
                .with("base_url", text(base))
                .with("topic", secret("t"))
                .with("priority", Field::Number(1));
            ntfy.with("username", text("me")).with("password", secret("pw"))
        },
        changed(),
    );
    let sent = sent.await;
    assert_eq!(sent.header("authorization"), Some("Basic bWU6cHc="));
    assert_eq!(sent.json()["priority"], 1);
    let sent =
        seen(|base| of("ntfy").with("base_url", text(base)).with("topic", secret("t")), changed()).await;
    assert_eq!((sent.header("authorization"), &sent.json()["priority"]), (None, &json!(3)));
}

#[tokio::test]
async fn gotify_is_sent_json_below_its_base_with_its_key_in_a_header() {
    let sent = seen(
        |base| of("gotify").with("base_url", text(format!("{base}/gotify/"))).with("token", secret("A.key")),
        changed(),
    );
    let sent = sent.await;
    assert_eq!((sent.line.as_str(), sent.header("x-gotify-key")), ("POST /gotify/message", Some("A.key")));
    assert_eq!(
        sent.json(),
        json!({ "title": "home.example.org A changed", "message": CHANGED, "priority": 5 })
    );
}

#[tokio::test]
async fn telegram_has_its_token_in_the_path() {
    let sent = seen(
        |base| {
            let bot = of("telegram").with("base_url", text(base)).with("token", secret("123:AbC-d_e"));
            bot.with("chat_id", text("-100123"))
        },
        failing(),
    );
    let sent = sent.await;
    assert_eq!(sent.line, "POST /bot123:AbC-d_e/sendMessage");
    let body =
        json!({ "chat_id": "-100123", "text": FAILING, "link_preview_options": { "is_disabled": true } });
    assert_eq!(sent.json(), body);
}

#[tokio::test]
async fn discord_is_sent_text_that_is_no_markdown_and_mentions_nobody() {
    let webhook = |base: &str| {
        of("discord").with("webhook_url", secret(format!("{base}/api/webhooks/1/t0ken?thread_id=2")))
    };
    let sent = seen(webhook, failing()).await;
    assert_eq!(sent.line, "POST /api/webhooks/1/t0ken?thread_id=2");
    let body = sent.json();
    assert_eq!((&body["allowed_mentions"], &body["flags"]), (&json!({ "parse": [] }), &json!(4)));
    let content = body["content"].as_str().expect("text");
    assert!(content.contains("\"\\<no\\> & \\*never\\*\""), "{content}");
    assert_eq!(content.replace('\\', ""), FAILING);
}

#[tokio::test]
async fn slack_is_sent_text_with_its_three_entities() {
    let sent =
        seen(|base| of("slack").with("webhook_url", secret(format!("{base}/services/T/B/x"))), failing())
            .await;
    assert_eq!(sent.line, "POST /services/T/B/x");
    let escaped = FAILING.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    assert_eq!(sent.json(), json!({ "text": escaped, "mrkdwn": false, "unfurl_links": false }));
}

#[tokio::test]
async fn pushover_is_sent_its_keys_in_the_body() {
    let sent = seen(
        |base| {
            let app = of("pushover").with("base_url", text(base)).with("token", secret("app"));
            app.with("user_key", secret("user")).with("priority", Field::Number(-1))
        },
        changed(),
    );
    let sent = sent.await;
    assert_eq!(sent.line, "POST /1/messages.json");
    let body = json!({
        "token": "app", "user": "user", "title": "home.example.org A changed", "message": CHANGED, "priority": -1,
        "timestamp": crate::THEN,
    });
    assert_eq!(sent.json(), body);
}

#[tokio::test]
async fn matrix_is_sent_a_notice_under_an_identifier_of_its_own() {
    let sent = seen(
        |base| {
            let member = of("matrix").with("base_url", text(base)).with("token", secret("syt_1"));
            member.with("room_id", text("!room:example.org"))
        },
        changed(),
    );
    let sent = sent.await;
    let (start, id) = sent.line.rsplit_once("/dynflare-").expect("our identifier");
    assert_eq!(start, "PUT /_matrix/client/v3/rooms/!room:example.org/send/m.room.message");
    assert_eq!(id.len(), 32);
    assert_eq!(sent.header("authorization"), Some("Bearer syt_1"));
    assert_eq!(sent.json(), json!({ "msgtype": "m.notice", "body": CHANGED }));
}

#[tokio::test]
async fn a_webhook_is_sent_everything_as_json() {
    let sent =
        seen(|base| of("webhook").with("webhook_url", secret(format!("{base}/hook"))), changed()).await;
    assert_eq!((sent.line.as_str(), sent.header("content-type")), ("POST /hook", Some("application/json")));
    let body = sent.json();
    assert_eq!(
        (&body["kind"], &body["record"]["name"], &body["from"], &body["to"], &body["text"]),
        (
            &json!("changed"),
            &json!("home.example.org"),
            &json!(["203.0.113.5"]),
            &json!(["203.0.113.7"]),
            &json!(CHANGED)
        )
    );
}

#[tokio::test]
async fn a_webhook_is_sent_what_its_templates_say() {
    let headers = Field::Headers(vec![
        (HeaderName::from_static("x-key"), HeaderValue::from_static("k3y")),
        (HeaderName::from_static("content-type"), HeaderValue::from_static("application/vnd.example+json")),
    ]);
    let sent = seen(
        |base| {
            let hook = of("webhook").with("webhook_url", secret(format!("{base}/{{kind}}?t={{title}}")));
            let hook =
                hook.with("method", text("PUT")).with("token", secret("a\"b")).with("headers", headers);
            hook.with("body", text("[{\"why\": \"{cause}\", \"to\": \"{token}\", \"n\": \"{name} {type} {account} {time}\"}]"))
        },
        failing(),
    );
    let sent = sent.await;
    assert_eq!(sent.line, "PUT /failing?t=home.example.org%20A%20is%20failing");
    assert_eq!(
        (sent.header("x-key"), sent.header("content-type")),
        (Some("k3y"), Some("application/vnd.example+json"))
    );
    let body = json!([{
        "why": "the token was refused (HTTP 403, \"<no> & *never*\")",
        "to": "a\"b",
        "n": "home.example.org A cloudflare 2026-11-23 08:00 UTC",
    }]);
    assert_eq!(sent.json(), body);
    let plain = |base: &str| {
        of("webhook").with("webhook_url", secret(base)).with("body", text("{title}: {from} -> {to}"))
    };
    let sent = seen(plain, changed()).await;
    assert_eq!(sent.body, "home.example.org A changed: 203.0.113.5 -> 203.0.113.7");
    assert_eq!(sent.header("content-type"), Some("text/plain; charset=utf-8"));
    let bare = |base: &str| of("webhook").with("webhook_url", secret(base)).with("method", text("GET"));
    let sent = seen(bare, changed()).await;
    assert_eq!((sent.line.as_str(), sent.body.as_str(), sent.header("content-type")), ("GET /", "", None));
}

#[tokio::test]
async fn only_the_wanted_kinds_of_news_are_told() {
    let (server, mut requests) = recorder().await;
    let mut settings = of("webhook").with("webhook_url", secret(server.base()));
    settings.on = vec![dynflare::report::news::Kind::Changed];
    let (notifier, mut outcomes) = Notifier::start(&target(settings), &network(), Cleaner::default());
    notifier.tell(&failing());
    notifier.tell(&changed());
    crate::ended(&mut outcomes).await.expect("taken");
    assert_eq!(requests.recv().await.expect("a request").json()["kind"], "changed");
    notifier.stop().await;
    assert!(requests.try_recv().is_err());
}

/// The requests of a whole round that began, went well and went wrong.
async fn pinged(kind: &str, path: &str) -> Vec<(String, String)> {
    let (server, mut requests) = recorder().await;
    let settings = of(kind).with("ping_url", secret(format!("{}{path}", server.base())));
    let (notifier, mut outcomes) = Notifier::start(&target(settings.clone()), &network(), Cleaner::default());
    notifier.tell(&changed());
    notifier.round_started();
    crate::ended(&mut outcomes).await.expect("taken");
    for ended in [Ended::Fine, Ended::Failed("no address was agreed on".to_owned())] {
        notifier.round_ended(&ended);
        crate::ended(&mut outcomes).await.expect("taken");
    }
    tested(settings, &network()).await.expect("taken");
    let mut seen = Vec::new();
    while let Ok(request) = requests.try_recv() {
        seen.push((request.line, request.body));
    }
    seen
}

#[tokio::test]
async fn healthchecks_is_pinged_at_the_start_and_the_end_of_rounds() {
    let test = "this is a test of dynflare's notifications; nothing has happened";
    assert_eq!(
        pinged("healthchecks", "/ping/key/slug?create=1").await,
        [
            ("POST /ping/key/slug/start?create=1", ""),
            ("POST /ping/key/slug?create=1", "all is as desired"),
            ("POST /ping/key/slug/fail?create=1", "no address was agreed on"),
            ("POST /ping/key/slug/log?create=1", test),
        ]
        .map(|(line, body)| (line.to_owned(), body.to_owned()))
    );
}

#[tokio::test]
async fn uptime_kuma_is_pushed_up_and_down_at_the_end_of_rounds() {
    assert_eq!(
        pinged("kuma", "/api/push/t0ken?status=up&msg=OK&ping=").await,
        [
            "GET /api/push/t0ken?status=up&msg=all%20is%20as%20desired",
            "GET /api/push/t0ken?status=down&msg=no%20address%20was%20agreed%20on",
            "GET /api/push/t0ken?status=up&msg=this%20is%20a%20test%20of%20dynflare%27s%20notifications%3B%20nothing%20has%20happened",
        ]
        .map(|line| (line.to_owned(), String::new()))
    );
}

/// A server with one answer.
async fn answering(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> Server {
    Server::http(handler(move |_| async move {
        let mut answer = reply(status, body);
        for (name, value) in headers {
            answer.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        answer
    }))
    .await
}

#[tokio::test]
async fn ur_48_a_wait_is_read_from_the_header_and_from_each_services_body() {
    for (kind, headers, body, seconds) in [
        ("slack", &[("retry-after", "37")][..], "", 37.0),
        ("slack", &[], "", -1.0),
        ("discord", &[], "{\"message\":\"x\",\"retry_after\":0.65,\"global\":false}", 0.65),
        ("telegram", &[], "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":5}}", 5.0),
        ("matrix", &[], "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":2000}", 2.0),
    ] {
        let server = answering(429, headers, body).await;
        let settings =
            of(kind).with("base_url", text(server.base())).with("webhook_url", secret(server.base()));
        let settings =
            settings.with("token", secret("t")).with("chat_id", text("1")).with("room_id", text("!r"));
        let fault = tested(settings, &network()).await.expect_err("too many requests");
        assert_eq!(fault.class, Class::RateLimited, "{kind}");
        let asked = fault.retry_after.map_or(-1.0, |wait| wait.as_secs_f64());
        assert!((asked - seconds).abs() < 0.001, "{kind}: {asked}");
    }
}

#[tokio::test]
async fn an_answer_becomes_a_cause_with_the_services_own_words() {
    for (status, body, shown, class) in [
        (
            400,
            "{\"ok\":false,\"description\":\"chat not found\"}",
            "the server refused the message (HTTP 400 \"chat not found\")",
            Class::Invalid,
        ),
        (
            401,
            "{\"error\":\"Unauthorized\",\"errorDescription\":\"you need a token\"}",
            "the credentials were refused (HTTP 401 \"you need a token\")",
            Class::Denied,
        ),
        (
            404,
            "{\"ok\":false,\"msg\":\"Monitor not found\"}",
            "the server knows nothing at this URL (HTTP 404 \"Monitor not found\")",
            Class::NoSuchName,
        ),
        (403, "invalid_token", "the credentials were refused (HTTP 403 \"invalid_token\")", Class::Denied),
        (502, "<html>Bad Gateway</html>", "the server is broken for now (HTTP 502)", Class::Unavailable),
        (302, "", "the server sends elsewhere, and redirects are not followed (HTTP 302)", Class::Invalid),
    ] {
        let server = answering(status, &[("location", "https://example.org/elsewhere")], body).await;
        let fault = tested(of("slack").with("webhook_url", secret(server.base())), &network()).await;
        let fault = fault.expect_err("no success");
        assert_eq!((fault.to_string().as_str(), fault.class), (shown, class));
    }
}

#[tokio::test]
async fn ur_60_a_message_to_a_server_that_cuts_the_connection_is_sent_once() {
    let count = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&count);
    let server = Server::each("http", loopback().await, move |mut tcp| {
        *counter.lock().expect("nobody panics") += 1;
        async move {
            let mut bytes = [0; 1024];
            let _ = tokio::io::AsyncReadExt::read(&mut tcp, &mut bytes).await;
        }
    });
    let settings = of("webhook").with("webhook_url", secret(server.base()));
    let fault = told(settings, &network(), &changed()).await.expect_err("cut off");
    let authority = server.base().trim_start_matches("http://").to_owned();
    assert_eq!(fault.class, Class::Unconfirmed);
    assert_eq!(fault.what, NetError::Cut { to: authority }.to_string());
    assert_eq!(*count.lock().expect("nobody panics"), 1);
}

#[tokio::test]
async fn ur_45_no_secret_is_in_a_failure() {
    let mut closed = loopback().await.local_addr().expect("bound").to_string();
    closed.insert_str(0, "http://");
    for settings in [
        of("slack").with("webhook_url", secret(format!("{closed}/s3cret/s3cret?s3cret=s3cret"))),
        of("telegram")
            .with("base_url", text(&closed))
            .with("token", secret("s3cret"))
            .with("chat_id", text("1")),
        of("kuma").with("ping_url", secret(format!("{closed}/api/push/s3cret"))),
        of("slack").with("webhook_url", secret("s3cret")),
        of("slack").with("webhook_url", secret("https://u:s3cret@example.org/")),
    ] {
        let shown = format!("{settings:?}");
        let fault = tested(settings, &network()).await.expect_err("nobody is there");
        assert!(!format!("{fault:?} {fault} {shown}").contains("s3cret"), "{fault:?} {shown}");
    }
}
