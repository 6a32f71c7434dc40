//! The dialogue as a value: what is known so far, what is asked or looked up next, and what an answer does to it.
//!
//! Nothing is read or written here, and nobody is asked: a conversation is a list of answers, in tests as at a terminal.
//! How a question reads is in [`question`](super::question).

pub(super) use super::turn::{
    Answer, Asked, Chosen, Found, Heard, Kind, Listed, Next, Sight, Task, There, Trouble, Value,
};

use crate::config::nearest;
use crate::idn;
use crate::provider::registry::{self, Field, Info, Need, Shape};
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use dynflare_core::record::RecordType;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything that is known so far.
#[derive(Debug)]
pub(super) struct Dialogue {
    pub(super) info: Option<&'static Info>,
    /// What an answer that was not understood may have meant.
    pub(super) suggested: Option<&'static str>,
    pub(super) values: BTreeMap<&'static str, Value>,
    pub(super) zones: Listed<Name>,
    /// The zone; none, where names are sent whole.
    pub(super) zone: Chosen<Name>,
    pub(super) there: Listed<There>,
    pub(super) names: Vec<Name>,
    looked: bool,
    /// The families that have an address, once that was found out.
    pub(super) families: Option<Vec<Family>>,
    pub(super) types: Option<Vec<RecordType>>,
    pub(super) file: Option<PathBuf>,
    /// By what the program is to be run; none, where that is left to the user.
    pub(super) run_by: Chosen<&'static str>,
    /// The words for that.
    kinds: Vec<&'static str>,
}

impl Dialogue {
    /// One of which nothing is known; `kinds` are the systems that files can be made for.
    pub(super) fn new(kinds: Vec<&'static str>) -> Self {
        Self {
            info: None,
            suggested: None,
            values: BTreeMap::new(),
            zones: Listed::NotYet,
            zone: Chosen::NotYet,
            there: Listed::NotYet,
            names: Vec::new(),
            looked: false,
            families: None,
            types: None,
            file: None,
            run_by: Chosen::NotYet,
            kinds,
        }
    }

    pub(super) fn kinds(&self) -> &[&'static str] {
        &self.kinds
    }

    /// What comes next.
    pub(super) fn next(&self) -> Next {
        let Some(info) = self.info else { return Next::Ask(Asked::Provider) };
        if let Some(field) = info.asked().iter().find(|field| !self.values.contains_key(field.key)) {
            return Next::Ask(Asked::Credential(field));
        }
        if self.zones == Listed::NotYet {
            return Next::Find(Task::Zones);
        }
        if self.zone == Chosen::NotYet {
            return Next::Ask(Asked::Zone);
        }
        if self.there == Listed::NotYet {
            return Next::Find(Task::Records);
        }
        if self.names.is_empty() {
            return Next::Ask(Asked::Names);
        }
        if !self.looked && self.there == Listed::Never && info.shape != Shape::Push {
            return Next::Find(Task::Look);
        }
        if self.types.is_none() {
            let asked =
                if self.families.is_some() { Next::Ask(Asked::Types) } else { Next::Find(Task::Detect) };
            return asked;
        }
        match (&self.file, &self.run_by) {
            (None, _) => Next::Ask(Asked::File),
            (Some(_), Chosen::NotYet) => Next::Ask(Asked::RunBy),
            (Some(_), Chosen::Without | Chosen::This(_)) => Next::Done,
        }
    }

    /// Takes an answer, or says why it is none.
    pub(super) fn answer(&mut self, asked: Asked, answer: Answer) -> Result<(), String> {
        let text = match (asked, answer) {
            (Asked::Credential(field), Answer::Secret(secret)) => {
                self.values.insert(field.key, Value::Secret(secret));
                return Ok(());
            }
            (_, Answer::Secret(_)) => return Err("this is no secret".to_owned()),
            (_, Answer::Text(text)) => text.trim().to_owned(),
        };
        match asked {
            Asked::Provider => self.provider(&text),
            Asked::Credential(field) => self.plain(field, text),
            Asked::Zone => self.chosen_zone(&text),
            Asked::Names => self.chosen_names(&text),
            Asked::Types => self.chosen_types(&text),
            Asked::File if text.is_empty() => Err("the path is empty".to_owned()),
            Asked::File => {
                self.file = Some(PathBuf::from(text));
                Ok(())
            }
            Asked::RunBy => self.chosen_kind(&text),
        }
    }

