//! Web services: what counts as their answer, and what does not.

use crate::{TRUE, alone, detect, filters, network, opinion, panel, said};
use dynflare::net::{Network, NetworkSettings};
use dynflare::source::{Inquiry, Kind, Source, SourceRow};
use dynflare_core::address::Family;
use dynflare_core::fault::Class;
use dynflare_core::quorum::{Outcome, Times};
use dynflare_testkit::echo::{Echo, Say};
use dynflare_testkit::serve::{Server, converse, handler, loopback, loopback6, reply};
use dynflare_testkit::tls::{Authority, Validity};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A custom source at this base, as a user would write it, that votes for itself.
fn source(base: &str) -> Source {
    let source = Source::parse_spec(&format!("url:{base}/ip")).expect("a source");
    let id = source.id.clone();
    source.run_by(id)
}

/// A built-in at this base.
fn built_in(id: &str, base: &str) -> Source {
    let row = SourceRow::named(id).expect("a row of the table").source();
    row.with_base(&Family::BOTH, &base.parse().expect("a base")).expect("a source with a URL")
}

async fn echo(text: &str) -> Echo {
    Echo::http(Say::address(text)).await
}

/// A server that sends these bytes after whatever it is asked, then as many more as it is given.
async fn raw(head: &'static str, more: Option<(&'static [u8], Duration)>) -> Server {
    Server::each("http", loopback().await, move |mut tcp| async move {
        let mut question = [0; 1024];
        let _ = tcp.read(&mut question).await;
        let mut alive = tcp.write_all(head.as_bytes()).await.is_ok();
        while let (true, Some((bytes, pause))) = (alive, more) {
            alive = tcp.write_all(bytes).await.is_ok();
            tokio::time::sleep(pause).await;
        }
    })
}

const NOT_ONE: &str = "the answer is not one address and nothing else";

#[tokio::test]
async fn one_question_is_one_connection() {
    let echo = echo(TRUE).await;
    assert_eq!(alone(source(echo.base())).await, Ok(opinion(TRUE)));
    assert_eq!((echo.asked(), echo.accepted()), (1, 1));
}

#[tokio::test]
async fn ur_1_a_captive_portals_page_is_no_answer() {
    let page = format!("<!DOCTYPE html><html><p>Log in. Your address is {TRUE}</p></html>");
    let echo = Echo::http(Say::Text(page)).await;
    let detection = detect(&[source(echo.base())], &panel(1)).await;
    assert_eq!(detection.verdict.outcome, Outcome::Unknown);
    let failure = detection.answers[0].said.clone().expect_err("refused");
    assert_eq!(failure.fault.what, "answered with a web page instead of an address");
    assert_eq!(
        failure.fault.hint.as_deref(),
        Some("look for a captive portal or a proxy between this machine and the internet")
    );
}

#[tokio::test]
async fn ur_2_an_address_in_anything_but_a_success_is_no_answer() {
    for (status, expected) in [
        (201, "answered with a status that is not a success (HTTP 201)"),
        (302, "redirects, which is not followed (HTTP 302)"),
        (403, "refuses to answer this machine (HTTP 403)"),
        (404, "does not know the question (HTTP 404)"),
        (429, "asks to be left alone for a while (HTTP 429)"),
        (503, "is broken for now (HTTP 503)"),
    ] {
        let echo = Echo::http(Say::Reply(status, TRUE.into())).await;
        assert_eq!(alone(source(echo.base())).await, Err(expected.to_owned()));
    }
    let page = "error code: 1034 for 198.51.100.7";
    let edge = Echo::http(Say::Reply(200, page.into())).await;
    assert_eq!(alone(source(edge.base())).await, Err(format!("{NOT_ONE} ({page:?})")));
}

