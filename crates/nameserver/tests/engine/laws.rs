//! The laws of updates (RFC 2136 §3.4.2), against a model that is nothing but the text of the RFC over sets of records.

use crate::asking::{ask, server_with, set, zone};
use crate::signed::{good, key, rcode, say, sign};
use crate::updates::update;
use domain::base::Rtype;
use domain::base::iana::Class;
use dynflare_core::record::RecordType;
use dynflare_nameserver::{Algorithm, NameServer};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 4] = ["example.org", "a.example.org", "b.a.example.org", "*.example.org"];
const TYPES: [(Rtype, RecordType); 3] =
    [(Rtype::A, RecordType::A), (Rtype::AAAA, RecordType::Aaaa), (Rtype::CNAME, RecordType::Cname)];

/// What a message may ask for, by the numbers of name, type and value.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Add(usize, usize, u8),
    DeleteRecord(usize, usize, u8),
    DeleteSet(usize, usize),
    DeleteName(usize),
}

/// Names and types (by number) with their values.
type Model = BTreeMap<(usize, usize), BTreeSet<u8>>;

fn asks() -> impl Strategy<Value = Ask> {
    let (name, rtype, value) = (0..NAMES.len(), 0..TYPES.len(), 1..4_u8);
    prop_oneof![
        4 => (name.clone(), rtype.clone(), value.clone()).prop_map(|(name, rtype, value)| Ask::Add(name, rtype, value)),
        2 => (name.clone(), rtype.clone(), value).prop_map(|(name, rtype, value)| Ask::DeleteRecord(name, rtype, value)),
        1 => (name.clone(), rtype).prop_map(|(name, rtype)| Ask::DeleteSet(name, rtype)),
        1 => name.prop_map(Ask::DeleteName),
    ]
}

fn data(rtype: usize, value: u8) -> Vec<u8> {
    match rtype {
        0 => vec![203, 0, 113, value],
        1 => [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[value]].concat(),
        _ => vec![1, b'a' + value, 0],
    }
}

fn text(rtype: usize, value: u8) -> String {
    match rtype {
        0 => format!("203.0.113.{value}"),
        1 => format!("2001:db8::{value:x}"),
        _ => char::from(b'a' + value).to_string(),
    }
}

/// §3.4.2.2 to §3.4.2.4, word by word.
fn apply(model: &mut Model, ask: Ask) {
    let alias = TYPES.len() - 1;
    match ask {
        Ask::Add(name, rtype, value) => {
            // The zone's own name has SOA and NS records, and so never an alias.
            let others = name == 0 || model.keys().any(|(there, other)| *there == name && *other != alias);
            if rtype == alias {
                if !others {
                    model.insert((name, alias), BTreeSet::from([value]));
                }
            } else if !model.contains_key(&(name, alias)) {
                model.entry((name, rtype)).or_default().insert(value);
            }
        }
        Ask::DeleteRecord(name, rtype, value) => {
            if let Some(set) = model.get_mut(&(name, rtype)) {
                set.remove(&value);
            }
            model.retain(|_, set| !set.is_empty());
        }
        Ask::DeleteSet(name, rtype) => drop(model.remove(&(name, rtype))),
        Ask::DeleteName(name) => model.retain(|(there, _), _| *there != name),
    }
}

async fn send(server: &NameServer, asks: &[Ask]) -> String {
    let data: Vec<Vec<u8>> = asks
        .iter()
        .map(|ask| match *ask {
            Ask::Add(_, rtype, value) | Ask::DeleteRecord(_, rtype, value) => data(rtype, value),
            Ask::DeleteSet(..) | Ask::DeleteName(_) => Vec::new(),
        })
        .collect();
    let lines: Vec<_> = asks
        .iter()
        .zip(&data)
        .map(|(ask, data)| match *ask {
            Ask::Add(name, rtype, _) => (NAMES[name], Class::IN, 60, TYPES[rtype].0, data.as_slice()),
            Ask::DeleteRecord(name, rtype, _) => {
                (NAMES[name], Class::NONE, 0, TYPES[rtype].0, data.as_slice())
            }
            Ask::DeleteSet(name, rtype) => (NAMES[name], Class::ANY, 0, TYPES[rtype].0, data.as_slice()),
            Ask::DeleteName(name) => (NAMES[name], Class::ANY, 0, Rtype::ANY, data.as_slice()),
        })
        .collect();
    let request = update(("example.org", Rtype::SOA), &[], &lines);
    rcode(&say(server, sign(request, &good(), 0)).await.0)
}

/// What the server holds, in the model's terms.
fn held(server: &NameServer) -> Model {
    let mut held = Model::new();
    for (number, name) in NAMES.iter().enumerate() {
        for (rtype, (_, core)) in TYPES.iter().enumerate() {
            let set = server.set(&crate::asking::name(name), *core);
            let values = set.map_or(Vec::new(), |set| set.values);
            let known = (1..4).filter(|value| values.contains(&text(rtype, *value)));
            let known: BTreeSet<u8> = known.collect();
            assert_eq!(known.len(), values.len(), "nothing that nobody added: {values:?}");
            if !known.is_empty() {
                held.insert((number, rtype), known);
            }
        }
    }
    held
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_zone_holds_what_the_messages_made_of_it(messages in prop::collection::vec(prop::collection::vec(asks(), 1..6), 1..12)) {
        let server = server_with(vec![zone(Vec::new())], vec![key("laptop", Algorithm::Sha256)]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut model = Model::new();
        let mut serial = 1;
        for asks in messages {
            let before = model.clone();
            for ask in &asks {
                apply(&mut model, *ask);
            }
            prop_assert_eq!(runtime.block_on(send(&server, &asks)), "NOERROR");
            prop_assert_eq!(held(&server), model.clone(), "after {:?}", asks);
            // Raised once for a message that changed something, and only then.
            serial += u32::from(before != model);
            prop_assert_eq!(server.zones()[0].serial, serial, "after {:?}", asks);
            prop_assert!(ask(&server, "example.org", Rtype::SOA).starts_with("NOERROR"));
            prop_assert!(ask(&server, "example.org", Rtype::NS).contains("NS ns.example.org."));
        }
    }

    #[test]
    fn a_message_that_is_refused_changes_nothing(asks in prop::collection::vec(asks(), 1..6)) {
        let before = vec![set("a.example.org", RecordType::A, &["203.0.113.1"])];
        let server = server_with(vec![zone(before)], vec![key("laptop", Algorithm::Sha256)]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let held_before = held(&server);
        let mut request = Vec::new();
        let data = data(0, 1);
        for ask in &asks {
            if let Ask::Add(name, ..) = ask {
                request.push((NAMES[*name], Class::IN, 60, Rtype::A, data.as_slice()));
            }
        }
        request.push(("www.example.com", Class::IN, 60, Rtype::A, data.as_slice()));
        let signed = sign(update(("example.org", Rtype::SOA), &[], &request), &good(), 0);
        prop_assert_eq!(rcode(&runtime.block_on(say(&server, signed)).0), "NOTZONE");
        prop_assert_eq!((held(&server), server.zones()[0].serial), (held_before, 1));
    }
}
