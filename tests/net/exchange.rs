//! Requests and answers: what is sent, which connection carries it, and what misbehaving servers lead to.

use crate::{client, get, network, request};
use dynflare::net::http::{Client, Method, Request, Response};
use dynflare::net::{Effect, NetError, Network, NetworkSettings, Phase, Route};
use dynflare_core::address::Family;
use dynflare_core::fault::Class;
use dynflare_testkit::serve::{Handler, Server, handler, loopback, reply};
use dynflare_testkit::tls::Authority;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Notify};

/// Tells what was asked: version, method, host, path, user agent and body, one a line.
fn mirror() -> Handler {
    handler(|request: hyper::Request<hyper::body::Bytes>| async move {
        let header = |name: &str| {
            let value = request.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or("-").to_owned()
        };
        let authority = request.uri().authority().map_or_else(|| header("host"), ToString::to_string);
        let path = request.uri().path_and_query().map_or("-", |path| path.as_str());
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let lines = [
            format!("{:?} {} {path}", request.version(), request.method()),
            format!("host {authority}"),
            format!("user-agent {}", header("user-agent")),
            format!("accept-encoding {}", header("accept-encoding")),
            format!("length {}", header("content-length")),
            body,
        ];
        reply(200, lines.join("\n"))
    })
}

/// Answers nobody before `count` requests have arrived together.
fn together(count: usize) -> Handler {
    let barrier = Arc::new(Barrier::new(count));
    handler(move |_| {
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            reply(200, "")
        }
    })
}

/// A plain server that reads a request's head, writes `answer` and does nothing more; it hangs up if told to.
async fn scripted(answer: &'static str, then: Then) -> Server {
    Server::each("http", loopback().await, move |mut tcp| async move {
        head(&mut tcp).await;
        let _ = tcp.write_all(answer.as_bytes()).await;
        match then {
            Then::HangUp => {}
            Then::Idle => std::future::pending().await,
        }
    })
}

#[derive(Clone, Copy)]
enum Then {
    HangUp,
    Idle,
}

/// Reads to the blank line.
async fn head(tcp: &mut TcpStream) {
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        match tcp.read_u8().await {
            Ok(byte) => seen.push(byte),
            Err(_) => return,
        }
    }
}

fn plain_network() -> Network {
    Network::new(NetworkSettings::default())
}

