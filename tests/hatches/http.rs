//! An API that the user describes, over real sockets.

use crate::{Folder, dynflare};
use dynflare_testkit::serve::{Server, handler, reply};
use hyper::Request;
use hyper::body::Bytes;
use std::sync::{Arc, Mutex};

const SECRET: &str = "s3cr3t/token";

/// What the server holds and was asked.
#[derive(Default)]
struct State {
    value: String,
    asked: Vec<String>,
    /// What writes are answered with.
    answer: Option<(u16, String)>,
}

/// A server that keeps one value and shows it as JSON.
async fn server() -> (Server, Arc<Mutex<State>>) {
    let state = Arc::new(Mutex::new(State::default()));
    let shared = Arc::clone(&state);
    let server = Server::http(handler(move |request: Request<Bytes>| {
        let state = Arc::clone(&shared);
        async move {
            let mut state = state.lock().expect("nobody panics");
            let body = String::from_utf8_lossy(request.body()).into_owned();
            let header = |name: &str| {
                request
                    .headers()
                    .get(name)
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or_default()
                    .to_owned()
            };
            let line = format!(
                "{} {} {} {} {body}",
                request.method(),
                request.uri(),
                header("authorization"),
                header("content-type")
            );
            state.asked.push(line);
            if request.uri().path() == "/show" {
                return match state.value.as_str() {
                    "" => reply(404, ""),
                    value => reply(200, serde_json::json!({ "a": [{ "ip": value }] }).to_string()),
                };
            }
            if let Some((status, text)) = &state.answer {
                return reply(*status, text.clone());
            }
            let found = ["203.0.113.7", "203.0.113.8"]
                .into_iter()
                .find(|ip| body.contains(ip) || request.uri().to_string().contains(ip));
            found.unwrap_or_default().clone_into(&mut state.value);
            reply(200, "OK: done")
        }
    }))
    .await;
    (server, state)
}

fn config(base: &str, more: &str) -> String {
    format!(
        "records = [\"mine:example.org:A:home?ttl=120\"]\n[providers.mine]\ntype = \"http\"\nmethod = \"PUT\"\n\
         url = \"{base}/set/{{zone}}/{{host}}?t={{secret:token}}\"\n\
         headers = {{ Authorization = \"Bearer {{secret:token}}\" }}\n\
         body = '{{\"name\":\"{{name}}\",\"type\":\"{{type}}\",\"value\":\"{{ip}}\",\"ttl\":{{ttl}},\"k\":\"{{secret:quoted}}\"}}'\n\
         contains = \"OK\"\n{more}\n[providers.mine.secrets]\ntoken = \"{SECRET}\"\nquoted = 'a\"b\\c'\n"
    )
}

const EXPECTED: &str = "PUT /set/example.org/home?t=s3cr3t%2Ftoken Bearer s3cr3t/token application/json \
    {\"name\":\"home.example.org\",\"type\":\"A\",\"value\":\"203.0.113.7\",\"ttl\":120,\"k\":\"a\\\"b\\\\c\"}";

#[tokio::test]
async fn a_value_that_can_be_read_is_read_before_and_written_once() {
    let (server, state) = server().await;
    let folder = Folder::new("http-read");
    let base = server.base();
    let read = format!("read = {{ url = \"{base}/show?n={{name}}\", pointer = \"/a/0/ip\" }}");
    for _ in 0..2 {
        let (exit, text) = dynflare(&folder, "update", &config(base, &read)).await;
        assert_eq!(exit, 0, "{text}");
    }
    let state = state.lock().expect("nobody panics");
    assert_eq!(state.value, "203.0.113.7");
    let writes: Vec<&String> = state.asked.iter().filter(|line| line.starts_with("PUT")).collect();
    assert_eq!(writes, [EXPECTED]);
    assert!(state.asked[0].starts_with("GET /show?n=home.example.org "), "{:?}", state.asked);
}

#[tokio::test]
async fn without_a_way_to_read_memory_says_what_was_written() {
    let (server, state) = server().await;
    let folder = Folder::new("http-push");
    for _ in 0..2 {
        let (exit, text) = dynflare(&folder, "update", &config(server.base(), "")).await;
        assert_eq!(exit, 0, "{text}");
    }
    let asked = &state.lock().expect("nobody panics").asked;
    let expected = EXPECTED.replace(":120,", ":300,");
    assert!(*asked == [EXPECTED] || *asked == [expected], "{asked:?}");
}

#[tokio::test]
async fn ur_45_a_refusal_is_told_without_the_secrets_that_it_repeats() {
    let (server, state) = server().await;
    let folder = Folder::new("http-refused");
    let base = server.base();
    let read = format!("read = {{ url = \"{base}/show\", pointer = \"/a/0/ip\" }}");
    for (status, said, expected) in [
        (
            403,
            format!("no: {SECRET} s3cr3t%2Ftoken"),
            "`mine` refused the credentials, or they may not do this",
        ),
        (422, SECRET.to_owned(), "`mine` refused the request as wrong"),
        (200, format!("badauth {SECRET}"), ""),
        (500, SECRET.to_owned(), ""),
    ] {
        state.lock().expect("nobody panics").answer = Some((status, said));
        for more in [read.as_str(), ""] {
            let (exit, text) = dynflare(&folder, "update", &config(base, more)).await;
            assert_ne!(exit, 0, "{text}");
            assert!(text.contains(expected), "{status}: {text}");
            assert!(!text.contains("s3cr3t"), "{status}: {text}");
        }
    }
}
