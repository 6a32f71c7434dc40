//! The table of settings: what can be set, where, and what it is without being set.
//!
//! The environment's names, the file's check for unknown keys, the command `config` and the reference all come from
//! here.

/// One setting at the top level of the file.
#[derive(Clone, Copy, Debug)]
pub struct KeyRow {
    /// Its key in the file.
    pub key: &'static str,
    /// Its long argument, where it has one.
    pub argument: Option<&'static str>,
    /// Its variables beside `DYNFLARE_<KEY>`.
    pub variables: &'static [&'static str],
    /// Its value when it is not set.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
}

impl KeyRow {
    /// Its variables, the one made from its key last.
    pub fn variables(&self) -> impl Iterator<Item = String> {
        self.variables.iter().map(|name| (*name).to_owned()).chain([variable(self.key)])
    }
}

/// Every setting that is a value or a list of values, sorted by key.
pub const KEYS: &[KeyRow] = &[
    KeyRow {
        key: "allow",
        argument: Some("--allow"),
        variables: &[],
        default: "none",
        about: "address blocks that are accepted although they are not publishable",
    },
    KeyRow {
        key: "audit_interval",
        argument: None,
        variables: &[],
        default: "1h",
        about: "how often `run` reads records at their provider although no address changed, 1m to 7d",
    },
    KeyRow {
        key: "ca_file",
        argument: Some("--ca-file"),
        variables: &["SSL_CERT_FILE"],
        default: "none",
        about: "files of certificate authorities (PEM) to trust beside the system's",
    },
    KeyRow {
        key: "confirm",
        argument: None,
        variables: &[],
        default: "true",
        about: "whether `run` asks the zone's own name servers after a change until all of them show it",
    },
    KeyRow {
        key: "confirm_deadline",
        argument: None,
        variables: &[],
        default: "60s",
        about: "how long they are asked, 1s to 1h",
    },
    KeyRow {
        key: "deadline",
        argument: Some("--deadline"),
        variables: &[],
        default: "12s",
        about: "how long one detection may take, 1s to 5m",
    },
    KeyRow {
        key: "deny",
        argument: Some("--deny"),
        variables: &[],
        default: "none",
        about: "address blocks that are never accepted; goes before `allow`",
    },
    KeyRow {
        key: "failing_after",
        argument: None,
        variables: &[],
        default: "3",
        about: "after how many failures in a row it is told that a record fails",
    },
    KeyRow {
        key: "interval",
        argument: None,
        variables: &[],
        default: "5m",
        about: "how often the daemon looks when nothing happens, give or take 10 %; 10s to 7d",
    },
    KeyRow {
        key: "listen",
        argument: Some("--listen"),
        variables: &[],
        default: "none",
        about: "where the daemon shows its status page at /, and /healthz, /metrics and /status, over HTTP, without authentication: 127.0.0.1:9153",
    },
    KeyRow {
        key: "listen_names",
        argument: None,
        variables: &[],
        default: "none",
        about: "names by which the status page may be asked for, beside addresses and `localhost`: \
                `[\"nas.example.org\"]`; any other is turned away, since a foreign web page may have made it point here",
    },
    KeyRow {
        key: "max_changes_per_hour",
        argument: None,
        variables: &[],
        default: "10",
        about: "how often the content of one name may change within an hour",
    },
    KeyRow {
        key: "max_deletions",
        argument: None,
        variables: &[],
        default: "1",
        about: "how many values of one name a round may remove without another in their place",
    },
    KeyRow {
        key: "no_address_grace",
        argument: None,
        variables: &[],
        default: "10m",
        about: "how long there has to be no address before `on_no_address` deletes, up to 7d",
    },
    KeyRow {
        key: "on_no_address",
        argument: None,
        variables: &[],
        default: "keep",
        about: "`delete`: where a source of this machine says that there is no address, what is ours of its records goes",
    },
    KeyRow {
        key: "on_stop",
        argument: None,
        variables: &[],
        default: "keep",
        about: "`delete`: when `run` ends, what is ours of the records goes; not when it reads its configuration again",
    },
    KeyRow {
        key: "owner",
        argument: Some("--owner"),
        variables: &[],
        default: "none",
        about: "whose records these are, where several instances share a name; part of the owner mark",
    },
    KeyRow {
        key: "panel",
        argument: Some("--panel"),
        variables: &[],
        default: "5",
        about: "how many operators may vote in one detection",
    },
    KeyRow {
        key: "pool",
        argument: Some("--source"),
        variables: &[],
        default: "the built-in sources",
        about: "the sources that panels are drawn from",
    },
    KeyRow {
        key: "privacy",
        argument: Some("--privacy"),
        variables: &[],
        default: "open",
        about: "`provider-only`: only the user's own machines (router, interfaces, servers, tunnels) and the DNS provider of the \
                records learn the address by being asked; then `panel` and `quorum` are 1 unless set",
    },
    KeyRow {
        key: "quorum",
        argument: Some("--quorum"),
        variables: &[],
        default: "more than half of the panel",
        about: "how many operators must agree",
    },
    KeyRow {
        key: "records",
        argument: Some("--record"),
        variables: &["RECORDS"],
        default: "none",
        about: "the records to keep right: PROVIDER:ZONE:TYPE:NAME[?OPTION=VALUE&…]",
    },
    KeyRow {
        key: "router_events",
        argument: None,
        variables: &[],
        default: "`subscribe` where the router is a source in the pool, else `listen`",
        about: "how `run` learns from the router that its address changed. `listen`: it hears what the router announces \
                (NAT-PMP and PCP, UDP port 5350) and sends nothing; `subscribe`: it also asks the router for UPnP \
                events; `off`: neither",
    },
    KeyRow {
        key: "rule",
        argument: Some("--rule"),
        variables: &[],
        default: "majority",
        about: "`majority`: more than half of the panel; `plurality`: the most seen, a tie decides nothing",
    },
    KeyRow {
        key: "schedule",
        argument: None,
        variables: &[],
        default: "none",
        about: "in place of `interval`: a cron expression (minute, hour, day of the month, month, day of the week), \
                or `on events only`; a round begins up to 30 s after a time, so that not everybody asks at once",
    },
    KeyRow {
        key: "schedule_timezone",
        argument: None,
        variables: &[],
        default: "the system's",
        about: "the time zone of `schedule`, such as `Europe/Berlin`",
    },
    KeyRow {
        key: "sentinel",
        argument: None,
        variables: &[],
        default: "30s",
        about: "how often `run` asks one witness for the address between rounds, 10s to 1d, or `off`; \
                what it says only starts a round",
    },
    KeyRow {
        key: "state_dir",
        argument: Some("--state-dir"),
        variables: &[],
        default: "$STATE_DIRECTORY, else $XDG_STATE_HOME/dynflare, else ~/.local/state/dynflare; on macOS in \
                  ~/Library/Application Support, on Windows in %LOCALAPPDATA%",
        about: "where a later run finds what this one learnt",
    },
];

