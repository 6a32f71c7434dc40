//! Who is told what happens, where somebody wants to be: the notifier, and nothing in a build without it.

use crate::config::Settings;
use crate::report::news::News;
use crate::report::status::Status;

#[cfg(feature = "notify")]
mod notifying {
    use super::{News, Settings, Status};
    use crate::notify::{Ended, Health, Notifier, Standing};
    use crate::report::clean::Cleaner;
    use crate::setup;

    /// The targets of a configuration.
    #[derive(Debug)]
    pub(in crate::cli) struct Bell {
        notifier: Notifier,
        /// What targets of earlier configurations sent and could not send.
        before: [u64; 2],
    }

    impl Bell {
        /// Gets ready for these targets. Needs a tokio runtime.
        pub(in crate::cli) fn new(settings: &Settings) -> Self {
            Self { notifier: notifier(settings), before: [0; 2] }
        }

        /// Turns to other targets; the old ones deliver what they have.
        pub(in crate::cli) fn turn_to(&mut self, settings: &Settings) {
            self.before = self.tallies();
            let old = std::mem::replace(&mut self.notifier, notifier(settings));
            tokio::spawn(old.stop());
        }

        pub(in crate::cli) fn tell(&self, news: &News) {
            self.notifier.tell(news);
        }

        pub(in crate::cli) fn round_began(&self) {
            self.notifier.round_started();
        }

        /// Tells how everything stands after a round.
        pub(in crate::cli) fn round_ended(&self, status: &Status) {
            let wrong = status.records.iter().find(|record| !record.right);
            self.notifier.round_ended(&match wrong {
                None => Ended::Fine,
                Some(record) => {
                    let cause = record.cause.as_deref().unwrap_or(record.state.as_str());
                    Ended::Failed(format!("{}: {cause}", record.record))
                }
            });
            let standing = status.records.iter().map(|record| Standing {
                record: record.record.clone(),
                values: record.values.clone().filter(|values| !values.is_empty()),
                health: if record.right { Health::Well } else { Health::Unwell },
            });
            self.notifier.standing(&standing.collect::<Vec<_>>());
        }

        /// How many messages were delivered, and how many could not be.
        pub(in crate::cli) fn tallies(&self) -> [u64; 2] {
            let sum = |[sent, failed]: [u64; 2], (_, tally): (&str, crate::notify::Tally)| {
                [sent + tally.delivered, failed + tally.failed + tally.dropped]
            };
            self.notifier.tallies().into_iter().fold(self.before, sum)
        }

        pub(in crate::cli) async fn stop(self) {
            self.notifier.stop().await;
        }
    }

    fn notifier(settings: &Settings) -> Notifier {
        let cleaner = Cleaner::new(settings.secrets());
        let (notifier, _outcomes) = Notifier::start(&settings.notify, &setup::network(settings), cleaner);
        notifier
    }
}

#[cfg(not(feature = "notify"))]
#[expect(clippy::unused_self, clippy::unused_async, reason = "it is called as where there is a notifier")]
mod notifying {
    use super::{News, Settings, Status};

    /// Nobody is told anything in this build.
    #[derive(Debug)]
    pub(in crate::cli) struct Bell;

    impl Bell {
        pub(in crate::cli) fn new(_: &Settings) -> Self {
            Self
        }

        pub(in crate::cli) fn turn_to(&mut self, _: &Settings) {}

        pub(in crate::cli) fn tell(&self, _: &News) {}

        pub(in crate::cli) fn round_began(&self) {}

        pub(in crate::cli) fn round_ended(&self, _: &Status) {}

        pub(in crate::cli) fn tallies(&self) -> [u64; 2] {
            [0; 2]
        }

        pub(in crate::cli) async fn stop(self) {}
    }
}

pub(super) use notifying::Bell;
