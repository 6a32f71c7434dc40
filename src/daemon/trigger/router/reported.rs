//! Reports by UPnP: subscribed to, renewed, subscribed to again after a loss, and given back at the end.

use super::super::Trigger;
use super::super::watcher::Post;
use super::listener::{Listener, Report};
use crate::net::Network;
use crate::source::router::events::{Facing, Granted, Reporter, external, reporters};
use dynflare_core::fault::Fault;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long the router may take: to be found, and for each answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The same for a farewell, while others wait for the end.
const FAREWELL: Duration = Duration::from_millis(500);

/// The first wait before subscribing again, and the longest; each is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(1800);

/// Why a subscription alone is not enough.
const SILENT: &str = "the router grants reports by UPnP and none comes: a firewall of this machine may stand in their \
                      way (TCP from the router); announcements are heard";

/// Subscribed for at least this long, it was no failure.
const HELD: Duration = Duration::from_secs(60);

/// Why a subscription ended.
enum Lost {
    /// The router does not know it any more, a report was lost, or it cannot be reached.
    Router(String),
    /// Another router faces us, or another address of ours faces it.
    Ground,
    /// Somebody wants the end.
    Stop,
}

/// Follows the router's reports until told to stop.
pub(super) async fn follow(post: &Post, network: &Network, mut stop: watch::Receiver<bool>) {
    let mut known = None;
    let mut wait = FIRST_WAIT;
    loop {
        let mut ground = post.ground();
        let began = Instant::now();
        let opened = tokio::select! {
            opened = Subscribed::open(network) => opened,
            () = told_to(&mut stop) => return,
        };
        let lost = match opened {
            Ok(mut subscribed) => {
                let lost = subscribed.hold(post, &mut known, &mut ground, &mut stop).await;
                subscribed.give_back(&lost).await;
                lost
            }
            Err(fault) => Lost::Router(fault.what),
        };
        if began.elapsed() >= HELD {
            wait = FIRST_WAIT;
        }
        match lost {
            Lost::Stop => return,
            Lost::Ground => wait = FIRST_WAIT,
            Lost::Router(why) => {
                post.not_watching(format!("no reports by UPnP: {why}; announcements are heard"));
                let changed = tokio::select! {
                    () = tokio::time::sleep(wait) => false,
                    _ = ground.changed() => true,
                    () = told_to(&mut stop) => return,
                };
                wait = if changed { FIRST_WAIT } else { LONGEST_WAIT.min(wait * 2) };
            }
        }
    }
}

/// Waits until somebody says so.
async fn told_to(stop: &mut watch::Receiver<bool>) {
    // Where nobody can say it any more, it is the end, too.
    drop(stop.wait_for(|stop| *stop).await);
}

/// Subscriptions to everything the router reports of its connections.
struct Subscribed<'a> {
    network: &'a Network,
    facing: Facing,
    listener: Listener,
    granted: Vec<One>,
}

struct One {
    reporter: Reporter,
    granted: Granted,
    renewed: Instant,
    /// The number that the next report will have.
    next: u32,
}

impl<'a> Subscribed<'a> {
    async fn open(network: &'a Network) -> Result<Self, Fault> {
        let facing = Facing::find(network).await?;
        let reporters = reporters(facing.gateway, network, PATIENCE).await?;
        let listener = Listener::open(facing).await?;
        let (mut granted, mut refused) = (Vec::new(), None);
        for reporter in reporters {
            // Its place in the list is its number: one that is refused leaves the place to the next.
            let callback = listener.callback(granted.len());
            match reporter.subscribe(&callback, network, PATIENCE).await {
                Ok(told) => {
                    granted.push(One { reporter, granted: told, renewed: Instant::now(), next: 0 });
                }
                Err(fault) => refused = Some(fault),
            }
        }
        match refused {
            Some(fault) if granted.is_empty() => Err(fault),
            Some(_) | None => Ok(Self { network, facing, listener, granted }),
        }
    }

    /// Holds the subscriptions until one is lost. `known` is the last address that was told.
    async fn hold(
        &mut self,
        post: &Post,
        known: &mut Option<Ipv4Addr>,
        ground: &mut watch::Receiver<()>,
        stop: &mut watch::Receiver<bool>,
    ) -> Lost {
        // The first report follows at once and tells how things are (UPnP Device Architecture 2.0 §4.3.2). Until it has
        // come it is not sure that reports arrive, and some routers forget what changes meanwhile.
        let mut first = Some(Instant::now() + PATIENCE);
        loop {
            let due = self.granted.iter().map(|one| one.renewed + one.granted.renew_after).min();
            let due = due.unwrap_or_else(Instant::now);
            let done = tokio::select! {
                report = self.listener.reports.recv() => match report {
                    Some(report) => {
                        first = None;
                        post.watching();
                        self.heard(post, known, &report).await
                    }
                    None => Err(Lost::Router("the listener ended".to_owned())),
                },
                () = tokio::time::sleep_until(first.unwrap_or(due)), if first.is_some() => {
                    first = None;
                    post.not_watching(SILENT.to_owned());
                    Ok(())
                }
                () = tokio::time::sleep_until(due) => self.renew(|one| one.renewed + one.granted.renew_after <= due).await,
                _ = ground.changed() => match Facing::find(self.network).await {
                    // The router may have begun anew; it says so when asked for more time.
                    Ok(facing) if facing == self.facing => self.renew(|_| true).await,
                    Ok(_) | Err(_) => Err(Lost::Ground),
                },
                () = told_to(stop) => Err(Lost::Stop),
            };
            if let Err(lost) = done {
                return lost;
            }
        }
    }

    async fn heard(
        &mut self,
        post: &Post,
        known: &mut Option<Ipv4Addr>,
        report: &Report,
    ) -> Result<(), Lost> {
        let Some(one) = self.granted.get_mut(report.number).filter(|one| one.granted.id == report.id) else {
            return Ok(());
        };
        if let Some(address) = external(&report.body) {
            // The first address is only known, unless another was known before the subscription was lost.
            let moved = known.replace(address).is_some_and(|before| before != address);
            if moved {
                post.fire(Trigger::Router(Some(IpAddr::V4(address)))).await;
            }
        }
        let expected = one.next;
        // After the greatest number comes 1 (UPnP Device Architecture 2.0 §4.3.2).
        let sequence = report.sequence.unwrap_or(expected);
        one.next = sequence.checked_add(1).unwrap_or(1);
        if sequence == expected { Ok(()) } else { Err(Lost::Router("a report was lost".to_owned())) }
    }

    async fn renew(&mut self, which: impl Fn(&One) -> bool) -> Result<(), Lost> {
        for one in self.granted.iter_mut().filter(|one| which(one)) {
            match one.reporter.renew(&one.granted.id, self.network, PATIENCE).await {
                Ok(told) => {
                    one.granted = told;
                    one.renewed = Instant::now();
                }
                Err(fault) => return Err(Lost::Router(fault.what)),
            }
        }
        Ok(())
    }

    /// Says that nobody listens any more, where somebody may still be there to hear it.
    async fn give_back(&self, lost: &Lost) {
        if matches!(lost, Lost::Ground) {
            return;
        }
        for one in &self.granted {
            // It ends by itself where this is not heard.
            let _told = one.reporter.unsubscribe(&one.granted.id, self.network, FAREWELL).await;
        }
    }
}
