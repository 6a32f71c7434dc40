//! The zone files that the servers start from.

use super::{SUBZONE, ZONE};
use std::io;
use std::path::Path;

/// Writes the zone files `example.org.zone` and `b.example.org.zone`.
pub(super) fn write_zones(directory: &Path) -> io::Result<()> {
    write_zone(directory, ZONE)?;
    write_zone(directory, SUBZONE)
}

pub(super) fn write_zone(directory: &Path, zone: &str) -> io::Result<()> {
    std::fs::write(directory.join(format!("{zone}.zone")), zone_text(zone))
}

fn zone_text(zone: &str) -> String {
    let delegation = if zone == ZONE {
        format!("{SUBZONE}. IN NS ns1.{SUBZONE}.\nns1.{SUBZONE}. IN A 127.0.0.1\n")
    } else {
        String::new()
    };
    format!(
        "$TTL 3600\n{zone}. IN SOA ns1.{zone}. hostmaster.{zone}. 1 3600 600 86400 60\n\
         {zone}. IN NS ns1.{zone}.\nns1.{zone}. IN A 127.0.0.1\n{delegation}"
    )
}