    fn provider(&mut self, text: &str) -> Result<(), String> {
        let word = text.to_lowercase();
        let all = registry::all();
        let found = all.iter().copied().find(|info| info.id == word || info.name.to_lowercase() == word);
        let Some(info) = found else {
            return Err(self.no_provider(text, &word, &all));
        };
        if info.asked().is_empty() {
            return Err(format!(
                "`{}` is described in the configuration file itself: {}",
                info.id, info.docs
            ));
        }
        self.info = Some(info);
        if !can_choose(info) {
            self.types = Some(info.families().map(RecordType::from).collect());
        }
        Ok(())
    }

    fn no_provider(&mut self, text: &str, word: &str, all: &[&'static Info]) -> String {
        self.suggested = nearest(word, all.iter().map(|info| info.id));
        if word.is_empty() {
            return "a provider is needed".to_owned();
        }
        let alike = |info: &&&Info| {
            word.len() > 2 && (info.id.contains(word) || info.name.to_lowercase().contains(word))
        };
        let alike: Vec<String> =
            all.iter().filter(alike).map(|info| format!("`{}`", info.id)).take(6).collect();
        match (self.suggested, alike.as_slice()) {
            (_, [_, ..]) => format!("there is no provider `{text}`; there is {}", alike.join(", ")),
            (Some(near), []) => format!("there is no provider `{text}`; did you mean `{near}`?"),
            (None, []) => {
                format!("there is no provider `{text}`; `dynflare providers` lists those there are")
            }
        }
    }

    fn plain(&mut self, field: &'static Field, text: String) -> Result<(), String> {
        let value = match (text.is_empty(), field.need) {
            (true, Need::Required) => return Err(format!("`{}` is needed", field.key)),
            (true, Need::Optional) => Value::Left,
            (false, Need::Required | Need::Optional) if text.chars().any(char::is_control) => {
                return Err(format!("`{}` has a control character inside", field.key));
            }
            (false, Need::Required | Need::Optional) => Value::Plain(text),
        };
        self.values.insert(field.key, value);
        Ok(())
    }

    fn chosen_zone(&mut self, text: &str) -> Result<(), String> {
        let zones = self.zones.items();
        if let Some(zone) = text.parse::<usize>().ok().and_then(|number| zones.get(number.checked_sub(1)?)) {
            self.zone = Chosen::This(zone.clone());
            return Ok(());
        }
        if text.is_empty() {
            return Err("a zone is needed".to_owned());
        }
        let name = name(text, None)?;
        if matches!(self.zones, Listed::All(_)) && !zones.contains(&name) {
            if let Some(zone) = name.longest_zone(zones) {
                return Err(format!(
                    "`{text}` lies in the zone {zone}; name that here, and the rest of it later"
                ));
            }
            let near = nearest(name.as_str(), zones.iter().map(Name::as_str));
            let seen = zones.iter().take(5).map(Name::as_str).collect::<Vec<_>>().join(", ");
            let instead =
                near.map_or_else(|| format!("it sees {seen}"), |near| format!("did you mean `{near}`?"));
            return Err(format!("the account sees no zone `{text}`; {instead}"));
        }
        if name.is_wildcard() {
            return Err("a zone cannot be a wildcard".to_owned());
        }
        self.zone = Chosen::This(name);
        Ok(())
    }

    /// The names that hold addresses, each once, in the order in which they are numbered.
    pub(super) fn numbered(&self) -> Vec<&Name> {
        let mut names: Vec<&Name> = Vec::new();
        for there in self.there.items().iter().filter(|there| there.rtype.family().is_some()) {
            if !names.contains(&&there.name) {
                names.push(&there.name);
            }
        }
        names
    }

    fn chosen_names(&mut self, text: &str) -> Result<(), String> {
        let zone = self.zone.get();
        let numbered = self.numbered();
        let mut chosen: Vec<Name> = Vec::new();
        for word in text.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
            let picked = word.parse::<usize>().ok().and_then(|number| numbered.get(number.checked_sub(1)?));
            let name = match picked {
                Some(name) => (*name).clone(),
                None => self.within(word, zone)?,
            };
            self.fits(&name)?;
            if !chosen.contains(&name) {
                chosen.push(name);
            }
        }
        if chosen.is_empty() {
            return Err("a name is needed".to_owned());
        }
        self.names = chosen;
        Ok(())
    }

