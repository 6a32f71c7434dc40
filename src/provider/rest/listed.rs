//! Lists as most APIs give them: where the members of each entry stand is data, and reading them stands here once.

use super::answer::{Odd, Reading};
use super::dialect::Item;
use super::text::{absolute, from_relative, is_type, presented};
use crate::provider::Zone;
use dynflare_core::record::Key;
use serde_json::Value;

/// The zones of a list, with identifier and name at these JSON Pointers. What is no name of ours is left out.
pub(super) fn zones<'v>(
    list: impl IntoIterator<Item = &'v Value>,
    id: &str,
    name: &str,
) -> Result<Vec<Zone>, Odd> {
    let mut zones = Vec::new();
    for zone in list {
        let id = zone.id(id)?;
        zones.extend(absolute(zone.text(name)?).map(|name| Zone { name, id }));
    }
    Ok(zones)
}

/// How an API writes the name of a record, and where (a JSON Pointer).
#[derive(Clone, Copy, Debug)]
pub(super) enum Naming {
    /// Below the zone.
    Relative(&'static str),
    /// In full.
    Absolute(&'static str),
}

/// Where a record's members stand: JSON Pointers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) id: &'static str,
    pub(super) rtype: &'static str,
    pub(super) name: Naming,
    pub(super) value: &'static str,
    pub(super) ttl: &'static str,
}

impl Layout {
    /// The records of a list that have this name and type, each with all that was shown of it.
    pub(super) fn items<'v>(
        &self,
        list: impl IntoIterator<Item = &'v Value>,
        zone: &Zone,
        key: &Key,
    ) -> Result<Vec<Item>, Odd> {
        let mut items = Vec::new();
        for record in list {
            if !is_type(record.text(self.rtype)?, key) {
                continue;
            }
            let name = match self.name {
                Naming::Relative(at) => from_relative(record.text(at)?, zone),
                Naming::Absolute(at) => absolute(record.text(at)?),
            };
            if name.as_ref() == Some(&key.name) {
                items.push(Item {
                    id: record.id(self.id)?,
                    value: presented(key, record.text(self.value)?),
                    ttl: record.ttl(self.ttl),
                    whole: record.clone(),
                });
            }
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::name::Name;
    use dynflare_core::record::RecordType;
    use serde_json::json;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    #[test]
    fn only_records_of_the_name_and_type_are_taken_and_a_member_that_lacks_is_odd() {
        let layout = Layout {
            id: "/id",
            rtype: "/type",
            name: Naming::Relative("/name"),
            value: "/value",
            ttl: "/ttl",
        };
        let zone = Zone { name: name("example.org"), id: "1".to_owned() };
        let key = Key { name: name("www.example.org"), rtype: RecordType::A };
        let list = [
            json!({ "id": 1, "type": "A", "name": "www", "value": "192.0.2.1", "ttl": 60 }),
            json!({ "id": 2, "type": "AAAA", "name": "www", "value": "2001:db8::1" }),
            json!({ "id": 3, "type": "a", "name": "", "value": "192.0.2.3" }),
        ];
        let items = layout.items(&list, &zone, &key).expect("all members are there");
        let expected =
            Item { id: "1".to_owned(), value: "192.0.2.1".to_owned(), ttl: Some(60), whole: list[0].clone() };
        assert_eq!(items, [expected]);
        let absolute = Layout { name: Naming::Absolute("/name"), ..layout };
        assert_eq!(absolute.items(&list, &zone, &key), Ok(Vec::new()));
        let lacking = [json!({ "id": 1, "type": "A", "name": "www" })];
        assert_eq!(layout.items(&lacking, &zone, &key), Err(Odd("there is no text at `/value`".to_owned())));
    }

    #[test]
    fn zones_need_an_identifier_and_a_name_that_can_be_one() {
        let list = [json!({ "id": 7, "name": "Example.ORG." }), json!({ "id": 8, "name": "no name at all" })];
        let expected = Zone { name: name("example.org"), id: "7".to_owned() };
        assert_eq!(zones(&list, "/id", "/name"), Ok(vec![expected]));
        assert_eq!(zones(&list, "/uuid", "/name"), Err(Odd("there is no identifier at `/uuid`".to_owned())));
    }
}
