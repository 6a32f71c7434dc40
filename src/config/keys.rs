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
        key: "ca_file",
        argument: Some("--ca-file"),
        variables: &["SSL_CERT_FILE"],
        default: "none",
        about: "files of certificate authorities (PEM) to trust beside the system's",
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
        key: "rule",
        argument: Some("--rule"),
        variables: &[],
        default: "majority",
        about: "`majority`: more than half of the panel; `plurality`: the most seen, a tie decides nothing",
    },
    KeyRow {
        key: "state_dir",
        argument: Some("--state-dir"),
        variables: &[],
        default: "$STATE_DIRECTORY, else $XDG_STATE_HOME/dynflare, else ~/.local/state/dynflare",
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

/// The keys of a Cloudflare account.
pub(super) const CLOUDFLARE: &[&str] = &["base_url", "email", "key", "token", "type"];

/// The keys of an RFC 2136 account.
pub(super) const RFC2136: &[&str] =
    &["key", "key_algorithm", "key_name", "key_secret", "server", "transport", "type"];

/// The keys of a source.
pub(super) const SOURCE: &[&str] = &["ipv4", "ipv6", "operator", "spec", "trust", "url"];

/// Whether a key holds a secret.
pub(super) fn is_secret(key: &str) -> bool {
    matches!(key, "token" | "key" | "key_secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_every_key_is_either_secret_or_harmless() {
        assert!(KEYS.is_sorted_by_key(|row| row.key));
        let all =
            KEYS.iter().map(|row| row.key).chain(CLOUDFLARE.iter().chain(RFC2136).chain(SOURCE).copied());
        for key in all.chain(crate::config::OPTIONS.iter().map(|row| row.0)) {
            assert!(super::super::mask::harmless(key) != is_secret(key), "{key}");
        }
        for keys in [CLOUDFLARE, RFC2136, SOURCE] {
            assert!(keys.is_sorted());
        }
    }
}