    /// A name in the zone; the whole of one in another zone of the account was not meant to lie in this one.
    fn within(&self, word: &str, zone: Option<&Name>) -> Result<Name, String> {
        let read = name(word, zone)?;
        let whole = name(word, None).ok();
        let (Some(zone), Some(whole)) = (zone, whole.filter(|whole| *whole != read)) else { return Ok(read) };
        match self.zones.items().iter().find(|other| *other != zone && whole.is_within(other)) {
            Some(other) => Err(format!("`{word}` lies in the zone {other} and not in {zone}")),
            None => Ok(read),
        }
    }

    /// Whether the provider takes this name, as far as that is known.
    fn fits(&self, name: &Name) -> Result<(), String> {
        let Some(info) = self.info else { return Ok(()) };
        let is_apex = self.zone.get() == Some(name);
        if name.is_wildcard() && !info.can.wildcard {
            return Err(format!("{} cannot have wildcards", info.name));
        }
        if is_apex && !info.can.apex {
            return Err(format!("{} cannot have addresses at the zone's own name", info.name));
        }
        let alias =
            self.there.items().iter().find(|there| there.name == *name && there.rtype == RecordType::Cname);
        match alias {
            Some(alias) => Err(format!(
                "{name} is an alias of {} (CNAME) and cannot have addresses beside that; take the alias away at {} first, \
                 or choose another name",
                alias.content, info.name
            )),
            None => Ok(()),
        }
    }

    fn chosen_types(&mut self, text: &str) -> Result<(), String> {
        let words = [
            ("a", 4),
            ("ipv4", 4),
            ("aaaa", 6),
            ("ipv6", 6),
            ("a+aaaa", 10),
            ("both", 10),
            ("ipv4+ipv6", 10),
        ];
        let word = text.to_lowercase().replace(' ', "");
        let Some((_, which)) = words.into_iter().find(|(known, _)| *known == word) else {
            return Err(format!("`{text}` is none of A, AAAA and A+AAAA"));
        };
        let mut types = Vec::new();
        types.extend((which != 6).then_some(RecordType::A));
        types.extend((which != 4).then_some(RecordType::Aaaa));
        if let Some(info) = self.info
            && let Some(other) = types.iter().find(|rtype| !info.types.contains(rtype))
        {
            return Err(format!("{} cannot have {other} records", info.name));
        }
        self.types = Some(types);
        Ok(())
    }

    fn chosen_kind(&mut self, text: &str) -> Result<(), String> {
        if matches!(text, "" | "none" | "no" | "nothing") {
            self.run_by = Chosen::Without;
            return Ok(());
        }
        let word = text.to_lowercase();
        match self.kinds.iter().find(|kind| **kind == word) {
            Some(kind) => {
                self.run_by = Chosen::This(kind);
                Ok(())
            }
            None => Err(match nearest(&word, self.kinds.iter().copied()) {
                Some(near) => format!("`{text}` is none of them; did you mean `{near}`?"),
                None => format!("`{text}` is none of {} and none", self.kinds.join(", ")),
            }),
        }
    }

    /// The file turned out to be no place for it.
    pub(super) fn another_file(&mut self) {
        self.file = None;
    }

