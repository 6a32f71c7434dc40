//! The driver: runs a quorum's [`Round`] in real time over real sources.
//!
//! Each question is a task of its own, so that sources are asked side by side and a panic in one is that source's
//! fault. What is decided, and whom to ask next, is the round's; what may count as an address is [`accept`]'s.

use super::{Aside, Failure, Group, Question, Source};
use crate::net::{Network, Route, Way, sender};
use dynflare_core::address::{Family, Prefix};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::{
    Action, Ballot, Candidate, Event, Groups, Opinion, Part, Pool, PoolError, Refusal, Round, Rules, Verdict,
    Vote, accept, count, count_part,
};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::Instant;

/// How much longer than a source is waited for where everybody is asked: its own words about what took so long say
/// more than its silence.
const GRACE: Duration = Duration::from_millis(250);

/// The user's own say about which addresses may be believed.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Blocks that count although nobody could publish them elsewhere.
    pub allow: Vec<Prefix>,
    /// Blocks that never count.
    pub deny: Vec<Prefix>,
}

/// Everything a round needs besides a family and a seed.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'a> {
    /// Whom to draw from.
    pub sources: &'a [Source],
    /// How many must agree, and how long to wait.
    pub rules: &'a Rules,
    /// Which addresses count.
    pub filters: &'a Filters,
    /// The network, and its way out.
    pub network: &'a Network,
}

/// What a round over one family found. Sources are named by their place in [`Inquiry::sources`].
#[derive(Clone, Debug)]
pub struct Detection {
    /// The family asked about.
    pub family: Family,
    /// How it ended.
    pub verdict: Verdict,
    /// Who said what, in the order heard, and who did not in time; sources that were dropped are not among them.
    pub answers: Vec<Answer>,
    /// How long the round took.
    pub took: Duration,
}

/// What one source said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its place in [`Inquiry::sources`].
    pub source: usize,
    /// Its opinion, or why it has none.
    pub said: Result<Opinion, Failure>,
    /// How long it took.
    pub took: Duration,
    /// What it said besides.
    pub aside: Aside,
}

impl Detection {
    /// Whether nothing is known since this machine has no way out over the family, and every source asked said so.
    pub fn no_route(&self) -> bool {
        let stranded = |answer: &Answer| answer.said.as_ref().is_err_and(|failure| failure.no_route);
        !self.answers.is_empty() && self.answers.iter().all(stranded)
    }
}

impl Inquiry<'_> {
    /// Whether the sources that serve the family can reach the quorum at all.
    pub fn check(&self, family: Family) -> Result<(), PoolError> {
        self.pool(family).map(|_| ())
    }

    /// Asks as many sources as it takes, a panel drawn by `seed`.
    pub async fn detect(&self, family: Family, seed: u64) -> Result<Detection, PoolError> {
        self.detect_parts(family, &[Part::Whole], seed).await
    }

    /// The same until each of these parts of the address is settled.
    pub async fn detect_parts(
        &self,
        family: Family,
        parts: &[Part],
        seed: u64,
    ) -> Result<Detection, PoolError> {
        let (pool, served) = self.pool(family)?;
        let mut round = Round::new(pool, *self.rules, seed).about(parts);
        let mut asking = Asking::new(*self, family, served);
        let mut wake = Duration::ZERO;
        let mut event = Event::Start;
        loop {
            for action in round.on(asking.start.elapsed(), event) {
                match action {
                    Action::Ask(candidate) => asking.ask(candidate),
                    Action::WakeAt(time) => wake = time,
                    Action::Drop(candidate) => asking.drop(candidate),
                    Action::Decided(verdict) => return Ok(asking.finish(verdict)),
                }
            }
            event = asking.next(wake).await;
        }
    }

    /// Asks every source that serves the family, once, and waits for them all: for showing what everybody says.
    pub async fn ask_all(&self, family: Family) -> Detection {
        self.ask_all_about(family, &[]).await
    }

    /// The same, and counts these parts of the address too.
    pub async fn ask_all_about(&self, family: Family, parts: &[Part]) -> Detection {
        let served = self.serving(family);
        let mut asking = Asking::new(*self, family, served);
        for candidate in 0..asking.served.len() {
            asking.ask(candidate);
        }
        let limit = self.rules.times().source_timeout.saturating_add(GRACE);
        while !asking.running.is_empty() && asking.start.elapsed() < limit {
            asking.next(limit).await;
        }
        let late: Vec<usize> = asking.running.iter().map(|running| running.candidate).collect();
        for candidate in &late {
            asking.drop(*candidate);
        }
        let verdict = asking.count(parts, late);
        asking.finish(verdict)
    }

    fn serving(&self, family: Family) -> Vec<usize> {
        (0..self.sources.len()).filter(|place| self.sources[*place].serves(family)).collect()
    }

    /// The sources that serve the family as candidates, and their places among all sources.
    fn pool(&self, family: Family) -> Result<(Pool, Vec<usize>), PoolError> {
        let served = self.serving(family);
        let candidates = served.iter().map(|place| self.candidate(*place)).collect();
        let limits = Group::ALL.map(|group| group.limit(self.rules));
        let turns = served.iter().map(|place| self.sources[*place].turn(family)).collect();
        Ok((Pool::new(candidates, &limits, self.rules)?.with_turns(turns), served))
    }

    fn candidate(&self, place: usize) -> Candidate {
        let source = &self.sources[place];
        let groups = source.groups.iter().fold(Groups::NONE, |set, group| set.with(group.number()));
        Candidate { operator: self.operator(place), vote: source.vote, groups }
    }

    /// An operator's number: the place of its first source.
    fn operator(&self, place: usize) -> usize {
        let named = &self.sources[place].operator;
        self.sources.iter().position(|other| other.operator == *named).unwrap_or(place)
    }
}

