//! Signals as triggers; a test program of its own, since a signal goes to the whole process.
#![cfg(unix)]

use dynflare::daemon::trigger::{Cause, Name, RouterEvents, Subjects, Trigger, Triggers};
use dynflare::net::{Network, NetworkSettings};
use rustix::process::{Signal, getpid, kill_process};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

#[tokio::test]
async fn each_signal_is_the_trigger_it_stands_for() {
    let (sender, mut noticed) = mpsc::channel(8);
    let network = Network::new(NetworkSettings::default());
    let triggers =
        Triggers::start(Subjects { network, files: Vec::new(), router: RouterEvents::Off }, sender);
    for (signal, trigger) in [
        (Signal::USR1, Trigger::Kick),
        (Signal::HUP, Trigger::Reload(Cause::Asked)),
        (Signal::TERM, Trigger::Stop),
        (Signal::INT, Trigger::Stop),
    ] {
        // From the first moment on: no need to wait until the triggers say that they watch.
        kill_process(getpid(), signal).expect("a process may send signals to itself");
        let next = timeout(Duration::from_secs(20), noticed.recv()).await;
        assert_eq!(next.expect("it is noticed"), Some(trigger));
    }
    assert_eq!(triggers.states().borrow().get(&Name::Kick), Some(&Ok(())));
    triggers.stop().await;
    assert_eq!(noticed.recv().await, None);
}