/// The row of a key.
pub(super) fn row(key: &str) -> Option<&'static KeyRow> {
    KEYS.iter().find(|row| row.key == key)
}

/// The variable that is made from a key: `DYNFLARE_STATE_DIR`.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase())
}

/// What our own variables begin with.
pub(super) const PREFIX: &str = "DYNFLARE_";

/// One key of a table, with its documentation.
pub type TableKey = (&'static str, &'static str);

/// The keys of a Cloudflare account, sorted.
pub const CLOUDFLARE_KEYS: &[TableKey] = &[
    ("base_url", "where the API is, instead of https://api.cloudflare.com/client/v4"),
    ("email", "the e-mail address that belongs to `key`"),
    ("key", "the global API key (a secret); a token is better"),
    ("token", "an API token (a secret) with Zone.DNS:Edit, and Zone.Zone:Read unless `zone_id` is set"),
    ("type", "`cloudflare`, where the table has another name"),
];

/// The keys of an account that is a program, sorted.
pub const EXEC_KEYS: &[TableKey] = &[
    ("command", "the program and its arguments, as a list of strings; no shell"),
    ("refresh_after", "after how long right values are written again, 1h to 365d"),
    ("timeout", "how long it may take, 1s to 5m; 30s unless given"),
    ("type", "`exec`, where the table has another name"),
];

