//! The rows: one for each kind of target, sorted by name.

#[cfg(any(feature = "mail", feature = "mqtt"))]
use super::fields::server;
use super::fields::{base, some, template, url, url_template};
#[cfg(feature = "mqtt")]
use super::fields::{topic, topic_or_nothing};
use super::{Address, Field, Form, HttpRow, Kind, Markup, Need, PingRow, Sort, Suffix, Way};
use hyper::Method;
use std::time::Duration;

/// Every kind that this build has, sorted by name.
pub const KINDS: &[Kind] = &[
    DISCORD,
    GOTIFY,
    HEALTHCHECKS,
    KUMA,
    #[cfg(feature = "mail")]
    MAIL,
    MATRIX,
    #[cfg(feature = "mqtt")]
    MQTT,
    NTFY,
    PROGRAM,
    PUSHOVER,
    SLACK,
    TELEGRAM,
    WEBHOOK,
];

const HEADERS: Field = Field {
    key: "headers",
    form: Form::Headers,
    need: Need::Optional("none"),
    about: "a table of further headers; values may be references (secrets)",
};

/// What a kind is unless its row says otherwise.
const COMMON: Kind = Kind {
    name: "",
    title: "",
    docs: "",
    sort: Sort::News,
    fields: &[],
    together: &[],
    apart: &[],
    keeps_state: false,
    way: Way::Program,
};

/// What a request is unless its row says otherwise.
const POST: HttpRow = HttpRow {
    method: Method::POST,
    address: Address::Whole("webhook_url"),
    headers: &[("content-type", "application/json")],
    body: "",
    markup: Markup::Plain,
    longest: 1000,
    priorities: ("", ""),
    wait_seconds: None,
    wait_milliseconds: None,
    pings: None,
};

const fn secret(key: &'static str, need: Need, about: &'static str) -> Field {
    Field { key, form: Form::Secret(some), need, about }
}

const fn base_url(need: Need, about: &'static str) -> Field {
    Field { key: "base_url", form: Form::Text(base), need, about }
}

const fn priority(least: i64, most: i64, otherwise: &'static str) -> Field {
    Field {
        key: "priority",
        form: Form::Number(least, most),
        need: Need::Optional(otherwise),
        about: "the priority of all messages",
    }
}

const fn webhook(about: &'static str) -> Field {
    Field { key: "webhook_url", form: Form::Secret(url), need: Need::Required, about }
}

const fn ping_url(about: &'static str) -> Field {
    Field { key: "ping_url", form: Form::Secret(url), need: Need::Required, about }
}

/// 429 says in `retry_after` how many seconds to wait, as the header does. `flags` 4 is `SUPPRESS_EMBEDS`: no previews
/// of what looks like a URL.
const DISCORD: Kind = Kind {
    name: "discord",
    title: "Discord",
    docs: "https://docs.discord.com/developers/resources/webhook#execute-webhook",
    fields: &[webhook("the URL of the channel's webhook (a secret)")],
    way: Way::Http(HttpRow {
        body: r#"{"content":"{message}","allowed_mentions":{"parse":[]},"flags":4}"#,
        markup: Markup::Discord,
        wait_seconds: Some("/retry_after"),
        ..POST
    }),
    ..COMMON
};

const GOTIFY: Kind = Kind {
    name: "gotify",
    title: "Gotify",
    docs: "https://gotify.net/docs/pushmsg",
    fields: &[
        base_url(Need::Required, "where the server is"),
        HEADERS,
        priority(0, 10, "5, and 8 where somebody has to act"),
        secret("token", Need::Required, "the token of an application (a secret)"),
    ],
    way: Way::Http(HttpRow {
        address: Address::Base("/message"),
        headers: &[("content-type", "application/json"), ("x-gotify-key", "{token}")],
        body: r#"{"title":"{title}","message":"{message}","priority":{priority}}"#,
        priorities: ("5", "8"),
        ..POST
    }),
    ..COMMON
};

const HEALTHCHECKS: Kind = Kind {
    name: "healthchecks",
    title: "Healthchecks",
    docs: "https://healthchecks.io/docs/http_api/",
    sort: Sort::Pings,
    fields: &[
        HEADERS,
        ping_url(
            "the ping URL of the check (a secret), by UUID or by slug, at healthchecks.io or on a server of one's own",
        ),
    ],
    way: Way::Http(HttpRow {
        address: Address::Whole("ping_url"),
        headers: &[("content-type", "text/plain; charset=utf-8")],
        body: "{text}",
        pings: Some(PingRow {
            started: Some(Suffix { path: "/start", query: None }),
            fine: Suffix { path: "", query: None },
            failed: Suffix { path: "/fail", query: None },
            test: Suffix { path: "/log", query: None },
        }),
        ..POST
    }),
    ..COMMON
};