/// The questions of one round.
struct Asking<'a> {
    inquiry: Inquiry<'a>,
    family: Family,
    route: Route,
    /// Places of the candidates among all sources.
    served: Vec<usize>,
    start: Instant,
    tasks: JoinSet<(Result<Opinion, Failure>, Aside)>,
    running: Vec<Running>,
    /// Candidates that are not asked since this machine has no way out.
    stranded: VecDeque<usize>,
    /// Candidates no longer waited for, and how long they were.
    dropped: Vec<(usize, Duration)>,
    answers: Vec<Answer>,
}

struct Running {
    candidate: usize,
    task: AbortHandle,
    since: Instant,
}

impl<'a> Asking<'a> {
    fn new(inquiry: Inquiry<'a>, family: Family, served: Vec<usize>) -> Self {
        Self {
            inquiry,
            family,
            route: route(family, inquiry.network.way()),
            served,
            start: Instant::now(),
            tasks: JoinSet::new(),
            running: Vec::new(),
            stranded: VecDeque::new(),
            dropped: Vec::new(),
            answers: Vec::new(),
        }
    }

    fn source(&self, candidate: usize) -> &'a Source {
        &self.inquiry.sources[self.served[candidate]]
    }

    fn ask(&mut self, candidate: usize) {
        let source = self.source(candidate).clone();
        if self.is_stranded() && source.is_remote() {
            self.stranded.push_back(candidate);
            return;
        }
        let (family, route, network) = (self.family, self.route, self.inquiry.network.clone());
        let timeout = self.inquiry.rules.times().source_timeout;
        let filters = self.inquiry.filters.clone();
        let question = async move {
            let aside = Mutex::default();
            let question =
                Question { family, route, network: &network, timeout, filters: &filters, aside: &aside };
            let said = source.ask(question).await;
            (said, aside.into_inner().unwrap_or_else(PoisonError::into_inner))
        };
        let task = self.tasks.spawn(question);
        self.running.push(Running { candidate, task, since: Instant::now() });
    }

    /// Whether a quorum of sources has already found no way out, and nobody anything else: the others need not
    /// look up their names to find the same.
    fn is_stranded(&self) -> bool {
        let found = |answer: &Answer| answer.said.as_ref().is_err_and(|failure| failure.no_route);
        self.answers.len() >= self.inquiry.rules.quorum() && self.answers.iter().all(found)
    }

    /// A candidate is no longer waited for.
    fn drop(&mut self, candidate: usize) {
        let Some(place) = self.running.iter().position(|running| running.candidate == candidate) else {
            return;
        };
        let Running { task, since, .. } = self.running.swap_remove(place);
        task.abort();
        self.dropped.push((candidate, since.elapsed()));
    }

    /// What happens next, at the latest when it is time to wake.
    async fn next(&mut self, wake: Duration) -> Event {
        if let Some(candidate) = self.stranded.pop_front() {
            let what = format!("not asked: this machine has no {} way out", self.family);
            let failure = Failure { fault: Fault::new(Class::Unavailable, what), no_route: true };
            return self.hear((candidate, Instant::now()), Err(failure), Aside::default());
        }
        let wake = self.start + wake;
        loop {
            tokio::select! {
                // What has arrived counts, even if time is up as well.
                biased;
                Some(ended) = self.tasks.join_next_with_id() => {
                    let (id, (said, aside)) = match ended {
                        Ok((id, heard)) => (id, heard),
                        Err(error) => (error.id(), (Err(broken(error).into()), Aside::default())),
                    };
                    // Tasks that were dropped end here as well, and nobody waits for them.
                    if let Some(place) = self.running.iter().position(|running| running.task.id() == id) {
                        let Running { candidate, since, .. } = self.running.swap_remove(place);
                        return self.hear((candidate, since), said, aside);
                    }
                }
                () = tokio::time::sleep_until(wake) => return Event::Tick,
            }
        }
    }

    /// The source's own words about an address that does not count, or everybody's.
    fn refused(&self, candidate: usize, address: IpAddr, refusal: Refusal) -> Fault {
        let own = match refusal {
            Refusal::Special(special) => self.source(candidate).engine.refused(address, special),
            Refusal::Denied(_) => None,
        };
        own.unwrap_or_else(|| refused(address, refusal))
    }

    /// Takes down what a candidate said, if it may be believed.
    fn hear(
        &mut self,
        (candidate, since): (usize, Instant),
        said: Result<Opinion, Failure>,
        aside: Aside,
    ) -> Event {
        let Filters { allow, deny } = self.inquiry.filters;
        let said = match said {
            Ok(Opinion::Address(address)) => match accept(address, allow, deny) {
                Ok(()) => said,
                Err(refusal) => Err(self.refused(candidate, address, refusal).into()),
            },
            Ok(Opinion::NoAddress) | Err(_) => said,
        };
        let event = match said {
            Ok(opinion) => Event::Answered { candidate, opinion },
            Err(_) => Event::Failed { candidate },
        };
        self.answers.push(Answer { source: self.served[candidate], said, took: since.elapsed(), aside });
        event
    }

    /// The verdict where everybody was asked.
    fn count(&self, parts: &[Part], late: Vec<usize>) -> Verdict {
        let rules = self.inquiry.rules;
        let place = |answer: &Answer| self.served.iter().position(|served| *served == answer.source);
        let votes = |answer: &&Answer| self.inquiry.sources[answer.source].vote == Vote::Full;
        let ballots: Vec<Ballot> = (self.answers.iter().filter(votes))
            .filter_map(|answer| {
                let operator = self.inquiry.operator(answer.source);
                Some(Ballot { source: place(answer)?, operator, opinion: *answer.said.as_ref().ok()? })
            })
            .collect();
        // A panel of one is a chain of fall-backs: the first that answers decides.
        let decisive: Vec<Ballot> = match rules.panel() {
            1 => ballots.iter().min_by_key(|ballot| ballot.source).copied().into_iter().collect(),
            _ => ballots.clone(),
        };
        let network = |part: &Part| match part {
            Part::Whole => None,
            Part::Network(length) => Some((*length, count_part(&decisive, *part, rules))),
        };
        let failed = self.answers.iter().filter(|answer| answer.said.is_err()).filter_map(place);
        Verdict {
            outcome: count(&decisive, rules),
            networks: parts.iter().filter_map(network).collect(),
            quorum: rules.quorum(),
            panel: rules.panel(),
            failed: failed.filter(|candidate| !late.contains(candidate)).collect(),
            late,
            dropped: Vec::new(),
            ballots,
        }
    }

    /// Silence becomes the fault it is, and candidates become places among all sources.
    fn finish(mut self, mut verdict: Verdict) -> Detection {
        for (candidate, took) in
            self.dropped.drain(..).filter(|(candidate, _)| verdict.late.contains(candidate))
        {
            let fault = Fault::new(Class::Unavailable, "did not answer in time");
            self.answers.push(Answer {
                source: self.served[candidate],
                said: Err(fault.into()),
                took,
                aside: Aside::default(),
            });
        }
        for ballot in &mut verdict.ballots {
            ballot.source = self.served[ballot.source];
        }
        for list in [&mut verdict.failed, &mut verdict.late, &mut verdict.dropped] {
            for candidate in list {
                *candidate = self.served[*candidate];
            }
        }
        Detection { family: self.family, verdict, answers: self.answers, took: self.start.elapsed() }
    }
}