#[tokio::test]
async fn ur_2_a_redirect_is_not_followed() {
    let elsewhere = echo(TRUE).await;
    let to = format!("{}/ip", elsewhere.base());
    let server = Server::http(handler(move |_| {
        let mut response = reply(302, "");
        response.headers_mut().insert("location", to.parse().expect("a header value"));
        async move { response }
    }))
    .await;
    assert!(alone(source(server.base())).await.is_err());
    assert_eq!(elsewhere.accepted(), 0);
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_passed_on() {
    let server = Server::http(handler(|_| async {
        let mut response = reply(429, "");
        response.headers_mut().insert("retry-after", "37".parse().expect("a header value"));
        response
    }))
    .await;
    let detection = detect(&[source(server.base())], &panel(1)).await;
    let failure = detection.answers[0].said.clone().expect_err("refused");
    assert_eq!(failure.fault.class, Class::RateLimited);
    assert_eq!(failure.fault.retry_after, Some(Duration::from_secs(37)));
}

#[tokio::test]
async fn ur_3_an_address_in_a_header_is_no_answer() {
    let server = Server::http(handler(|_| async {
        let mut response = reply(200, "");
        for name in ["set-cookie", "x-real-ip", "cf-connecting-ip"] {
            response.headers_mut().insert(name, TRUE.parse().expect("a header value"));
        }
        response
    }))
    .await;
    assert_eq!(alone(source(server.base())).await, Err("the answer is empty".to_owned()));
}

#[tokio::test]
async fn ur_4_an_edge_in_a_trace_is_refused_alone_and_as_a_vote() {
    let trace = Echo::http(Say::Text("h=127.0.0.1\nip=104.18.0.0\nwarp=off\n".to_owned())).await;
    assert_eq!(
        alone(built_in("cloudflare", trace.base())).await,
        Err("says 104.18.0.0, which is not believed: Cloudflare (104.16.0.0/13)".to_owned())
    );
    let (one, other) = (echo(TRUE).await, echo(TRUE).await);
    let sources = [built_in("cloudflare", trace.base()), source(one.base()), source(other.base())];
    let detection = detect(&sources, &panel(3)).await;
    assert_eq!(detection.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
    assert_eq!(detection.verdict.ballots.len(), 2);
}

#[tokio::test]
async fn ur_8_an_address_that_nobody_can_have_is_not_believed() {
    let v4 = ["10.20.10.22", "192.168.1.2", "100.64.0.9", "169.254.7.7", "127.0.0.1", "0.0.0.0"];
    for address in v4 {
        let echo = echo(address).await;
        let outcome = alone(source(echo.base())).await.expect_err("refused");
        assert!(outcome.starts_with(&format!("says {address}, which is not believed: ")), "{outcome}");
    }
    // Where documentation addresses are not allowed, they are refused as well, with the way to allow them.
    let (echo, network) = (echo("192.0.2.1").await, network());
    let (sources, rules, none) = ([source(echo.base())], panel(1), dynflare::source::Filters::default());
    let inquiry = Inquiry { sources: &sources, rules: &rules, filters: &none, network: &network };
    let detection = inquiry.detect(Family::V4, 1).await.expect("operators enough");
    let failure = detection.answers[0].said.clone().expect_err("refused");
    assert_eq!(
        failure.fault.what,
        "says 192.0.2.1, which is not believed: documentation (RFC 5737) (192.0.2.0/24)"
    );
    assert_eq!(
        failure.fault.hint.as_deref(),
        Some("if that is the address to publish, add a prefix that holds 192.0.2.1 to `allow`")
    );
}

#[tokio::test]
async fn ur_8_and_9_over_ipv6_only_a_public_ipv6_address_counts() {
    let network = network();
    for (text, believed) in [
        ("2001:db8::7", true),
        ("fd5e::1", false),
        ("fe80::1", false),
        ("::ffff:1.2.3.4", false),
        ("::1", false),
        (TRUE, false),
    ] {
        let Some(listener) = loopback6().await else { return };
        let behaviour = handler(move |_| async move { reply(200, text) });
        let server = Server::each("http", listener, move |tcp| converse(tcp, Arc::clone(&behaviour)));
        let (sources, rules, filters) = ([source(server.base())], panel(1), filters());
        let inquiry = Inquiry { sources: &sources, rules: &rules, filters: &filters, network: &network };
        let detection = inquiry.detect(Family::V6, 1).await.expect("operators enough");
        assert_eq!(said(&detection).is_ok(), believed, "{text}");
        assert!(inquiry.detect(Family::V4, 1).await.is_err(), "an IPv6 server is never asked over IPv4");
    }
}

#[tokio::test]
async fn ur_9_the_other_family_is_refused_and_the_socket_is_forced() {
    let echo = echo("2001:db8::7").await;
    assert_eq!(
        alone(source(echo.base())).await,
        Err("answered with an IPv6 address where IPv4 was asked (\"2001:db8::7\")".to_owned())
    );
    // Nobody listens on the IPv6 side of a name that has, at the most, IPv4 behind this port.
    let port = echo.base().rsplit_once(':').expect("a port").1;
    let both = Source::parse_spec(&format!("url:http://localhost:{port}")).expect("a source");
    let (rules, filters, network) = (panel(1), filters(), network());
    let inquiry = Inquiry { sources: &[both], rules: &rules, filters: &filters, network: &network };
    let before = echo.accepted();
    let detection = inquiry.detect(Family::V6, 1).await.expect("operators enough");
    assert!(said(&detection).is_err());
    assert_eq!(echo.accepted(), before);
}

#[tokio::test]
async fn ur_10_two_addresses_are_no_answer() {
    for text in ["203.0.113.7\n203.0.113.8\n", "203.0.113.7203.0.113.8", "203.0.113.7, 203.0.113.8"] {
        let echo = Echo::http(Say::Text(text.to_owned())).await;
        let outcome = alone(source(echo.base())).await.expect_err("refused");
        assert!(outcome.starts_with(NOT_ONE), "{outcome}");
    }
}

#[tokio::test]
async fn ur_11_a_body_that_is_too_long_is_cut_off() {
    const ENDLESS: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    const CHUNK: &[u8] = b"10\r\n203.0.113.7     \r\n";
    const HUGE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n203.0.113.7";
    for server in [raw(ENDLESS, Some((CHUNK, Duration::ZERO))).await, raw(HUGE, None).await] {
        let outcome = alone(source(server.base())).await.expect_err("refused");
        assert!(outcome.ends_with("is larger than 4096 bytes"), "{outcome}");
    }
}

#[tokio::test(start_paused = true)]
async fn ur_11_a_source_that_drips_ends_with_its_time_and_the_others_decide() {
    const DRIP: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n";
    let slow = raw(DRIP, Some((b"2", Duration::from_secs(1)))).await;
    assert_eq!(
        alone(source(slow.base())).await,
        Err("did not answer in time".to_owned()),
        "the round ends in its budget"
    );
    let (one, other) = (echo(TRUE).await, echo(TRUE).await);
    let sources = [source(slow.base()), source(one.base()), source(other.base())];
    assert_eq!(detect(&sources, &panel(3)).await.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
}

#[tokio::test]
async fn ur_12_a_name_that_is_gone_and_a_certificate_that_is_over_leave_it_to_the_others() {
    let authority = Authority::new();
    let identity = authority.issue(&["127.0.0.1"], Validity::Over);
    let over = Echo::https(&identity, Say::address("198.51.100.66")).await;
    let echoes = [echo(TRUE).await, echo(TRUE).await, echo(TRUE).await];
    let mut sources = echoes.iter().map(|echo| source(echo.base())).collect::<Vec<_>>();
    sources.push(source("http://source.invalid"));
    sources.push(source(over.base()));
    let ca_files = vec![authority.file().to_owned()];
    let network = Network::new(NetworkSettings { ca_files, ..NetworkSettings::default() });
    let (rules, filters) = (panel(5), filters());
    let inquiry = Inquiry { sources: &sources, rules: &rules, filters: &filters, network: &network };
    for seed in 0..8 {
        let detection = inquiry.detect(Family::V4, seed).await.expect("operators enough");
        assert_eq!(detection.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
    }
    let everybody = inquiry.ask_all(Family::V4).await;
    let expired = everybody.answers.iter().find(|answer| answer.source == 4).expect("it was asked");
    let fault = expired.said.clone().expect_err("refused").fault;
    assert_eq!(fault.class, Class::Unavailable);
    assert_eq!(fault.hint.as_deref(), Some("check this machine's clock and its time synchronisation"));
    assert_eq!((everybody.verdict.failed.len(), everybody.verdict.ballots.len()), (2, 3));
}

#[tokio::test]
async fn a_source_over_tls_costs_one_connection() {
    let authority = Authority::new();
    let echo = Echo::https(&authority.loopback(), Say::address(TRUE)).await;
    let ca_files = vec![authority.file().to_owned()];
    let network = Network::new(NetworkSettings { ca_files, ..NetworkSettings::default() });
    let (sources, rules, filters) = ([source(echo.base())], panel(1), filters());
    let inquiry = Inquiry { sources: &sources, rules: &rules, filters: &filters, network: &network };
    let detection = inquiry.detect(Family::V4, 1).await.expect("operators enough");
    assert_eq!(said(&detection), Ok(opinion(TRUE)));
    assert_eq!((echo.asked(), echo.accepted()), (1, 1));
}

#[tokio::test]
async fn every_built_in_can_be_asked_at_another_base() {
    let by_url = |row: &&SourceRow| matches!(row.kind, Kind::Web(_));
    for row in dynflare::source::SOURCES.iter().filter(by_url) {
        let server = Server::http(handler(|request| async move {
            let path = request.uri().path().to_owned();
            let body = match path.as_str() {
                "/cdn-cgi/trace" => format!("h=127.0.0.1\nip={TRUE}\nwarp=off\n"),
                "/json" => format!(r#"{{"ip":"{TRUE}","mullvad_exit_ip":false}}"#),
                "/data/whats-my-ip/data.json" => format!(r#"{{"data":{{"ip":"{TRUE}"}}}}"#),
                _ => TRUE.to_owned(),
            };
            reply(200, body)
        }))
        .await;
        let expected = match row.id {
            // These two need words around the address that the server does not say.
            "dynu" | "myip.com" => None,
            _ => Some(opinion(TRUE)),
        };
        assert_eq!(alone(built_in(row.id, server.base())).await.ok(), expected, "{}", row.id);
    }
    let dynu = Echo::http(Say::Text(format!("Current IP Address: {TRUE}"))).await;
    assert_eq!(alone(built_in("dynu", dynu.base())).await, Ok(opinion(TRUE)));
    let myip = Echo::http(Say::Text(format!(r#"{{"ip":"{TRUE}","country":"","cc":"XX"}}"#))).await;
    assert_eq!(alone(built_in("myip.com", myip.base())).await, Ok(opinion(TRUE)));
}

#[tokio::test]
async fn a_field_of_a_custom_url_is_chosen_by_its_fragment() {
    let echo = Echo::http(Say::Text(format!(r#"{{"wan":[{{"v4":"{TRUE}"}}]}}"#))).await;
    let spec = format!("url:{}/status?full=1#/wan/0/v4", echo.base());
    assert_eq!(alone(Source::parse_spec(&spec).expect("a source")).await, Ok(opinion(TRUE)));
}

/// Set for the child process of the test below, to the port of a proxy.
const PROXY: &str = "DYNFLARE_TEST_PROXY";

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test runs itself again in another environment")]
async fn ur_13_a_proxy_in_the_environment_is_not_used() {
    if std::env::var_os(PROXY).is_some() {
        let echo = echo(TRUE).await;
        assert_eq!(alone(source(echo.base())).await, Ok(opinion(TRUE)));
        return;
    }
    let proxy = echo("198.51.100.66").await;
    let myself = std::env::current_exe().expect("a test is a program");
    let mut child = tokio::process::Command::new(myself);
    child.args(["--exact", "web::ur_13_a_proxy_in_the_environment_is_not_used"]).env(PROXY, "1");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        child.env(name, proxy.base()).env(name.to_lowercase(), proxy.base());
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    let ended = child.output().await.expect("the test runs again");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    assert!(String::from_utf8_lossy(&ended.stdout).contains("1 passed"));
    assert_eq!(proxy.accepted(), 0);
}

#[tokio::test]
async fn nobody_there_is_told_apart_from_no_way_there() {
    let gone = echo(TRUE).await.base().to_owned();
    let detection = detect(&[source(&gone)], &panel(1)).await;
    assert!(said(&detection).expect_err("refused").ends_with("refused the connection"));
    assert!(!detection.no_route());
}

#[tokio::test(start_paused = true)]
async fn of_five_that_agree_three_are_asked_and_silence_costs_a_fourth() {
    let times = Times { hedge: Duration::from_secs(1), ..Times::default() };
    let rules = panel(5).timed(times).expect("rules");
    let echoes = [echo(TRUE).await, echo(TRUE).await, echo(TRUE).await, echo(TRUE).await, echo(TRUE).await];
    let sources: Vec<Source> = echoes.iter().map(|echo| source(echo.base())).collect();
    assert_eq!(detect(&sources, &rules).await.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
    assert_eq!(echoes.iter().map(Echo::asked).sum::<usize>(), 3);
    let asked = echoes.iter().find(|echo| echo.asked() == 1).expect("somebody was asked");
    asked.say(Say::Nothing);
    let detection = detect(&sources, &rules).await;
    assert_eq!(detection.verdict.outcome, Outcome::Agreed(opinion(TRUE)));
    assert_eq!((detection.verdict.asked(), detection.verdict.dropped.len()), (4, 1));
}
