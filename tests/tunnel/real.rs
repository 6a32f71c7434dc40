//! Real tunnels with real proxies as their edges: `ssh -R` and localtunnel behind nginx and haproxy.

use crate::{ask, free_port, source};
use dynflare::server::client::Telling;
use dynflare::source::Extras;
use dynflare_testkit::front::{Front, Localtunnel, Sshd};
use std::num::NonZeroUsize;

/// nginx as an edge that everybody's forgeries have passed already.
const EDGE: &str = "proxy_set_header X-Forwarded-For \"203.0.113.66, $proxy_add_x_forwarded_for\";";

#[tokio::test(flavor = "multi_thread")]
async fn ssh_behind_nginx_tells_the_hop_that_nginx_wrote() {
    let Some(sshd) = Sshd::start() else { return };
    let far = free_port();
    let Some(nginx) = Front::nginx(far, EDGE) else { return };
    let extras = Extras { command: Some(sshd.command(far)), ..Extras::default() };
    let tunnel = source(&format!("tunnel:{}", nginx.base()), &extras);
    assert_eq!(ask(&tunnel).await, Ok("127.0.0.1".to_owned()), "{}", nginx.log());
    // The command is gone, and comes again with the next question.
    assert_eq!(ask(&tunnel).await, Ok("127.0.0.1".to_owned()), "{}", nginx.log());
    // Told to trust one hop too many, it reads what was forged: the number of hops is the user's to say.
    let extras = Extras { hops: NonZeroUsize::new(2), ..extras };
    let trusting = source(&format!("tunnel:{}", nginx.base()), &extras);
    assert_eq!(ask(&trusting).await, Ok("203.0.113.66".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn ssh_behind_haproxy_tells_whom_the_proxy_header_names() {
    let Some(sshd) = Sshd::start() else { return };
    for option in ["send-proxy", "send-proxy-v2"] {
        let far = free_port();
        let Some(haproxy) = Front::haproxy(far, "tcp", option) else { return };
        let extras = Extras {
            command: Some(sshd.command(far)),
            client: Some(Telling::ProxyProtocol),
            ..Extras::default()
        };
        let tunnel = source(&format!("tunnel:{}", haproxy.base()), &extras);
        assert_eq!(ask(&tunnel).await, Ok("127.0.0.1".to_owned()), "{option}: {}", haproxy.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn localtunnel_behind_nginx_tells_the_hop_that_nginx_wrote() {
    let Some(server) = Localtunnel::start() else { return };
    let lines = format!("{EDGE} proxy_set_header Host calmcat.tun.test;");
    let Some(nginx) = Front::nginx(server.port(), &lines) else { return };
    let extras = Extras { command: Some(server.command("calmcat")), ..Extras::default() };
    let tunnel = source(&format!("tunnel:{}", nginx.base()), &extras);
    assert_eq!(ask(&tunnel).await, Ok("127.0.0.1".to_owned()), "{}", nginx.log());
}
