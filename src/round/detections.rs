//! The detections of a round: one per family and way out, started once, awaited by every zone that needs them.

use super::Interrupt;
use crate::net::{Network, Way};
use crate::report::heard::Heard;
use crate::source::{Filters, Inquiry, Source};
use dynflare_core::address::Observation;
use dynflare_core::quorum::{Opinion, Outcome, Part, Rules};
pub use dynflare_core::uplink::Line;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

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
    /// The network, by the system's own way out.
    pub network: Network,
    /// The other ways out.
    pub uplinks: BTreeMap<Arc<str>, Uplink>,
    /// What panels are drawn with.
    pub seed: u64,
}

/// One way out with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uplink {
    /// How sockets are bound to it.
    pub way: Way,
    /// How long it must have been agreed on before it is gone back to.
    pub hold_down: Duration,
}

impl Detecting {
    /// The same as one question to the sources.
    pub fn inquiry(&self) -> Inquiry<'_> {
        let Self { sources, rules, filters, network, uplinks: _, seed: _ } = self;
        Inquiry { sources, rules, filters, network }
    }

    /// The same by an uplink alone. Whoever asks for one that is not there gets none.
    fn by(&self, uplink: Option<&Arc<str>>) -> Option<Self> {
        let Some(name) = uplink else { return Some(self.clone()) };
        let network = self.network.via(self.uplinks.get(name)?.way);
        // Another panel for each: side by side they would ask the same operators at the same time.
        let seed = name.bytes().fold(self.seed, |seed, byte| seed.rotate_left(5) ^ u64::from(byte));
        Some(Self { network, seed, ..self.clone() })
    }

    /// Asks every source that serves the family, by an uplink or by the system's own way.
    pub async fn ask_all(&self, line: &Line, parts: &[Part]) -> Option<Heard> {
        let by = self.by(line.uplink.as_ref())?;
        let detection = by.inquiry().ask_all_about(line.family, parts).await;
        Some(Heard { detection, sources: by.sources, uplink: line.uplink.clone() })
    }

    /// Starts one detection per line, about the parts of the address that somebody needs.
    pub(super) fn start(&self, needs: &[(Line, Part)], interrupt: &Interrupt) -> Detections {
        let mut running: BTreeMap<Line, watch::Receiver<Option<Arc<Heard>>>> = BTreeMap::new();
        for (line, _) in needs {
            if running.contains_key(line) {
                continue;
            }
            let of_line = needs.iter().filter(|(other, _)| other == line);
            let parts: Vec<Part> = of_line.map(|(_, part)| *part).collect();
            let (sender, receiver) = watch::channel(None);
            // Settings whose records name uplinks that are not there are refused before a round starts.
            if let Some(detecting) = self.by(line.uplink.as_ref()) {
                let Line { family, uplink } = line.clone();
                let interrupted = interrupt.clone().wait();
                tokio::spawn(async move {
                    let inquiry = detecting.inquiry();
                    let asked = tokio::select! {
                        asked = inquiry.detect_parts(family, &parts, detecting.seed) => asked,
                        () = interrupted => return,
                    };
                    // Settings whose sources cannot reach the quorum are refused before a round starts.
                    if let Ok(detection) = asked {
                        let heard = Heard { detection, sources: Arc::clone(&detecting.sources), uplink };
                        // Nobody may be waiting any more: every zone that needed it has failed.
                        let _unheard = sender.send(Some(Arc::new(heard)));
                    }
                });
            }
            running.insert(line.clone(), receiver);
        }
        Detections { running }
    }
}

/// Detections under way; each clone waits on its own.
#[derive(Clone)]
pub(super) struct Detections {
    running: BTreeMap<Line, watch::Receiver<Option<Arc<Heard>>>>,
}

/// How far one detection is.
#[derive(Clone)]
pub(super) enum Progress {
    /// It goes on.
    Pending,
    /// It has broken off without a result.
    Broken,
    /// This came of it.
    Heard(Arc<Heard>),
}

impl Detections {
    /// Waits until one of the lines that are not known yet is decided, and then a moment for the rest.
    pub(super) async fn next(&self, lines: &[Line], known: &[Line]) {
        let mut waits = JoinSet::new();
        for line in lines.iter().filter(|line| !known.contains(line)) {
            if let Some(mut receiver) = self.running.get(line).cloned() {
                waits.spawn(async move {
                    // A closed channel is a detection that broke off: it stays undecided, which `progress` shows.
                    drop(receiver.wait_for(Option::is_some).await);
                });
            }
        }
        if waits.join_next().await.is_some() {
            // A line that takes longer is written by itself, later.
            let rest = async { while waits.join_next().await.is_some() {} };
            let _in_time = tokio::time::timeout(TOGETHER, rest).await;
        }
    }

    /// How far a detection is.
    pub(super) fn progress(&self, line: &Line) -> Progress {
        let Some(receiver) = self.running.get(line) else { return Progress::Broken };
        if let Some(heard) = receiver.borrow().clone() {
            return Progress::Heard(heard);
        }
        // A sender that has gone may have said something just before.
        match (receiver.has_changed().is_err(), receiver.borrow().clone()) {
            (_, Some(heard)) => Progress::Heard(heard),
            (true, None) => Progress::Broken,
            (false, None) => Progress::Pending,
        }
    }

    /// All results, IPv4 first.
    pub(super) async fn all(&self) -> Vec<Arc<Heard>> {
        let mut heard = Vec::new();
        for receiver in self.running.values() {
            let mut receiver = receiver.clone();
            if let Ok(found) = receiver.wait_for(Option::is_some).await {
                heard.extend(found.clone());
            }
        }
        heard
    }
}

/// What a detection says, as core wants to know it.
pub(super) fn observation(heard: &Heard) -> Observation {
    known(heard.verdict().outcome)
}

/// What it says of that part of the address.
pub(super) fn observation_of(heard: &Heard, part: Part) -> Observation {
    known(heard.verdict().outcome_of(part))
}

/// What it says of networks, by their length.
pub(super) fn networks(heard: &Heard) -> Vec<(u8, Observation)> {
    heard.verdict().networks.iter().map(|(length, outcome)| (*length, known(*outcome))).collect()
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
