//! Edges that are played: what they write, what clients forge, and what does not arrive.

use crate::{ask, ask_trusting, free_port, source};
use dynflare::server::client::Telling;
use dynflare::source::{Extras, Source};
use dynflare_core::quorum::Vote;
use dynflare_testkit::serve::{Server, handler, loopback, reply};
use dynflare_testkit::tls::Authority;
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An edge that passes each request on to a port of this machine with these bytes before it and these lines in it.
fn edge(listener: TcpListener, to: u16, before: &'static [u8], lines: &'static str) -> Server {
    Server::each("http", listener, move |mut outside| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match outside.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).expect("ASCII");
        let (first, rest) = head.split_once("\r\n").expect("a request");
        let Ok(mut inside) = TcpStream::connect(("127.0.0.1", to)).await else {
            let _ = outside.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n").await;
            return;
        };
        let request = format!("{first}\r\n{lines}{rest}");
        let _ = inside.write_all(before).await;
        let _ = inside.write_all(request.as_bytes()).await;
        let _ = tokio::io::copy(&mut inside, &mut outside).await;
    })
}

async fn through(before: &'static [u8], lines: &'static str, extras: Extras) -> Result<String, String> {
    let port = free_port();
    let edge = edge(loopback().await, port, before, lines);
    let extras = Extras { port: Some(port), ..extras };
    ask(&source(&format!("tunnel:{}", edge.base()), &extras)).await
}

fn by(client: Telling) -> Extras {
    Extras { client: Some(client), ..Extras::default() }
}

#[tokio::test]
async fn the_edge_writes_who_asks_in_any_of_four_ways() {
    let seven = Ok("203.0.113.7".to_owned());
    assert_eq!(through(b"", "X-Forwarded-For: 203.0.113.7\r\n", Extras::default()).await, seven);
    assert_eq!(
        through(b"", "Forwarded: for=203.0.113.7;proto=https\r\n", by(Telling::Forwarded)).await,
        seven
    );
    assert_eq!(through(b"", "CF-Connecting-IP: 203.0.113.7\r\n", by(Telling::CfConnectingIp)).await, seven);
    let v1 = b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n";
    assert_eq!(through(v1, "", by(Telling::ProxyProtocol)).await, seven);
    let v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\xc0\0\x02\x01\x12\x34\x01\xbb";
    assert_eq!(through(v2, "", by(Telling::ProxyProtocol)).await, seven);
}

#[tokio::test]
async fn only_the_trusted_hop_counts_whatever_stands_left_of_it() {
    let forged = "X-Forwarded-For: 198.51.100.66, 203.0.113.7\r\n";
    assert_eq!(through(b"", forged, Extras::default()).await, Ok("203.0.113.7".to_owned()));
    let two = Extras { hops: NonZeroUsize::new(2), ..Extras::default() };
    let lines = "X-Forwarded-For: 198.51.100.66\r\nX-Forwarded-For: 203.0.113.7, 10.0.0.1\r\n";
    assert_eq!(through(b"", lines, two.clone()).await, Ok("203.0.113.7".to_owned()));
    // The other ways are not looked at.
    let other =
        "CF-Connecting-IP: 198.51.100.66\r\nForwarded: for=198.51.100.66\r\nX-Forwarded-For: 203.0.113.7\r\n";
    assert_eq!(through(b"", other, Extras::default()).await, Ok("203.0.113.7".to_owned()));
    let missing = "1 hops stand in `x-forwarded-for`, and the 2. from the right is missing";
    assert_eq!(through(b"", "X-Forwarded-For: 203.0.113.7\r\n", two).await, Err(missing.to_owned()));
}

#[tokio::test]
async fn what_is_not_one_address_of_the_family_is_no_answer() {
    for (lines, client, expected) in [
        ("", Telling::XForwardedFor, "the tunnel does not say in `x-forwarded-for` who asks"),
        (
            "X-Forwarded-For: 203.0.113.7, unknown\r\n",
            Telling::XForwardedFor,
            "the hop in `x-forwarded-for` is no address",
        ),
        (
            "CF-Connecting-IP: 203.0.113.7, 203.0.113.8\r\n",
            Telling::CfConnectingIp,
            "the hop in `cf-connecting-ip` is no address",
        ),
        (
            "X-Forwarded-For: 2001:db8::7\r\n",
            Telling::XForwardedFor,
            "the tunnel saw an IPv6 address where IPv4 was asked (\"2001:db8::7\")",
        ),
    ] {
        assert_eq!(through(b"", lines, by(client)).await, Err(expected.to_owned()));
    }
    let refused = through(b"", "", by(Telling::ProxyProtocol)).await.expect_err("no PROXY header");
    assert!(refused.contains("cut the connection"), "{refused}");
}

#[tokio::test]
async fn a_request_without_the_one_time_path_is_no_answer() {
    let port = free_port();
    // It answers as if it led here, and what it sends here is not what was asked.
    let liar = Server::http(handler(move |_| async move {
        if let Ok(mut inside) = TcpStream::connect(("127.0.0.1", port)).await {
            let other = "0".repeat(64);
            let forged =
                format!("GET /{other} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 198.51.100.66\r\n\r\n");
            let _ = inside.write_all(forged.as_bytes()).await;
            let mut answer = Vec::new();
            let _ = inside.read_to_end(&mut answer).await;
            assert!(answer.starts_with(b"HTTP/1.1 404 "));
        }
        reply(200, "seen\n")
    }))
    .await;
    let extras = Extras { port: Some(port), ..Extras::default() };
    let said = ask(&source(&format!("tunnel:{}", liar.base()), &extras)).await;
    assert_eq!(said, Err("the tunnel answers, and does not lead to this program (HTTP 200)".to_owned()));
}

