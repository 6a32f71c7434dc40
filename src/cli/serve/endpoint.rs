//! The update endpoint of `dynflare serve`: from `[serve]` to the service that takes updates.

use super::vital::Lines;
use crate::config::Settings;
use crate::config::serve::{Account, Pattern, Serve};
use crate::report::event::Event;
use crate::serve::Served;
use crate::server::Service;
use crate::server::client::Trust;
use crate::server::metrics::{self, Form};
use crate::server::update::account::{self, Account as Known};
use crate::server::update::audit::Audit;
use crate::server::update::counters::Counters;
use crate::server::update::endpoint::{Endpoint as Updates, Settings as Told};
use crate::server::update::password::{Kept, KeptToken};
use crate::server::update::rate::Rate;
use crate::server::update::setter::Setter;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The endpoint.
pub(super) struct Endpoint {
    updates: Arc<Updates>,
    counters: Arc<Counters>,
}

impl Endpoint {
    /// Makes it. Who set what is kept in `folder`.
    pub(super) fn new(
        (settings, serve): (&Settings, &Serve),
        served: &Arc<Served>,
        folder: Option<&Path>,
        say: &mpsc::UnboundedSender<Event>,
    ) -> Result<Self, String> {
        let counters = Arc::new(Counters::default());
        let audit = match folder {
            None => None,
            Some(folder) => {
                crate::durable::make_directory(folder).map_err(|error| {
                    format!("cannot make the folder {}\n  cause: {error}", folder.display())
                })?;
                let say = say.clone();
                let trouble = move |text: String| {
                    // Nobody listens any more at the end of the program.
                    let _heard = say.send(Event::Notice(text));
                };
                let opened = Audit::open(folder, Arc::clone(&counters), trouble);
                Some(opened.map_err(|error| format!("cannot keep a log of updates\n  cause: {error}"))?)
            }
        };
        let setter = Arc::clone(served) as Arc<dyn Setter>;
        let updates = Updates::new(told(settings, serve)?, setter, audit, Arc::clone(&counters));
        let updates = updates.map_err(|error| format!("the system gives no randomness: {error}"))?;
        Ok(Self { updates: Arc::new(updates), counters })
    }

    /// What another configuration would make of it; nothing is changed yet.
    pub(super) fn plan(settings: &Settings, serve: &Serve) -> Result<Told, String> {
        told(settings, serve)
    }

    /// Turns to it.
    pub(super) fn turn_to(&self, told: Told) -> Result<(), String> {
        self.updates.turn_to(told).map_err(|error| format!("the system gives no randomness: {error}"))
    }

    /// What answers its paths.
    pub(super) fn service(&self) -> Arc<dyn Service> {
        Arc::clone(&self.updates) as Arc<dyn Service>
    }

    /// What it has counted.
    pub(super) fn counted(&self) -> Lines {
        let counters = Arc::clone(&self.counters);
        Arc::new(move || metrics::counters(&counters.read(), Form::Prometheus))
    }
}

fn told(settings: &Settings, serve: &Serve) -> Result<Told, String> {
    let a_minute = |number: u32| Rate { burst: number, every: Duration::from_secs(60) / number.max(1) };
    Ok(Told {
        accounts: serve
            .accounts
            .iter()
            .map(|(name, account)| known(name, account))
            .collect::<Result<Vec<_>, _>>()?,
        trust: Trust { proxies: serve.proxies.value.clone(), way: serve.way.value },
        allow: settings.allow.value.clone(),
        per_account: a_minute(serve.limits.updates_per_minute),
        per_address: a_minute(serve.limits.requests_per_minute),
        ..Told::default()
    })
}

fn known(name: &str, account: &Account) -> Result<Known, String> {
    let flaw =
        |what: &str, flaw: &dyn std::fmt::Display| format!("the {what} of the account `{name}` {flaw}");
    let password = account.password.as_ref().map(|text| Kept::parse(text.expose()));
    let token = account.token.as_ref().map(|text| KeptToken::parse(text.expose()));
    Ok(Known {
        name: name.into(),
        password: password.transpose().map_err(|error| flaw("password", &error))?,
        token: token.transpose().map_err(|error| flaw("token", &error))?,
        names: account
            .names
            .iter()
            .map(|pattern| match pattern {
                Pattern::Exactly(name) => account::Pattern::Exactly(name.clone()),
                Pattern::Below(name) => account::Pattern::Below(name.clone()),
            })
            .collect(),
        families: account.types.iter().filter_map(|rtype| rtype.family()).collect(),
    })
}
