//! From steps to calls: which names and addresses travel together, and what a provider cannot do at all.
//!
//! Nothing is guessed here: an address is in a call because a step asks for it, or because memory says that it is there
//! and the call would take it away.

use super::definition::{Definition, Variant, Wildcard};
use super::form::OfflineFamilies;
use crate::provider::push::{PerCall, Pushing, Refused};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use std::collections::BTreeMap;

/// What one request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The names, each with the steps it settles.
    pub(super) names: Vec<(Name, Vec<usize>)>,
    /// The zone of all of them, where that matters.
    pub(super) zone: Option<Name>,
    pub(super) ipv4: Option<String>,
    pub(super) ipv6: Option<String>,
    /// The families it is about, IPv4 first.
    pub(super) families: Vec<Family>,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Addresses are sent.
    Update,
    /// The name is taken back.
    Offline,
}

/// The steps of one name, IPv4 and IPv6.
#[derive(Default)]
struct OfName<'a>([Option<(usize, &'a Pushing)>; 2]);

type Refusals = Vec<(usize, Refused)>;

/// Sorts steps into calls. What cannot be sent comes back with the reason.
pub(super) fn plan(definition: &Definition, variant: &Variant, steps: &[Pushing]) -> (Vec<Call>, Refusals) {
    let mut refusals = Refusals::new();
    let mut names: BTreeMap<&Name, OfName<'_>> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        match suits(definition, variant, step) {
            Ok(family) => names.entry(&step.key.name).or_default().0[place(family)] = Some((index, step)),
            Err(what) => refusals.push((index, refused(what))),
        }
    }
    if names.len() > 1 && !variant.says_names() {
        let what =
            "its credentials stand for one name, and several are asked for: an account for each is needed";
        let indices = names.values().flat_map(|of_name| of_name.steps().map(|(index, _)| index));
        refusals.extend(indices.map(|index| (index, refused(what.to_owned()))));
        return (Vec::new(), refusals);
    }
    let mut calls: Vec<Call> = Vec::new();
    for (name, of_name) in names {
        match of_name.calls(definition, variant, name) {
            Ok(of_name) => of_name.into_iter().for_each(|call| add(&mut calls, call, definition, variant)),
            Err(what) => {
                refusals.extend(of_name.steps().map(|(index, _)| (index, refused(what.clone()))));
            }
        }
    }
    (calls, refusals)
}

/// A step that cannot be sent, for a reason that stays.
fn refused(what: String) -> Refused {
    Refused::unsent(Fault::new(Class::Invalid, what))
}

fn place(family: Family) -> usize {
    match family {
        Family::V4 => 0,
        Family::V6 => 1,
    }
}

/// Whether the provider can do this step at all; its family.
fn suits(definition: &Definition, variant: &Variant, step: &Pushing) -> Result<Family, String> {
    let name = &definition.name;
    let family = step.key.rtype.family().filter(|family| definition.families.contains(family));
    let family = family.ok_or_else(|| format!("{name} takes no {} records", step.key.rtype))?;
    if step.values.len() > 1 {
        return Err(format!("{name} takes one address for a name, and {} are wanted", step.values.len()));
    }
    if step.key.name.is_wildcard() && matches!(variant.wildcard, Wildcard::None) {
        return Err(format!("{name} takes no names that begin with `*`"));
    }
    if definition.needs_zone() && zone(definition, step).is_none() {
        return Err(format!(
            "{name} needs the zone, and the record says `auto` or one that does not hold the name"
        ));
    }
    Ok(family)
}

/// The zone of a step: its own, or the provider's.
pub(super) fn zone<'a>(definition: &'a Definition, step: &'a Pushing) -> Option<&'a Name> {
    let name = &step.key.name;
    let own = step.zone.as_ref().filter(|zone| name.is_within(zone));
    name.longest_zone(&definition.zones).or(own)
}

impl Variant {
    /// Whether its calls say which names they are for.
    pub(super) fn says_names(&self) -> bool {
        use super::template::Blank;
        self.blanks().iter().any(|blank| matches!(blank, Blank::Fqdn | Blank::Host))
    }

    fn says_zones(&self) -> bool {
        use super::template::Blank;
        self.blanks().iter().any(|blank| matches!(blank, Blank::Host | Blank::Zone))
    }
}

impl<'a> OfName<'a> {
    fn steps(&self) -> impl Iterator<Item = (usize, &'a Pushing)> {
        self.0.iter().flatten().copied()
    }

    fn of(&self, family: Family) -> Option<(usize, &'a Pushing)> {
        self.0[place(family)]
    }

