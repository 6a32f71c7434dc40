//! The sentinel: one cheap question between rounds, whose answer is only compared with what was agreed on.
//!
//! Each question goes to one party, another one each time, by the source of it that is cheapest to ask: a datagram
//! where it answers one. A built-in operator is asked once in five minutes at most over one line; where every party has
//! been asked too lately, nobody is. A new socket each time: an old one's entry in a translator may outlive the address
//! that it was made for. Sources that look at this machine or its router have triggers of their own and are not asked,
//! and a tunnel is too much for one question.

use super::{Sighting, Watching};
use crate::config::{Origin, Privacy, Setting};
use crate::net::Network;
use crate::round::{Detecting, Line, Uplink};
use crate::source::table::SOURCES;
use crate::source::{Filters, Question, Source, SourceRow, ask};
use dynflare_core::address::Family;
use dynflare_core::quorum::{Opinion, accept};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How often a built-in operator may be asked over one line: the default interval of rounds.
const GAP: Duration = Duration::from_secs(5 * 60);

/// How long an answer is waited for.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Who asks, and whom.
#[derive(Debug)]
pub struct Sentinel {
    parties: Vec<Party>,
    network: Network,
    filters: Filters,
    uplinks: BTreeMap<Arc<str>, Uplink>,
    /// When which party was asked last over which line.
    asked: Mutex<BTreeMap<(Line, usize), Instant>>,
    gap: Duration,
}

/// An operator, with its sources, the cheapest first.
#[derive(Debug)]
struct Party {
    sources: Vec<Source>,
    built_in: bool,
}

impl Sentinel {
    /// One that asks those of these sources that are somewhere else: pass what rounds are made from, with the sources
    /// of [`sources`]. The seed says who is asked first.
    pub fn new(detecting: &Detecting) -> Self {
        let remote = |source: &&Source| source.is_remote() && source.kind() != "tunnel";
        let mut parties: Vec<Party> = Vec::new();
        for source in detecting.sources.iter().filter(remote) {
            let of_same = |party: &&mut Party| party.sources[0].operator == source.operator;
            if let Some(party) = parties.iter_mut().find(of_same) {
                party.sources.push(source.clone());
            } else {
                let built_in = !source.is_own() && SOURCES.iter().any(|row| row.operator == source.operator);
                parties.push(Party { sources: vec![source.clone()], built_in });
            }
        }
        for party in &mut parties {
            party.sources.sort_by_key(cost);
        }
        // Not everybody begins with the same one.
        let first = usize::try_from(detecting.seed % (parties.len().max(1) as u64)).unwrap_or_default();
        parties.rotate_left(first);
        Self {
            parties,
            network: detecting.network.clone(),
            filters: detecting.filters.clone(),
            uplinks: detecting.uplinks.clone(),
            asked: Mutex::default(),
            gap: GAP,
        }
    }

    /// Whether there is anybody to ask over the family.
    pub fn watching(&self, family: Family) -> Watching {
        let serves = |party: &Party| party.source(family).is_some();
        let nobody = || format!("no source in the pool can be asked over {family} from time to time");
        if self.parties.iter().any(serves) { Ok(()) } else { Err(nobody()) }
    }

    /// Asks one party over this line, for 2 s at most. The address is `None` where nothing is known now: no answer,
    /// one that would not be believed, or nobody to ask at this time.
    pub async fn ask(&self, line: &Line) -> Sighting {
        let address = match (self.network(line), self.choose(line)) {
            (Some(network), Some(source)) => self.hear(source, line.family, &network).await,
            (Some(_) | None, _) => None,
        };
        Sighting { family: line.family, uplink: line.uplink.clone(), address }
    }

    /// The network by the line's uplink; `None` where there is no such uplink.
    fn network(&self, line: &Line) -> Option<Network> {
        match &line.uplink {
            None => Some(self.network.clone()),
            Some(name) => Some(self.network.via(self.uplinks.get(name)?.way)),
        }
    }

    /// The party that has been left alone longest, and its cheapest source. It counts as asked.
    fn choose(&self, line: &Line) -> Option<&Source> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let last = |place: usize| asked.get(&(line.clone(), place)).copied();
        let free = |place: usize, party: &Party| {
            !party.built_in || last(place).is_none_or(|last| now.duration_since(last) >= self.gap)
        };
        let candidates = self.parties.iter().enumerate();
        let candidates =
            candidates.filter_map(|(place, party)| Some((place, party, party.source(line.family)?)));
        let (place, _, source) = candidates
            .filter(|(place, party, _)| free(*place, party))
            .min_by_key(|(place, _, source)| (last(*place), cost(source)))?;
        asked.insert((line.clone(), place), now);
        Some(source)
    }

    async fn hear(&self, source: &Source, family: Family, network: &Network) -> Option<IpAddr> {
        let aside = Mutex::default();
        let route = ask::route(family, network.way());
        let filters = &self.filters;
        let question = Question { family, route, network, timeout: TIMEOUT, filters, aside: &aside };
        // What an engine does not keep to itself ends here.
        let said = tokio::time::timeout(TIMEOUT, source.ask(question)).await;
        match said {
            Ok(Ok(Opinion::Address(address))) => {
                let fits = Family::of(address) == family;
                let believed = accept(address, &filters.allow, &filters.deny).is_ok();
                (fits && believed).then_some(address)
            }
            Ok(Ok(Opinion::NoAddress) | Err(_)) | Err(_) => None,
        }
    }
}

