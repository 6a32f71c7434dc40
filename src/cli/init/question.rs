//! How each question reads: what is said before it, the line that waits for the answer, what an empty answer means.

use super::dialogue::{Asked, Dialogue, Listed};
use crate::provider::registry::{Field, Info, Need, Sight};
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use dynflare_core::record::RecordType;
use std::path::Path;

/// The most lines of a list.
const LONGEST: usize = 40;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// What is said before it.
    pub(super) said: Vec<String>,
    /// The line that waits, without what an empty answer means.
    pub(super) prompt: String,
    /// What an empty answer means, and how that is shown.
    pub(super) default: Option<(String, String)>,
    /// Whether the answer is seen while it is typed.
    pub(super) sight: Sight,
}

impl Question {
    fn new(prompt: impl Into<String>) -> Self {
        Self { said: Vec::new(), prompt: prompt.into(), default: None, sight: Sight::Plain }
    }

    fn with_default(self, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { default: Some((text.clone(), text)), ..self }
    }

    /// The line that waits.
    pub(super) fn line(&self) -> String {
        match &self.default {
            Some((_, shown)) => format!("{} [{shown}]: ", self.prompt),
            None => format!("{}: ", self.prompt),
        }
    }
}

/// How a question reads; `usual` is where the configuration goes unless somewhere else is wanted.
pub(super) fn of(asked: Asked, dialogue: &Dialogue, usual: &Path) -> Question {
    match asked {
        Asked::Provider => {
            let question = Question::new("DNS provider (such as cloudflare; ? lists them)");
            match dialogue.suggested {
                Some(suggested) => question.with_default(suggested),
                None => question,
            }
        }
        Asked::Credential(field) => credential(field, dialogue),
        Asked::Zone => zone(dialogue),
        Asked::Names => names(dialogue),
        Asked::Types => types(dialogue),
        Asked::File => Question::new("Configuration file").with_default(usual.display().to_string()),
        Asked::RunBy => {
            let words = dialogue.kinds().join(", ");
            Question::new(format!("Files for what runs it ({words}, none)")).with_default("none")
        }
    }
}

fn credential(field: &'static Field, dialogue: &Dialogue) -> Question {
    let name = dialogue.info.map_or("", |info| info.name);
    let mut said = vec![format!("{name}: {}", field.about)];
    let is_first = dialogue.values.is_empty();
    if is_first && let Some(info) = dialogue.info {
        said.push(page(info));
    }
    let hidden = if field.sight == Sight::Secret { " (not shown)" } else { "" };
    let question = Question { said, sight: field.sight, ..Question::new(format!("{}{hidden}", field.key)) };
    match field.need {
        Need::Required => question,
        Need::Optional => Question { default: Some((String::new(), "none".to_owned())), ..question },
    }
}

/// Where credentials are handed out.
fn page(info: &Info) -> String {
    match info.console() {
        Some(page) => format!("  make it at {page}"),
        None => format!("  its documentation: {}", info.docs),
    }
}

fn zone(dialogue: &Dialogue) -> Question {
    let Listed::All(zones) = &dialogue.zones else {
        return Question::new("Zone, such as example.org");
    };
    let mut said = vec![format!("The account sees {}:", counted(zones.len(), "zone"))];
    said.extend(zones.iter().take(LONGEST).enumerate().map(|(at, zone)| format!("  {}  {zone}", at + 1)));
    if let Some(more) = zones.len().checked_sub(LONGEST).filter(|more| *more > 0) {
        said.push(format!("  and {more} more"));
    }
    let question = Question { said, ..Question::new("Zone (number or name)") };
    match zones.as_slice() {
        [only] => question.with_default(only.as_str()),
        _ => question,
    }
}

fn names(dialogue: &Dialogue) -> Question {
    let zone = dialogue.zone.get();
    let Some(zone) = zone else {
        return Question::new("Names to keep right, whole, such as home.example.org; several with commas");
    };
    let numbered = dialogue.numbered();
    let there = dialogue.there.items();
    let mut said = Vec::new();
    if dialogue.there != Listed::Never {
        said.push(match numbered.len() {
            0 => format!("{zone} holds no address yet."),
            _ => format!("{zone} holds addresses at:"),
        });
    }
    let width =
        numbered.iter().take(LONGEST).map(|name| shown(name, zone).chars().count()).max().unwrap_or(0);
    for (at, name) in numbered.iter().take(LONGEST).enumerate() {
        let of_name = there.iter().filter(|there| there.name == **name && there.rtype.family().is_some());
        let values: Vec<String> = of_name.map(|there| format!("{} {}", there.rtype, there.content)).collect();
        said.push(format!("  {}  {:width$}  {}", at + 1, shown(name, zone), values.join(", ")));
    }
    if let Some(more) = numbered.len().checked_sub(LONGEST).filter(|more| *more > 0) {
        said.push(format!("  and {more} more"));
    }
    let numbers = if numbered.is_empty() { "" } else { "numbers or names, also new ones; " };
    Question {
        said,
        ..Question::new(format!("Names to keep right ({numbers}@ is {zone} itself; several with commas)"))
    }
}

fn shown<'n>(name: &'n Name, zone: &Name) -> &'n str {
    name.relative_to(zone).unwrap_or("@")
}

fn types(dialogue: &Dialogue) -> Question {
    let question = Question::new("Addresses: A (IPv4), AAAA (IPv6) or A+AAAA");
    let able =
        |family: &Family| dialogue.info.is_none_or(|info| info.families().any(|other| other == *family));
    let found = dialogue.families.as_deref().unwrap_or_default();
    let found: Vec<&str> = Family::BOTH
        .iter()
        .filter(|family| found.contains(family) && able(family))
        .map(|family| RecordType::from(*family).as_str())
        .collect();
    if found.is_empty() { question.with_default("A+AAAA") } else { question.with_default(found.join("+")) }
}

fn counted(number: usize, thing: &str) -> String {
    crate::report::words::counted(number, thing)
}
