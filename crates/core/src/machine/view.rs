//! What is known of the address of each line, and whom the machine has stopped to listen to.

use super::said::{Agreement, Line};
use super::timing::DOUBT;
use crate::random::Random;
use crate::schedule::Moment;
use alloc::collections::BTreeMap;
use core::net::IpAddr;

/// How many addresses that nobody else saw are heard one after the other: behind a translator with a pool of them each
/// question may be told another one.
const CHANGES: u32 = 3;

/// One line.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// What was agreed on last; `None` where nothing ever was.
    agreed: Option<Agreement>,
    /// An address that a witness told of and the quorum did not share: how often, and until when it is not heard.
    doubted: Option<(IpAddr, u32, Moment)>,
}

/// All lines.
#[derive(Debug, Default)]
pub(super) struct Views(pub(super) BTreeMap<Line, View>);

impl Views {
    /// Keeps these lines, and what is known of them.
    pub(super) fn keep(&mut self, lines: impl Iterator<Item = Line>) {
        self.0 = lines
            .map(|line| {
                let view = self.0.get(&line).cloned().unwrap_or_default();
                (line, view)
            })
            .collect();
    }

    /// Takes note of what was agreed on.
    pub(super) fn agreed(&mut self, line: &Line, agreement: Agreement) {
        let Some(view) = self.0.get_mut(line) else { return };
        if view.agreed != Some(agreement) {
            // Whoever was doubted knew it first, or is wrong anew.
            *view = View { agreed: Some(agreement), doubted: None };
        }
    }

    /// Whether a witness's address is a reason to ask everybody.
    ///
    /// One that the quorum did not share is heard again after a growing time: a witness may see another address for ever,
    /// and may be the first to see a new one.
    pub(super) fn is_news(&mut self, line: &Line, told: IpAddr, now: Moment, random: &mut Random) -> bool {
        let Some(view) = self.0.get_mut(line) else { return false };
        if view.agreed == Some(Agreement::Address(told)) {
            return false;
        }
        let times = match view.doubted {
            Some((address, times, until)) if now < until && (address == told || times >= CHANGES) => {
                return false;
            }
            Some((_, times, _)) => times.saturating_add(1),
            None => 1,
        };
        view.doubted = Some((told, times, now + DOUBT.after(times, random.throw())));
        true
    }

    /// What the router says of its outside address; behind another NAT it is never the one agreed on.
    pub(super) fn router_says(&mut self, told: IpAddr, now: Moment, random: &mut Random) -> bool {
        let lines: alloc::vec::Vec<Line> = self
            .0
            .keys()
            .filter(|line| line.family == crate::address::Family::of(told) && line.uplink.is_none())
            .cloned()
            .collect();
        lines.iter().any(|line| self.is_news(line, told, now, random))
    }
}