    /// Takes in what was found.
    pub(super) fn learn(&mut self, found: Found) -> Heard {
        match found {
            Found::Zones(Ok(Some(mut zones))) => {
                zones.sort();
                zones.dedup();
                if zones.is_empty() {
                    return self.refused("error: the account sees no zone at all");
                }
                self.zones = Listed::All(zones);
                Heard::default()
            }
            Found::Zones(Ok(None)) => {
                self.zones = Listed::Never;
                if self.info.is_some_and(Info::takes_whole_names) {
                    self.zone = Chosen::Without;
                }
                Heard::default()
            }
            Found::Records(Ok(records)) => {
                self.there = records.map_or(Listed::Never, |mut records| {
                    records.sort_by(|a, b| (&a.name, a.rtype).cmp(&(&b.name, b.rtype)));
                    Listed::All(records)
                });
                Heard::default()
            }
            Found::Look(Ok(records)) => {
                self.looked = true;
                Heard::said(self.seen(records.as_deref()))
            }
            Found::Detect(families) => {
                let lines = families.iter().map(|(.., line)| line.clone()).collect();
                let with_address = families.iter().filter(|(_, sight, _)| *sight == Sight::Address);
                self.families = Some(with_address.map(|(family, ..)| *family).collect());
                Heard::said(lines)
            }
            Found::Zones(Err(trouble)) => self.troubled(trouble, |dialogue| dialogue.zones = Listed::Never),
            Found::Records(Err(trouble)) => self.troubled(trouble, |dialogue| dialogue.there = Listed::Never),
            Found::Look(Err(trouble)) => self.troubled(trouble, |dialogue| dialogue.looked = true),
        }
    }

    /// What is at the chosen names.
    fn seen(&self, records: Option<&[There]>) -> Vec<String> {
        let Some(records) = records else { return Vec::new() };
        let at = |name: &Name| {
            let there: Vec<String> = records
                .iter()
                .filter(|there| there.name == *name)
                .map(|there| format!("{} {}", there.rtype, there.content))
                .collect();
            if there.is_empty() {
                format!("{name} has no address yet")
            } else {
                format!("{name} has {}", there.join(", "))
            }
        };
        self.names.iter().map(at).collect()
    }

    fn troubled(&mut self, trouble: Trouble, go_on: impl FnOnce(&mut Self)) -> Heard {
        match trouble.kind {
            Kind::Refused => self.refused(&trouble.text),
            Kind::NoZone => {
                self.zone = Chosen::NotYet;
                self.there = Listed::NotYet;
                self.names.clear();
                Heard::again(trouble.text)
            }
            Kind::Unknown => {
                go_on(self);
                Heard::said(vec![trouble.text, "going on without that; nothing of it was checked".to_owned()])
            }
        }
    }

    /// The credentials are asked for again.
    fn refused(&mut self, text: &str) -> Heard {
        self.values.clear();
        self.zones = Listed::NotYet;
        self.there = Listed::NotYet;
        let needed = self.info.map(|info| {
            let needed = info.asked().iter().filter(|field| field.need == Need::Required);
            let needed: Vec<String> = needed.map(|field| format!("{}: {}", field.key, field.about)).collect();
            format!("  needed is {}", needed.join("; "))
        });
        Heard { needed, ..Heard::again(text) }
    }

    /// The records as the configuration has them.
    pub(super) fn records(&self) -> Vec<String> {
        let (Some(info), Some(types)) = (self.info, &self.types) else {
            return Vec::new();
        };
        let types = types.iter().map(|rtype| rtype.as_str()).collect::<Vec<_>>().join("+");
        let record = |name: &Name| match self.zone.get() {
            None => format!("{}:auto:{types}:{name}", info.id),
            Some(zone) if zone == name => format!("{}:{zone}:{types}:@", info.id),
            Some(zone) => {
                format!("{}:{zone}:{types}:{}", info.id, name.relative_to(zone).unwrap_or(name.as_str()))
            }
        };
        self.names.iter().map(record).collect()
    }
}

/// Whether there is anything to choose from about families.
fn can_choose(info: &Info) -> bool {
    info.families().count() > 1
}

/// A name as somebody writes it; in a zone, where there is one.
fn name(text: &str, zone: Option<&Name>) -> Result<Name, String> {
    let ascii =
        idn::to_ascii(text).ok_or_else(|| format!("`{text}` has characters that cannot stand in a name"))?;
    let read = zone.map_or_else(|| Name::parse(&ascii), |zone| Name::parse_in(&ascii, zone));
    read.map_err(|error| format!("`{text}`: {error}"))
}
