//! This program was built without what the router says, so there is nothing to watch.

use super::RouterEvents;
use super::watcher::{End, Post};
use crate::net::Network;
use std::future::{Ready, ready};
use tokio::sync::watch;

/// Says so.
pub(super) fn watch(_: Post, _: Network, _: RouterEvents, _: watch::Receiver<bool>) -> Ready<End> {
    ready(End::Never("this program was built without it".to_owned()))
}