impl Party {
    /// The cheapest that serves the family.
    fn source(&self, family: Family) -> Option<&Source> {
        self.sources.iter().find(|source| source.serves(family))
    }
}

/// Datagrams first, handshakes last.
fn cost(source: &Source) -> u8 {
    match source.kind() {
        "stun" | "dns-udp" => 0,
        "stun-tcp" | "dns-tcp" => 1,
        "stun-tls" | "dot" => 2,
        _ => 3,
    }
}

/// Whom to ask: the pool; where the user leaves it to us and hides from nobody, those built-in sources, too, that are
/// cheap to ask and not in it since anybody on the way can forge their answers. For a question that decides nothing
/// they are good enough.
pub fn sources(pool: &Setting<Vec<Source>>, privacy: Privacy) -> Vec<Source> {
    let mut found = pool.value.clone();
    if (&pool.origin, privacy) == (&Origin::Default, Privacy::Open) {
        let outside = SOURCES.iter().filter(|row| !row.pooled).map(SourceRow::source);
        found.extend(outside.filter(|source| cost(source) == 0));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::NetworkSettings;
    use dynflare_core::quorum::Rules;
    use std::collections::{BTreeSet, HashMap};

    fn sentinel(sources: Vec<Source>) -> Sentinel {
        Sentinel::new(&Detecting {
            sources: sources.into(),
            rules: Rules::default(),
            filters: Filters::default(),
            network: Network::new(NetworkSettings::default()),
            uplinks: BTreeMap::new(),
            seed: 7,
        })
    }

    fn line(family: Family) -> Line {
        Line { family, uplink: None }
    }

    fn usual() -> Vec<Source> {
        let pool = Setting { value: Source::default_pool(), origin: Origin::Default };
        assert_eq!(
            sources(&pool, Privacy::ProviderOnly).len(),
            pool.value.len(),
            "nobody else is asked then"
        );
        sources(&pool, Privacy::Open)
    }

    #[tokio::test(start_paused = true)]
    async fn no_built_in_operator_is_asked_more_than_once_in_five_minutes_over_a_line() {
        let sentinel = sentinel(usual());
        for family in Family::BOTH {
            let mut last: HashMap<String, Instant> = HashMap::new();
            let mut asked = 0;
            // A day of questions.
            for _ in 0..2880 {
                if let Some(source) = sentinel.choose(&line(family)) {
                    asked += 1;
                    assert!(source.serves(family));
                    let before = last.insert(source.operator.clone(), Instant::now());
                    assert!(before.is_none_or(|before| before.elapsed() >= GAP), "{}", source.operator);
                }
                tokio::time::advance(Duration::from_secs(30)).await;
            }
            assert_eq!(asked, 2880, "there are operators enough for a question every 30 s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_small_pool_of_built_in_operators_is_asked_less_often_and_one_s_own_server_each_time() {
        let one = SOURCES.iter().find(|row| row.id == "ipify").expect("a built-in source").source();
        let few = sentinel(vec![one]);
        assert!(few.choose(&line(Family::V4)).is_some());
        tokio::time::advance(Duration::from_secs(299)).await;
        assert!(few.choose(&line(Family::V4)).is_none());
        assert!(few.choose(&line(Family::V6)).is_some(), "another line");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(few.choose(&line(Family::V4)).is_some());
        let own = Source::parse_spec("url:https://ip.example.org/").expect("a source");
        let own = sentinel(vec![own]);
        assert!((0..9).all(|_| own.choose(&line(Family::V4)).is_some()));
    }

    #[test]
    fn everybody_gets_a_turn_before_anybody_gets_a_second_and_the_cheap_come_first() {
        let sentinel = sentinel(usual());
        let mut seen = BTreeSet::new();
        let mut costs = Vec::new();
        while let Some(source) = sentinel.choose(&line(Family::V4)) {
            assert!(seen.insert(source.operator.clone()), "{} twice", source.operator);
            costs.push(cost(source));
        }
        let everybody: BTreeSet<String> = usual()
            .into_iter()
            .filter(|source| source.serves(Family::V4))
            .map(|source| source.operator)
            .collect();
        assert_eq!(seen, everybody);
        assert!(costs.is_sorted() && costs.contains(&0));
    }

    #[tokio::test]
    async fn what_looks_at_this_machine_is_not_asked() {
        let sources = ["interface", "router", "static:192.0.2.1", "file:/nowhere"];
        let sentinel = sentinel(sources.map(|spec| Source::parse_spec(spec).expect("a source")).to_vec());
        assert!(sentinel.watching(Family::V4).is_err());
        let sighting = sentinel.ask(&line(Family::V4)).await;
        assert_eq!(sighting, Sighting { family: Family::V4, uplink: None, address: None });
    }

    #[tokio::test]
    async fn an_uplink_that_is_not_there_sees_nothing() {
        let source = Source::parse_spec("url:http://127.0.0.1:9/").expect("a source");
        let line = Line { family: Family::V4, uplink: Some("wan2".into()) };
        let sighting = sentinel(vec![source]).ask(&line).await;
        assert_eq!((sighting.uplink.as_deref(), sighting.address), (Some("wan2"), None));
    }
}
