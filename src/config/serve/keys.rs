//! The keys of `[serve]` and of the tables below it, with their documentation.

use crate::config::keys::TableKey;

/// The keys of `[serve]` that are values, and the tables below it, sorted.
pub const SERVE_KEYS: &[TableKey] = &[
    ("accounts", "tables `[serve.accounts.NAME]`: who may update which names"),
    (
        "addresses",
        "the public addresses of this server, for the records of zones with `provider = \"local\"`",
    ),
    (
        "client_from",
        "how trusted proxies tell: `x-forwarded-for` (default), `forwarded`, `cf-connecting-ip` or `proxy-protocol`",
    ),
    ("dns", "where the name server listens, UDP and TCP: `[::]:53`"),
    (
        "echo_key",
        "the key that echoes are signed with (a secret); `dynflare serve --echo --new-key` makes one",
    ),
    ("flap_window", "how long an address that was replaced may not come back; 1m unless given"),
    ("keys", "tables `[serve.keys.NAME]`: TSIG keys for updates and transfers"),
    ("limits", "the table `[serve.limits]`: how much is served"),
    (
        "listen",
        "where the web side listens (echo, updates); 127.0.0.1:8053 and [::1]:8053 unless given. Other addresses than \
         loopback need `[serve.tls]` or `trusted_proxies`; with `[serve.tls]`, port 80 only leads to HTTPS",
    ),
    ("name", "the server's own name, for its certificate and the name server records of its zones"),
    ("secondaries", "tables `[serve.secondaries.NAME]`: name servers that copy the zones"),
    ("status", "where /healthz and /metrics are, without authentication: 127.0.0.1:9353"),
    ("stun", "where the STUN responder listens, UDP and TCP: `[::]:3478`"),
    ("tls", "the table `[serve.tls]`: where the certificate comes from"),
    ("trusted_proxies", "where proxies are whose word about clients counts; they alone may speak plain HTTP"),
    ("whoami", "a name that the name server answers with the asker's address"),
    ("zones", "tables `[serve.zones.\"NAME\"]`: where names can be updated"),
];

/// The keys of an account of the update endpoint, sorted.
pub const SERVE_ACCOUNT_KEYS: &[TableKey] = &[
    ("names", "the names it may set; `*.lab.dyn.example.org` is every name below, and the wildcard"),
    ("password", "the argon2id hash of its password (a secret), by `dynflare serve account add NAME`"),
    ("token", "the hash of its token (a secret), for the provider `dynflare`"),
    ("types", "the types it may set: `A`, `AAAA`; both unless given"),
];

/// The keys of a TSIG key of the name server, sorted.
pub const SERVE_KEY_KEYS: &[TableKey] = &[
    ("key", "the TSIG key (a secret): ALGORITHM:NAME:SECRET"),
    ("names", "the names it may update (RFC 2136), as for accounts"),
    ("transfer", "`true`: it may transfer the zones"),
    ("types", "the types it may update; all unless given"),
];

/// The keys of `[serve.limits]`, sorted.
pub const SERVE_LIMIT_KEYS: &[TableKey] = &[
    ("connections", "connections to the web side at a time; 1024 unless given"),
    ("connections_per_address", "the same from one address, /64 in IPv6; 32 unless given"),
    ("dns_responses_per_second", "the same DNS answers to one network a second; 20 unless given"),
    ("requests_per_minute", "requests of one address a minute, /64 in IPv6; 120 unless given"),
    ("updates_per_minute", "updates of one account a minute; 60 unless given"),
];

/// The keys of a secondary, sorted.
pub const SERVE_SECONDARY_KEYS: &[TableKey] = &[
    (
        "address",
        "where it is told of changes (NOTIFY), with `:PORT` where it is not 53; it may transfer the zones",
    ),
    ("signed_by", "the table of `[serve.keys]` whose key signs what it is told and asks"),
];

/// The keys of `[serve.tls]`, sorted.
pub const SERVE_TLS_KEYS: &[TableKey] = &[
    (
        "acme",
        "`true`: a certificate is asked for by ACME, and the authority's terms of service are agreed to",
    ),
    (
        "ca_file",
        "with `acme`: whom to trust about the directory's own certificate (PEM), beside the system's authorities",
    ),
    ("certificate", "the certificate chain (PEM), read again when it changes"),
    ("certificate_key", "its private key (PEM)"),
    ("contact", "with `acme`: an e-mail address, or several"),
    ("directory", "with `acme`: the authority's directory; Let's Encrypt unless given"),
];

/// The keys of a zone that is served, sorted.
pub const SERVE_ZONE_KEYS: &[TableKey] = &[
    (
        "name_servers",
        "of a local zone: its name servers, this one first; `name` of `[serve]`, or `ns` in the zone, unless given",
    ),
    (
        "provider",
        "`local`: the name server of this program; else an account at a provider, as records name it",
    ),
    ("ttl", "the TTL of new records in seconds; of a local zone 60 unless given"),
    ("zone_id", "the provider's identifier of the zone, which spares looking it up"),
];
