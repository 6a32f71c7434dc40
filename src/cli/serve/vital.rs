//! What `/healthz` and `/metrics` of `dynflare serve` say.

use crate::serve::{Served, Standing};
use crate::server::vitals::Vital;
use dynflare_core::name::Name;
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

/// How the certificate of HTTPS stands.
struct Certificate {
    valid_until: Option<SystemTime>,
    failing: Option<String>,
}

/// Whether anybody can be served, and what else is wrong: a zone whose provider is down is not fine, and starting again
/// would not help it.
fn health(zones: &[(Name, Standing)], certificate: Option<Certificate>, now: SystemTime) -> (bool, Value) {
    let healthy = certificate.as_ref().is_none_or(|one| one.valid_until.is_some_and(|end| end > now));
    let failing = certificate.and_then(|one| one.failing);
    let fine = healthy && failing.is_none() && zones.iter().all(|(_, zone)| zone.trouble.is_none());
    let zones: Vec<Value> = zones
        .iter()
        .map(|(name, standing)| {
            let trouble = standing.trouble.as_ref().map(ToString::to_string);
            json!({ "zone": name.to_string(), "open": standing.open, "trouble": trouble })
        })
        .collect();
    let told = json!({
        "healthy": healthy,
        "fine": fine,
        "zones": zones,
        "certificate": failing.or_else(|| (!healthy).then(|| "there is no valid one".to_owned())),
        "version": env!("CARGO_PKG_VERSION"),
    });
    (healthy, told)
}

impl Vital for Numbers {
    fn health(&self) -> (bool, Value) {
        let certificate = self.0.certificate.as_ref().map(|expiry| {
            let (valid_until, _, failing) = expiry();
            Certificate { valid_until, failing }
        });
        health(&self.0.served.standing(), certificate, SystemTime::now())
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
        let of_lanes = |of: &dyn Fn(&Standing) -> String| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::fault::{Class, Fault};
    use std::time::Duration;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn who_has_no_valid_certificate_is_not_healthy_and_a_provider_that_is_down_is_not_fine() {
        let now = UNIX_EPOCH + 100 * DAY;
        let zone = |trouble| {
            let standing = Standing { open: 1, rounds: 1, known: 0, trouble };
            [(Name::parse("example.org").expect("a name"), standing)]
        };
        let down = Some(Fault::new(Class::Unavailable, "no answer"));
        let certificate = |valid_until, failing: Option<&str>| {
            Some(Certificate { valid_until, failing: failing.map(str::to_owned) })
        };
        let said = |zones: &[(Name, Standing)], certificate| {
            let (healthy, told) = health(zones, certificate, now);
            assert_eq!(told["healthy"], healthy);
            (healthy, told["fine"] == true, told["certificate"].as_str().map(str::to_owned))
        };
        assert_eq!(said(&zone(None), None), (true, true, None));
        assert_eq!(said(&zone(down), None), (true, false, None));
        assert_eq!(said(&zone(None), certificate(Some(now + DAY), None)), (true, true, None));
        let told = said(&zone(None), certificate(Some(now + DAY), Some("no answer")));
        assert_eq!(told, (true, false, Some("no answer".to_owned())));
        let none = Some("there is no valid one".to_owned());
        for end in [None, Some(now - DAY), Some(now)] {
            assert_eq!(said(&zone(None), certificate(end, None)), (false, false, none.clone()));
        }
    }
}