#[tokio::test]
async fn a_port_that_somebody_else_has_is_told() {
    let taken = loopback().await;
    let port = taken.local_addr().expect("bound").port();
    let extras = Extras { port: Some(port), ..Extras::default() };
    let said = ask(&source("tunnel:http://127.0.0.1:9", &extras)).await;
    assert_eq!(said, Err(format!("cannot listen on 127.0.0.1:{port}: address already in use")));
}

#[tokio::test]
async fn ngroks_agent_tells_where_the_tunnel_is_and_where_it_leads() {
    let port = free_port();
    let authority = Authority::new();
    let edge = Server::https(
        &authority.loopback(),
        handler(move |request| async move {
            let path = request.uri().path().to_owned();
            let mut inside = TcpStream::connect(("127.0.0.1", port)).await.expect("somebody listens");
            let passed = format!("GET {path} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n");
            inside.write_all(passed.as_bytes()).await.expect("it reads");
            let mut answer = Vec::new();
            inside.read_to_end(&mut answer).await.expect("it answers");
            reply(200, "passed on")
        }),
    )
    .await;
    let listing = format!(
        "{{\"tunnels\":[{{\"public_url\":\"{}\",\"proto\":\"https\",\
         \"config\":{{\"addr\":\"http://localhost:{port}\"}}}}],\"uri\":\"/api/tunnels\"}}",
        edge.base()
    );
    let agent = Server::http(handler(move |request| {
        assert_eq!(request.uri().path(), "/api/tunnels");
        let listing = listing.clone();
        async move { reply(200, listing) }
    }))
    .await;
    let extras = Extras { agent: Some(agent.base().parse().expect("a URL")), ..Extras::default() };
    let trusting = vec![authority.file().to_owned()];
    assert_eq!(ask_trusting(&source("tunnel:ngrok", &extras), trusting).await, Ok("203.0.113.7".to_owned()));
    let nobody = Extras {
        agent: Some(format!("http://127.0.0.1:{}", free_port()).parse().expect("a URL")),
        ..Extras::default()
    };
    let said = ask(&source("tunnel:ngrok", &nobody)).await.expect_err("no agent");
    assert!(said.ends_with("refused the connection"), "{said}");
}

#[tokio::test]
async fn both_questions_of_a_round_share_one_door() {
    let port = free_port();
    let edge = edge(loopback().await, port, b"", "X-Forwarded-For: 203.0.113.7\r\n");
    let extras = Extras { port: Some(port), ..Extras::default() };
    let source = source(&format!("tunnel:{}", edge.base()), &extras);
    let (one, other) = tokio::join!(ask(&source), ask(&source));
    assert_eq!((one, other), (Ok("203.0.113.7".to_owned()), Ok("203.0.113.7".to_owned())));
    // The port is free again, and the next round opens it anew.
    assert_eq!(ask(&source).await, Ok("203.0.113.7".to_owned()));
}

/// Whether a process is there.
fn alive(pid: &str) -> bool {
    let kill = Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status();
    kill.expect("kill runs").success()
}

#[tokio::test]
async fn a_command_says_where_the_tunnel_is_and_is_gone_afterwards() {
    let port = free_port();
    let edge = edge(loopback().await, port, b"", "X-Forwarded-For: 203.0.113.7\r\n");
    let folder = std::env::temp_dir().join(format!("dynflare-tunnel-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the directory for temporary files can be written");
    let script = folder.join("open.sh");
    let pids = folder.join("pids");
    let text = format!(
        "echo terms at https://example.org/terms >&2\nsleep 600 &\necho $$ $! > {}\necho '| {} |' >&2\nwait\n",
        pids.display(),
        edge.base()
    );
    std::fs::write(&script, text).expect("a file");
    let extras = Extras { port: Some(port), ..Extras::default() };
    let source = source(&format!("tunnel:sh {} {{port}}", script.display()), &extras);
    assert_eq!(source.id, "tunnel:sh");
    assert_eq!(ask(&source).await, Ok("203.0.113.7".to_owned()));
    let pids = std::fs::read_to_string(&pids).expect("the command ran");
    // The kernel ends killed processes in its own time.
    while pids.split_whitespace().any(alive) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    std::fs::remove_dir_all(&folder).expect("our folder");
}

#[test]
fn a_tunnel_over_plain_http_is_a_witness_and_one_needs_a_port() {
    let of = |spec: &str| Source::parse_spec(spec);
    assert_eq!(of("tunnel:http://t.example.org#port=8053").expect("a source").vote, Vote::Witness);
    let fixed = of("tunnel:https://t.example.org#port=8053").expect("a source");
    assert_eq!((fixed.vote, fixed.operator.as_str()), (Vote::Full, "t.example.org"));
    let cloudflared = of("tunnel:cloudflared tunnel --url http://127.0.0.1:{port}").expect("a source");
    assert_eq!(cloudflared.operator, "cloudflare");
    for spec in ["tunnel:https://t.example.org", "tunnel:lt --port 80", "tunnel:https://t.example.org#port=x"]
    {
        let refused = of(spec).expect_err("refused").to_string();
        assert!(refused.starts_with("a tunnel needs the port of this machine it leads to"), "{refused}");
    }
    assert!(of("tunnel:").is_err());
}
