//! What changes the daemon itself: another configuration, and its end.

use super::job::Job;
use super::said::{Action, Cause, Now, Told, Want, Wants};
use super::timing::{self, OnStop};
use super::{Machine, Phase, Stopping};
use crate::memory::Place;
use crate::schedule::Moment;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

impl Machine {
    pub(super) fn loaded(&mut self, loaded: Result<Box<Wants>, String>, now: Now, actions: &mut Vec<Action>) {
        if !matches!(self.phase, Phase::Loading) {
            return;
        }
        self.phase = Phase::Idle;
        match loaded {
            Err(why) => {
                if !core::mem::replace(&mut self.config_wrong, true) {
                    actions.push(Action::Tell(Told::ConfigWrong(why)));
                }
            }
            Ok(wants) => {
                if core::mem::take(&mut self.config_wrong) {
                    actions.push(Action::Tell(Told::ConfigRight));
                }
                let before = core::mem::replace(&mut self.wants, *wants);
                let places = before.records.into_iter().map(|want| want.place);
                let mut known: BTreeMap<Place, Job> = places.zip(core::mem::take(&mut self.jobs)).collect();
                let carried = |want: &Want| known.remove(&want.place).map_or_else(Job::new, Job::afresh);
                self.jobs = self.wants.records.iter().map(carried).collect();
                self.keep_views();
                self.plan_regular(now);
                self.plan_sentinel(now);
                self.wake.ask(Cause::Reload, now.at);
            }
        }
    }

    pub(super) fn stop(&mut self, now: Now, actions: &mut Vec<Action>) {
        match self.phase {
            Phase::Round(_) => {
                self.phase = Phase::Stopping(Stopping::Writes(now.at + timing::LAST_WRITES));
                actions.push(Action::StopAsking);
            }
            Phase::New | Phase::Idle | Phase::Loading => {
                self.take_back(now.at + timing::LAST_WRITES + timing::LAST_DELETIONS, actions);
            }
            Phase::Stopping(_) | Phase::Ended => {}
        }
    }

    pub(super) fn take_back(&mut self, until: Moment, actions: &mut Vec<Action>) {
        match self.wants.timing.on_stop {
            OnStop::Keep => self.end(actions),
            OnStop::Delete => {
                self.phase = Phase::Stopping(Stopping::Deletions(until));
                actions.push(Action::Withdraw);
            }
        }
    }

    pub(super) fn end(&mut self, actions: &mut Vec<Action>) {
        self.phase = Phase::Ended;
        actions.push(Action::End);
    }
}
