//! The snapshot as metrics: one table, written in the text format of Prometheus or, for whoever accepts it, `OpenMetrics`.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/> (0.0.4) and
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/> (1.0.0). A registry that is counted in as things happen
//! would keep a second copy of what the snapshot holds, so there is none: samples are read off when somebody asks.

use crate::report::status::{AddressStatus, RecordStatus, Status};
use std::fmt::Write as _;

/// The form of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Prometheus' own, version 0.0.4.
    Prometheus,
    /// `OpenMetrics` 1.0.0.
    OpenMetrics,
}

impl Form {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, from the start of the process on.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Counts by upper bound.
    Histogram,
    /// Its labels say everything; the value is 1.
    Info,
}

impl Kind {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Info => "info",
        }
    }

    /// What stands behind the name of its samples.
    fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram => "",
        }
    }
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, without the suffix of its kind.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub about: &'static str,
    /// The labels of its samples.
    pub labels: &'static [&'static str],
    read: fn(&Status, u64) -> Vec<Sample>,
}

impl Metric {
    /// The name that queries use.
    pub fn full_name(&self) -> String {
        format!("{}{}", self.name, self.kind.suffix())
    }
}

/// The values of the labels, in their order, and the value.
type Sample = (Vec<String>, f64);

/// Every metric, sorted by name.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "dynflare_address",
        kind: Kind::Info,
        about: "The address that was agreed on last.",
        labels: &["family", "uplink", "address"],
        read: |status, _| {
            let sample =
                |one: &AddressStatus| Some(([of_address(one), vec![one.address?.to_string()]].concat(), 1.0));
            status.addresses.iter().filter_map(sample).collect()
        },
    },
    Metric {
        name: "dynflare_address_agreed",
        kind: Kind::Gauge,
        about: "Whether the last detection agreed, on an address or on there being none.",
        labels: &["family", "uplink"],
        read: |status, _| {
            let agreed = |one: &AddressStatus| matches!(one.verdict.as_str(), "agreed" | "none");
            status.addresses.iter().map(|one| (of_address(one), truth(agreed(one)))).collect()
        },
    },
    Metric {
        name: "dynflare_address_since_timestamp_seconds",
        kind: Kind::Gauge,
        about: "When the address became what it is, in seconds since 1970.",
        labels: &["family", "uplink"],
        read: |status, _| {
            status.addresses.iter().filter_map(|one| Some((of_address(one), number(one.since?)))).collect()
        },
    },
    Metric {
        name: "dynflare_api_requests",
        kind: Kind::Counter,
        about: "Requests to the provider, by account.",
        labels: &["account"],
        read: |status, _| counted(status.counters.requests.iter().map(|(account, count)| (account, *count))),
    },
    Metric {
        name: "dynflare_build",
        kind: Kind::Info,
        about: "The program.",
        labels: &["version"],
        read: |status, _| vec![(vec![status.version.clone()], 1.0)],
    },
    Metric {
        name: "dynflare_changes",
        kind: Kind::Counter,
        about: "Changes of records.",
        labels: &[],
        read: |status, _| single(status.counters.changes),
    },
    Metric {
        name: "dynflare_config_right",
        kind: Kind::Gauge,
        about: "Whether the configuration on disk is the one in use.",
        labels: &[],
        read: |status, _| vec![(vec![], truth(status.config_mistake.is_none()))],
    },
    Metric {
        name: "dynflare_failures",
        kind: Kind::Counter,
        about: "Failures of records, by the class of the fault.",
        labels: &["class"],
        read: |status, _| counted(status.counters.failures.iter().map(|(class, count)| (class, *count))),
    },
    Metric {
        name: "dynflare_healthy",
        kind: Kind::Gauge,
        about: "Whether the loop turns and a round in which all came right is not too long ago.",
        labels: &[],
        read: |status, now| vec![(vec![], truth(status.health(now).is_ok()))],
    },
    Metric {
        name: "dynflare_last_fine_round_timestamp_seconds",
        kind: Kind::Gauge,
        about: "When the last round ended in which all came right, in seconds since 1970.",
        labels: &[],
        read: |status, _| status.fine.map(|at| (vec![], number(at))).into_iter().collect(),
    },
    Metric {
        name: "dynflare_last_turn_timestamp_seconds",
        kind: Kind::Gauge,
        about: "When the loop turned last, in seconds since 1970.",
        labels: &[],
        read: |status, _| single(status.at),
    },
    Metric {
        name: "dynflare_next_round_timestamp_seconds",
        kind: Kind::Gauge,
        about: "When the next round is planned, in seconds since 1970.",
        labels: &[],
        read: |status, _| status.next.iter().map(|next| (vec![], number(next.at))).collect(),
    },
    Metric {
        name: "dynflare_notifications_failed",
        kind: Kind::Counter,
        about: "Notifications that could not be sent.",
        labels: &[],
        read: |status, _| single(status.counters.notifications[1]),
    },
    Metric {
        name: "dynflare_notifications_sent",
        kind: Kind::Counter,
        about: "Notifications that were sent.",
        labels: &[],
        read: |status, _| single(status.counters.notifications[0]),
    },
    Metric {
        name: "dynflare_record_changed_timestamp_seconds",
        kind: Kind::Gauge,
        about: "When the record was changed last, in seconds since 1970.",
        labels: RECORD,
        read: |status, _| {
            status.records.iter().filter_map(|one| Some((of_record(one), number(one.changed?)))).collect()
        },
    },
    Metric {
        name: "dynflare_record_confirmed",
        kind: Kind::Gauge,
        about: "Whether all authoritative servers gave the values when they were asked last.",
        labels: RECORD,
        read: |status, _| {
            let asked =
                |one: &&RecordStatus| one.confirmation.as_ref().is_some_and(|asked| asked.servers > 0);
            let all = |one: &RecordStatus| {
                one.confirmation.as_ref().is_some_and(|asked| asked.right == asked.servers)
            };
            status.records.iter().filter(asked).map(|one| (of_record(one), truth(all(one)))).collect()
        },
    },
    Metric {
        name: "dynflare_record_failures_in_a_row",
        kind: Kind::Gauge,
        about: "How often the record failed since it was right.",
        labels: RECORD,
        read: |status, _| {
            status.records.iter().map(|one| (of_record(one), f64::from(one.failures))).collect()
        },
    },
    Metric {
        name: "dynflare_record_right",
        kind: Kind::Gauge,
        about: "Whether the record is as desired.",
        labels: RECORD,
        read: |status, _| status.records.iter().map(|one| (of_record(one), truth(one.right))).collect(),
    },
    Metric {
        name: "dynflare_round_duration_seconds",
        kind: Kind::Histogram,
        about: "What rounds took.",
        labels: &[],
        read: |_, _| Vec::new(),
    },
    Metric {
        name: "dynflare_rounds",
        kind: Kind::Counter,
        about: "Rounds that ended.",
        labels: &[],
        read: |status, _| single(status.counters.rounds),
    },
    Metric {
        name: "dynflare_rounds_failed",
        kind: Kind::Counter,
        about: "Rounds after which something was not as desired.",
        labels: &[],
        read: |status, _| single(status.counters.rounds_failed),
    },
    Metric {
        name: "dynflare_source_answers",
        kind: Kind::Counter,
        about: "Answers of the source.",
        labels: &["source"],
        read: |status, _| of_sources(status, 0),
    },
    Metric {
        name: "dynflare_source_dissents",
        kind: Kind::Counter,
        about: "Answers of the source that were not what was agreed on.",
        labels: &["source"],
        read: |status, _| of_sources(status, 2),
    },
    Metric {
        name: "dynflare_source_failures",
        kind: Kind::Counter,
        about: "Questions to the source that failed.",
        labels: &["source"],
        read: |status, _| of_sources(status, 1),
    },
    Metric {
        name: "dynflare_start_timestamp_seconds",
        kind: Kind::Gauge,
        about: "When the daemon started, in seconds since 1970.",
        labels: &[],
        read: |status, _| single(status.started),
    },
    Metric {
        name: "dynflare_trigger_fired",
        kind: Kind::Counter,
        about: "How often the trigger fired.",
        labels: &["trigger"],
        read: |status, _| counted(status.triggers.iter().map(|one| (&one.name, one.fired))),
    },
    Metric {
        name: "dynflare_trigger_watching",
        kind: Kind::Gauge,
        about: "Whether the trigger watches.",
        labels: &["trigger"],
        read: |status, _| {
            status.triggers.iter().map(|one| (vec![one.name.clone()], truth(one.watching))).collect()
        },
    },
];

