//! Elsewhere than on Linux: the system says when addresses change. It does not say when only the way out does, so that
//! is looked at now and then.

use super::super::Trigger;
use super::super::watcher::{End, Post};
use super::look;
use crate::net::netlink::Events;
use std::convert::Infallible;
use std::io;
use std::time::Duration;

/// How often it is looked at without having been told.
const EVERY: Duration = Duration::from_secs(30);

/// Watches until it fails.
pub(in super::super) async fn watch(post: Post) -> End {
    match hear(&post).await {
        Ok(never) => match never {},
        Err(error) => error.into(),
    }
}

async fn hear(post: &Post) -> io::Result<Infallible> {
    // First the ear, then the eye: what changes between the two is heard.
    let mut events = Events::subscribe()?;
    let mut seen = look().await?;
    if post.watching() {
        post.fire(Trigger::Interfaces).await;
    }
    loop {
        // Either way it is looked.
        let _told = tokio::time::timeout(EVERY, events.next()).await;
        let now = look().await?;
        if now != seen {
            seen = now;
            post.fire(Trigger::Interfaces).await;
        }
    }
}