/// The keys of an account whose provider they describe, sorted; docs/providers-get.md has the whole of each.
pub const GET_KEYS: &[TableKey] = &[
    ("alternatives", "other ways to call, for other sets of credentials"),
    ("apex", "what `{host}` is where the name is the zone: `@` unless given"),
    ("base_url", "replaces scheme, server and port of `url`"),
    ("basic", "user and password of HTTP Basic, as a template: `{username}:{password}`"),
    ("credentials", "the values for placeholders of their names (secrets)"),
    ("echo", "whether a success has to repeat the address"),
    ("expect", "answers and what they mean, checked when the file is read"),
    ("families", "`ipv4`, `ipv6`; both unless given"),
    ("headers", "list of [name, template]"),
    ("insecure", "why the URL is not https"),
    ("like", "`dyndns2`, where query, credentials and answers are that protocol's"),
    ("limits", "`cooldown`, `refresh`, `hosts`"),
    ("method", "`GET`, or `POST` for a form"),
    ("offline", "how a name is taken back"),
    ("per_call", "`one-family`, `both-families` or `whole-name`"),
    ("query", "list of [key, template]"),
    ("refresh_after", "after how long right values are written again, 1h to 365d"),
    ("reply", "rules that tell answers apart"),
    ("type", "`get`"),
    ("url", "where the request goes, as a template; or one each for `ipv4` and `ipv6`"),
    ("wildcard", "`as-is`, or entries to send for a name that begins with `*`"),
    ("zones", "the provider's own zones, which a record need not say"),
];

/// The keys of an account at an API that the user describes, sorted. Placeholders: `{name}`, `{zone}`, `{host}`,
/// `{type}`, `{value}`, `{ip}`, `{ttl}` and `{secret:KEY}`.
pub const HTTP_KEYS: &[TableKey] = &[
    ("body", "what is sent, with placeholders; values are escaped as JSON or as a form, whichever it is"),
    ("contains", "what the answer must hold to be a success"),
    ("headers", "a table of headers, with placeholders"),
    ("method", "`DELETE`, `GET`, `PATCH`, `POST` (default) or `PUT`"),
    (
        "read",
        "a table that says how the value is read: `url`, `method`, `headers`, `body`, and `pointer`, a JSON Pointer to it",
    ),
    ("refresh_after", "after how long right values are written again, 1h to 365d"),
    ("secrets", "a table of secrets, which placeholders name: `{secret:KEY}`"),
    ("status", "the HTTP status of a success, or a list of them; 200 to 299 unless given"),
    ("type", "`http`, where the table has another name"),
    (
        "url",
        "where an address is written, with placeholders: `https://dns.example.org/set?name={name}&ip={ip}`",
    ),
];

/// The keys of an RFC 2136 account, sorted.
pub const RFC2136_KEYS: &[TableKey] = &[
    ("key", "the TSIG key (a secret) as for `nsupdate -y`: ALGORITHM:NAME:SECRET, or NAME:SECRET"),
    ("key_algorithm", "`hmac-sha256` (default), `hmac-sha384` or `hmac-sha512`"),
    ("key_name", "the name of the TSIG key, with `key_secret`"),
    ("key_secret", "the secret of the TSIG key in base64 (a secret)"),
    ("refresh_after", "after how long right values are written again, 1h to 365d: for servers that scavenge"),
    ("server", "the primary server: NAME, ADDRESS, NAME:PORT, IPV4:PORT or [IPV6]:PORT"),
    ("transport", "`auto` (default), `udp` or `tcp`"),
    ("type", "`rfc2136`, where the table has another name"),
];

