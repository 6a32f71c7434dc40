//! The table of definitions: one line and one file per provider, sorted by id. A file that is not listed here does not
//! exist; the tests say so.

/// Every definition: id and text.
pub(super) const ROWS: &[(&str, &str)] =
    &[("duckdns", include_str!("duckdns.toml")), ("dynv6", include_str!("dynv6.toml"))];
