//! Wishes against an adapter that counts its calls and does as it is told, on a clock that stands still.

use super::*;
use crate::net::{Network, NetworkSettings};
use crate::provider::{Answer, RrSets, Zone};
use crate::round::Detecting;
use dynflare_core::plan::Replace;
use dynflare_core::quorum::Rules;
use dynflare_core::record::RrSet;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Default)]
struct Held {
    sets: Mutex<HashMap<Key, Vec<String>>>,
    fault: Mutex<Option<Fault>>,
    reads: AtomicUsize,
    writes: AtomicUsize,
    /// Shut while nothing may be read.
    door: tokio::sync::RwLock<()>,
}

struct Fake(Arc<Held>);

impl RrSets for Fake {
    fn locate<'a>(&'a self, zone: Option<&'a Name>, _: &'a Name) -> Answer<'a, Result<Zone, Fault>> {
        let name = zone.expect("the zone is given").clone();
        Box::pin(async move { Ok(Zone { id: name.to_string(), name }) })
    }

    fn get<'a>(&'a self, _: &'a Zone, key: &'a Key) -> Answer<'a, Result<RrSet, Fault>> {
        Box::pin(async move {
            self.0.reads.fetch_add(1, Ordering::SeqCst);
            let _open = self.0.door.read().await;
            if let Some(fault) = self.0.fault.lock().expect("no panic").clone() {
                return Err(fault);
            }
            let values = self.0.sets.lock().expect("no panic").get(key).cloned().unwrap_or_default();
            Ok(RrSet { key: key.clone(), ttl: (!values.is_empty()).then_some(60), values })
        })
    }

    fn replace<'a>(&'a self, _: &'a Zone, step: &'a Replace) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            self.0.writes.fetch_add(1, Ordering::SeqCst);
            self.0.sets.lock().expect("no panic").insert(step.expect.key.clone(), step.values.clone());
            Ok(())
        })
    }
}

struct Stage {
    held: Arc<Held>,
    served: Arc<Served>,
    said: mpsc::UnboundedReceiver<Event>,
    folder: PathBuf,
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a literal name")
}

fn ground(held: &Arc<Held>) -> Ground {
    let mut accounts = BTreeMap::new();
    accounts.insert("fake".to_owned(), Adapter::RrSets(Box::new(Fake(Arc::clone(held)))));
    let network = Network::new(NetworkSettings { ca_files: Vec::new(), user_agent: "test".to_owned() });
    Ground {
        accounts: Arc::new(accounts),
        account: "fake".to_owned(),
        zone_id: None,
        ttl: Some(60),
        owner: OwnerMark::plain(),
        limits: Limits {
            allow: vec!["203.0.113.0/24".parse().expect("a prefix")],
            flap_window: 60,
            ..Limits::default()
        },
        audit: Duration::from_secs(3600),
        detecting: Detecting {
            sources: Vec::new().into(),
            rules: Rules::default(),
            filters: crate::source::Filters::default(),
            network,
            uplinks: BTreeMap::new(),
            seed: 1,
        },
        knowledge: Knowledge::Remembered,
    }
}

fn begin(held: &Arc<Held>, folder: &std::path::Path) -> (Arc<Served>, mpsc::UnboundedReceiver<Event>) {
    let (say, said) = mpsc::unbounded_channel();
    let zones = BTreeMap::from([(name("example.org"), ground(held))]);
    (Arc::new(Served::start(zones, Some(folder.to_owned()), say)), said)
}