const RECORD: &[&str] = &["account", "name", "type"];

fn of_record(one: &RecordStatus) -> Vec<String> {
    vec![one.record.account.clone(), one.record.name.clone(), one.record.rtype.clone()]
}

fn of_address(one: &AddressStatus) -> Vec<String> {
    vec![format!("ipv{}", one.family), one.uplink.clone().unwrap_or_default()]
}

fn of_sources(status: &Status, which: usize) -> Vec<Sample> {
    counted(status.counters.sources.iter().map(|(source, counts)| (source, counts[which])))
}

fn counted<'a>(counts: impl Iterator<Item = (&'a String, u64)>) -> Vec<Sample> {
    counts.map(|(label, count)| (vec![label.clone()], number(count))).collect()
}

fn single(value: u64) -> Vec<Sample> {
    vec![(vec![], number(value))]
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

#[expect(clippy::cast_precision_loss, reason = "a count beyond 2^53 is exact enough")]
fn number(value: u64) -> f64 {
    value as f64
}

/// The whole page. Metrics without a sample are left out. `now` is in seconds since 1970-01-01 UTC.
pub fn page(status: &Status, now: u64, form: Form) -> String {
    let mut page = String::new();
    for metric in METRICS {
        let samples = (metric.read)(status, now);
        if samples.is_empty() && metric.kind != Kind::Histogram {
            continue;
        }
        head(&mut page, metric, form);
        if metric.kind == Kind::Histogram {
            durations(&mut page, metric.name, status, form);
        }
        for (values, value) in samples {
            let labels: Vec<(&str, &str)> =
                metric.labels.iter().copied().zip(values.iter().map(String::as_str)).collect();
            sample(&mut page, &metric.full_name(), &labels, &value.to_string());
        }
    }
    if form == Form::OpenMetrics {
        page.push_str("# EOF\n");
    }
    page
}

/// A counter that another part of the program keeps, for a page of its own or beside others.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Its name, without `_total`.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// The one label of its samples.
    pub label: &'static str,
    /// The values of the label, and the counts.
    pub samples: Vec<(&'static str, u64)>,
}

/// Writes counters in the form of a page; the end of a page is its owner's to write.
pub fn counters(counters: &[Counted], form: Form) -> String {
    let mut page = String::new();
    for one in counters {
        let metric = Metric {
            name: one.name,
            kind: Kind::Counter,
            about: one.about,
            labels: &[],
            read: |_, _| Vec::new(),
        };
        head(&mut page, &metric, form);
        for (value, count) in &one.samples {
            sample(&mut page, &metric.full_name(), &[(one.label, *value)], &count.to_string());
        }
    }
    page
}

fn head(page: &mut String, metric: &Metric, form: Form) {
    // Prometheus has the suffix in the name, OpenMetrics in the kind; and only the latter knows infos and units.
    let (name, kind) = match (form, metric.kind) {
        (Form::Prometheus, Kind::Info) => (metric.full_name(), "gauge"),
        (Form::Prometheus, kind) => (metric.full_name(), kind.as_str()),
        (Form::OpenMetrics, kind) => (metric.name.to_owned(), kind.as_str()),
    };
    put(page, format_args!("# HELP {name} {}\n# TYPE {name} {kind}\n", metric.about));
    if form == Form::OpenMetrics && name.ends_with("_seconds") {
        put(page, format_args!("# UNIT {name} seconds\n"));
    }
}

fn durations(page: &mut String, name: &str, status: &Status, form: Form) {
    let counters = &status.counters;
    let bucket = format!("{name}_bucket");
    let mut below = 0;
    for bound in crate::report::status::Counters::BOUNDS {
        below += counters.round_ms.get(&bound).copied().unwrap_or(0);
        let seconds = number(bound) / 1000.0;
        // Bounds are numbers in their canonical form (OpenMetrics, "Considerations: Canonical Numbers").
        let bound = match form {
            Form::Prometheus => format!("{seconds}"),
            Form::OpenMetrics => format!("{seconds:?}"),
        };
        sample(page, &bucket, &[("le", &bound)], &below.to_string());
    }
    let all: u64 = counters.round_ms.values().sum();
    sample(page, &bucket, &[("le", "+Inf")], &all.to_string());
    let sum = number(counters.round_ms_sum) / 1000.0;
    sample(page, &format!("{name}_sum"), &[], &sum.to_string());
    sample(page, &format!("{name}_count"), &[], &all.to_string());
}

fn sample(page: &mut String, name: &str, labels: &[(&str, &str)], value: &str) {
    page.push_str(name);
    if !labels.is_empty() {
        let pairs: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        put(page, format_args!("{{{}}}", pairs.join(",")));
    }
    put(page, format_args!(" {value}\n"));
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("writing to a String cannot fail");
}
