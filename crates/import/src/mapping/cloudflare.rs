//! The programs that know Cloudflare alone.

use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row("cloudflare", "cloudflare", &[("token", "{token}")]),
    row("cloudflare", "cloudflare", &[("email", "{email}"), ("key", "{key}")]),
];