fn stage(test: &str) -> Stage {
    let folder = std::env::temp_dir().join(format!("dynflare-lanes-{}-{test}", std::process::id()));
    let _gone = std::fs::remove_dir_all(&folder);
    let held = Arc::new(Held::default());
    let (served, said) = begin(&held, &folder);
    Stage { held, served, said, folder }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

impl Stage {
    async fn set(&self, host: &str, want: Want<std::net::Ipv4Addr>) -> Set {
        self.served.set(vec![wish(host, want)]).await.remove(0)
    }

    fn begin(&self, host: &str, want: Want<std::net::Ipv4Addr>) -> tokio::task::JoinHandle<Vec<Set>> {
        let (served, wish) = (Arc::clone(&self.served), wish(host, want));
        tokio::spawn(async move { served.set(vec![wish]).await })
    }

    fn shown(&self, host: &str) -> Vec<String> {
        let key = Key { name: name(host), rtype: RecordType::A };
        self.held.sets.lock().expect("no panic").get(&key).cloned().unwrap_or_default()
    }

    fn calls(&self) -> (usize, usize) {
        (self.held.reads.load(Ordering::SeqCst), self.held.writes.load(Ordering::SeqCst))
    }

    fn fails(&self, fault: Option<Fault>) {
        *self.held.fault.lock().expect("no panic") = fault;
    }
}

fn wish(host: &str, v4: Want<std::net::Ipv4Addr>) -> Wish {
    Wish { account: "box".into(), name: name(host), v4, v6: Want::Keep, from: IpAddr::from([203, 0, 113, 1]) }
}

fn at(last: u8) -> Want<std::net::Ipv4Addr> {
    Want::Address([203, 0, 113, last].into())
}

/// Lets the clock go on that stands still in these tests; nobody waits for it.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test]
async fn what_is_right_already_costs_no_call_and_what_is_taken_back_goes() {
    let stage = stage("nochg");
    assert_eq!(stage.set("home.example.org", at(7)).await, Set::Changed);
    assert_eq!(stage.shown("home.example.org"), ["203.0.113.7"]);
    let calls = stage.calls();
    for _ in 0..50 {
        assert_eq!(stage.set("home.example.org", at(7)).await, Set::Unchanged);
    }
    assert_eq!(stage.calls(), calls);
    assert_eq!(stage.set("home.example.org", Want::Offline).await, Set::Changed);
    assert_eq!(stage.shown("home.example.org"), [""; 0]);
    assert_eq!(stage.set("home.example.org", Want::Offline).await, Set::Unchanged);
    assert_eq!(stage.set("home.example.com", at(7)).await, Set::Refused(Why::NoZone));
}

#[tokio::test]
async fn an_address_that_somebody_set_by_hand_is_replaced_and_not_kept_beside() {
    let stage = stage("adopt");
    let key = Key { name: name("home.example.org"), rtype: RecordType::A };
    stage.held.sets.lock().expect("no panic").insert(key, vec!["203.0.113.99".to_owned()]);
    assert_eq!(stage.set("home.example.org", at(7)).await, Set::Changed);
    assert_eq!(stage.shown("home.example.org"), ["203.0.113.7"]);
}

#[tokio::test]
async fn what_comes_while_a_round_is_under_way_is_one_round() {
    let stage = stage("batch");
    let shut = stage.held.door.write().await;
    let first = stage.begin("first.example.org", at(1));
    let hosts: Vec<String> = (2..60).map(|number| format!("h{number}.example.org")).collect();
    let mut waiting = vec![first];
    // The first one has begun its round once it reads.
    while stage.calls().0 == 0 {
        tokio::task::yield_now().await;
    }
    waiting.extend(hosts.iter().map(|host| stage.begin(host, at(2))));
    tokio::task::yield_now().await;
    drop(shut);
    for one in waiting {
        assert_eq!(one.await.expect("no panic"), [Set::Changed]);
    }
    assert_eq!(stage.served.standing()[0].1.rounds, 2);
}

#[tokio::test]
async fn of_two_wishes_for_one_name_in_one_round_the_later_counts() {
    let stage = stage("later");
    let shut = stage.held.door.write().await;
    let first = stage.begin("a.example.org", at(1));
    while stage.calls().0 == 0 {
        tokio::task::yield_now().await;
    }
    let both = [2, 3].map(|last| stage.begin("b.example.org", at(last)));
    tokio::task::yield_now().await;
    drop(shut);
    assert_eq!(first.await.expect("no panic"), [Set::Changed]);
    for one in both {
        assert_eq!(one.await.expect("no panic"), [Set::Changed]);
    }
    assert_eq!(stage.shown("b.example.org"), ["203.0.113.3"]);
}

#[tokio::test]
async fn what_is_there_is_not_right_already_while_another_wish_for_the_name_is_on_its_way() {
    let stage = stage("overtaken");
    assert_eq!(stage.set("home.example.org", at(1)).await, Set::Changed);
    let shut = stage.held.door.write().await;
    let reads = stage.calls().0;
    let away = stage.begin("home.example.org", at(2));
    while stage.calls().0 == reads {
        tokio::task::yield_now().await;
    }
    let back = stage.begin("home.example.org", at(1));
    tokio::task::yield_now().await;
    drop(shut);
    assert_eq!(away.await.expect("no panic"), [Set::Changed]);
    // It waits for the guard against flapping, and is not lost.
    let told = back.await.expect("no panic");
    assert!(matches!(told.as_slice(), [Set::Later(_)]), "{told:?}");
    assert_eq!(stage.served.standing()[0].1.open, 1);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_once_called_for_seldom_and_heals_by_itself() {
    let stage = stage("outage");
    stage.fails(Some(Fault::new(Class::Unavailable, "no answer")));
    let told = stage.set("home.example.org", at(7)).await;
    assert!(matches!(&told, Set::Later(fault) if fault.what == "no answer"), "{told:?}");
    let calls = stage.calls();
    for _ in 0..20 {
        assert!(matches!(stage.set("home.example.org", at(7)).await, Set::Later(_)));
    }
    assert_eq!(stage.calls(), calls, "a repeated wish calls nobody while the zone rests");
    // Somebody wishes something else meanwhile: that is what is written in the end.
    assert!(matches!(stage.set("home.example.org", at(8)).await, Set::Later(_)));
    pass(Duration::from_secs(600)).await;
    let tried = stage.calls().0 - calls.0;
    assert!((2..40).contains(&tried), "{tried} calls in ten minutes");
    stage.fails(None);
    pass(Duration::from_secs(301)).await;
    assert_eq!(stage.shown("home.example.org"), ["203.0.113.8"]);
    assert_eq!(stage.set("home.example.org", at(8)).await, Set::Unchanged);
    let standing = &stage.served.standing()[0].1;
    assert_eq!((standing.open, &standing.trouble), (0, &None));
}

#[tokio::test]
async fn what_was_noted_is_written_after_a_new_start() {
    let mut stage = stage("restart");
    stage.fails(Some(Fault::new(Class::Unavailable, "no answer")));
    assert!(matches!(stage.set("home.example.org", at(7)).await, Set::Later(_)));
    let noted = std::fs::read_to_string(stage.folder.join("example.org/wishes.json")).expect("it is noted");
    assert!(noted.contains("203.0.113.7"), "{noted}");
    stage.fails(None);
    let (served, said) = begin(&stage.held, &stage.folder);
    (stage.served, stage.said) = (served, said);
    while stage.shown("home.example.org").is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.shown("home.example.org"), ["203.0.113.7"]);
    while stage.served.standing()[0].1.open > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_flaps_waits_for_the_guard_and_then_comes() {
    let stage = stage("flap");
    assert_eq!(stage.set("home.example.org", at(7)).await, Set::Changed);
    assert_eq!(stage.set("home.example.org", at(8)).await, Set::Changed);
    let back = stage.set("home.example.org", at(7)).await;
    let wait = |set: &Set| match set {
        Set::Later(fault) => fault.retry_after,
        Set::Changed | Set::Unchanged | Set::Refused(_) => None,
    };
    assert!(wait(&back).is_some_and(|wait| wait <= Duration::from_secs(60)), "{back:?}");
    assert_eq!(stage.shown("home.example.org"), ["203.0.113.8"]);
}

#[tokio::test]
async fn an_address_that_must_not_be_published_is_refused_for_good() {
    let stage = stage("private");
    let private = Want::Address([10, 0, 0, 1].into());
    assert!(matches!(stage.set("home.example.org", private).await, Set::Refused(Why::Rejected(_))));
    assert_eq!(stage.served.standing()[0].1.open, 0);
}

#[tokio::test(start_paused = true)]
async fn new_settings_end_every_rest_and_put_everything_known_in_doubt() {
    let stage = stage("reload");
    assert_eq!(stage.set("a.example.org", at(1)).await, Set::Changed);
    stage.fails(Some(Fault::new(Class::Denied, "the token is wrong")));
    assert!(matches!(stage.set("b.example.org", at(2)).await, Set::Later(_)));
    let calls = stage.calls();
    pass(Duration::from_secs(600)).await;
    assert_eq!(stage.calls(), calls, "what only a change can help waits for one");
    stage.fails(None);
    stage.served.turn_to(BTreeMap::from([(name("example.org"), ground(&stage.held))]));
    while stage.shown("b.example.org").is_empty() {
        pass(Duration::from_millis(10)).await;
    }
    let before = stage.calls().0;
    assert_eq!(stage.set("a.example.org", at(1)).await, Set::Unchanged);
    assert!(stage.calls().0 > before, "it was looked at again");
}
