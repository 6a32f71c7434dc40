//! `privacy`: who may learn the address by being asked for it, and what that costs.
//!
//! Under `provider-only` these are the user's own machines and the providers that answer for the records, which learn
//! it with the record. A source beyond that is a mistake where the user names it, and is not in the pool otherwise.

use super::accounts;
use super::diagnostic::{Diagnostic, Notice};
use super::layers::Layers;
use super::origin::{Place, Setting};
use super::record::RecordWish;
use super::suggest;
use super::value::Given;
use crate::source::Source;
use crate::source::privacy::operator_of_provider;
use dynflare_core::address::Family;
use dynflare_core::quorum::{Rules, Vote};
use std::fmt;

/// Who may learn the address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Privacy {
    /// Whoever is in the pool.
    #[default]
    Open,
    /// Only who learns it anyway.
    ProviderOnly,
}

impl Privacy {
    /// The words of the setting.
    pub(super) const WORDS: &[(&str, Self)] = &[("open", Self::Open), ("provider-only", Self::ProviderOnly)];
}

impl fmt::Display for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Open => "open",
            Self::ProviderOnly => "provider-only",
        })
    }
}

/// Those who learn the address anyway, beside the user.
pub(super) struct Circle {
    operators: Vec<&'static str>,
    /// Where the setting stands.
    place: Option<Place>,
}

impl Circle {
    /// The circle that the setting draws around these records; `None` where it draws none.
    pub(super) fn of(privacy: Privacy, records: &[RecordWish], layers: &Layers) -> Option<Self> {
        match privacy {
            Privacy::Open => None,
            Privacy::ProviderOnly => {
                let providers =
                    records.iter().filter_map(|wish| accounts::provider_of(&wish.account, layers).ok());
                let mut operators: Vec<_> = providers.filter_map(operator_of_provider).collect();
                operators.sort_unstable();
                operators.dedup();
                Some(Self { operators, place: layers.place("privacy").cloned() })
            }
        }
    }

    /// What is asked where the user names nobody.
    pub(super) fn pool(&self) -> Vec<Source> {
        Source::private_pool(&self.operators)
    }

    /// Takes in the sources that the user names; those outside the circle are mistakes.
    pub(super) fn check(&self, sources: &[Source], items: &[Given], mistakes: &mut Vec<Diagnostic>) {
        for (source, item) in sources.iter().zip(items) {
            if !source.stays_among(&self.operators) {
                let message = format!(
                    "`pool`: `{}` would tell {} this machine's address, and `privacy` is provider-only",
                    source.id, source.operator
                );
                let hint =
                    "leave it out; if you run it yourself, say so with `operator = \"self\"` in its table";
                mistakes.push(Diagnostic::error(message, &item.place).hint(hint));
            }
        }
    }

    /// The router's word counts here unless the user says otherwise: it is asked so that nobody outside is.
    pub(super) fn trust(source: &mut Source, layers: &Layers) {
        let said = layers.sources.get(&source.id).is_some_and(|table| table.get("trust").is_some());
        if source.is_router() && !said {
            source.vote = Vote::Full;
        }
    }

    /// A family that records need and nobody may be asked about.
    pub(super) fn check_families(
        &self,
        pool: &Setting<Vec<Source>>,
        records: &[RecordWish],
        (layers, mistakes): (&Layers, &mut Vec<Diagnostic>),
    ) {
        for family in Family::BOTH {
            let votes = |source: &Source| source.vote == Vote::Full && source.serves(family);
            let wanted = records.iter().any(|record| record.wish.families().contains(&family));
            if !wanted || pool.value.iter().any(votes) {
                continue;
            }
            let message = format!(
                "nobody in the pool votes on {family}, and `privacy` = provider-only lets nobody else be asked"
            );
            let router = match family {
                Family::V4 => "`router`, ",
                Family::V6 => "",
            };
            let hint = format!(
                "add {router}`interface`, an `echo:` server or a `tunnel:` of your own{}",
                self.theirs().map(|id| format!(", or `{id}`")).unwrap_or_default()
            );
            let place = layers.place("pool").or(self.place.as_ref());
            mistakes.push(match place {
                Some(place) => Diagnostic::error(message, place).hint(hint),
                None => Diagnostic::absence(message).hint(hint),
            });
        }
    }

    /// A source of the providers themselves.
    fn theirs(&self) -> Option<String> {
        let mut pool = self.pool().into_iter();
        pool.find(|source| !source.is_own()).map(|source| source.id)
    }

    /// What is given up, and to whom.
    pub(super) fn notice(&self, pool: &[Source], rules: &Rules) -> Notice {
        let mut parties: Vec<&str> = Vec::new();
        for source in pool.iter().filter(|source| source.vote == Vote::Full) {
            if !parties.contains(&source.operator.as_str()) {
                parties.push(&source.operator);
            }
        }
        let usual = Rules::default();
        let usual = format!("{} of {} independent operators must agree", usual.quorum(), usual.panel());
        let router = pool.iter().any(|source| source.is_router() && source.vote == Vote::Full);
        let forged = if router { "; what a router says can be forged on the local network" } else { "" };
        let message = if rules.quorum() == 1 {
            let (first, others) = parties.split_first().map_or(("nobody", [].as_slice()), |(a, b)| (*a, b));
            let chain = [&[first], others].concat().join(", else ");
            format!("under `privacy` = provider-only a single party is believed: {chain}")
        } else {
            let parties = suggest::enumerate(parties.iter().copied());
            format!("under `privacy` = provider-only {} of these must agree: {parties}", rules.quorum())
        };
        Notice::note(message, self.place.as_ref())
            .hint(format!("whatever they get wrong is published; without the setting {usual}{forged}"))
    }
}
