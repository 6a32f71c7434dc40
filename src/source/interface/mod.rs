//! The addresses of this machine's own interfaces, as the kernel knows them.
//!
//! [`choose`] judges; here the kernel is asked and the judgement becomes an opinion. This source sees the machine
//! itself, so it may say that there is no address; it says so only where no address that is there could become one.

pub mod choose;

use super::{Answering, Engine, Failure, Question};
use crate::net::netlink::{Held, Snapshot};
use crate::net::way::Device;
use choose::{Choice, Judged, Loss, NoInterface, Take, Temporary};
use dynflare_core::address::{Family, Prefix};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::Opinion;
use std::net::IpAddr;

/// One interface, or that of the default route.
#[derive(Clone, Debug)]
pub(super) struct Interface {
    choice: Choice,
}

/// Why what follows `interface` cannot be read; sentences for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterfaceError {
    /// An option that there is none of.
    #[error("interface takes the options all, prefix and temporary, not `{0}`")]
    Option(String),
    /// `prefix=` with something else.
    #[error("`{0}` is not a prefix such as 2001:db8::/32")]
    Prefix(String),
    /// `temporary=` with something else.
    #[error("temporary is allow or skip, not `{0}`")]
    Temporary(String),
    /// No name after the colon, or one that no interface can have.
    #[error("interface needs a name such as interface:eth0, or none at all for that of the default route")]
    Name,
}

impl Interface {
    /// Reads what follows the word: nothing, `:eth0`, `:eth0?prefix=2001:db8::/32&temporary=allow`, `?all`.
    pub(super) fn parse(text: &str) -> Result<Self, InterfaceError> {
        let (name, options) =
            text.split_once('?').map_or((text, None), |(name, options)| (name, Some(options)));
        let name = match name.strip_prefix(':') {
            Some(name) if is_name(name) => Some(name.to_owned()),
            None if name.is_empty() => None,
            Some(_) | None => return Err(InterfaceError::Name),
        };
        let mut choice = Choice { name, ..Choice::default() };
        for option in options.into_iter().flat_map(|options| options.split('&')) {
            match option.split_once('=') {
                None if option == "all" => choice.take = Take::All,
                Some(("prefix", value)) => {
                    let prefix: Result<Prefix, _> = value.parse();
                    choice.prefixes.push(prefix.map_err(|_| InterfaceError::Prefix(short(value)))?);
                }
                Some(("temporary", "allow")) => choice.temporary = Temporary::Allow,
                Some(("temporary", "skip")) => choice.temporary = Temporary::Skip,
                Some(("temporary", other)) => return Err(InterfaceError::Temporary(short(other))),
                Some(_) | None => return Err(InterfaceError::Option(short(option))),
            }
        }
        Ok(Self { choice })
    }
}

/// Windows gives its interfaces names for people, such as `Ethernet 2`.
fn is_name(name: &str) -> bool {
    let shown = || !name.trim().is_empty() && name.len() <= 256 && !name.contains(char::is_control);
    Device::new(name).is_some() || (cfg!(windows) && shown())
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

impl Engine for Interface {
    fn kind(&self) -> &'static str {
        "interface"
    }

    fn serves(&self, _family: Family) -> bool {
        true
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(async move {
            let snapshot = snapshot().await?;
            let mut choice = self.choice.clone();
            // Of an uplink's sources, the one that names nothing means the uplink's interface.
            let device = question.route.way.device;
            choice.name = choice.name.or_else(|| device.map(|device| device.name().to_owned()));
            let judged = choice.judge(&snapshot, question.family, question.filters)?;
            for note in notes(&judged) {
                question.note(note);
            }
            if let Some(chosen) = judged.chosen {
                let network = Prefix::covering(chosen.address, chosen.length);
                question.network(network.expect("the kernel's answer was read with this bound"));
                question.beside(judged.beside.iter().map(|held| held.address).collect());
                return Ok(Opinion::Address(chosen.address));
            }
            if judged.is_certainly_none() {
                return Ok(Opinion::NoAddress);
            }
            Err(unusable(&judged, question.family).into())
        })
    }
}

impl From<NoInterface> for Failure {
    fn from(none: NoInterface) -> Self {
        match none {
            NoInterface::NoDefaultRoute(family) => Failure {
                fault: Fault::new(Class::Unavailable, format!("there is no default route over {family}"))
                    .hint("name the interface, as in interface:eth0"),
                no_route: true,
            },
            NoInterface::NotThere(name, there) => {
                let fault = Fault::new(Class::Unavailable, format!("there is no interface {name}"));
                if there.is_empty() { fault } else { fault.hint(format!("there are: {}", there.join(", "))) }
                    .into()
            }
            NoInterface::Down(name) => {
                Failure { fault: Fault::new(Class::Unavailable, format!("{name} is down")), no_route: true }
            }
        }
    }
}

/// The addresses of the interface that the default route of the family leads out by, with the lengths of their
/// networks; none where that cannot be told.
pub async fn held(family: Family) -> Vec<(IpAddr, u8)> {
    let Ok(snapshot) = snapshot().await else { return Vec::new() };
    let Some((link, _)) = snapshot.default_route(family) else { return Vec::new() };
    let of_link = |held: &&Held| held.index == link.index && Family::of(held.address) == family;
    snapshot.addresses.iter().filter(of_link).map(|held| (held.address, held.length)).collect()
}

/// Which address of the interface that the default route of the family leads out by would be published, and why none of
/// the others; `None` where that cannot be told.
#[cfg(feature = "doctor")]
pub async fn judged(family: Family, filters: &super::Filters) -> Option<Judged> {
    let snapshot = snapshot().await.ok()?;
    Choice::default().judge(&snapshot, family, filters).ok()
}

async fn snapshot() -> Result<Snapshot, Fault> {
    // The system answers at once unless its tables are locked, and everything else goes on meanwhile.
    let asked = tokio::task::spawn_blocking(crate::net::netlink::snapshot).await;
    let asked = asked.map_err(|_| Fault::new(Class::Unexpected, "asking the kernel was broken off"))?;
    asked.map_err(|error| Fault::new(Class::Unavailable, format!("cannot ask the kernel: {error}")))
}

/// One line for each address: why it, and why not the others.
fn notes(judged: &Judged) -> Vec<String> {
    let link = &judged.link;
    let chosen = judged.chosen.iter().map(|held| {
        format!("{link}: {}/{} taken (preferred for {})", held.address, held.length, held.preferred)
    });
    let beside = judged.beside.iter().map(|held| {
        format!("{link}: {}/{} taken beside it (preferred for {})", held.address, held.length, held.preferred)
    });
    let lost = judged.lost.iter().map(|(held, loss)| format!("{link}: {} passed over: {loss}", held.address));
    chosen.chain(beside).chain(lost).collect()
}

fn unusable(judged: &Judged, family: Family) -> Fault {
    let reasons: Vec<String> =
        judged.lost.iter().map(|(held, loss)| format!("{}: {loss}", held.address)).collect();
    let what = format!("{} has no {family} address to publish: {}", judged.link, reasons.join("; "));
    let fault = Fault::new(Class::Unavailable, what);
    if judged.lost.iter().any(|(_, loss)| matches!(loss, Loss::Temporary)) {
        fault.hint("`?temporary=allow` behind the name takes temporary addresses too")
    } else if family == Family::V4 {
        fault.hint("behind a router that translates addresses, ask the router or somebody outside")
    } else {
        fault
    }
}

#[cfg(test)]
mod tests;
