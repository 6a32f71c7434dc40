//! Records that were made under another name than asked for.
//!
//! The API puts the zone's name behind every name that does not end in it. So with the identifier of another zone, a
//! new record lands at `www.example.org.example.com`, and the answer is a success. What was made so is taken back.

use super::exchange::{Api, Call};
use super::records::{path, segment};
use super::wire::read_name;
use crate::net::http::Method;
use crate::provider::Zone;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use serde_json::Value;

/// One record where it should not be.
struct Astray {
    id: String,
    name: Name,
}

/// What of the records made stands at a name asked for with something behind it.
fn find<'a>(made: impl IntoIterator<Item = &'a Value>, asked: &[&Name]) -> Vec<Astray> {
    let read = |record: &Value| {
        let name = read_name(record.get("name")?.as_str()?)?;
        let id = record.get("id")?.as_str()?.to_owned();
        let continues = |asked: &&Name| {
            name.as_str().strip_prefix(asked.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        let astray = !asked.contains(&&name) && asked.iter().any(continues);
        astray.then_some(Astray { id, name })
    };
    made.into_iter().filter_map(read).collect()
}

/// Takes back what was made in the wrong place, and says so; nothing where all is where it should be.
pub(super) async fn take_back<'a>(
    api: &Api,
    zone: &Zone,
    made: impl IntoIterator<Item = &'a Value>,
    asked: &[&Name],
) -> Option<Fault> {
    let astray = find(made, asked);
    let first = astray.first()?;
    let what = format!("the identifier {} is of another zone: the API made {}", zone.id, first.name);
    let mut left = Vec::new();
    for record in &astray {
        let path = format!("{}/{}", path(zone), segment(&record.id));
        let call =
            Call { method: Method::DELETE, path, body: None, zone: Some(zone.name.as_str()), key: None };
        if api.write(call).await.is_err() {
            left.push(record.name.as_str());
        }
    }
    let fault = Fault::new(Class::Invalid, format!("{what}, which was taken back"));
    Some(match left.as_slice() {
        [] => fault.hint(format!("correct `zone_id`: the one on the overview page of {}", zone.name)),
        left => Fault::new(Class::Invalid, what)
            .hint(format!("correct `zone_id`, and remove the new record at {}", left.join(", "))),
    })
}
