//! Notification URLs of shoutrrr (<https://containrrr.dev/shoutrrr/>) as targets of ours.
//!
//! Nothing of such a URL but its scheme is ever shown: all of them hold secrets.

use crate::catalogue::Sight;
use crate::draft::{Draft, Part, Target, Worth};
use crate::tree::Said;

/// A URL in its parts, each without its percent-encoding.
struct Url {
    scheme: String,
    user: Option<String>,
    password: Option<String>,
    host: String,
    path: Vec<String>,
    query: Vec<(String, String)>,
}

impl Url {
    fn of(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://")?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (user, password) = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
            Some((user, "")) => (Some(decoded(user)), None),
            Some((user, password)) => (Some(decoded(user)), Some(decoded(password))),
            None => (None, None),
        };
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Some(Self {
            scheme: scheme.to_lowercase(),
            user,
            password,
            host: host.to_owned(),
            path: path.split('/').filter(|piece| !piece.is_empty()).map(decoded).collect(),
            query: pairs.map(|(key, value)| (key.to_lowercase(), decoded(value))).collect(),
        })
    }

    fn asked(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

/// Text without percent-encoding; what is no encoding stays.
pub(crate) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = text.get(at + 1..at + 3).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let (b'%', Some(byte)) = (bytes[at], pair) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Adds the targets of one URL.
pub(crate) fn add(draft: &mut Draft<'_>, said: &Said) {
    let Some(url) = Url::of(&said.text) else {
        draft.lost(said, "it is no notification URL");
        return;
    };
    let targets = targets(&url, said.line);
    if targets.is_empty() {
        let why = format!(
            "Dynflare has no target for `{}://`, or something of it is missing; `webhook` and `program` take anything",
            shown(&url.scheme)
        );
        draft.lost(said, why);
    }
    for target in targets {
        draft.tell(target);
    }
}

fn shown(scheme: &str) -> String {
    scheme.chars().filter(char::is_ascii_alphanumeric).take(20).collect()
}

fn part(key: &str, text: &str, sight: Sight, line: usize) -> Part {
    Part { key: key.to_owned(), worth: Worth::Given(text.to_owned()), sight, line }
}

fn targets(url: &Url, line: usize) -> Vec<Target> {
    let secret = |key: &str, text: &str| part(key, text, Sight::Secret, line);
    let plain = |key: &str, text: &str| part(key, text, Sight::Plain, line);
    let one =
        |kind: &'static str, parts: Vec<Part>| vec![Target { kind, parts, plain: Vec::new(), line, file: 0 }];
    let (user, password) = (url.user.as_deref(), url.password.as_deref());
    let base = |host: &str| format!("https://{host}");
    match url.scheme.as_str() {
        "discord" => match user {
            // discord://TOKEN@WEBHOOK
            Some(token) if !url.host.is_empty() => one(
                "discord",
                vec![secret(
                    "webhook_url",
                    &format!("https://discord.com/api/webhooks/{}/{token}", url.host),
                )],
            ),
            Some(_) | None => Vec::new(),
        },
        "telegram" => {
            // telegram://TOKEN@telegram?chats=ID,@NAME; a token has a colon of its own.
            let token = match (user, password) {
                (Some(id), Some(rest)) => format!("{id}:{rest}"),
                (Some(token), None) => token.to_owned(),
                (None, _) => return Vec::new(),
            };
            let chats = url.asked("chats").or_else(|| url.asked("channels")).unwrap_or_default();
            let chats = chats.split(',').map(str::trim).filter(|chat| !chat.is_empty());
            chats
                .flat_map(|chat| one("telegram", vec![secret("token", &token), plain("chat_id", chat)]))
                .collect()
        }
        "slack" => {
            // slack://hook:A-B-C@webhook, or slack://A/B/C before.
            let parts = match (user, password) {
                (Some("hook"), Some(token)) => token.split('-').map(str::to_owned).collect(),
                (_, _) => std::iter::once(url.host.clone()).chain(url.path.clone()).collect::<Vec<_>>(),
            };
            if parts.len() == 3 {
                let hook = format!("https://hooks.slack.com/services/{}", parts.join("/"));
                one("slack", vec![secret("webhook_url", &hook)])
            } else {
                Vec::new()
            }
        }
        "gotify" => match url.path.split_last() {
            Some((token, before)) if !url.host.is_empty() => {
                let mut place = base(&url.host);
                for piece in before {
                    place = format!("{place}/{piece}");
                }
                one("gotify", vec![plain("base_url", &place), secret("token", token)])
            }
            Some(_) | None => Vec::new(),
        },
        "ntfy" => match url.path.last() {
            Some(topic) => {
                let scheme = url.asked("scheme").filter(|scheme| *scheme == "http").unwrap_or("https");
                let host = if url.host.is_empty() { "ntfy.sh" } else { &url.host };
                let mut parts =
                    vec![plain("base_url", &format!("{scheme}://{host}")), secret("topic", topic)];
                if let (Some(user), Some(password)) = (user, password) {
                    parts.extend([plain("username", user), secret("password", password)]);
                } else if let Some(token) = password.or(user) {
                    parts.push(secret("token", token));
                }
                one("ntfy", parts)
            }
            None => Vec::new(),
        },
        "pushover" => match (password, url.host.as_str()) {
            // pushover://shoutrrr:TOKEN@USER/
            (Some(token), key) if !key.is_empty() => {
                one("pushover", vec![secret("token", token), secret("user_key", key)])
            }
            (Some(_) | None, _) => Vec::new(),
        },
        "smtp" => mail(url, line),
        "generic" | "generic+https" | "generic+http" => {
            let scheme = if url.scheme == "generic+http" || url.asked("disabletls") == Some("yes") {
                "http"
            } else {
                "https"
            };
            let path: String = url.path.iter().flat_map(|piece| ["/", piece]).collect();
            let own = |(key, _): &&(String, String)| {
                !matches!(
                    key.as_str(),
                    "disabletls"
                        | "template"
                        | "contenttype"
                        | "messagekey"
                        | "titlekey"
                        | "method"
                        | "requestmethod"
                )
            };
            let query: Vec<String> =
                url.query.iter().filter(own).map(|(key, value)| format!("{key}={value}")).collect();
            let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
            one("webhook", vec![secret("webhook_url", &format!("{scheme}://{}{path}{query}", url.host))])
        }
        _ => Vec::new(),
    }
}

fn mail(url: &Url, line: usize) -> Vec<Target> {
    let from = url.asked("from").or_else(|| url.asked("fromaddress"));
    let to = url.asked("to").or_else(|| url.asked("toaddresses"));
    let (Some(from), Some(to)) = (from, to) else { return Vec::new() };
    let mut parts =
        vec![part("server", &url.host, Sight::Plain, line), part("from", from, Sight::Plain, line)];
    if let (Some(user), Some(password)) = (&url.user, &url.password) {
        parts.push(part("username", user, Sight::Plain, line));
        parts.push(part("password", password, Sight::Secret, line));
    }
    let security = match url.asked("encryption").map(str::to_lowercase).as_deref() {
        Some("implicittls") => "tls",
        Some("none") => "none",
        Some(_) | None if url.host.ends_with(":465") => "tls",
        Some(_) | None => "starttls",
    };
    parts.push(part("security", security, Sight::Plain, line));
    let to: Vec<String> = to.split(',').map(|one| crate::render::quoted(one.trim())).collect();
    vec![Target { kind: "mail", parts, plain: vec![("to", format!("[{}]", to.join(", ")))], line, file: 0 }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(&'static str, Vec<(String, String)>)> {
        let url = Url::of(text).expect("a URL");
        let parts = |target: Target| {
            let text = |part: Part| match part.worth {
                Worth::Given(text) => (part.key, text),
                Worth::Reference(_) | Worth::Absent(_) => (part.key, String::new()),
            };
            (target.kind, target.parts.into_iter().map(text).collect())
        };
        targets(&url, 1).into_iter().map(parts).collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn every_kind_of_url_becomes_its_target() {
        assert_eq!(
            kinds("discord://tok-en_1@123456"),
            [("discord", vec![pair("webhook_url", "https://discord.com/api/webhooks/123456/tok-en_1")])]
        );
        assert_eq!(
            kinds("telegram://110201543:AAHdq@telegram?chats=@channel,-1001"),
            [
                ("telegram", vec![pair("token", "110201543:AAHdq"), pair("chat_id", "@channel")]),
                ("telegram", vec![pair("token", "110201543:AAHdq"), pair("chat_id", "-1001")]),
            ]
        );
        assert_eq!(
            kinds("slack://hook:T0-B0-XX@webhook"),
            [("slack", vec![pair("webhook_url", "https://hooks.slack.com/services/T0/B0/XX")])]
        );
        assert_eq!(
            kinds("gotify://gotify.example.org:8443/sub/AzyT"),
            [(
                "gotify",
                vec![pair("base_url", "https://gotify.example.org:8443/sub"), pair("token", "AzyT")]
            )]
        );
        assert_eq!(
            kinds("ntfy://u:p%40ss@ntfy.example.org/alerts"),
            [(
                "ntfy",
                vec![
                    pair("base_url", "https://ntfy.example.org"),
                    pair("topic", "alerts"),
                    pair("username", "u"),
                    pair("password", "p@ss"),
                ]
            )]
        );
        assert_eq!(
            kinds("pushover://shoutrrr:tok@usr/?devices=x"),
            [("pushover", vec![pair("token", "tok"), pair("user_key", "usr")])]
        );
        assert_eq!(
            kinds("generic://hooks.example.org/a/b?x=1&template=json"),
            [("webhook", vec![pair("webhook_url", "https://hooks.example.org/a/b?x=1")])]
        );
        for nothing in
            ["matrix://user:password@matrix.example.org/", "teams://x", "discord://only", "slack://a/b"]
        {
            assert_eq!(kinds(nothing), [], "{nothing}");
        }
    }
}
