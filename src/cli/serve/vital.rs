//! What `/healthz` and `/metrics` of `dynflare serve` say.

use crate::serve::Served;
use crate::server::vitals::Vital;
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Zones with serial and names, and what the name server counted: datagrams, requests over connections, answers
/// dropped, answers cut short.
pub(super) type NamesCounted = Arc<dyn Fn() -> (Vec<(String, u32, usize)>, [usize; 4]) + Send + Sync>;

/// When the certificate in use ends, how often getting one failed, and why the last time.
pub(super) type Expiry = Arc<dyn Fn() -> (Option<SystemTime>, u64, Option<String>) + Send + Sync>;

/// Lines of numbers, in Prometheus' text form.
pub(super) type Lines = Arc<dyn Fn() -> String + Send + Sync>;

/// Where the numbers come from.
pub(super) struct Counted {
    pub(super) served: Arc<Served>,
    pub(super) names: Option<NamesCounted>,
    pub(super) endpoint: Option<Lines>,
    pub(super) certificate: Option<Expiry>,
}

/// The numbers.
pub(super) struct Numbers(pub(super) Counted);

impl Vital for Numbers {
    fn health(&self) -> Value {
        let standing = self.0.served.standing();
        let zones: Vec<Value> = standing
            .iter()
            .map(|(zone, standing)| {
                let trouble = standing.trouble.as_ref().map(ToString::to_string);
                json!({ "zone": zone.to_string(), "open": standing.open, "trouble": trouble })
            })
            .collect();
        let fine = standing.iter().all(|(_, standing)| standing.trouble.is_none());
        let certificate = self.0.certificate.as_ref().and_then(|expiry| expiry().2);
        json!({
            "healthy": true,
            "fine": fine && certificate.is_none(),
            "zones": zones,
            "certificate": certificate,
            "version": env!("CARGO_PKG_VERSION"),
        })
    }

    fn metrics(&self) -> String {
        let mut page = String::new();
        let standing = self.0.served.standing();
        let mut family = |name: &str, kind: &str, help: &str, rows: Vec<(String, String)>| {
            if rows.is_empty() {
                return;
            }
            let written = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
            debug_assert!(written.is_ok(), "a string takes everything");
            for (labels, value) in rows {
                let written = writeln!(page, "{name}{labels} {value}");
                debug_assert!(written.is_ok(), "a string takes everything");
            }
        };
        let zone = |zone: &dyn std::fmt::Display| format!("{{zone=\"{zone}\"}}");
        let of_lanes = |of: &dyn Fn(&crate::serve::Standing) -> String| {
            standing.iter().map(|(name, standing)| (zone(name), of(standing))).collect::<Vec<_>>()
        };
        let version = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
        family("dynflare_serve_info", "gauge", "The version that serves.", vec![(version, "1".to_owned())]);
        family(
            "dynflare_serve_open_wishes",
            "gauge",
            "Wishes that are noted and not written yet.",
            of_lanes(&|standing| standing.open.to_string()),
        );
        family(
            "dynflare_serve_rounds_total",
            "counter",
            "Rounds of a zone since the start.",
            of_lanes(&|standing| standing.rounds.to_string()),
        );
        family(
            "dynflare_serve_zone_trouble",
            "gauge",
            "Whether something is in the way of writing to a zone.",
            of_lanes(&|standing| u8::from(standing.trouble.is_some()).to_string()),
        );
        if let Some(names) = &self.0.names {
            let (zones, [datagrams, requests, dropped, slipped]) = names();
            let serials = zones.iter().map(|(name, serial, _)| (zone(name), serial.to_string())).collect();
            family("dynflare_dns_zone_serial", "gauge", "The serial number of a local zone.", serials);
            let names = zones.iter().map(|(name, _, names)| (zone(name), names.to_string())).collect();
            family("dynflare_dns_zone_names", "gauge", "Names that own records in a local zone.", names);
            let transports = [("udp", datagrams), ("tcp", requests)];
            let rows = transports.map(|(by, number)| (format!("{{transport=\"{by}\"}}"), number.to_string()));
            family("dynflare_dns_requests_total", "counter", "DNS requests since the start.", rows.to_vec());
            let limited = [("dropped", dropped), ("truncated", slipped)];
            let rows = limited.map(|(how, number)| (format!("{{how=\"{how}\"}}"), number.to_string()));
            let help = "DNS answers that one network would have had too many of.";
            family("dynflare_dns_limited_total", "counter", help, rows.to_vec());
        }
        if let Some(expiry) = &self.0.certificate {
            let (valid_until, failed, _) = expiry();
            let seconds = |at: SystemTime| at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            let until = valid_until.map(|at| (String::new(), seconds(at).to_string()));
            let help = "When the certificate in use ends, in seconds since 1970.";
            family("dynflare_serve_certificate_expires", "gauge", help, until.into_iter().collect());
            let failed = vec![(String::new(), failed.to_string())];
            let help = "Attempts to get a certificate that failed since the start.";
            family("dynflare_serve_certificate_failures_total", "counter", help, failed);
        }
        if let Some(lines) = &self.0.endpoint {
            page.push_str(&lines());
        }
        page
    }
}