    /// The address that a name has of this family once its steps are taken, as far as anybody knows.
    fn after(&self, family: Family) -> Option<&'a String> {
        match self.of(family) {
            Some((_, step)) => step.values.first(),
            None => self.of(other(family)).and_then(|(_, step)| step.beside.first()),
        }
    }

    fn calls(&self, definition: &Definition, variant: &Variant, name: &Name) -> Result<Vec<Call>, String> {
        let first = self.steps().next().map(|(_, step)| step).expect("invariant: made for a step");
        let zone = zone(definition, first).filter(|_| variant.says_zones()).cloned();
        let call = |families: &[Family], kind| {
            let has = |family| families.contains(&family);
            let address =
                |family| self.after(family).filter(|_| has(family) && kind == Kind::Update).cloned();
            let indices = self.steps().filter(|(_, step)| step.key.rtype.family().is_some_and(has));
            Call {
                names: vec![(name.clone(), indices.map(|(index, _)| index).collect())],
                zone: zone.clone(),
                ipv4: address(Family::V4),
                ipv6: address(Family::V6),
                families: families.to_vec(),
                kind,
            }
        };
        let wanted = |empty: bool| {
            let fits = move |family: &Family| {
                self.of(*family).is_some_and(|(_, step)| step.values.is_empty() == empty)
            };
            Family::BOTH.into_iter().filter(fits).collect::<Vec<Family>>()
        };
        let (put, gone) = (wanted(false), wanted(true));
        let mut calls = Vec::new();
        match definition.per_call {
            PerCall::OneFamily => calls.extend(put.iter().map(|family| call(&[*family], Kind::Update))),
            PerCall::BothFamilies if !put.is_empty() => calls.push(call(&put, Kind::Update)),
            PerCall::BothFamilies => {}
            PerCall::WholeName => {
                let known = |family: &&Family| self.after(**family).is_some();
                let known: Vec<Family> = definition.families.iter().filter(known).copied().collect();
                if !known.is_empty() {
                    // What is to go is not sent, and what is not sent goes.
                    let mut whole = call(&known, Kind::Update);
                    whole.names = vec![(name.clone(), self.steps().map(|(index, _)| index).collect())];
                    return Ok(vec![whole]);
                }
            }
        }
        if !gone.is_empty() {
            calls.extend(
                self.offline(definition, variant, &gone)?.iter().map(|gone| call(gone, Kind::Offline)),
            );
        }
        Ok(calls)
    }

    /// The families that each call which takes addresses back is for.
    fn offline(
        &self,
        definition: &Definition,
        variant: &Variant,
        gone: &[Family],
    ) -> Result<Vec<Vec<Family>>, String> {
        let name = &definition.name;
        let Some(offline) = &variant.offline else { return Err(format!("{name} cannot take a name back")) };
        match offline.families {
            OfflineFamilies::One => Ok(gone.iter().map(|family| vec![*family]).collect()),
            OfflineFamilies::Both => {
                let left = Family::BOTH.into_iter().find(|family| self.after(*family).is_some());
                match left {
                    None => Ok(vec![gone.to_vec()]),
                    Some(left) => Err(format!(
                        "{name} takes both addresses of a name back or none, and the {left} one is to stay"
                    )),
                }
            }
        }
    }
}

fn other(family: Family) -> Family {
    match family {
        Family::V4 => Family::V6,
        Family::V6 => Family::V4,
    }
}

