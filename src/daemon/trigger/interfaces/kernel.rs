//! Linux: the kernel says when something changes, and is asked what it is.

use super::super::Trigger;
use super::super::watcher::{End, Post};
use super::look;
use crate::net::netlink::{Events, Told};
use std::convert::Infallible;
use std::io;

/// Watches until it fails.
pub(in super::super) async fn watch(post: Post) -> End {
    match hear(&post).await {
        Ok(never) => match never {},
        Err(error) => error.into(),
    }
}

async fn hear(post: &Post) -> io::Result<Infallible> {
    // First the ear, then the eye: what changes between the two is heard.
    let events = Events::subscribe()?;
    let mut seen = look().await?;
    if post.watching() {
        post.fire(Trigger::Interfaces).await;
    }
    loop {
        let told = events.next().await?;
        let missed = match &told {
            Told::Missed => true,
            Told::Changes(changes) if changes.iter().any(|change| seen.is_touched_by(change)) => false,
            Told::Changes(_) => continue,
        };
        let now = look().await?;
        if missed || now != seen {
            seen = now;
            post.fire(Trigger::Interfaces).await;
        }
    }
}
