//! HTTP/2 connections that end under requests, or whose server does not want them.

use crate::{client, get, network, request};
use dynflare::net::http::Method;
use dynflare::net::{Effect, NetError};
use dynflare_core::fault::Class;
use dynflare_testkit::serve::{Server, loopback};
use dynflare_testkit::tls::{Authority, Identity};
use hyper::body::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// What the server does with the second request of each connection.
#[derive(Clone)]
enum Second {
    /// Says that it has not looked at it.
    Refuse,
    /// Ends the connection.
    HangUp,
    /// Nothing, and tells that it has come.
    Ignore(Arc<Notify>),
}

/// A server that answers `ok` to the first request of each connection.
async fn server(identity: &Identity, second: Second) -> Server {
    let acceptor = TlsAcceptor::from(identity.server_config());
    Server::each("https", loopback().await, move |tcp| {
        let (acceptor, second) = (acceptor.clone(), second.clone());
        async move {
            let stream = acceptor.accept(tcp).await.expect("the client speaks TLS");
            let mut connection = h2::server::handshake(stream).await.expect("the client speaks HTTP/2");
            let mut ignored = Vec::new();
            let mut count = 0;
            while let Some(Ok((_, mut answer))) = connection.accept().await {
                count += 1;
                match &second {
                    _ if count == 1 => {
                        let mut body = answer
                            .send_response(hyper::Response::new(()), false)
                            .expect("the stream is open");
                        body.send_data(Bytes::from_static(b"ok"), true).expect("the stream is open");
                    }
                    Second::Refuse => answer.send_reset(h2::Reason::REFUSED_STREAM),
                    Second::HangUp => return,
                    Second::Ignore(come) => {
                        come.notify_one();
                        ignored.push(answer);
                    }
                }
            }
        }
    })
}

#[tokio::test]
async fn even_a_write_is_repeated_where_the_server_has_not_looked_at_it() {
    let authority = Authority::new();
    let server = server(&authority.loopback(), Second::Refuse).await;
    let client = client(&network(&authority), server.base());
    for _ in 0..2 {
        let answer = client.send(request(Method::POST, "/")).await.expect("the first of a connection");
        assert_eq!(answer.body, b"ok");
    }
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_shared_connection_that_ends_under_a_request_leaves_a_write_unconfirmed_and_repeats_a_read() {
    let authority = Authority::new();
    let server = server(&authority.loopback(), Second::HangUp).await;
    let client = client(&network(&authority), server.base());
    client.send(get("/")).await.expect("the first of a connection");
    let error = client.send(request(Method::PATCH, "/")).await.expect_err("the server hangs up");
    assert_eq!(error, NetError::Cut { to: server.address().to_string() });
    assert_eq!(error.fault(Effect::Write).class, Class::Unconfirmed);
    client.send(get("/")).await.expect("the first of a connection");
    client.send(get("/")).await.expect("a read is repeated");
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn after_a_deadline_the_next_request_has_a_new_connection() {
    let authority = Authority::new();
    let come = Arc::new(Notify::new());
    let server = server(&authority.loopback(), Second::Ignore(Arc::clone(&come))).await;
    let client = client(&network(&authority), server.base());
    client.send(get("/")).await.expect("the first of a connection");
    let (answer, ()) = tokio::join!(client.send(get("/")), async {
        come.notified().await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(61)).await;
        tokio::time::resume();
    });
    assert!(matches!(answer, Err(NetError::TimedOut { .. })), "{answer:?}");
    client.send(get("/")).await.expect("the first of a connection");
    assert_eq!(server.accepted(), 2);
}