/// The keys of a source, sorted.
pub const SOURCE_KEYS: &[TableKey] = &[
    ("agent", "of `tunnel:ngrok`: where ngrok's agent is, instead of http://127.0.0.1:4040"),
    (
        "client",
        "of `tunnel:`: how its edge says who asks: `x-forwarded-for` (default), `forwarded`, `cf-connecting-ip` (default for cloudflared) or `proxy-protocol`",
    ),
    (
        "command",
        "of `tunnel:URL`: what opens the tunnel, with `{port}` for the port of this machine; no shell",
    ),
    ("headers", "of `url:`: a table of headers to send; values may be references (secrets)"),
    ("hops", "of `tunnel:`: how many of the last hops the tunnel's own machines wrote, 1 (default) to 16"),
    ("ipv4", "of a built-in source: the base URL for IPv4; of `echo:` and `url:`: another URL for IPv4"),
    ("ipv6", "of a built-in source: the base URL for IPv6; of `echo:` and `url:`: another URL for IPv6"),
    ("key", "of `echo:`: the secret shared with the server (a secret)"),
    (
        "line",
        "of `url:`: the whole line that holds the address, with `{ip}` in its place: `WAN address: {ip}`",
    ),
    (
        "match",
        "of `url:`: a regular expression for the whole line that holds the address, with one group around it: `WAN (?:IP|address): (.+)`",
    ),
    (
        "operator",
        "of your own source: who runs it, `self` for yourself; sources of one operator have one vote",
    ),
    ("port", "of `tunnel:`: the port of this machine that it leads to"),
    ("proxy", "of `url:`: the proxy to ask through: http://HOST:PORT (CONNECT) or socks5h://HOST:PORT"),
    ("public_key", "of `echo:`: the public half of the server's Ed25519 key"),
    (
        "spec",
        "of your own source: url:…, static:…, file:…, command:…, dns:…, stun:…, echo:…, tunnel:… or \
         interface[:NAME][?prefix=2001:db8::/32&temporary=allow]",
    ),
    ("trust", "`vote` (default), or `witness`: its answers are shown and do not count"),
    ("url", "of a built-in source: the base URL for both families"),
    ("url_contains", "of `tunnel:PROGRAM …`: what the URL it says must hold, where it says several"),
];

/// The keys of an uplink, sorted.
pub const UPLINK_KEYS: &[TableKey] = &[
    ("address", "the source address, or one of each family in a list"),
    (
        "hold_down",
        "how long it must have worked before records with a list of uplinks go back to it; 5m unless given",
    ),
    ("interface", "the interface that everything leaves and enters by (SO_BINDTODEVICE, Linux)"),
    ("mark", "the mark that policy routing looks at (SO_MARK, Linux; needs CAP_NET_ADMIN)"),
    (
        "provider_calls",
        "`true`: the provider of records that have this uplink alone is spoken to by it as well",
    ),
];

/// Whether what a key holds is hidden: a secret, or, in the description of a provider, what may have one in it.
pub(super) fn is_secret(key: &str) -> bool {
    matches!(
        key,
        "alternatives"
            | "apex"
            | "basic"
            | "credentials"
            | "echo"
            | "echo_key"
            | "expect"
            | "families"
            | "headers"
            | "insecure"
            | "key"
            | "key_secret"
            | "like"
            | "offline"
            | "password"
            | "per_call"
            | "ping_url"
            | "query"
            | "reply"
            | "secrets"
            | "token"
            | "topic"
            | "user_key"
            | "webhook_url"
            | "wildcard"
            | "zones"
    )
}

#[cfg(all(test, feature = "serve"))]
mod tests {
    use super::*;
    use crate::config::serve::keys as serve;

    #[test]
    fn the_tables_are_sorted_and_every_key_is_either_secret_or_harmless() {
        assert!(KEYS.is_sorted_by_key(|row| row.key));
        let tables = [
            CLOUDFLARE_KEYS,
            EXEC_KEYS,
            GET_KEYS,
            HTTP_KEYS,
            RFC2136_KEYS,
            serve::SERVE_ACCOUNT_KEYS,
            serve::SERVE_KEY_KEYS,
            serve::SERVE_KEYS,
            serve::SERVE_LIMIT_KEYS,
            serve::SERVE_SECONDARY_KEYS,
            serve::SERVE_TLS_KEYS,
            serve::SERVE_ZONE_KEYS,
            SOURCE_KEYS,
            UPLINK_KEYS,
            crate::config::OPTIONS,
        ];
        let of_tables = tables.iter().flat_map(|keys| keys.iter().map(|row| row.0));
        for key in KEYS.iter().map(|row| row.key).chain(of_tables) {
            assert!(super::super::mask::harmless(key) != is_secret(key), "{key}");
        }
        for keys in tables {
            assert!(keys.is_sorted());
        }
    }
}
