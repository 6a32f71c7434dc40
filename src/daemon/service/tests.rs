//! Against a real socket that listens as the service manager does.

use super::*;
use crate::report::news::Subject;
use crate::report::status::{AddressStatus, RecordStatus, RoundStatus};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

/// The manager's end, at a path of its own.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dynflare-notify-{}-{name}", std::process::id()));
        let socket = UnixDatagram::bind(&path).expect("a path of our own");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket can be set up");
        Self { socket, path }
    }

    fn world(&self, more: &[(&str, &str)]) -> Environment {
        let path = [("NOTIFY_SOCKET", self.path.to_str().expect("UTF-8"))];
        let all = path.iter().chain(more).map(|(name, value)| ((*name).into(), (*value).into()));
        Environment::from_os(all)
    }

    /// The next datagram.
    fn hears(&self) -> String {
        let mut bytes = [0; 1024];
        let length = self.socket.recv(&mut bytes).expect("something was said");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.path);
    }
}

#[test]
fn the_life_of_a_service_is_told_in_the_words_of_the_protocol() {
    let manager = Manager::new("life");
    let service = Service::from_environment(&manager.world(&[("WATCHDOG_USEC", "30000000")]));
    assert_eq!(service.watchdog_interval(), Some(Duration::from_secs(15)));
    service.ready();
    service.alive();
    service.reloading();
    service.stopping();
    assert_eq!(manager.hears(), "READY=1");
    assert_eq!(manager.hears(), "WATCHDOG=1");
    let reloading = manager.hears();
    let (words, microseconds) = reloading.split_once("\nMONOTONIC_USEC=").expect("when it began");
    assert_eq!(words, "RELOADING=1");
    assert!(microseconds.parse::<u64>().is_ok_and(|microseconds| microseconds > 0), "{reloading}");
    assert_eq!(manager.hears(), "STOPPING=1");
}

#[test]
fn a_watchdog_for_somebody_else_or_none_is_not_fed() {
    let own = std::process::id().to_string();
    for (more, interval) in [
        (vec![], None),
        (vec![("WATCHDOG_USEC", "2000000"), ("WATCHDOG_PID", own.as_str())], Some(Duration::from_secs(1))),
        (vec![("WATCHDOG_USEC", "2000000"), ("WATCHDOG_PID", "1")], None),
        (vec![("WATCHDOG_USEC", "0")], None),
        (vec![("WATCHDOG_USEC", "soon")], None),
    ] {
        let manager = Manager::new("watchdog");
        let service = Service::from_environment(&manager.world(&more));
        assert_eq!(service.watchdog_interval(), interval, "{more:?}");
        service.alive();
        service.stopping();
        let first = if interval.is_some() { "WATCHDOG=1" } else { "STOPPING=1" };
        assert_eq!(manager.hears(), first, "{more:?}");
    }
}

#[test]
fn without_a_manager_or_with_one_that_is_gone_nothing_happens() {
    let service = Service::from_environment(&Environment::default());
    assert_eq!((service.watchdog_interval(), service.warning()), (None, None));
    service.ready();
    let gone = Manager::new("gone").world(&[]);
    let service = Service::from_environment(&gone);
    assert_eq!(service.warning(), None);
    service.ready();
    let odd = Environment::from([("NOTIFY_SOCKET", "vsock:2:1234"), ("WATCHDOG_USEC", "2000000")]);
    let service = Service::from_environment(&odd);
    let warning = "cannot tell the service manager anything: $NOTIFY_SOCKET: `vsock:2:1234` is neither a path nor an \
                   abstract name";
    assert_eq!(service.warning(), Some(warning));
    assert_eq!(service.watchdog_interval(), None);
}

#[cfg(target_os = "linux")]
#[test]
fn an_abstract_name_is_written_with_an_at_sign() {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::SocketAddr;
    let name = format!("dynflare-notify-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let socket = UnixDatagram::bind_addr(&address).expect("a name of our own");
    let path = format!("@{name}");
    Service::from_environment(&Environment::from([("NOTIFY_SOCKET", path.as_str())])).ready();
    let mut bytes = [0; 16];
    let length = socket.recv(&mut bytes).expect("something was said");
    assert_eq!(&bytes[..length], b"READY=1");
}

#[tokio::test(start_paused = true)]
async fn the_loop_is_woken_twice_in_the_time_of_the_watchdog_and_never_without_one() {
    let manager = Manager::new("beat");
    let mut service = Service::from_environment(&manager.world(&[("WATCHDOG_USEC", "60000000")]));
    let began = Instant::now();
    for beats in 1..=3_u32 {
        // Something else happens in between, and the wait begins anew.
        let other = tokio::time::timeout(Duration::from_secs(20), service.beat()).await;
        assert!(other.is_err());
        service.beat().await;
        assert_eq!(began.elapsed().as_secs(), u64::from(beats) * 30);
    }
    let mut without = Service::default();
    assert!(tokio::time::timeout(Duration::from_secs(86_400), without.beat()).await.is_err());
}

#[test]
fn ready_is_said_after_the_first_turn_and_not_again() {
    let manager = Manager::new("turn");
    let mut service = Service::from_environment(&manager.world(&[]));
    service.turned(&Status::default());
    service.turned(&Status::default());
    service.stopping();
    assert_eq!(manager.hears(), "STATUS=looking for the first time");
    assert_eq!(manager.hears(), "READY=1");
    assert_eq!(manager.hears(), "STOPPING=1");
}

fn record(name: &str, cause: Option<&str>) -> RecordStatus {
    let record = Subject { account: "home".to_owned(), name: name.to_owned(), rtype: "A".to_owned() };
    RecordStatus {
        record,
        right: cause.is_none(),
        cause: cause.map(str::to_owned),
        ..RecordStatus::default()
    }
}

#[test]
fn the_status_is_one_line_and_told_when_it_changes() {
    let manager = Manager::new("status");
    let mut service = Service::from_environment(&manager.world(&[]));
    let mut status = Status { records: vec![record("www.example.org", None)], ..Status::default() };
    service.status(&status);
    assert_eq!(manager.hears(), "STATUS=looking for the first time");
    status.round = Some(RoundStatus::default());
    let address = "203.0.113.7".parse().ok();
    status.addresses = vec![AddressStatus { address, ..AddressStatus::default() }, AddressStatus::default()];
    service.status(&status);
    service.status(&Status { at: 5, ..status.clone() });
    status.records.push(record("mail.example.org", Some("the token was refused\nREADY=1")));
    service.status(&status);
    assert_eq!(manager.hears(), "STATUS=1 of 1 records as desired; 203.0.113.7");
    let told =
        "STATUS=1 of 2 records as desired; mail.example.org A: the token was refused READY=1; 203.0.113.7";
    assert_eq!(manager.hears(), told);
    status.config_mistake = Some("x".repeat(1_000));
    assert_eq!(line(&status).chars().count(), STATUS_LENGTH);
}
