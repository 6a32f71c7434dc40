//! A provider that is a program of the user's: one JSON request on its standard input, one JSON answer on its standard
//! output. What the two look like is in `docs/providers-own.md`.
//!
//! The program is started anew for every request and knows nothing of its last one. It is not trusted to know what it
//! said before either: a set is replaced under the condition that it still is what was read, which the program may
//! check itself, and is read once more right before.

use super::registry::{ALL_TYPES, Attribute, Can, Info, Shape, Verified};
use super::{Answer as Reply, RrSets, Zone};
use crate::net::Effect;
use crate::program::{Command, Ended, Failed};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RrSet, presentable};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::{Mutex as Turn, Semaphore};

/// Its row in the registry.
pub const INFO: Info = Info {
    id: "exec",
    name: "a program of yours",
    shape: Shape::RrSet,
    types: ALL_TYPES,
    attributes: &[Attribute::Ttl],
    min_ttl: 0,
    can: Can::ALL,
    docs: "https://github.com/dynflare/dynflare/blob/main/docs/providers-own.md",
    fields: &[],
    env: &[(
        "EXEC_COMMAND",
        "the program and its arguments, as a JSON array of strings or separated by blanks; no shell",
    )],
    verified: Verified::Servers("programs that the tests run"),
};

/// How long a program may take unless the user says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The largest answer taken, in bytes: the zones of a large account fit.
const LIMIT: usize = 1 << 20;

/// How many programs run at once.
const SIDE_BY_SIDE: usize = 4;

/// The exit code by which a program says that it may work later (`EX_TEMPFAIL` of sysexits.h).
const LATER: i32 = 75;

/// What to run, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// Variables of the environment that are none of its business: those with other accounts' credentials.
    pub without: Vec<String>,
}

/// The program, ready to be run.
pub struct Exec {
    settings: Settings,
    doors: Semaphore,
    writing: Turn<()>,
}

/// An answer that is a failure.
#[derive(Deserialize)]
struct Told {
    class: String,
    #[serde(default)]
    message: String,
    retry_after: Option<u64>,
}

/// The answer to `get`.
#[derive(Deserialize)]
struct Set {
    values: Vec<String>,
    ttl: Option<u32>,
}

/// The answer to `list-zones`.
#[derive(Deserialize)]
struct Zones {
    zones: Vec<String>,
}

impl Exec {
    /// Starts nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, doors: Semaphore::new(SIDE_BY_SIDE), writing: Turn::default() }
    }

    async fn ask(&self, request: &Value, effect: Effect) -> Result<Value, Fault> {
        let door = self.doors.acquire().await;
        let _door = door.expect("invariant: nobody closes the semaphore");
        let Settings { command, timeout, without } = &self.settings;
        let command = Command {
            argv: command,
            without,
            with: Vec::new(),
            input: Some(format!("{request}\n")),
            limit: Some(LIMIT),
            timeout: *timeout,
        };
        let ended = command.run().await.map_err(|failed| {
            let class = match (&failed, effect) {
                (Failed::Start(_), _) => Class::Invalid,
                (_, Effect::Write) => Class::Unconfirmed,
                (Failed::Late | Failed::Lost(_), Effect::Read) => Class::Unavailable,
                (Failed::Flood(_), Effect::Read) => Class::Unexpected,
            };
            let fault = Fault::new(class, failed.sentence(&command));
            if class == Class::Invalid { fault.hint("check `command`") } else { fault }
        })?;
        read(command.name(), &ended, effect)
    }

    async fn locate(&self, zone: Option<&Name>, name: &Name) -> Result<Zone, Fault> {
        if let Some(zone) = zone {
            return Ok(Zone { name: zone.clone(), id: zone.to_string() });
        }
        let answer = self.ask(&json!({ "version": 1, "operation": "list-zones" }), Effect::Read).await?;
        let Zones { zones } = self.shaped(answer, "zones")?;
        let zones: Vec<Name> = zones.iter().filter_map(|zone| Name::parse(zone).ok()).collect();
        let found = name.longest_zone(&zones).cloned();
        let program = self.name();
        found.map(|name| Zone { id: name.to_string(), name }).ok_or_else(|| {
            Fault::new(Class::NoSuchZone, format!("{program} lists no zone of {name}"))
                .hint("name the zone in the record instead of `auto`")
        })
    }

    async fn get(&self, zone: &Zone, key: &Key) -> Result<RrSet, Fault> {
        let request = json!({
            "version": 1,
            "operation": "get",
            "zone": zone.name.as_str(),
            "name": key.name.as_str(),
            "type": key.rtype.as_str(),
        });
        let answer = self.ask(&request, Effect::Read).await?;
        let Set { values, ttl } = self.shaped(answer, "values")?;
        let mut values: Vec<String> = values.iter().map(|value| presentable(key.rtype, value)).collect();
        values.sort();
        values.dedup();
        Ok(RrSet { key: key.clone(), ttl: ttl.filter(|_| !values.is_empty()), values })
    }

    async fn replace(&self, zone: &Zone, step: &Replace) -> Result<(), Fault> {
        let _turn = self.writing.lock().await;
        let Replace { expect, values, ttl } = step;
        if self.get(zone, &expect.key).await?.values != expect.values {
            return Err(Fault::new(Class::Unconfirmed, "somebody else changed the set in the meantime"));
        }
        let request = json!({
            "version": 1,
            "operation": "replace",
            "zone": zone.name.as_str(),
            "name": expect.key.name.as_str(),
            "type": expect.key.rtype.as_str(),
            "expect": { "values": expect.values, "ttl": expect.ttl },
            "values": values,
            "ttl": ttl,
        });
        self.ask(&request, Effect::Write).await.map(drop)
    }

    fn name(&self) -> &str {
        self.settings.command.first().map_or("the program", String::as_str)
    }

    fn shaped<T: for<'a> Deserialize<'a>>(&self, answer: Value, key: &str) -> Result<T, Fault> {
        let said = answer.to_string();
        serde_json::from_value(answer).map_err(|_| {
            let what =
                format!("{} answered without `{key}`, or with something else in its place", self.name());
            Fault::new(Class::Unexpected, what).said(said)
        })
    }
}

