//! What the service manager is told: that the daemon is ready, alive, reading its configuration again, about to end.
//!
//! Owns systemd's notification protocol (`sd_notify(3)`): lines of `KEY=VALUE` in one datagram to the socket that the
//! environment names. Without one, everything here does nothing. When to say what is the loop's business; above all,
//! [`Service::alive`] is for the loop itself, since being alive means that it turns.

use crate::config::Environment;
use crate::report::status::Status;
use std::future::pending;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

#[cfg(unix)]
mod channel;
#[cfg(not(unix))]
mod channel {
    //! There is no such thing here.

    /// Cannot be made.
    #[derive(Debug)]
    pub(super) enum Channel {}

    impl Channel {
        pub(super) fn open(_: &str) -> Result<Self, String> {
            Err("this system has no such sockets".to_owned())
        }

        pub(super) fn send(&self, _: &str) {
            match *self {}
        }
    }

    pub(super) fn monotonic_microseconds() -> u64 {
        0
    }
}
use channel::Channel;

/// How long the status may be, in characters: what a terminal shows of it.
const STATUS_LENGTH: usize = 200;

/// The service manager, where there is one.
#[derive(Debug, Default)]
pub struct Service {
    channel: Option<Channel>,
    watchdog: Option<Duration>,
    warning: Option<String>,
    /// The status that was told last.
    told: String,
    /// When the loop has to say next that it turns.
    beat: Option<Instant>,
    turned: bool,
}

impl Service {
    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` (`sd_notify(3)`, `sd_watchdog_enabled(3)`).
    pub fn from_environment(world: &Environment) -> Self {
        let mut service = Self::default();
        match world.get("NOTIFY_SOCKET").map(Channel::open) {
            None => return service,
            Some(Ok(channel)) => service.channel = Some(channel),
            Some(Err(why)) => {
                service.warning =
                    Some(format!("cannot tell the service manager anything: $NOTIFY_SOCKET: {why}"));
                return service;
            }
        }
        let ours = |pid: &str| pid.parse() == Ok(std::process::id());
        let microseconds = world.get("WATCHDOG_USEC").and_then(|text| text.parse().ok());
        service.watchdog = microseconds
            .filter(|microseconds| *microseconds > 0 && world.get("WATCHDOG_PID").is_none_or(ours))
            .map(Duration::from_micros);
        service
    }

    /// Why nobody can be told anything although somebody wants to know.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// How often the loop has to say that it turns: twice in the time after which the manager takes it for dead. `None`
    /// where nobody waits for that.
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.watchdog.map(|limit| limit / 2)
    }

    /// Waits until the loop has to say that it turns ([`Service::alive`]); for ever where nobody waits for that. May be
    /// dropped and begun again.
    pub async fn beat(&mut self) {
        let Some(interval) = self.watchdog_interval() else { return pending().await };
        let due = *self.beat.get_or_insert_with(|| Instant::now() + interval);
        sleep_until(due).await;
        self.beat = None;
    }

    /// The loop has turned, and this is how things are: told where that is something else than before. After its first
    /// turn the daemon is ready.
    pub fn turned(&mut self, status: &Status) {
        self.status(status);
        if !self.turned {
            self.turned = true;
            self.ready();
        }
    }

    /// The daemon does its work, or does it again after it has read its configuration.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// The loop turns.
    pub fn alive(&self) {
        if self.watchdog.is_some() {
            self.tell("WATCHDOG=1");
        }
    }

    /// The configuration is being read again; [`Service::ready`] ends it.
    pub fn reloading(&self) {
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", channel::monotonic_microseconds()));
    }

    /// The daemon is about to end.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// Shows the state of things in one line, if it is another than before.
    pub fn status(&mut self, status: &Status) {
        let line = line(status);
        if line != self.told {
            self.tell(&format!("STATUS={line}"));
            self.told = line;
        }
    }

    fn tell(&self, lines: &str) {
        if let Some(channel) = &self.channel {
            channel.send(lines);
        }
    }
}

/// The snapshot in one line: how many records are right, what is wrong with the first that is not, the addresses.
pub fn line(status: &Status) -> String {
    let right = status.records.iter().filter(|record| record.right).count();
    let mut parts = Vec::new();
    if status.round.is_none() {
        parts.push("looking for the first time".to_owned());
    } else {
        parts.push(format!("{right} of {} records as desired", status.records.len()));
    }
    if let Some(mistake) = &status.config_mistake {
        parts.push(format!("the configuration on disk is not used: {mistake}"));
    }
    let wrong = status.records.iter().find(|record| !record.right && record.cause.is_some());
    if let Some((wrong, cause)) = wrong.and_then(|wrong| Some((wrong, wrong.cause.as_ref()?))) {
        parts.push(format!("{} {}: {cause}", wrong.record.name, wrong.record.rtype));
    }
    let addresses: Vec<String> =
        status.addresses.iter().filter_map(|one| one.address).map(|address| address.to_string()).collect();
    if !addresses.is_empty() {
        parts.push(addresses.join(", "));
    }
    // A line end would begin another variable of the protocol.
    parts.join("; ").chars().map(|c| if c.is_control() { ' ' } else { c }).take(STATUS_LENGTH).collect()
}

#[cfg(all(test, unix))]
mod tests;