/// Adds a call, together with another where they differ in nothing but the name and there is room.
fn add(calls: &mut Vec<Call>, call: Call, definition: &Definition, variant: &Variant) {
    let alone = |call: &Call| {
        matches!(variant.wildcard, Wildcard::Query(_))
            && call.names.iter().any(|(name, _)| name.is_wildcard())
    };
    let same = |other: &Call| {
        let Call { names: _, zone, ipv4, ipv6, families, kind } = other;
        (zone, ipv4, ipv6, families, kind) == (&call.zone, &call.ipv4, &call.ipv6, &call.families, &call.kind)
    };
    let room = |other: &Call| other.names.len() < definition.hosts && !alone(other);
    let found = if alone(&call) { None } else { calls.iter_mut().find(|other| same(other) && room(other)) };
    match found {
        Some(other) => other.names.extend(call.names),
        None => calls.push(call),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::record::{Key, RecordType};

    fn definition(more: &str) -> Definition {
        let text = format!(
            r#"
id = "mine"
name = "Mine"
docs = "https://example.com/api"
verified = "documentation"
like = "dyndns2"
url = "https://example.com/update"
{more}
"#
        );
        Definition::parse(&text).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
    }

    fn step(name: &str, value: &str, beside: &str) -> Pushing {
        let rtype = if value.contains(':') || value == "6" { RecordType::Aaaa } else { RecordType::A };
        let values =
            |text: &str| text.split(' ').filter(|value| value.len() > 1).map(str::to_owned).collect();
        Pushing {
            zone: Some(Name::parse("example.org").expect("a name")),
            key: Key { name: Name::parse(name).expect("a name"), rtype },
            values: values(value),
            beside: values(beside),
        }
    }

    /// Calls as text: names, addresses, `!` where they are taken back; then what was refused.
    fn shown(more: &str, steps: &[Pushing]) -> Vec<String> {
        let definition = definition(more);
        let (calls, refusals) = plan(&definition, &definition.variants[0], steps);
        let text = |call: Call| {
            let names: Vec<String> =
                call.names.iter().map(|(name, steps)| format!("{name}{steps:?}")).collect();
            let addresses: Vec<String> = [call.ipv4, call.ipv6].into_iter().flatten().collect();
            let kind = if call.kind == Kind::Offline { "!" } else { "" };
            format!("{kind}{} {}", names.join(","), addresses.join(","))
        };
        let refusals =
            refusals.into_iter().map(|(index, refused)| format!("{index}: {}", refused.fault.what));
        calls.into_iter().map(text).chain(refusals).collect()
    }

    #[test]
    fn each_family_has_its_call_where_a_call_takes_one() {
        let both = [step("a.example.org", "192.0.2.1", ""), step("a.example.org", "2001:db8::1", "")];
        assert_eq!(shown("", &both), ["a.example.org[0] 192.0.2.1", "a.example.org[1] 2001:db8::1"]);
        assert_eq!(
            shown("per_call = \"both-families\"", &both),
            ["a.example.org[0, 1] 192.0.2.1,2001:db8::1"]
        );
    }

    #[test]
    fn ur_55_the_other_family_is_sent_along_only_where_it_would_go_and_is_known() {
        let known = [step("a.example.org", "192.0.2.1", "2001:db8::9")];
        assert_eq!(shown("", &known), ["a.example.org[0] 192.0.2.1"]);
        assert_eq!(shown("per_call = \"both-families\"", &known), ["a.example.org[0] 192.0.2.1"]);
        assert_eq!(shown("per_call = \"whole-name\"", &known), ["a.example.org[0] 192.0.2.1,2001:db8::9"]);
        let unknown = [step("a.example.org", "192.0.2.1", "")];
        assert_eq!(shown("per_call = \"whole-name\"", &unknown), ["a.example.org[0] 192.0.2.1"]);
    }

    #[test]
    fn names_with_the_same_addresses_travel_together_as_far_as_there_is_room() {
        let steps = ["a", "b", "c"].map(|name| step(&format!("{name}.example.org"), "192.0.2.1", ""));
        assert_eq!(
            shown("limits = { hosts = 2 }", &steps),
            ["a.example.org[0],b.example.org[1] 192.0.2.1", "c.example.org[2] 192.0.2.1"]
        );
        let differ = [step("a.example.org", "192.0.2.1", ""), step("b.example.org", "192.0.2.2", "")];
        assert_eq!(
            shown("limits = { hosts = 2 }", &differ),
            ["a.example.org[0] 192.0.2.1", "b.example.org[1] 192.0.2.2"]
        );
    }

    #[test]
    fn what_is_to_go_is_not_sent_where_a_call_replaces_the_whole_name() {
        let gone = [step("a.example.org", "6", "192.0.2.1")];
        assert_eq!(shown("per_call = \"whole-name\"", &gone), ["a.example.org[0] 192.0.2.1"]);
        assert_eq!(shown("", &gone), ["0: Mine cannot take a name back"]);
    }

    #[test]
    fn one_address_is_not_taken_back_where_both_would_go() {
        let offline =
            "offline = { query = [[\"hostname\", \"{fqdn}\"], [\"offline\", \"YES\"]], families = \"both\" }";
        let one = [step("a.example.org", "6", "192.0.2.1")];
        assert_eq!(
            shown(offline, &one),
            ["0: Mine takes both addresses of a name back or none, and the IPv4 one is to stay"]
        );
        let both = [step("a.example.org", "4", ""), step("a.example.org", "6", "")];
        assert_eq!(shown(offline, &both), ["!a.example.org[0, 1] "]);
    }

    #[test]
    fn what_a_provider_cannot_do_is_refused_before_anything_is_sent() {
        let wildcard = [step("*.example.org", "192.0.2.1", "")];
        assert_eq!(shown("", &wildcard), ["0: Mine takes no names that begin with `*`"]);
        assert_eq!(shown("wildcard = \"as-is\"", &wildcard), ["*.example.org[0] 192.0.2.1"]);
        let v6 = [step("a.example.org", "2001:db8::1", "")];
        assert_eq!(shown("families = [\"ipv4\"]", &v6), ["0: Mine takes no AAAA records"]);
        let two = [step("a.example.org", "192.0.2.1 192.0.2.2", "")];
        assert_eq!(shown("", &two), ["0: Mine takes one address for a name, and 2 are wanted"]);
    }
}
