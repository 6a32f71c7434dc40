//! What stands around the daemon while it runs: what wakes it, who is told, where it is looked at.
//!
//! The loop calls it from its one thread, so it is shared without locks.

use super::bell::Bell;
use super::reporter::Reporter;
use super::watch::Pages;
use crate::config::Settings;
use crate::daemon::Pulse;
use crate::daemon::trigger::{Subjects, Triggers};
use crate::history::History;
use crate::report::clean::Cleaner;
use crate::report::event::Event;
use crate::report::news::News;
use crate::setup;

/// All of it.
pub(super) struct Around {
    pub(super) reporter: Reporter,
    pub(super) watchers: Triggers,
    pub(super) bell: Bell,
    pub(super) history: Option<History>,
    /// What happened, for the status page.
    #[cfg(feature = "page")]
    pub(super) past: std::sync::Arc<crate::page::Chronicle>,
    /// There are none before there is something to show.
    pub(super) pages: Option<Pages>,
}

impl Around {
    pub(super) fn note(&self, text: String, cleaner: &Cleaner) {
        self.reporter.event(&Event::Notice(text), cleaner);
    }

    /// Takes news to history and to whoever wants to be told.
    pub(super) fn spread(&mut self, news: &News, cleaner: &Cleaner) {
        if let Some(warning) = self.history.as_mut().and_then(|history| history.append(news)) {
            self.note(warning.to_string(), cleaner);
        }
        #[cfg(feature = "page")]
        self.past.add(news);
        self.bell.tell(news);
    }

    /// Turns to another configuration.
    pub(super) fn turn_to(&mut self, settings: &Settings) {
        self.watchers.turn_to(subjects(settings));
        self.bell.turn_to(settings);
        if let Some(pages) = &mut self.pages {
            pages.turn_to(settings);
        }
    }

    pub(super) fn pulse(&mut self, pulse: &Pulse) {
        match pulse {
            Pulse::Began => self.bell.round_began(),
            Pulse::Ended(status) => self.bell.round_ended(status),
        }
    }

    /// Ends everything in good order.
    pub(super) async fn stop(self) {
        // The router is told and messages are delivered side by side: the end must not take the sum of both.
        tokio::join!(self.watchers.stop(), self.bell.stop());
    }
}

/// What is watched for a configuration.
pub(super) fn subjects(settings: &Settings) -> Subjects {
    Subjects {
        network: setup::network(settings),
        files: settings.files(),
        router: settings.router_events.value,
    }
}