const KUMA: Kind = Kind {
    name: "kuma",
    title: "Uptime Kuma",
    docs: "https://github.com/louislam/uptime-kuma/blob/master/server/routers/api-router.js",
    sort: Sort::Pings,
    fields: &[HEADERS, ping_url("the push URL of the monitor (a secret), as Uptime Kuma shows it")],
    way: Way::Http(HttpRow {
        method: Method::GET,
        address: Address::Whole("ping_url"),
        headers: &[],
        pings: Some(PingRow {
            started: None,
            fine: Suffix { path: "", query: Some("status=up&msg={text}") },
            failed: Suffix { path: "", query: Some("status=down&msg={text}") },
            test: Suffix { path: "", query: Some("status=up&msg={text}") },
        }),
        ..POST
    }),
    ..COMMON
};

#[cfg(feature = "mail")]
const MAIL: Kind = Kind {
    name: "mail",
    title: "e-mail (SMTP)",
    docs: "https://www.rfc-editor.org/rfc/rfc5321",
    fields: &[
        Field {
            key: "from",
            form: Form::Text(crate::notify::mail::mailbox),
            need: Need::Required,
            about: "the sender: an address, or `Name <address>`",
        },
        secret("password", Need::Optional("no login"), "the password (a secret)"),
        Field {
            key: "security",
            form: Form::Words(&["starttls", "tls", "none"]),
            need: Need::Default("starttls"),
            about: "`starttls` (port 587), `tls` from the beginning (port 465) or `none` (port 25)",
        },
        Field {
            key: "server",
            form: Form::Text(server),
            need: Need::Required,
            about: "the mail server: NAME, NAME:PORT, IPV4:PORT or [IPV6]:PORT",
        },
        Field {
            key: "to",
            form: Form::List(crate::notify::mail::mailbox),
            need: Need::Required,
            about: "who gets it: an address, or several in a list",
        },
        Field {
            key: "username",
            form: Form::Text(some),
            need: Need::Optional("no login"),
            about: "the name to log in with",
        },
    ],
    together: &[("password", "username")],
    way: Way::Mail,
    ..COMMON
};

/// The message has an identifier of ours in its path, so a server takes it once, however often it is sent. 429 says
/// in `retry_after_ms` how long to wait.
const MATRIX: Kind = Kind {
    name: "matrix",
    title: "Matrix",
    docs: "https://spec.matrix.org/v1.11/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid",
    fields: &[
        base_url(Need::Required, "where the homeserver is"),
        HEADERS,
        Field {
            key: "room_id",
            form: Form::Text(room),
            need: Need::Required,
            about: "the room's internal identifier, `!…`; its member has to have joined",
        },
        secret("token", Need::Required, "the access token of a member (a secret)"),
    ],
    way: Way::Http(HttpRow {
        method: Method::PUT,
        address: Address::Base("/_matrix/client/v3/rooms/{room_id}/send/m.room.message/dynflare-{id}"),
        headers: &[("content-type", "application/json"), ("authorization", "Bearer {token}")],
        body: r#"{"msgtype":"m.notice","body":"{message}"}"#,
        wait_milliseconds: Some("/retry_after_ms"),
        ..POST
    }),
    ..COMMON
};

fn room(text: &str) -> Result<(), String> {
    if text.starts_with('!') {
        return Ok(());
    }
    Err("expected the internal identifier of a room, which begins with `!`; an alias `#…` is none".to_owned())
}

#[cfg(feature = "mqtt")]
const MQTT: Kind = Kind {
    name: "mqtt",
    title: "MQTT",
    docs: "https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html",
    fields: &[
        Field {
            key: "discovery_prefix",
            form: Form::Text(topic_or_nothing),
            need: Need::Default("homeassistant"),
            about: "where Home Assistant looks for new devices; empty: it is told of none",
        },
        secret("password", Need::Optional("no login"), "the password (a secret)"),
        Field {
            key: "security",
            form: Form::Words(&["none", "tls"]),
            need: Need::Default("none"),
            about: "`none` (port 1883) or `tls` (port 8883)",
        },
        Field {
            key: "server",
            form: Form::Text(server),
            need: Need::Required,
            about: "the broker: NAME, NAME:PORT, IPV4:PORT or [IPV6]:PORT",
        },
        Field {
            key: "topic_prefix",
            form: Form::Text(topic),
            need: Need::Default("dynflare"),
            about: "what all topics begin with",
        },
        Field {
            key: "username",
            form: Form::Text(some),
            need: Need::Optional("no login"),
            about: "the name to log in with",
        },
    ],
    together: &[("password", "username")],
    keeps_state: true,
    way: Way::Mqtt,
    ..COMMON
};