/// What an ended program answered.
fn read(name: &str, ended: &Ended, effect: Effect) -> Result<Value, Fault> {
    let answer = serde_json::from_str::<Value>(&ended.printed).ok().filter(Value::is_object);
    let told = answer.as_ref().and_then(|answer| answer.get("error"));
    if let Some(error) = told {
        return Err(refused(name, error, effect));
    }
    let fault = match (&answer, ended.status.success()) {
        (Some(_), true) => return Ok(answer.unwrap_or_default()),
        (None, true) => {
            let class = if effect == Effect::Write { Class::Unconfirmed } else { Class::Unexpected };
            let said = ended.last_words().unwrap_or_else(|| ended.printed.trim().chars().take(200).collect());
            return Err(Fault::new(class, format!("{name} did not answer with a JSON object")).said(said));
        }
        (_, false) => {
            let later = ended.status.code() == Some(LATER);
            let class = match effect {
                Effect::Write => Class::Unconfirmed,
                Effect::Read if later => Class::Unavailable,
                Effect::Read => Class::Unexpected,
            };
            Fault::new(class, format!("{name} failed")).status(ended.status.to_string())
        }
    };
    Err(match ended.last_words() {
        Some(words) => fault.said(words),
        None => fault,
    })
}

fn refused(name: &str, error: &Value, effect: Effect) -> Fault {
    let Ok(Told { class, message, retry_after }) = serde_json::from_value(error.clone()) else {
        let class = if effect == Effect::Write { Class::Unconfirmed } else { Class::Unexpected };
        return Fault::new(class, format!("{name} answered with an error without `class`"))
            .said(error.to_string());
    };
    let known = Class::ALL.into_iter().find(|known| known.as_str() == class);
    let class = match (known, effect) {
        // Nothing was written, so nothing is open.
        (Some(Class::Unconfirmed), Effect::Read) => Class::Unavailable,
        (Some(class), _) => class,
        (None, Effect::Write) => Class::Unconfirmed,
        (None, Effect::Read) => Class::Unexpected,
    };
    let what = match known {
        Some(_) => format!("{name} says {class}"),
        None => format!("{name} says something that is no class of faults"),
    };
    let fault = Fault::new(class, what).retry_after(retry_after.map(Duration::from_secs));
    if message.is_empty() { fault } else { fault.said(message) }
}

impl RrSets for Exec {
    fn locate<'a>(&'a self, zone: Option<&'a Name>, name: &'a Name) -> Reply<'a, Result<Zone, Fault>> {
        Box::pin(self.locate(zone, name))
    }

    fn get<'a>(&'a self, zone: &'a Zone, key: &'a Key) -> Reply<'a, Result<RrSet, Fault>> {
        Box::pin(self.get(zone, key))
    }

    fn replace<'a>(&'a self, zone: &'a Zone, step: &'a Replace) -> Reply<'a, Result<(), Fault>> {
        Box::pin(self.replace(zone, step))
    }
}
