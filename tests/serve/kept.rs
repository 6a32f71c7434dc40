//! Connections that are kept: many requests on one, forms, and what ends them.

use crate::{body, exchange};
use dynflare::server::listen::{Limits, Server};
use dynflare::server::{Answer, Asked, Reply, Service};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Repeats what it is sent; at `/late` only when it is told to.
#[derive(Default)]
struct Parrot {
    go: Notify,
    heard: Notify,
}

impl Service for Parrot {
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a> {
        let text = String::from_utf8_lossy(asked.body).into_owned();
        match asked.path {
            "/late" => Answer::Later(Box::pin(async move {
                self.heard.notify_one();
                self.go.notified().await;
                Reply::text(200, "late")
            })),
            _ => Reply::text(200, text).into(),
        }
    }

    fn begins_with_proxy_header(&self, _: SocketAddr) -> bool {
        false
    }

    fn takes_form(&self, path: &str) -> Option<usize> {
        (path == "/form").then_some(16)
    }
}

async fn serve(limits: Limits) -> (Server, Arc<Parrot>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has free ports");
    let parrot = Arc::new(Parrot::default());
    (Server::start(listener, None, limits, parrot.clone()).expect("it starts"), parrot)
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

#[tokio::test]
async fn many_requests_come_on_one_connection_until_it_has_had_its_share() {
    let (server, _) = serve(Limits { requests: 5, ..Limits::open() }).await;
    let answers = exchange(server.address(), GET.repeat(9).as_bytes()).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 5, "{answers}");
    assert_eq!(answers.matches("connection: close").count(), 1, "{answers}");
}

#[tokio::test]
async fn a_kept_connection_that_is_quiet_is_closed() {
    let (server, _) = serve(Limits { step: Duration::from_millis(100), ..Limits::open() }).await;
    // The server ends it: nothing here asks for that.
    let answers = exchange(server.address(), GET.repeat(3).as_bytes()).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 3, "{answers}");
    assert!(!answers.contains("connection: close"), "{answers}");
}

#[tokio::test]
async fn while_places_are_scarce_nobody_keeps_one() {
    let (server, _) = serve(Limits { connections: 2, ..Limits::open() }).await;
    let _quiet = TcpStream::connect(server.address()).await.expect("it listens");
    let answers = exchange(server.address(), GET.repeat(3).as_bytes()).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 1, "{answers}");
    assert!(answers.contains("connection: close"), "{answers}");
}

#[tokio::test]
async fn one_address_gets_so_many_places_and_is_hung_up_on_beyond() {
    let (server, _) = serve(Limits { per_address: 1, ..Limits::open() }).await;
    let mut first = TcpStream::connect(server.address()).await.expect("it listens");
    first.write_all(GET.as_bytes()).await.expect("it is open");
    let mut beginning = [0; 15];
    first.read_exact(&mut beginning).await.expect("an answer");
    assert_eq!(&beginning, b"HTTP/1.1 200 OK");
    assert_eq!(exchange(server.address(), GET.as_bytes()).await, "");
}

#[tokio::test]
async fn forms_are_read_where_they_are_taken_and_no_further_than_they_may_be_long() {
    let (server, _) = serve(Limits::open()).await;
    let to = server.address();
    let post = |path: &str, form: &str| {
        let length = form.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{form}"
        )
    };
    let taken = exchange(to, post("/form", "a=b&c=d").as_bytes()).await;
    assert_eq!((body(&taken), taken.starts_with("HTTP/1.1 200")), ("a=b&c=d", true), "{taken}");
    let refused = exchange(to, post("/", "a=b").as_bytes()).await;
    assert!(refused.starts_with("HTTP/1.1 405"), "{refused}");
    let large = exchange(to, post("/form", &"x".repeat(17)).as_bytes()).await;
    assert!(large.starts_with("HTTP/1.1 413"), "{large}");
    let chunked = "POST /form HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
                   9\r\n123456789\r\n9\r\n123456789\r\n0\r\n\r\n";
    let large = exchange(to, chunked.as_bytes()).await;
    assert!(large.starts_with("HTTP/1.1 413"), "{large}");
    let put = exchange(to, b"PUT /form HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(put.starts_with("HTTP/1.1 405") && put.contains("allow: GET, POST"), "{put}");
}

#[tokio::test]
async fn a_form_that_never_ends_is_answered_all_the_same() {
    let (server, _) = serve(Limits { answer: Duration::from_millis(100), ..Limits::open() }).await;
    let slow = "POST /form HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na=b";
    let answer = exchange(server.address(), slow.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_503() {
    let (server, _) = serve(Limits { answer: Duration::from_millis(100), ..Limits::open() }).await;
    let late =
        exchange(server.address(), b"GET /late HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(late.starts_with("HTTP/1.1 503"), "{late}");
}

#[tokio::test]
async fn a_server_that_finishes_answers_what_it_was_asked_and_takes_no_more() {
    let (server, parrot) = serve(Limits::open()).await;
    let to = server.address();
    let asked = tokio::spawn(async move { exchange(to, b"GET /late HTTP/1.1\r\nHost: h\r\n\r\n").await });
    let mut quiet = TcpStream::connect(to).await.expect("it listens");
    parrot.heard.notified().await;
    let finished = tokio::spawn(server.finish(Duration::from_secs(60)));
    let mut nothing = Vec::new();
    let ended = quiet.read_to_end(&mut nothing).await;
    assert!(matches!(ended, Ok(0) | Err(_)), "whoever has asked nothing is let go: {nothing:?}");
    assert!(TcpStream::connect(to).await.is_err(), "nobody is let in");
    parrot.go.notify_one();
    let answer = asked.await.expect("the client ends");
    assert_eq!(body(&answer), "late");
    finished.await.expect("the server ends");
}
