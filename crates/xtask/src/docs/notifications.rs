//! The page about notifications, from the table of kinds and from messages made on the spot.

use super::{MADE, escape, write_to};
use dynflare::notify::Message;
use dynflare::notify::kinds::{Field, Form, KINDS, Kind, Need, PLACES, Sort};
use dynflare::notify::program::VARIABLES;
use dynflare::report::clean::Cleaner;
use dynflare::report::news::{News, Said, Subject, What};

/// 2026-11-23 08:00 UTC.
const THEN: u64 = 1_795_420_800;

const BEGINNING: &str = "Whom to tell what happened: tables `[notify.NAME]` of the file. The `type` says what a target is and may be left out \
    where the name says it. `on` chooses the news: `changed`, `failing`, `recovered`, `refused`, `config`; without it a target is told all. \
    A record's failure is told once, after `failing_after` failures in a row (3 unless set), and its end once. \
    `dynflare notify test [NAME …]` sends a test.\n\n\
    ```toml\n[notify.phone]\ntype = \"ntfy\"\ntopic = \"file:/etc/dynflare/ntfy-topic\"\non = [\"failing\", \"recovered\", \"refused\"]\n\n\
    [notify.healthchecks]\nping_url = \"env:HEALTHCHECKS_URL\"\n```\n\n\
    No target delays another, or a round. What does not get through is tried five times within three minutes, and not before \
    the other side allows (`Retry-After`, one hour at most). A message that may have arrived is not sent twice, except where that has no effect \
    (Matrix, pings, states). At most 16 messages wait for a target; then the oldest is dropped and counted. When the program stops, what \
    waits is given two seconds. Redirects are not followed. A secret may be a reference (`file:`, `env:`, `credential:`, `cmd:`), as everywhere.\n";

/// Makes the page.
pub(super) fn page() -> String {
    let mut page = format!("# Notifications\n\n{MADE}{BEGINNING}");
    for sort in [Sort::News, Sort::Pings] {
        page.push_str(match sort {
            Sort::News => "\n## Targets\n",
            Sort::Pings => {
                "\n## Pings\n\nThese services notice when nothing happens any more. They are pinged for every round: that it began (where they take \
                 that), and whether it ended well, with the cause where it did not. They have no `on`.\n"
            }
        });
        for kind in KINDS.iter().filter(|kind| kind.sort == sort) {
            described(kind, &mut page);
        }
    }
    page.push_str("\n## Texts\n\n| kind | title | text |\n|---|---|---|\n");
    for news in examples() {
        let message = Message::of(&news, &Cleaner::default());
        let text = escape(&message.sentences()).replace('\n', "<br>");
        write_to(&mut page, format_args!("| `{}` | {} | {text} |\n", message.kind, escape(&message.title)));
    }
    page.push_str(
        "\n## Places in templates\n\n`body` and `webhook_url` of a webhook may have these; what is put into JSON or into a URL is escaped for it.\n\n\
         | place | what comes there |\n|---|---|\n",
    );
    for (place, about) in PLACES {
        write_to(&mut page, format_args!("| `{{{place}}}` | {about} |\n"));
    }
    page.push_str(
        "\n## As JSON\n\nThe body of a webhook unless it has one of its own, the input of a program, and the topic `news` at an MQTT broker. \
         `record` is missing where the news is about the program. `failing` has `times`, `since` and `cause`, `refused` and `config` have \
         `cause`, `recovered` has `since`; a configuration that is right again is `config` with `\"what\": \"config-right\"`.\n\n",
    );
    write_to(&mut page, format_args!("```json\n{}\n```\n", example_json()));
    page.push_str("\n## Programs\n\nStarted without a shell, with the JSON above on standard input and these variables, and without the variables that hold \
         credentials. Exit code 0 is success, 75 asks for another try; everything else is a failure, told with the last line on standard error. \
         A program that takes longer than `timeout` is killed with everything it started.\n\n| variable | what it is |\n|---|---|\n");
    for (name, about) in VARIABLES {
        write_to(&mut page, format_args!("| `{name}` | {about} |\n"));
    }
    page.push_str(
        "\n## Topics at an MQTT broker\n\n`dynflare/news` has each piece of news as JSON. Retained are, of every record, \
         `dynflare/ACCOUNT/NAME/TYPE/value` (its values, `none` where there are none) and `…/problem` (`ON` or `OFF`). Home Assistant is told of both as \
         a sensor and a binary sensor of the device Dynflare.\n",
    );
    page
}

fn described(kind: &Kind, page: &mut String) {
    let (title, docs) = (kind.title, kind.docs);
    write_to(page, format_args!("\n### `{}`: {title}\n\n[API]({docs})\n\n", kind.name));
    page.push_str("| key | without it | what it is |\n|---|---|---|\n");
    for Field { key, form, need, about } in kind.fields {
        let otherwise = match need {
            Need::Required => "required".to_owned(),
            Need::Default(text) => format!("`{text}`"),
            Need::Optional(text) => (*text).to_owned(),
        };
        let range = match form {
            Form::Number(least, most) => format!(", {least} to {most}"),
            Form::Words(words) if !about.contains('`') => format!(": `{}`", words.join("`, `")),
            _ => String::new(),
        };
        write_to(page, format_args!("| `{key}` | {otherwise} | {}{range} |\n", escape(about)));
    }
}

fn news(what: What) -> News {
    let record = Subject { account: "cloudflare".into(), name: "home.example.org".into(), rtype: "A".into() };
    News { at: THEN + 3 * 3600, record: Some(record), what, ballots: vec![] }
}

fn examples() -> Vec<News> {
    let value = |text: &str| vec![text.to_owned()];
    let of_program = |what| News { record: None, ..news(what) };
    vec![
        news(What::Changed { from: value("203.0.113.5"), to: value("203.0.113.7") }),
        news(What::Failing { times: 3, since: THEN, cause: "the token was refused (HTTP 403)".into() }),
        news(What::Recovered { since: THEN }),
        news(What::Refused { cause: "it would remove 3 values, and the limit is 1".into() }),
        of_program(What::Config { cause: "unknown setting `pannel`".into() }),
        of_program(What::ConfigRight),
    ]
}

fn example_json() -> String {
    let ballots = vec![Said {
        source: "ipify".into(),
        operator: "ipify".into(),
        family: 4,
        said: "203.0.113.7".into(),
        took_ms: Some(84),
    }];
    let what = What::Changed { from: vec!["203.0.113.5".into()], to: vec!["203.0.113.7".into()] };
    let mut message = Message::of(&News { ballots, ..news(what) }, &Cleaner::default());
    message.id = "0123456789abcdef".repeat(2);
    serde_json::to_string_pretty(&message.to_json()).expect("a JSON value can always be written")
}
