//! Stops in the file: read, written, and put together with those of another run.

use super::Flaw;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::stop::{Stop, Stops, Subject};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Form {
    account: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    class: String,
    what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    since: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    salt: u64,
    mark: [u8; 3],
}

pub(super) fn read(form: Form) -> Result<(Subject, Stop), Flaw> {
    let Form { account, name, class, what, said, since, until, salt, mark } = form;
    let name = name.map(|name| Name::parse(&name).map_err(|_| Flaw::Name(name))).transpose()?;
    let known = Class::ALL.into_iter().find(|known| known.as_str() == class);
    let class = known.ok_or(Flaw::Class(class))?;
    Ok((Subject { account, name }, Stop { class, what, said, since, until, salt, mark }))
}

pub(super) fn form((subject, stop): (&Subject, &Stop)) -> Form {
    let Stop { class, what, said, since, until, salt, mark } = stop.clone();
    Form {
        account: subject.account.clone(),
        name: subject.name.as_ref().map(ToString::to_string),
        class: class.as_str().to_owned(),
        what,
        said,
        since,
        until,
        salt,
        mark,
    }
}

/// Puts what changed since `kept` was read over what the file holds by now.
pub(super) fn merge(merged: &mut Stops, kept: &Stops, now: &Stops) {
    let find = |stops: &Stops, subject: &Subject| {
        stops.all().find(|(other, _)| *other == subject).map(|(_, stop)| stop.clone())
    };
    for (subject, stop) in now.all() {
        if find(kept, subject).as_ref() != Some(stop) {
            merged.put(subject.clone(), stop.clone());
        }
    }
    for (subject, _) in kept.all() {
        if find(now, subject).is_none() {
            merged.lift(subject);
        }
    }
}
