//! Elsewhere than on Linux: which address the system would speak from to the Internet, looked at every few seconds.

use super::super::Trigger;
use super::super::watcher::{End, Post};
use crate::net::{Way, sender};
use dynflare_core::address::Family;
use std::net::IpAddr;
use std::time::Duration;

/// How often. One look is two sockets and no packet.
const EVERY: Duration = Duration::from_secs(10);

/// Watches for ever.
#[cfg_attr(target_os = "linux", expect(dead_code, reason = "the kernel says it there"))]
pub(in super::super) async fn watch(post: Post) -> End {
    let mut seen = look();
    post.watching();
    loop {
        tokio::time::sleep(EVERY).await;
        let now = look();
        if now != seen {
            seen = now;
            post.fire(Trigger::Interfaces).await;
        }
    }
}

fn look() -> [Option<IpAddr>; 2] {
    Family::BOTH.map(|family| sender::towards_internet(family, Way::default()))
}