const NTFY: Kind = Kind {
    name: "ntfy",
    title: "ntfy",
    docs: "https://docs.ntfy.sh/publish/#publish-as-json",
    fields: &[
        base_url(Need::Default("https://ntfy.sh"), "where the server is"),
        HEADERS,
        secret("password", Need::Optional("no login"), "the password (a secret), where there is no token"),
        priority(1, 5, "3, and 4 where somebody has to act"),
        secret("token", Need::Optional("no login"), "an access token (a secret)"),
        secret("topic", Need::Required, "the topic (a secret: whoever knows it can read along)"),
        Field {
            key: "username",
            form: Form::Text(some),
            need: Need::Optional("no login"),
            about: "the name to log in with, where there is no token",
        },
    ],
    together: &[("password", "username")],
    apart: &[("password", "token")],
    way: Way::Http(HttpRow {
        address: Address::Base("/"),
        headers: &[
            ("content-type", "application/json"),
            ("authorization", "Bearer {token}"),
            ("authorization", "Basic {basic}"),
        ],
        body: r#"{"topic":"{topic}","title":"{title}","message":"{message}","priority":{priority}}"#,
        priorities: ("3", "4"),
        ..POST
    }),
    ..COMMON
};

const PROGRAM: Kind = Kind {
    name: "program",
    title: "a program of this machine",
    docs: "https://pubs.opengroup.org/onlinepubs/9799919799/functions/posix_spawn.html",
    fields: &[
        Field {
            key: "command",
            form: Form::List(some),
            need: Need::Required,
            about: "the program and its arguments, as a list; there is no shell",
        },
        Field {
            key: "timeout",
            form: Form::Duration(Duration::from_millis(100), Duration::from_secs(300)),
            need: Need::Optional("10s"),
            about: "how long it may take before it is killed, with everything it started",
        },
    ],
    way: Way::Program,
    ..COMMON
};

const PUSHOVER: Kind = Kind {
    name: "pushover",
    title: "Pushover",
    docs: "https://pushover.net/api",
    fields: &[
        base_url(Need::Default("https://api.pushover.net"), "where the API is"),
        priority(-2, 1, "0"),
        secret("token", Need::Required, "the token of an application (a secret)"),
        secret("user_key", Need::Required, "the key of a user or of a group (a secret)"),
    ],
    way: Way::Http(HttpRow {
        address: Address::Base("/1/messages.json"),
        body: r#"{"token":"{token}","user":"{user_key}","title":"{title}","message":"{message}","priority":{priority},"timestamp":{at}}"#,
        priorities: ("0", "0"),
        ..POST
    }),
    ..COMMON
};

const SLACK: Kind = Kind {
    name: "slack",
    title: "Slack",
    docs: "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
    fields: &[webhook("the URL of the incoming webhook (a secret)")],
    way: Way::Http(HttpRow {
        body: r#"{"text":"{message}","mrkdwn":false,"unfurl_links":false}"#,
        markup: Markup::Slack,
        ..POST
    }),
    ..COMMON
};

/// 429 says in `parameters` how many seconds to wait (<https://core.telegram.org/bots/api#responseparameters>).
const TELEGRAM: Kind = Kind {
    name: "telegram",
    title: "Telegram",
    docs: "https://core.telegram.org/bots/api#sendmessage",
    fields: &[
        base_url(Need::Default("https://api.telegram.org"), "where the API is"),
        Field {
            key: "chat_id",
            form: Form::Text(some),
            need: Need::Required,
            about: "the chat: a number in quotes, or `@name` of a channel",
        },
        secret("token", Need::Required, "the token of the bot (a secret)"),
    ],
    way: Way::Http(HttpRow {
        address: Address::Base("/bot{token}/sendMessage"),
        body: r#"{"chat_id":"{chat_id}","text":"{message}","link_preview_options":{"is_disabled":true}}"#,
        wait_seconds: Some("/parameters/retry_after"),
        ..POST
    }),
    ..COMMON
};

const WEBHOOK: Kind = Kind {
    name: "webhook",
    title: "any HTTP endpoint",
    docs: "https://www.rfc-editor.org/rfc/rfc9110",
    fields: &[
        Field {
            key: "body",
            form: Form::Text(template),
            need: Need::Default("{json}"),
            about: "the body, with places such as `{title}`; values are escaped where it begins with `{` or `[`",
        },
        HEADERS,
        Field {
            key: "method",
            form: Form::Words(&["GET", "PATCH", "POST", "PUT"]),
            need: Need::Default("POST"),
            about: "the method; a `GET` has no body",
        },
        secret("token", Need::Optional("none"), "a secret for the place `{token}` of `body`"),
        Field {
            key: "webhook_url",
            form: Form::Secret(url_template),
            need: Need::Required,
            about: "the URL (a secret); may have places such as `{title}`",
        },
    ],
    way: Way::Http(HttpRow { headers: &[], body: "{body}", ..POST }),
    ..COMMON
};
