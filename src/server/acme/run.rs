//! The loop: waits until a certificate is due, gets it, and waits again. One attempt at a time.

use super::certificate::Certificate;
use super::fault::{Fault, Kind};
use super::identity::Shown;
use super::order::{Attempt, account};
use super::schedule::{self, Failures, Window};
use super::settings::Settings;
use super::shelf::Shelf;
use super::transport::Transport;
use super::{Around, News, Standing, Tell};
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// The longest sleep: clocks are set, and machines sleep too.
const NAP: Duration = Duration::from_secs(3600);

/// While somebody else orders for the same directory.
const OTHERS: Duration = Duration::from_secs(60);

/// Between questions for renewal information where the last was of no use (RFC 9773 §4.3.3).
const UNSUGGESTED: Duration = Duration::from_secs(6 * 3600);

/// The bounds of what an authority may ask for between these questions (RFC 9773 §4.3.2).
const SUGGESTIONS: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(86_400));

/// Runs, and begins anew should a defect break it off: a certificate ends whether anybody renews it or not.
pub(super) async fn always(
    first: Keeping,
    open: impl Fn() -> io::Result<Keeping>,
    look: Arc<Notify>,
    tell: Tell,
) {
    let mut next = Ok(first);
    loop {
        if let Ok(keeping) = next {
            let mut apart = JoinSet::new();
            apart.spawn(keeping.run(Arc::clone(&look)));
            // It ends by a panic only.
            apart.join_next().await;
            tell(News::Trouble("a defect of this program broke off the care for the certificate".to_owned()));
        }
        tokio::time::sleep(NAP).await;
        next = open();
    }
}

/// A certificate that is kept current.
pub(super) struct Keeping {
    settings: Settings,
    around: Around,
    transport: Transport,
    shelf: Shelf,
    shown: Shown,
    standing: watch::Sender<Standing>,
    certificate: Option<Certificate>,
    failures: Failures,
    /// No attempt before this.
    earliest: SystemTime,
    suggested: Option<Window>,
    /// When the authority is asked again what it suggests.
    ask_at: SystemTime,
}

impl Keeping {
    pub(super) fn open(
        settings: Settings,
        around: Around,
        shown: Shown,
        standing: watch::Sender<Standing>,
    ) -> io::Result<Self> {
        let (shelf, wrong) = Shelf::open(&settings.folder)?;
        let network = match &settings.ca_file {
            Some(file) => around.network.trusting(file.clone()),
            None => around.network.clone(),
        };
        let now = (around.now)();
        let failures = shelf.notes.failures();
        let mut keeping = Self {
            transport: Transport::new(&network),
            earliest: failures.earliest(now),
            settings,
            around,
            shelf,
            shown,
            standing,
            certificate: None,
            failures,
            suggested: None,
            ask_at: now,
        };
        keeping.take_up();
        if let Some(wrong) = wrong {
            keeping.tell(News::Trouble(wrong));
        }
        let (names, left) = (keeping.names(), keeping.left(now));
        keeping.tell(match keeping.certificate {
            Some(_) => News::Kept { names, left },
            None => News::Awaited { names },
        });
        keeping.publish(keeping.due());
        Ok(keeping)
    }

