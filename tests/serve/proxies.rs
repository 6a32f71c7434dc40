//! The echo server behind real proxies: whom they name counts, and what their clients forged does not.

use crate::{body, get, serve};
use dynflare::server::client::Telling;
use dynflare_testkit::front::{Front, PROXY};
use std::net::SocketAddr;

const FORGED: &str = "X-Forwarded-For: 203.0.113.66\r\nForwarded: for=203.0.113.66\r\n";

async fn through(front: &Front, headers: &str) -> String {
    let to: SocketAddr = front.base().trim_start_matches("http://").parse().expect("an address");
    body(&get(to, "/ip", headers).await).to_owned()
}

fn proxy() -> String {
    format!("{PROXY}/32")
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_names_its_client_in_x_forwarded_for() {
    let server = serve(None, &[&proxy()], Telling::XForwardedFor).await;
    let lines = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;";
    let Some(nginx) = Front::nginx(server.address().port(), lines) else { return };
    assert_eq!(through(&nginx, "").await, "127.0.0.1");
    assert_eq!(through(&nginx, FORGED).await, "127.0.0.1");
    // A server that was told of no proxy sees the proxy.
    let strict = serve(None, &[], Telling::XForwardedFor).await;
    let Some(nginx) = Front::nginx(strict.address().port(), lines) else { return };
    assert_eq!(through(&nginx, FORGED).await, PROXY);
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_names_its_client_in_forwarded() {
    let server = serve(None, &[&proxy()], Telling::Forwarded).await;
    let lines = "proxy_set_header Forwarded \"$http_forwarded, for=$remote_addr\";";
    let Some(nginx) = Front::nginx(server.address().port(), lines) else { return };
    assert_eq!(through(&nginx, "").await, "127.0.0.1");
    assert_eq!(through(&nginx, FORGED).await, "127.0.0.1");
    // A quote that the client leaves open makes the line unreadable, and never another address.
    let refused = through(&nginx, "Forwarded: for=\"\r\n").await;
    assert_eq!(refused, "the proxy does not say in a way that can be trusted who asks");
}

#[tokio::test(flavor = "multi_thread")]
async fn haproxy_names_its_client_in_proxy_headers_of_both_versions() {
    for option in ["send-proxy", "send-proxy-v2"] {
        let server = serve(None, &[&proxy()], Telling::ProxyProtocol).await;
        let Some(haproxy) = Front::haproxy(server.address().port(), "tcp", option) else { return };
        assert_eq!(through(&haproxy, "").await, "127.0.0.1", "{option}");
        assert_eq!(through(&haproxy, FORGED).await, "127.0.0.1", "{option}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn haproxy_names_its_client_in_a_line_of_its_own() {
    let server = serve(None, &[&proxy()], Telling::XForwardedFor).await;
    let mode = "http\n  option forwardfor";
    let Some(haproxy) = Front::haproxy(server.address().port(), mode, "") else { return };
    assert_eq!(through(&haproxy, FORGED).await, "127.0.0.1");
}
