//! The small words: lists, counts, and the sentence for each value that core can hand over.

use super::clean::Cleaner;
use dynflare_core::fault::Fault;
use dynflare_core::guard;
use dynflare_core::plan::{Change, Foreign, Note, Refusal, Seen};
use dynflare_core::quorum;
use dynflare_core::record::Attributes;
use std::fmt::Display;

/// `a`, `a and b`, `a, b and c`.
pub fn and<T: Display>(items: &[T]) -> String {
    match items {
        [] => "nothing".to_owned(),
        [one] => one.to_string(),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(ToString::to_string).collect();
            format!("{} and {last}", most.join(", "))
        }
    }
}

/// `1 record`, `2 records`.
pub fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("{number} {thing}") } else { format!("{number} {thing}s") }
}

/// A time to wait: `37 s`, `15 min`, `2 h`.
pub fn wait(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3600)),
    }
}

/// A time that passed, in its two largest parts: `37 s`, `15 min`, `2 h 5 min`, `3 d 4 h`.
pub fn lasting(seconds: u64) -> String {
    let two = |many: u64, unit: &str, few: u64, part: &str| match few {
        0 => format!("{many} {unit}"),
        few => format!("{many} {unit} {few} {part}"),
    };
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3599 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..=86_399 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// What happened, with the other side's words quoted.
pub fn fault_cause(fault: &Fault, cleaner: &Cleaner) -> String {
    let what = cleaner.whole(&fault.what);
    let status = fault.status.as_ref().map(|status| cleaner.whole(status));
    let said = fault.said.as_ref().map(|said| format!("\"{}\"", cleaner.remote(said)));
    match (status, said) {
        (Some(status), Some(said)) => format!("{what} ({status} {said})"),
        (Some(status), None) => format!("{what} ({status})"),
        (None, Some(said)) => format!("{what} ({said})"),
        (None, None) => what,
    }
}

/// One step on a single record.
pub fn change(change: &Change, cleaner: &Cleaner) -> String {
    match change {
        Change::Update { record, content, attributes } => {
            let mut parts = Vec::new();
            if let Some(content) = content {
                parts.push(format!(
                    "update {} to {}",
                    cleaner.whole(&record.content),
                    cleaner.whole(content)
                ));
            }
            if !attributes.is_empty() {
                parts.push(format!("set {}", attribute_list(attributes, cleaner)));
            }
            parts.join(" and ")
        }
        Change::Create { content, attributes, .. } => {
            format!("create {} with {}", cleaner.whole(content), attribute_list(attributes, cleaner))
        }
        Change::Delete { record } => format!("delete {}", cleaner.whole(&record.content)),
    }
}

/// `a`, `a and b`, `a, b and c`, of values that somebody else may have written.
pub fn values<T: AsRef<str>>(items: &[T], cleaner: &Cleaner) -> String {
    let clean: Vec<String> = items.iter().map(|item| cleaner.whole(item.as_ref())).collect();
    and(&clean)
}

fn attribute_list(attributes: &Attributes, cleaner: &Cleaner) -> String {
    let Attributes { ttl, proxied, comment, tags } = attributes;
    let mut parts = Vec::new();
    match ttl {
        Some(1) => parts.push("TTL automatic".to_owned()),
        Some(ttl) => parts.push(format!("TTL {ttl} s")),
        None => {}
    }
    if let Some(proxied) = proxied {
        parts.push(if *proxied { "proxied" } else { "not proxied" }.to_owned());
    }
    if let Some(comment) = comment {
        parts.push(format!("comment \"{}\"", cleaner.remote(comment)));
    }
    if let Some(tags) = tags {
        parts.push(format!("tags {}", cleaner.remote(&tags.join(" "))));
    }
    and(&parts)
}

/// What a plan says beside its steps; nothing for what is as expected.
pub fn note(note: &Note, cleaner: &Cleaner) -> Option<String> {
    let content = |seen: &Seen| cleaner.remote(&seen.content);
    match note {
        Note::Satisfied(_) => None,
        Note::Adopted(seen) => Some(format!("{} is the only one there, so it is taken over", content(seen))),
        Note::Unmarked(seen) => Some(format!(
            "{} has a comment of its own and no mark: add `dynflare` to the comment, or it will not be recognised later",
            content(seen)
        )),
        Note::Left(seen, Foreign::OtherOwner) => {
            Some(format!("{} is another owner's and was left as it is", content(seen)))
        }
        Note::Left(seen, Foreign::Unmarked) => {
            Some(format!("{} carries no mark of ours and was left as it is", content(seen)))
        }
        Note::Replaces(family) => Some(format!(
            "the provider keeps only what one update says: if the name has an {family} address from somebody else, it goes"
        )),
        Note::Drift { record, wanted, there } => Some(format!(
            "{} has {} and not {}; `enforce = true` would correct it",
            content(record),
            attribute_list(&only(there, wanted), cleaner),
            attribute_list(wanted, cleaner)
        )),
    }
}

/// Of what is there, the attributes that are also wanted.
fn only(there: &Attributes, wanted: &Attributes) -> Attributes {
    Attributes {
        ttl: there.ttl.filter(|_| wanted.ttl.is_some()),
        proxied: there.proxied.filter(|_| wanted.proxied.is_some()),
        comment: there.comment.clone().filter(|_| wanted.comment.is_some()),
        tags: there.tags.clone().filter(|_| wanted.tags.is_some()),
    }
}

/// Why there is no plan.
pub fn refusal_cause(refusal: &Refusal, cleaner: &Cleaner) -> String {
    match refusal {
        Refusal::NoneOurs(seen) => {
            let list: Vec<String> = seen.iter().map(|one| cleaner.remote(&one.content)).collect();
            format!(
                "{} are there, and nothing says which is ours: {}",
                counted(seen.len(), "value"),
                and(&list)
            )
        }
        Refusal::Cname(seen) => {
            format!("an alias (CNAME) to {} stands at the name", cleaner.remote(&seen.content))
        }
    }
}

/// What can be done where there is no plan.
pub fn refusal_hint(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoneOurs(seen) if seen.iter().all(|one| one.id.is_some()) => {
            "write `dynflare` into the comment of the one to be kept right, or delete all but one".to_owned()
        }
        Refusal::NoneOurs(_) => "remove all values but one at the provider".to_owned(),
        Refusal::Cname(_) => "remove the alias, or keep right the name it points to".to_owned(),
    }
}