    pub(super) async fn run(mut self, look: Arc<Notify>) {
        loop {
            let now = (self.around.now)();
            if self.certificate.is_some() && self.ask_at <= now {
                self.ask().await;
            }
            let due = self.due();
            self.publish(due);
            match due.duration_since(now) {
                Ok(wait) if !wait.is_zero() => {
                    let wait = wait.min(self.ask_at.duration_since(now).unwrap_or(NAP)).min(NAP);
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = look.notified() => {
                            let now = (self.around.now)();
                            self.earliest = self.failures.earliest(now);
                            self.ask_at = now;
                        }
                    }
                }
                Ok(_) | Err(_) => self.attempt().await,
            }
        }
    }

    /// When the next attempt is to be made.
    fn due(&self) -> SystemTime {
        let wanted = match &self.certificate {
            Some(certificate) if self.fits(certificate) => {
                let due = schedule::renewal(certificate.validity, self.suggested, certificate.draw);
                due.max(self.shelf.notes.rest_until((self.around.now)()))
            }
            Some(_) | None => SystemTime::UNIX_EPOCH,
        };
        wanted.max(self.earliest)
    }

    /// Whether the certificate is the one these settings want.
    fn fits(&self, certificate: &Certificate) -> bool {
        let of_directory = self.shelf.notes.issued_by.as_ref() == Some(&self.settings.directory);
        of_directory && certificate.lacks(&self.settings.subjects).is_none()
    }

    /// What is on the disk, into use.
    fn take_up(&mut self) {
        match self.shelf.certificate() {
            Ok(Some(certificate)) => self.put_to_use(certificate),
            Ok(None) => {}
            Err(why) => self.tell(News::Trouble(why)),
        }
    }

    fn put_to_use(&mut self, certificate: Certificate) {
        self.shown.serve(&certificate);
        self.certificate = Some(certificate);
        self.suggested = None;
    }

    async fn attempt(&mut self) {
        let _held = match self.shelf.hold() {
            Ok(Some(held)) => held,
            Ok(None) => {
                self.earliest = (self.around.now)() + OTHERS;
                return;
            }
            Err(error) => {
                let why = format!("cannot lock {}: {error}", self.settings.folder.display());
                return self.failed(Fault::own(why)).await;
            }
        };
        self.take_from_others();
        if self.due() > (self.around.now)() {
            return;
        }
        let replaces = self.certificate.as_ref().and_then(|held| held.identifier.clone());
        // What was asked before this attempt is none of its business.
        self.transport.asked_to_wait();
        let attempt = Attempt {
            settings: &self.settings,
            transport: &self.transport,
            shelf: &mut self.shelf,
            shown: &self.shown,
            now: (self.around.now)(),
            replaces: replaces.as_ref(),
        };
        match attempt.run().await {
            Ok((certificate, trouble)) => {
                self.failures = Failures::default();
                self.put_to_use(certificate);
                let now = (self.around.now)();
                self.earliest = now;
                self.ask_at = now;
                self.standing.send_modify(|standing| {
                    standing.issued += 1;
                    standing.failing = None;
                });
                let (names, left) = (self.names(), self.left(now).unwrap_or_default());
                self.tell(News::Issued { names, left });
                if let Some(trouble) = trouble {
                    self.tell(News::Trouble(trouble));
                }
            }
            Err(fault) => self.failed(fault).await,
        }
    }

    /// What another process that serves from the same directory has got meanwhile is ours too. Notes go with the
    /// certificate: alone they may be older than what this run knows and could not write.
    fn take_from_others(&mut self) {
        let Ok(Some(found)) = self.shelf.certificate() else { return };
        if self.certificate.as_ref().is_none_or(|held| held.validity.end < found.validity.end) {
            self.shelf.reread();
            self.failures = self.shelf.notes.failures();
            self.put_to_use(found);
        }
    }

    async fn failed(&mut self, fault: Fault) {
        let now = (self.around.now)();
        let asked = self.transport.asked_to_wait();
        let draw = self.certificate.as_ref().map_or(0, |certificate| certificate.draw);
        self.earliest = self.failures.add(now, fault.kind.cost(), asked, draw);
        self.shelf.notes.set_failures(&self.failures);
        if fault.kind == Kind::Refused {
            self.shelf.notes.turn = self.shelf.notes.turn.wrapping_add(1);
        }
        // Where it cannot be written, this run knows it all the same.
        let unwritten = self.shelf.save().await.err();
        self.standing.send_modify(|standing| {
            standing.failed += 1;
            standing.failing = Some(fault.why.clone());
        });
        let again = self.earliest.duration_since(now).unwrap_or_default();
        let left = self.left(now);
        self.tell(News::Failed { names: self.names(), why: fault.why, again, left });
        if let Some(unwritten) = unwritten {
            self.tell(News::Trouble(unwritten));
        }
    }

    /// Asks when the authority suggests to renew. Failing changes nothing.
    async fn ask(&mut self) {
        let now = (self.around.now)();
        self.ask_at = now + UNSUGGESTED;
        let Some(identifier) = self.certificate.as_ref().and_then(|held| held.identifier.clone()) else {
            return;
        };
        // One of another directory is replaced anyway, and nobody is asked for an account.
        let known = self.shelf.notes.accounts.contains_key(&self.settings.directory);
        if !known || self.shelf.notes.issued_by.as_ref() != Some(&self.settings.directory) {
            return;
        }
        let Ok(account) = account(&self.settings, &self.transport, &mut self.shelf).await else { return };
        let Ok((info, again)) = account.renewal_info(&identifier).await else { return };
        let (start, end) = (info.suggested_window.start, info.suggested_window.end);
        // Turned round it is of no use (RFC 9773 §4.2).
        if start < end {
            self.suggested = Some(Window { start: start.into(), end: end.into() });
        }
        self.ask_at = now + again.clamp(SUGGESTIONS.0, SUGGESTIONS.1);
    }

    fn publish(&self, due: SystemTime) {
        self.standing.send_modify(|standing| {
            standing.valid_until = self.certificate.as_ref().map(|held| held.validity.end);
            standing.next = Some(due);
        });
    }

    fn left(&self, now: SystemTime) -> Option<Duration> {
        self.certificate.as_ref()?.validity.end.duration_since(now).ok()
    }

    fn names(&self) -> String {
        self.settings.subjects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    fn tell(&self, news: News) {
        (self.around.tell)(news);
    }
}
