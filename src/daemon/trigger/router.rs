//! The router says that its outside address changed: announcements to everybody, and reports that it was asked for.
//!
//! Hearing announcements ([`announced`]) sends nothing and is done unless it is switched off. Reports ([`reported`])
//! take asking the router, so they are had only where the user made the router a party. Whatever comes is taken from
//! the gateways of the routing table alone, and only as a reason to ask the quorum: on a local network every sender can
//! be forged.

mod announced;
mod listener;
mod reported;

use super::RouterEvents;
use super::watcher::{End, Post};
use crate::net::Network;
use std::time::Duration;
use tokio::sync::watch;

/// How long announcements are left alone after they could not be heard.
const AGAIN: Duration = Duration::from_secs(300);

/// Watches until it fails or is told to stop.
pub(super) async fn watch(
    post: Post,
    network: Network,
    events: RouterEvents,
    stop: watch::Receiver<bool>,
) -> End {
    match events {
        RouterEvents::Off => End::Never("switched off".to_owned()),
        RouterEvents::Listen => announced::hear(&post, RouterEvents::Listen).await,
        RouterEvents::Subscribe => {
            // Where announcements cannot be heard, reports are worth all the more.
            let hearing = async {
                loop {
                    let _why = announced::hear(&post, RouterEvents::Subscribe).await;
                    tokio::time::sleep(AGAIN).await;
                }
            };
            tokio::select! {
                () = hearing => {}
                () = reported::follow(&post, &network, stop) => {}
            }
            End::Never("stopped".to_owned())
        }
    }
}
