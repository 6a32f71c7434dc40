//! The table of definitions: one line and one file per provider, sorted by id. A file that is not listed here does not
//! exist; the tests say so.

/// Every definition: id and text.
pub(super) const ROWS: &[(&str, &str)] = &[
    ("all-inkl", include_str!("all-inkl.toml")),
    ("duckdns", include_str!("duckdns.toml")),
    ("dyndns2-generic", include_str!("dyndns2-generic.toml")),
    ("dynv6", include_str!("dynv6.toml")),
    ("freedns", include_str!("freedns.toml")),
    ("he", include_str!("he.toml")),
    ("namecheap-dynamic", include_str!("namecheap-dynamic.toml")),
    ("noip", include_str!("noip.toml")),
    ("ovh-dynhost", include_str!("ovh-dynhost.toml")),
    ("strato", include_str!("strato.toml")),
];
