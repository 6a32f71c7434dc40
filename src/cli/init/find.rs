//! What is looked up on the way: zones and records at the provider, the addresses of this machine. Nothing is written.

use super::dialogue::{Dialogue, Found, Kind, Sight, Task, There, Trouble};
use super::draft::{self, Surroundings};
use crate::cli::detect;
use crate::cli::output::Output;
use crate::cli::waiting;
use crate::config::{Colour, Diagnostic, Settings};
use crate::provider::registry::Info;
use crate::provider::{Adapter, Scope, Zone};
use crate::report::clean::Cleaner;
use crate::report::human::fault_block;
use crate::round::Line;
use crate::setup;
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::memory::Memory;
use dynflare_core::name::Name;
use dynflare_core::quorum::{Opinion, Outcome};
use dynflare_core::record::{Key, RecordType};

/// Looks something up.
pub(super) async fn find(task: Task, dialogue: &Dialogue, around: &Surroundings, output: &Output) -> Found {
    let settings = match draft::read(dialogue, around) {
        Ok(settings) => settings,
        Err(mistakes) => return unfit(task, &mistakes),
    };
    let output = Output { cleaner: Cleaner::new(settings.secrets()), ..output.clone() };
    let asking = Asking { settings: &settings, dialogue, cleaner: &output.cleaner };
    match task {
        Task::Zones => Found::Zones(waiting::during("asking for the zones", &output, asking.zones()).await),
        Task::Records => {
            Found::Records(waiting::during("reading the records", &output, asking.records()).await)
        }
        Task::Look => Found::Look(waiting::during("reading the records", &output, asking.look()).await),
        Task::Detect => Found::Detect(
            waiting::during("asking for this machine's addresses", &output, asking.detect()).await,
        ),
    }
}

/// The answers so far do not fit together.
fn unfit(task: Task, mistakes: &[Diagnostic]) -> Found {
    let text = mistakes.iter().map(said).collect::<Vec<_>>().join("\n");
    let trouble = Trouble { kind: Kind::Refused, text };
    match task {
        Task::Zones => Found::Zones(Err(trouble)),
        Task::Records => Found::Records(Err(trouble)),
        Task::Look | Task::Detect => Found::Look(Err(trouble)),
    }
}

/// A mistake without the line that it stands in: nobody has written that file.
pub(super) fn said(mistake: &Diagnostic) -> String {
    Diagnostic { place: None, label: None, ..mistake.clone() }.render(Colour::Never)
}

struct Asking<'a> {
    settings: &'a Settings,
    dialogue: &'a Dialogue,
    cleaner: &'a Cleaner,
}

impl Asking<'_> {
    fn adapter(&self) -> Option<Adapter> {
        let network = setup::network(self.settings);
        setup::accounts(self.settings, &network).into_values().next()
    }

    fn zone(&self) -> Option<&Name> {
        self.dialogue.zone.get()
    }

    fn trouble(&self, head: &str, fault: &Fault) -> Trouble {
        let kind = match fault.class {
            Class::Denied => Kind::Refused,
            Class::NoSuchZone => Kind::NoZone,
            Class::NoSuchName
            | Class::Invalid
            | Class::RateLimited
            | Class::Barred
            | Class::Unavailable
            | Class::Unconfirmed
            | Class::Unexpected => Kind::Unknown,
        };
        Trouble { kind, text: fault_block(head, fault, self.cleaner, "") }
    }

    async fn zones(&self) -> Result<Option<Vec<Name>>, Trouble> {
        let adapter = self.adapter();
        let asked = match &adapter {
            Some(Adapter::Records(records)) => records.zones(),
            Some(Adapter::RrSets(rrsets)) => rrsets.zones(),
            Some(Adapter::Push(_)) | None => None,
        };
        let Some(asked) = asked else { return Ok(None) };
        let zones = asked.await.map_err(|fault| self.trouble("cannot ask for the zones", &fault))?;
        Ok(Some(zones.into_iter().map(|zone| zone.name).collect()))
    }

    async fn records(&self) -> Result<Option<Vec<There>>, Trouble> {
        let (Some(Adapter::Records(records)), Some(zone)) = (self.adapter(), self.zone()) else {
            return Ok(None);
        };
        let trouble = |fault: Fault| self.trouble(&format!("cannot read the records of {zone}"), &fault);
        let at = records.locate(Some(zone), zone).await.map_err(trouble)?;
        let all = records.list(&at, Scope::All).await.map_err(trouble)?;
        let wanted = |rtype: RecordType| rtype.family().is_some() || rtype == RecordType::Cname;
        let there = all.into_iter().filter(|record| wanted(record.key.rtype)).map(|record| There {
            name: record.key.name,
            rtype: record.key.rtype,
            content: self.cleaner.remote(&record.content),
        });
        Ok(Some(there.collect()))
    }

    async fn look(&self) -> Result<Option<Vec<There>>, Trouble> {
        let (Some(Adapter::RrSets(rrsets)), Some(zone)) = (self.adapter(), self.zone()) else {
            return Ok(None);
        };
        let trouble = |fault: Fault| self.trouble(&format!("cannot read the records of {zone}"), &fault);
        let at: Zone = rrsets.locate(Some(zone), zone).await.map_err(trouble)?;
        let mut there = Vec::new();
        for name in &self.dialogue.names {
            for family in self.dialogue.info.into_iter().flat_map(Info::families) {
                let key = Key { name: name.clone(), rtype: family.into() };
                let set = rrsets.get(&at, &key).await.map_err(trouble)?;
                there.extend(set.values.into_iter().map(|value| There {
                    name: name.clone(),
                    rtype: key.rtype,
                    content: self.cleaner.remote(&value),
                }));
            }
        }
        Ok(Some(there))
    }

    async fn detect(&self) -> Vec<(Family, Sight, String)> {
        let network = setup::network(self.settings);
        let detecting = setup::detecting(self.settings, &network, &Memory::default());
        let lines = Family::BOTH.map(|family| Line { family, uplink: None });
        let heard = detect::of_lines(&detecting, lines.into(), &[]).await;
        let one = |heard: &crate::report::heard::Heard| {
            let sight = match heard.verdict().outcome {
                Outcome::Agreed(Opinion::Address(_)) => Sight::Address,
                Outcome::Agreed(Opinion::NoAddress) | Outcome::Split | Outcome::TooFew | Outcome::Unknown => {
                    Sight::Nothing
                }
            };
            (heard.family(), sight, detect::verdict(heard))
        };
        heard.iter().map(one).collect()
    }
}