async fn send_together(client: &Client, count: usize) -> Vec<Result<Response, NetError>> {
    let mut sends: Vec<_> = (0..count).map(|_| Box::pin(client.send(get("/")))).collect();
    let mut answers = Vec::new();
    std::future::poll_fn(|context| {
        sends.retain_mut(|send| match send.as_mut().poll(context) {
            std::task::Poll::Ready(answer) => {
                answers.push(answer);
                false
            }
            std::task::Poll::Pending => true,
        });
        if sends.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    answers
}

#[tokio::test]
async fn a_request_goes_out_as_asked_over_either_version() {
    let authority = Authority::new();
    let (network, identity) = (network(&authority), authority.loopback());
    let two = Server::https(&identity, mirror()).await;
    let one = Server::https(&identity.http1_only(), mirror()).await;
    let plain = Server::http(mirror()).await;
    for (server, version) in [(&two, "HTTP/2.0"), (&one, "HTTP/1.1"), (&plain, "HTTP/1.1")] {
        let client = client(&network, &format!("{}/client/v4/", server.base()));
        let body = Some(b"{}".to_vec());
        let answer = client.send(Request { body, ..request(Method::PATCH, "/zones?page=1") }).await;
        let answer = answer.expect("the server answers");
        let expected = format!(
            "{version} PATCH /client/v4/zones?page=1\nhost {}\nuser-agent dynflare/test\naccept-encoding -\nlength 2\n{{}}",
            server.address()
        );
        assert_eq!((answer.status, String::from_utf8_lossy(&answer.body).into_owned()), (200, expected));
    }
}

#[tokio::test]
async fn concurrent_requests_share_one_http2_connection() {
    let authority = Authority::new();
    let server = Server::https(&authority.loopback(), together(20)).await;
    let client = client(&network(&authority), server.base());
    let answers = send_together(&client, 20).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn http1_connections_are_four_at_most_and_used_again() {
    let authority = Authority::new();
    let server = Server::https(&authority.loopback().http1_only(), together(4)).await;
    let client = client(&network(&authority), server.base());
    for _ in 0..2 {
        let answers = send_together(&client, 12).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    }
    assert_eq!(server.accepted(), 4);
}

#[tokio::test]
async fn a_warmed_connection_is_the_one_that_is_used() {
    let authority = Authority::new();
    let identity = authority.loopback();
    for identity in [identity.clone(), identity.http1_only()] {
        let server = Server::https(&identity, mirror()).await;
        let client = client(&network(&authority), server.base());
        client.warm().await;
        assert_eq!(server.accepted(), 1);
        client.warm().await;
        for _ in 0..3 {
            client.send(get("/")).await.expect("the server answers");
        }
        assert_eq!(server.accepted(), 1);
    }
}

#[tokio::test]
async fn a_request_waits_for_the_connection_that_is_being_warmed() {
    let authority = Authority::new();
    let server = Server::https(&authority.loopback(), mirror()).await;
    let client = client(&network(&authority), server.base());
    let ((), answer) = tokio::join!(client.warm(), client.send(get("/")));
    answer.expect("the server answers");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let server =
        scripted("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n", Then::Idle).await;
    let answer = client(&plain_network(), server.base()).send(get("/")).await.expect("the server answers");
    assert_eq!((answer.status, server.accepted()), (302, 1));
}

#[tokio::test]
async fn ur_11_a_body_beyond_the_limit_is_refused_announced_or_not() {
    let announced = scripted("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n", Then::Idle).await;
    let endless = Server::each("http", loopback().await, |mut tcp| async move {
        head(&mut tcp).await;
        let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        while tcp.write_all(b"4\r\nabcd\r\n").await.is_ok() {}
    });
    for server in [announced, endless] {
        let error = client(&plain_network(), server.base()).send(get("/")).await.expect_err("too much");
        assert_eq!(error, NetError::TooLarge { to: server.address().to_string(), limit: 4096 });
        assert_eq!(error.fault(Effect::Write).class, Class::Unconfirmed);
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken() {
    let server = Server::http(handler(|_| async { reply(200, vec![b'x'; 4096]) })).await;
    let answer = client(&plain_network(), server.base()).send(get("/")).await.expect("it fits");
    assert_eq!(answer.body.len(), 4096);
}

#[tokio::test]
async fn ur_11_the_deadline_covers_the_whole_exchange() {
    let begun = Arc::new(Notify::new());
    let signal = Arc::clone(&begun);
    let server = Server::each("http", loopback().await, move |mut tcp| {
        let signal = Arc::clone(&signal);
        async move {
            head(&mut tcp).await;
            let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n1").await;
            signal.notify_one();
            std::future::pending::<()>().await;
        }
    });
    let client = client(&plain_network(), server.base());
    let (answer, ()) = tokio::join!(client.send(get("/")), async {
        begun.notified().await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(61)).await;
    });
    let error = answer.expect_err("the deadline passes");
    let (to, after) = (server.address().to_string(), Duration::from_secs(60));
    assert_eq!(error, NetError::TimedOut { to, phase: Phase::Exchange, after });
    assert_eq!(error.fault(Effect::Write).class, Class::Unconfirmed);
}

#[tokio::test]
async fn a_deadline_in_the_tls_handshake_means_nothing_was_sent() {
    let begun = Arc::new(Notify::new());
    let signal = Arc::clone(&begun);
    let server = Server::each("https", loopback().await, move |mut tcp| {
        let signal = Arc::clone(&signal);
        async move {
            let _ = tcp.read_u8().await;
            signal.notify_one();
            std::future::pending::<()>().await;
        }
    });
    let client = client(&plain_network(), server.base());
    let (answer, ()) = tokio::join!(client.send(get("/")), async {
        begun.notified().await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(61)).await;
    });
    let error = answer.expect_err("the deadline passes");
    let (to, after) = (server.address().to_string(), Duration::from_secs(60));
    assert_eq!(error, NetError::TimedOut { to, phase: Phase::Secure, after });
    assert_eq!(error.fault(Effect::Write).class, Class::Unavailable);
}

#[tokio::test]
async fn an_answer_cut_short_leaves_a_write_unconfirmed() {
    for answer in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"] {
        let server = scripted(answer, Then::HangUp).await;
        let error = client(&plain_network(), server.base()).send(request(Method::POST, "/")).await;
        let error = error.expect_err("the answer is not whole");
        assert_eq!(error, NetError::Cut { to: server.address().to_string() }, "{answer:?}");
        assert_eq!(error.clone().fault(Effect::Write).class, Class::Unconfirmed);
        assert_eq!(error.fault(Effect::Read).class, Class::Unavailable);
    }
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_told_apart() {
    let server = scripted("220 mail.example.org ESMTP\r\n", Then::HangUp).await;
    let error = client(&plain_network(), server.base()).send(get("/")).await.expect_err("that is no HTTP");
    assert_eq!(error.fault(Effect::Read).class, Class::Unexpected);
}

#[tokio::test]
async fn a_kept_connection_that_died_is_opened_again_unnoticed() {
    let closed = Arc::new(Notify::new());
    let signal = Arc::clone(&closed);
    let server = Server::each("http", loopback().await, move |mut tcp| {
        let signal = Arc::clone(&signal);
        async move {
            head(&mut tcp).await;
            let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            drop(tcp);
            signal.notify_one();
        }
    });
    let client = client(&plain_network(), server.base());
    for sent in 1..=3 {
        let answer = client.send(get("/")).await.expect("the server answers");
        assert_eq!((answer.body.as_slice(), server.accepted()), (b"ok".as_slice(), sent));
        closed.notified().await;
    }
}

#[tokio::test]
async fn a_write_on_a_kept_connection_that_dies_under_it_is_not_repeated() {
    let server = Server::each("http", loopback().await, |mut tcp| async move {
        head(&mut tcp).await;
        let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        head(&mut tcp).await;
    });
    let client = client(&plain_network(), server.base());
    client.send(get("/")).await.expect("the server answers");
    let error = client.send(request(Method::POST, "/")).await.expect_err("the server hangs up");
    assert_eq!((error.fault(Effect::Write).class, server.accepted()), (Class::Unconfirmed, 1));
    client.send(get("/")).await.expect("the next request has a new connection");
    assert_eq!(client.send(get("/")).await.expect("a read is repeated").body, b"ok");
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn nobody_listening_is_a_refusal() {
    let gone = loopback().await;
    let address = gone.local_addr().expect("a bound listener has an address");
    drop(gone);
    let error = client(&plain_network(), &format!("http://{address}")).send(get("/")).await;
    let error = error.expect_err("nobody listens");
    assert_eq!(error.to_string(), format!("{address} refused the connection"));
    assert_eq!(error.fault(Effect::Write).class, Class::Unavailable);
}

#[tokio::test]
async fn a_forced_family_is_the_only_one_used() {
    let server = Server::http(mirror()).await;
    let base = format!("http://localhost:{}", server.address().port());
    let over = |base: &str, family| {
        Client::new(&plain_network(), base.parse().expect("a valid URL"), Route::only(family))
    };
    over(&base, Family::V4).send(get("/")).await.expect("it listens on IPv4");
    over(&base, Family::V6).send(get("/")).await.expect_err("it does not listen on IPv6");
    let error = over(server.base(), Family::V6).send(get("/")).await.expect_err("an IPv4 address");
    assert_eq!(error.to_string(), "127.0.0.1 has no IPv6 address");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_named() {
    // RFC 6761 §6.4: resolvers answer `invalid` without asking anybody.
    let error =
        client(&plain_network(), "http://www.invalid").send(get("/")).await.expect_err("no such name");
    assert!(error.to_string().starts_with("cannot resolve www.invalid: "), "{error}");
    assert_eq!(error.fault(Effect::Write).class, Class::Unavailable);
}

#[tokio::test]
async fn a_path_that_is_no_path_is_not_sent() {
    let server = Server::http(mirror()).await;
    let error = client(&plain_network(), server.base()).send(get("/a b")).await.expect_err("a space");
    assert_eq!((error.fault(Effect::Write).class, server.accepted()), (Class::Invalid, 0));
}
