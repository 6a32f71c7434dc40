//! The original dynflare: its flags in a crontab line, and its variables.
//!
//! Dynflare still understands both; as a file they can be commented, and the credentials leave the crontab.

use crate::draft::Worth;
use crate::draft::{Draft, Families, Wanted};
use crate::env;
use crate::finding::Kind;
use crate::mapping::{self, Held, Purse};
use crate::mistake::Mistake;
use crate::tree::Said;

/// What was said, with its line.
#[derive(Default)]
struct Seed {
    records: Vec<Said>,
    email: Option<Said>,
    key: Option<Said>,
    secret: Option<Said>,
}

/// Reads the file.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    if env::is_crontab_of_dynflare(text) {
        for (index, line) in text.lines().enumerate() {
            let bare = line.trim();
            let is_it = !bare.starts_with('#') && env::is_crontab_of_dynflare(bare);
            if is_it {
                let seed = crontab(draft, bare, index + 1);
                settle(draft, &seed);
            } else if !bare.is_empty() && !bare.starts_with('#') {
                let why = "this line does not start dynflare with its flags";
                draft.find(Kind::Unknown, "crontab", index + 1, why);
            }
        }
        return Ok(());
    }
    for mut variables in env::read(draft, text)? {
        let mut seed = Seed::default();
        if let Some(said) = variables.said(draft, "RECORDS") {
            let one = |text: &str| Said { text: text.trim().to_owned(), ..said.clone() };
            seed.records = said.text.split(',').map(one).filter(|said| !said.text.is_empty()).collect();
        }
        seed.email = variables.said(draft, "CLOUDFLARE_EMAIL");
        seed.key = variables.said(draft, "CLOUDFLARE_API_KEY");
        seed.secret = variables.said(draft, "CLOUDFLARE_API_SECRET");
        settle(draft, &seed);
        for said in variables.rest() {
            draft.find(
                Kind::Unknown,
                &said.key,
                said.line,
                "this is no setting of the original dynflare that is known here",
            );
        }
    }
    Ok(())
}

/// A line of a crontab.
fn crontab(draft: &mut Draft<'_>, line: &str, number: usize) -> Seed {
    let mut seed = Seed::default();
    let words: Vec<String> = env::words(line).into_iter().map(|(word, _)| word).collect();
    let program =
        words.iter().position(|word| word == "dynflare" || word.ends_with("/dynflare")).unwrap_or(0);
    let said = |key: &str, text: &str| Said { key: key.to_owned(), line: number, text: text.to_owned() };
    let (before, after) = words.split_at(program);
    let assignment =
        |word: &&String| word.contains('=') && word.starts_with(|c: char| c.is_ascii_alphabetic());
    let times: Vec<&str> = before.iter().filter(|word| !assignment(word)).map(String::as_str).collect();
    if !times.is_empty() {
        // A system's crontab has a user behind the times.
        let fields = if times[0].starts_with('@') { 1 } else { 5 };
        let times: Vec<&str> = times.into_iter().take(fields).collect();
        let times = said("crontab", &times.join(" "));
        crate::time::schedule(draft, &times);
        draft.changed(
            &times,
            "these are the times of `dynflare run`; a crontab line that stays needs no more than `dynflare`",
        );
    }
    for word in before.iter().filter(assignment) {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "CLOUDFLARE_EMAIL" => seed.email = Some(said(key, value)),
            "CLOUDFLARE_API_KEY" => seed.key = Some(said(key, value)),
            "CLOUDFLARE_API_SECRET" => seed.secret = Some(said(key, value)),
            "RECORDS" => seed.records.extend(value.split(',').map(|text| said(key, text.trim()))),
            _ => draft.find(
                Kind::Unknown,
                key,
                number,
                "this is no setting of the original dynflare that is known here",
            ),
        }
    }
    let mut rest = after.iter().skip(1);
    while let Some(word) = rest.next() {
        let flag = word.trim_start_matches('-');
        let (flag, joined) =
            flag.split_once('=').map_or((flag, None), |(flag, value)| (flag, Some(value.to_owned())));
        let mut value = || joined.clone().or_else(|| rest.next().cloned()).unwrap_or_default();
        match flag {
            "r" => seed.records.push(said("-r", &value())),
            "cloudflare-email" => seed.email = Some(said("-cloudflare-email", &value())),
            "cloudflare-api-key" => seed.key = Some(said("-cloudflare-api-key", &value())),
            "p" => draft.needless(&said("-p", ""), "`dynflare records` shows the zones' records"),
            "dry" => draft
                .changed(&said("-dry", ""), "the line only showed what it would do; `dynflare plan` does"),
            _ if word.starts_with(['>', '|', '2', '&']) => break,
            _ if !word.starts_with('-') => {}
            _ => draft.find(Kind::Unknown, "crontab", number, "there is a flag that is not known here"),
        }
    }
    seed
}

/// Records and account.
fn settle(draft: &mut Draft<'_>, seed: &Seed) {
    let mut purse = Purse::new();
    let hold = |purse: &mut Purse, key: &str, said: &Said| {
        let name = said
            .text
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .or_else(|| said.text.strip_prefix('$'));
        let worth = match name {
            Some(name) => Worth::Reference(format!("env:{name}")),
            None => Worth::Given(said.text.clone()),
        };
        purse.insert(key.to_owned(), Held { worth, said: said.clone() });
    };
    match (&seed.email, &seed.key, &seed.secret) {
        // The first of a pair without an address of its own held the address.
        (Some(email), Some(key), _) | (_, Some(email), Some(key)) => {
            hold(&mut purse, "email", email);
            hold(&mut purse, "key", key);
        }
        (None, Some(token), None) | (_, None, Some(token)) => hold(&mut purse, "token", token),
        (_, None, None) => {}
    }
    for said in &seed.records {
        let fields: Vec<&str> = said.text.split(':').collect();
        let [provider, zone, rtype, name] = fields.as_slice() else {
            draft.lost(said, "a record is PROVIDER:ZONE:TYPE:NAME");
            continue;
        };
        let families = match rtype.to_ascii_uppercase().as_str() {
            "A" => Families::V4,
            "AAAA" => Families::V6,
            "A+AAAA" => Families::Both,
            _ => {
                draft.lost(
                    said,
                    "of other types than A and AAAA a record needs a `content`: write it by hand",
                );
                continue;
            }
        };
        let theirs = Said { text: (*provider).to_owned(), ..said.clone() };
        let Some(account) = mapping::account(draft, &theirs, &purse) else { continue };
        let wanted = Wanted {
            name: (*name).to_owned(),
            zone: Some((*zone).to_owned()),
            families,
            options: Vec::new(),
            line: said.line,
            setting: said.key.clone(),
        };
        draft.record(account, wanted);
    }
    if seed.records.is_empty() {
        draft.find(Kind::Lost, "RECORDS", 1, "no record is there");
    }
}
