//! A user's own web source: its headers, the line it is in, a URL per family, and the proxy it is asked through.

use crate::{TRUE, alone, opinion};
use dynflare::source::{Extras, Source};
use dynflare_testkit::echo::{Echo, Say};
use dynflare_testkit::serve::{Server, handler, loopback, reply};
use hyper::header::{HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn source(base: &str, extras: &Extras) -> Source {
    Source::parse_with(&format!("url:{base}/ip"), extras).expect("a source")
}

#[tokio::test]
async fn headers_are_sent_and_not_shown() {
    let server = Server::http(handler(|request| async move {
        let sent = request.headers().get("authorization").is_some_and(|value| value == "Bearer s3cret");
        if sent { reply(200, TRUE) } else { reply(403, "") }
    }))
    .await;
    let mut value = HeaderValue::from_static("Bearer s3cret");
    value.set_sensitive(true);
    let headers = vec![(HeaderName::from_static("authorization"), value)];
    let with = source(server.base(), &Extras { headers, ..Extras::default() });
    assert!(!format!("{with:?}").contains("s3cret"));
    assert_eq!(alone(with).await, Ok(opinion(TRUE)));
    assert!(alone(source(server.base(), &Extras::default())).await.is_err());
}

#[tokio::test]
async fn the_line_and_the_url_of_a_family_are_the_users_to_say() {
    let page = Echo::http(Say::Text(format!("<html>\n<td>{TRUE}</td>\n<td>up</td>\n</html>"))).await;
    let line = Some(("<td>2".to_owned(), "</td>".to_owned()));
    let cut = source(page.base(), &Extras { line, ..Extras::default() });
    assert!(alone(cut).await.is_err());
    let one = Echo::http(Say::Text(format!("<html>\n WAN: {TRUE} \n</html>"))).await;
    let line = Some(("WAN: ".to_owned(), String::new()));
    let elsewhere = Extras { line, ipv4: Some(one.base().to_owned()), ..Extras::default() };
    assert_eq!(alone(source("https://v6.example.org", &elsewhere)).await, Ok(opinion(TRUE)));
}

/// A proxy that connects wherever it is told to if `status` is a success.
async fn connecting(status: &'static str) -> Server {
    Server::each("http", loopback().await, move |mut outside| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = outside.read_u8().await else { return };
            head.push(byte);
        }
        let head = String::from_utf8(head).expect("ASCII");
        let to = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).expect("a CONNECT");
        let _ = outside.write_all(format!("HTTP/1.1 {status}\r\nVia: test\r\n\r\n").as_bytes()).await;
        if status.starts_with('2') {
            let mut inside = TcpStream::connect(to).await.expect("somebody listens");
            let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        }
    })
}

#[tokio::test]
async fn a_proxy_is_taken_where_it_is_set_and_told_where_it_refuses() {
    let echo = Echo::http(Say::address(TRUE)).await;
    let through =
        |proxy: &Server| Extras { proxy: Some(proxy.base().parse().expect("a proxy")), ..Extras::default() };
    let willing = connecting("200 Connection established").await;
    assert_eq!(alone(source(echo.base(), &through(&willing))).await, Ok(opinion(TRUE)));
    assert_eq!(willing.accepted(), 1);
    let refusing = connecting("407 Proxy Authentication Required").await;
    let said = alone(source(echo.base(), &through(&refusing))).await.expect_err("refused");
    assert!(said.ends_with(&format!("the proxy {}: HTTP 407", refusing.base())), "{said}");
    let babbling = Server::each("http", loopback().await, |mut tcp| async move {
        let _ = tcp.write_all(&[b'x'; 10_000]).await;
        let mut rest = Vec::new();
        let _ = tcp.read_to_end(&mut rest).await;
    });
    let said = alone(source(echo.base(), &through(&babbling))).await;
    assert!(said.expect_err("refused").ends_with("its answer is too long"));
}

#[tokio::test]
async fn a_socks_proxy_is_given_the_name_to_resolve() {
    let echo = Echo::http(Say::address(TRUE)).await;
    let port: u16 = echo.base().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let socks = Server::each("socks5h", loopback().await, |mut outside| async move {
        let mut hello = [0; 3];
        outside.read_exact(&mut hello).await.expect("a greeting");
        assert_eq!(hello, [5, 1, 0]);
        outside.write_all(&[5, 0]).await.expect("it reads");
        let mut head = [0; 5];
        outside.read_exact(&mut head).await.expect("a request");
        assert_eq!(head[..4], [5, 1, 0, 3]);
        let mut name = vec![0; usize::from(head[4])];
        outside.read_exact(&mut name).await.expect("a name");
        assert_eq!(name, b"ip.example.org");
        let to = outside.read_u16().await.expect("a port");
        outside.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("it reads");
        let mut inside = TcpStream::connect(("127.0.0.1", to)).await.expect("somebody listens");
        let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
    });
    let proxy = Some(socks.base().parse().expect("a proxy"));
    let named = source(&format!("http://ip.example.org:{port}"), &Extras { proxy, ..Extras::default() });
    assert_eq!(alone(named).await, Ok(opinion(TRUE)));
}