/// Why a guard holds the steps back, and what can be done.
pub fn guard_cause(refusal: &guard::Refusal) -> (String, String) {
    match refusal {
        guard::Refusal::Address { address, why: quorum::Refusal::Denied(block) } => (
            format!("{address} is in {block}, which the setting `deny` excludes"),
            "change `deny` if it is to be published".to_owned(),
        ),
        guard::Refusal::Address { address, why: quorum::Refusal::Special(special) } => (
            format!("{address} is not a public address of this machine: {special}"),
            "put its block into `allow` if it is to be published all the same".to_owned(),
        ),
        guard::Refusal::Deletions { count, limit } => (
            format!("{} would be deleted, and the limit is {limit}", counted(*count, "value")),
            "look with `dynflare plan`, then raise `max_deletions`".to_owned(),
        ),
        guard::Refusal::Flapping { value, wait: seconds } => (
            format!("{value} was replaced only a short while ago, and would come back"),
            format!("nothing to do: if it stays, it is published in {}", wait(*seconds)),
        ),
        guard::Refusal::Rate { limit, wait: seconds } => (
            format!("the name has been changed {} in the last hour", counted(*limit, "time")),
            format!("it may change again in {}; the limit is `max_changes_per_hour`", wait(*seconds)),
        ),
    }
}
