//! The real binary, as a user or a crontab runs it: exact output, exact exit codes, against servers on loopback.

mod address;
mod breaker;
#[cfg(target_os = "linux")]
mod clock;
mod conditions;
#[cfg(unix)]
mod daemon;
#[cfg(feature = "demo")]
mod demo;
#[cfg(feature = "doctor")]
mod doctor;
#[cfg(all(unix, feature = "default"))]
mod documented;
#[cfg(target_os = "linux")]
mod endurance;
#[cfg(target_os = "linux")]
mod full;
mod history;
#[cfg(unix)]
mod init;
mod killed;
mod lab;
mod machine;
mod nameservers;
#[cfg(feature = "notify")]
mod notify;
mod ownership;
#[cfg(all(unix, feature = "page"))]
mod page;
mod prefix;
mod privacy;
mod push;
mod resilience;
#[cfg(unix)]
mod scraped;
mod secrets;
mod seed;
#[cfg(unix)]
mod status;
#[cfg(unix)]
mod terminal;
mod update;
#[cfg(unix)]
mod watched;