/// The way that all questions of a round take: temporary IPv6 addresses change under way, so the kernel's choice is
/// asked for once.
pub(crate) fn route(family: Family, way: Way) -> Route {
    let from = match family {
        Family::V4 => None,
        Family::V6 => sender::towards_internet(family, way),
    };
    Route { from, way, ..Route::only(family) }
}

fn broken(error: JoinError) -> Fault {
    let fault = Fault::new(Class::Unexpected, "a defect of this program broke the question off");
    let Ok(panic) = error.try_into_panic() else { return fault };
    let words = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    match words.or_else(|| panic.downcast_ref::<String>().cloned()) {
        Some(words) => fault.said(words),
        None => fault,
    }
}

fn refused(address: IpAddr, refusal: Refusal) -> Fault {
    let fault = Fault::new(Class::Unexpected, format!("says {address}, which is not believed: {refusal}"));
    match refusal {
        Refusal::Special(special) if !special.purpose.starts_with("Cloudflare") => fault
            .hint(format!("if that is the address to publish, add a prefix that holds {address} to `allow`")),
        Refusal::Special(_) | Refusal::Denied(_) => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::NetworkSettings;
    use dynflare_core::quorum::{Rule, Times};
    use std::collections::BTreeSet;

    /// Whom a round over the default pool asks at once, where it asks the whole panel.
    fn drawn(family: Family, panel: usize, seed: u64) -> Vec<Source> {
        let sources = Source::default_pool();
        let times = Times { hedge: Duration::ZERO, ..Times::default() };
        let rules = Rules::new(Some(panel), None, Rule::Majority).and_then(|rules| rules.timed(times));
        let (rules, filters) = (rules.expect("rules"), Filters::default());
        let network = Network::new(NetworkSettings::default());
        let inquiry = Inquiry { sources: &sources, rules: &rules, filters: &filters, network: &network };
        let (pool, served) = inquiry.pool(family).expect("a pool");
        let actions = Round::new(pool, rules, seed).on(Duration::ZERO, Event::Start);
        let asked = actions.into_iter().filter_map(|action| match action {
            Action::Ask(candidate) => Some(sources[served[candidate]].clone()),
            Action::WakeAt(_) | Action::Drop(_) | Action::Decided(_) => None,
        });
        asked.collect()
    }

    #[test]
    fn whatever_panel_of_five_is_drawn_from_the_pool_it_is_full_and_no_group_is_its_majority() {
        for family in Family::BOTH {
            let mut operators = BTreeSet::new();
            for seed in 0..500 {
                let panel = drawn(family, 5, seed);
                assert_eq!(panel.len(), 5, "{family}, seed {seed}");
                for group in Group::ALL {
                    assert!(
                        panel.iter().filter(|source| source.groups.contains(&group)).count() <= 2,
                        "{group:?}"
                    );
                }
                operators.extend(panel.into_iter().map(|source| source.operator));
            }
            let all: BTreeSet<_> =
                Source::default_pool().into_iter().filter(|s| s.serves(family)).map(|s| s.operator).collect();
            assert_eq!(operators, all, "everybody's turn comes");
        }
    }

    #[test]
    fn a_panel_of_three_from_the_pool_has_its_quorum_of_different_groups() {
        for family in Family::BOTH {
            for seed in 0..500 {
                assert!(drawn(family, 3, seed).len() >= 2, "{family}, seed {seed}");
            }
        }
    }
}
