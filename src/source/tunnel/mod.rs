//! This machine asked through a tunnel that leads back to it: the tunnel's edge writes down who asks.
//!
//! A question opens a [`door::Door`] (a listener on loopback, and where it has a command the tunnel's program), asks
//! the tunnel's public URL for a one-time random path over the family in question, and reads at the door which address
//! the edge saw. Only the hop that the edge itself wrote counts; whatever stands left of it came from outside. What
//! arrives without the one-time path is nobody's answer.
//!
//! [`door`] listens and matches, [`agent`] asks ngrok's agent, [`program`] runs a command and finds its URL. Questions
//! that are asked at the same time share one door.

#![cfg(feature = "tunnel")]

mod agent;
mod door;
mod program;
mod spec;

pub(super) use spec::of_tunnel;

use super::{Answering, Engine, Failure, Question};
use crate::net::http::{Base, Client, Method, Request, header::HeaderName};
use crate::server::client::Telling;
use door::{Door, Seen};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::Opinion;
use hyper::header::HeaderValue;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Mutex;

/// Where the tunnel comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is there, at this URL.
    Fixed(Base),
    /// ngrok's agent knows it.
    Agent(Base),
    /// The command opens it and says where it is, in a URL that holds this text.
    Spoken(String),
}

/// How a tunnel is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Where it comes from.
    pub(super) origin: Origin,
    /// The port of this machine that it leads to; any free one where a command is told, or the agent tells.
    pub(super) port: Option<u16>,
    /// What opens it, with `{port}` for the port. Started without a shell, and ended with everything it started.
    pub(super) command: Option<Vec<String>>,
    /// Variables of the environment that are none of the command's business.
    pub(super) without: Vec<String>,
    /// How the edge says who asks.
    pub(super) way: Telling,
    /// How many of the last hops were written by the tunnel's own machines: the left-most of them counts.
    pub(super) hops: NonZeroUsize,
}

/// The source.
#[derive(Debug)]
pub(super) struct Tunnel {
    plan: Plan,
    door: Mutex<Weak<Door>>,
}

/// Sent along, so that services that show people a page of warning first do not show it to a program.
const NO_PAGES: [&str; 2] = ["bypass-tunnel-reminder", "ngrok-skip-browser-warning"];

impl Tunnel {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, door: Mutex::new(Weak::new()) }
    }

    /// The door, opened unless somebody else holds it open.
    async fn door(&self, question: &Question<'_>) -> Result<Arc<Door>, Fault> {
        let mut kept = self.door.lock().await;
        if let Some(door) = kept.upgrade() {
            return Ok(door);
        }
        let door = Arc::new(Door::open(&self.plan, question).await?);
        *kept = Arc::downgrade(&door);
        Ok(door)
    }

    async fn converse(&self, question: &Question<'_>) -> Result<IpAddr, Failure> {
        let mut pace = question.pace();
        let door = self.door(question).await?;
        let family = question.family;
        if door.url.host().parse().is_ok_and(|host: IpAddr| Family::of(host) != family) {
            return Err(
                Fault::new(Class::Invalid, format!("the tunnel cannot be reached over {family}")).into()
            );
        }
        let client = Client::new(question.network, door.url.clone(), question.route);
        // A tunnel that was just opened needs a moment until its edge knows of it.
        loop {
            let fruitless = match self.ask_once(&client, &door, pace.left()).await {
                Ok(seen) => return Ok(self.read(&seen, family)?),
                Err(fruitless) => fruitless,
            };
            if self.plan.command.is_none() || fruitless.no_route || !pace.again().await {
                return Err(fruitless);
            }
        }
    }

    /// One request through the tunnel, and what arrived of it at the door.
    async fn ask_once(&self, client: &Client, door: &Door, timeout: Duration) -> Result<Seen, Failure> {
        let waiting = door.expect()?;
        let headers = NO_PAGES.map(|name| (HeaderName::from_static(name), HeaderValue::from_static("1")));
        let request = Request {
            method: Method::GET,
            path: waiting.path(),
            headers: headers.to_vec(),
            body: None,
            timeout,
            limit: super::LIMIT,
        };
        let answer = client.send(request).await;
        if let Some(seen) = waiting.seen() {
            return Ok(seen);
        }
        Err(match answer {
            Err(error) => error.into(),
            Ok(answer) => {
                Fault::new(Class::Unavailable, "the tunnel answers, and does not lead to this program")
                    .status(format!("HTTP {}", answer.status))
                    .into()
            }
        })
    }

    /// The address that the edge wrote.
    fn read(&self, seen: &Seen, family: Family) -> Result<IpAddr, Fault> {
        let Plan { way, hops, .. } = &self.plan;
        let unexpected = |what: String| Fault::new(Class::Unexpected, what);
        let Some(place) = seen.hops.len().checked_sub(hops.get()) else {
            return Err(unexpected(match seen.hops.len() {
                0 => format!("the tunnel does not say in `{}` who asks", way.as_str()),
                count => format!(
                    "{count} hops stand in `{}`, and the {hops}. from the right is missing",
                    way.as_str()
                ),
            })
            .hint("set `client` and `hops` of this source to what the tunnel's edge writes"));
        };
        let Some(address) = seen.hops[place] else {
            return Err(unexpected(format!("the hop in `{}` is no address", way.as_str())));
        };
        if Family::of(address) != family {
            let what = format!("the tunnel saw an {} address where {family} was asked", Family::of(address));
            return Err(unexpected(what).said(address.to_string()));
        }
        Ok(address)
    }
}

impl Engine for Tunnel {
    fn kind(&self) -> &'static str {
        "tunnel"
    }

    fn serves(&self, family: Family) -> bool {
        match &self.plan.origin {
            Origin::Fixed(url) => url.host().parse().map_or(true, |host: IpAddr| Family::of(host) == family),
            Origin::Agent(_) | Origin::Spoken(_) => true,
        }
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn without_variables(&self, names: &dyn Fn() -> Vec<String>) -> Option<Arc<dyn Engine>> {
        let without = [self.plan.without.clone(), names()].concat();
        Some(Arc::new(Self::new(Plan { without, ..self.plan.clone() })))
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(async move {
            let asked = tokio::time::timeout(question.timeout, self.converse(&question)).await;
            let Ok(asked) = asked else {
                let what = format!("the tunnel was not open within {:?}", question.timeout);
                return Err(Fault::new(Class::Unavailable, what).into());
            };
            asked.map(Opinion::Address)
        })
    }
}
