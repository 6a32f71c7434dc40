//! The detections of a round: started once, awaited by every zone that needs them.

use crate::net::Network;
use crate::report::heard::Heard;
use crate::source::{Filters, Inquiry, Source};
use dynflare_core::address::{Family, Observation};
use dynflare_core::desired::Agreed;
use dynflare_core::quorum::{Opinion, Outcome, Part, Rules};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a decided family waits for the other one, so that both can be written together.
const TOGETHER: Duration = Duration::from_millis(250);

/// How addresses are learned in a round.
#[derive(Clone)]
pub struct Detecting {
    /// The pool.
    pub sources: Arc<[Source]>,
    /// Who is believed.
    pub rules: Rules,
    /// Which addresses count.
    pub filters: Filters,
    /// The way out.
    pub network: Network,
    /// What panels are drawn with.
    pub seed: u64,
}

impl Detecting {
    /// The same as one question to the sources.
    pub fn inquiry(&self) -> Inquiry<'_> {
        let Self { sources, rules, filters, network, seed: _ } = self;
        Inquiry { sources, rules, filters, network }
    }

    /// Starts one detection per family, about the parts of the address that somebody needs.
    pub(super) fn start(&self, needs: &[(Family, Part)]) -> Detections {
        let mut running: Vec<(Family, watch::Receiver<Option<Arc<Heard>>>)> = Vec::new();
        for (family, _) in needs {
            let family = *family;
            if running.iter().any(|(other, _)| *other == family) {
                continue;
            }
            let of_family = needs.iter().filter(|(other, _)| *other == family);
            let parts: Vec<Part> = of_family.map(|(_, part)| *part).collect();
            let (sender, receiver) = watch::channel(None);
            let detecting = self.clone();
            tokio::spawn(async move {
                // Settings whose sources cannot reach the quorum are refused before a round starts.
                let asked = detecting.inquiry().detect_parts(family, &parts, detecting.seed).await;
                if let Ok(detection) = asked {
                    let heard = Heard { detection, sources: Arc::clone(&detecting.sources) };
                    // Nobody may be waiting any more: every zone that needed it has failed.
                    let _unheard = sender.send(Some(Arc::new(heard)));
                }
            });
            running.push((family, receiver));
        }
        running.sort_by_key(|(family, _)| *family);
        Detections { running }
    }
}

/// Detections under way; each clone waits on its own.
#[derive(Clone)]
pub(super) struct Detections {
    running: Vec<(Family, watch::Receiver<Option<Arc<Heard>>>)>,
}

impl Detections {
    /// Waits until one of the families that are not known yet is decided, and then a moment for the rest. Returns all
    /// that are decided by then.
    pub(super) async fn next(&mut self, families: &[Family], known: &[Family]) -> Vec<Arc<Heard>> {
        let open: Vec<Family> = families.iter().copied().filter(|family| !known.contains(family)).collect();
        if let [first, ..] = open.as_slice() {
            let mut waits = self.clone();
            let mut others = self.clone();
            match open.get(1) {
                None => waits.of(*first).await,
                Some(second) => {
                    tokio::select! {
                        () = waits.of(*first) => {}
                        () = others.of(*second) => {}
                    }
                    let both = async {
                        waits.of(*first).await;
                        others.of(*second).await;
                    };
                    // A family that takes longer is written by itself, later.
                    let _in_time = tokio::time::timeout(TOGETHER, both).await;
                }
            }
        }
        self.decided(families)
    }

    async fn of(&mut self, family: Family) {
        if let Some((_, receiver)) = self.running.iter_mut().find(|(other, _)| *other == family) {
            // A closed channel is a detection that broke off: it stays undecided, which `decided` shows.
            let _closed = receiver.wait_for(Option::is_some).await;
        }
    }

    fn decided(&self, families: &[Family]) -> Vec<Arc<Heard>> {
        let of_these = self.running.iter().filter(|(family, _)| families.contains(family));
        of_these.filter_map(|(_, receiver)| receiver.borrow().clone()).collect()
    }

    /// Whether a detection has broken off without a result.
    pub(super) fn broken(&self, family: Family) -> bool {
        let of_family = self.running.iter().find(|(other, _)| *other == family);
        of_family.is_none_or(|(_, receiver)| receiver.has_changed().is_err() && receiver.borrow().is_none())
    }

    /// All results, IPv4 first.
    pub(super) async fn all(mut self) -> Vec<Arc<Heard>> {
        let families: Vec<Family> = self.running.iter().map(|(family, _)| *family).collect();
        for family in &families {
            self.of(*family).await;
        }
        self.decided(&families)
    }
}

/// What detections say, as core wants to know it.
pub(super) fn agreed(detections: &[Arc<Heard>]) -> Agreed {
    let heard = |family: Family| detections.iter().find(|detection| detection.family() == family);
    let of = |family: Family| {
        let not_asked = || Observation::Unknown("not asked for".to_owned());
        heard(family).map_or_else(not_asked, |heard| known(heard.verdict().outcome))
    };
    let networks = heard(Family::V6).map(|heard| heard.verdict().networks.clone()).unwrap_or_default();
    let whole = Agreed::new(of(Family::V4), of(Family::V6));
    networks.into_iter().fold(whole, |agreed, (length, outcome)| agreed.with_network(length, known(outcome)))
}

fn known(outcome: Outcome) -> Observation {
    match outcome {
        Outcome::Agreed(Opinion::Address(address)) => Observation::Address(address),
        Outcome::Agreed(Opinion::NoAddress) => Observation::NoAddress,
        Outcome::Split | Outcome::TooFew | Outcome::Unknown => {
            Observation::Unknown(outcome.as_str().to_owned())
        }
    }
}
