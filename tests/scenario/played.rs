//! A scenario on the daemon's real loop, with a clock that stands still until everything else does.
//!
//! The script is the world: it is told of every round, question and reading that the loop begins, and ends it when the
//! scenario says so. What the machine says is not seen here; only what is done about it, and when.

use crate::script::{Scenario, Setup, Step, letter};
use dynflare::config::{self, Environment, Secrets, Settings};
use dynflare::confirm;
use dynflare::daemon::service::Service;
use dynflare::daemon::trigger::{Cause as Reason, Sentinel, Trigger};
use dynflare::daemon::{self, Hands, Load, Loading, Parts, Task};
use dynflare::report::event::{Event, Outcome, Progress, Reading, RecordEvent, Steps};
use dynflare::report::heard::Heard;
use dynflare::report::news::{News, What};
use dynflare::report::status::Status;
use dynflare::round::{Finished, Round, Wanted};
use dynflare::source::{Detection, Source};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::guard;
use dynflare_core::machine::{Cause, Line};
use dynflare_core::memory::Memory;
use dynflare_core::plan::{Effect, Refusal};
use dynflare_core::quorum::{Opinion, Outcome as Agreed, Verdict};
use std::cell::Cell;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

thread_local! {
    /// The clock on the wall, in seconds, less what has passed since the start; a paused clock has one thread.
    static WALL: Cell<i64> = const { Cell::new(0) };
    static START: Cell<Option<Instant>> = const { Cell::new(None) };
}

fn wall() -> u64 {
    let passed = START.get().map_or(0, |start| start.elapsed().as_secs());
    u64::try_from(WALL.get().saturating_add_unsigned(passed)).unwrap_or(0)
}

/// How late the loop may be: a timer has whole milliseconds, and none is early.
const LATE: Duration = Duration::from_millis(20);

/// Long enough for any schedule of a scenario.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// What the loop has begun and the script has not ended.
#[derive(Default)]
struct World {
    done: Vec<String>,
    round: Option<(Vec<Wanted>, oneshot::Sender<Finished>)>,
    asking: Vec<oneshot::Sender<Option<IpAddr>>>,
    loading: Option<(Load, oneshot::Sender<Loading>)>,
    withdrawing: Option<oneshot::Sender<Finished>>,
}

/// The script's hands.
#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<World>>);

impl Scripted {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, done: impl Into<String>) {
        self.world().done.push(done.into());
    }
}

/// Waits for the script; a task that nobody ends goes on for ever.
async fn told<T>(end: oneshot::Receiver<T>) -> T {
    match end.await {
        Ok(told) => told,
        Err(_) => std::future::pending().await,
    }
}

/// A round that is dropped before its end was given up.
struct Whole {
    hands: Scripted,
    ended: bool,
}

impl Whole {
    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.ended {
            self.hands.note("drop round");
        }
    }
}

impl Hands for Scripted {
    fn round(&self, round: Round, cause: Cause) -> Task<Finished> {
        let place = |wanted: &Wanted| {
            let look = if wanted.settled.is_some() { "" } else { "!" };
            format!(" {}{look}", wanted.wish.key().name.to_string().split('.').next().unwrap_or_default())
        };
        let places: String = round.wanted.iter().map(place).collect();
        let (end, ended) = oneshot::channel();
        let mut world = self.world();
        world.done.push(format!("round {}{places}", cause.as_str()));
        world.round = Some((round.wanted, end));
        let (whole, interrupt) = (Whole { hands: self.clone(), ended: false }, round.interrupt);
        let interrupted = self.clone();
        Box::pin(async move {
            let stop = async {
                interrupt.wait().await;
                interrupted.note("stop asking");
                std::future::pending::<()>().await;
            };
            let finished = tokio::select! {
                finished = told(ended) => finished,
                () = stop => unreachable!("it never ends"),
            };
            whole.end();
            finished
        })
    }

    fn withdraw(&self, round: Round) -> Task<Finished> {
        assert!(!round.wanted.is_empty(), "there is something to take back");
        let (end, ended) = oneshot::channel();
        let mut world = self.world();
        world.done.push("withdraw".to_owned());
        world.withdrawing = Some(end);
        Box::pin(told(ended))
    }

    fn ask(&self, _: Arc<Sentinel>, line: Line) -> Task<Option<IpAddr>> {
        assert_eq!(line, Line { family: Family::V4, uplink: None });
        let (end, ended) = oneshot::channel();
        let mut world = self.world();
        world.done.push("ask".to_owned());
        world.asking.push(end);
        Box::pin(told(ended))
    }

    fn load(&self, load: Load) -> Task<Loading> {
        let (end, ended) = oneshot::channel();
        let mut world = self.world();
        world.done.push("load".to_owned());
        world.loading = Some((load, end));
        Box::pin(told(ended))
    }
}

/// The configuration of a set-up, by the way that every configuration takes.
fn settings(setup: &Setup, name: &str) -> Settings {
    let record =
        |(number, account): (usize, &String)| format!("\"{account}:example.org:A:{}\"", letter(number));
    let records: Vec<String> = setup.accounts.iter().enumerate().map(record).collect();
    let schedule = match setup.interval {
        0 => "schedule = \"on events only\"".to_owned(),
        seconds => format!("interval = \"{seconds}s\""),
    };
    let sentinel = if setup.sentinel == 0 { "off".to_owned() } else { format!("{}s", setup.sentinel) };
    let on_stop = if setup.delete_on_stop { "delete" } else { "keep" };
    let text = format!(
        "version = 1\nrecords = [{}]\n{schedule}\nsentinel = \"{sentinel}\"\naudit_interval = \"{}s\"\n\
         on_stop = \"{on_stop}\"\nconfirm = false\nquorum = 1\npool = [\"static:203.0.113.7\"]\n\
         allow = [\"203.0.113.0/24\"]\n[providers.one]\ntype = \"cloudflare\"\ntoken = \"{TOKEN}\"\n\
         [providers.other]\ntype = \"cloudflare\"\ntoken = \"{TOKEN}\"\n",
        records.join(", "),
        setup.audit,
    );
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scenario-{name}.toml"));
    std::fs::write(&file, text).expect("a file in the target folder");
    let mut arguments = config::Arguments::default();
    arguments.set_config(Some(file));
    let loaded = config::load(&Environment::from_os([]), &arguments, Secrets::All);
    loaded.unwrap_or_else(|mistakes| panic!("{name}: {mistakes:?}")).0
}

const TOKEN: &str = "cfut_loopbackTokenOfTheTests0123456789abcdefghijklmno";

/// What is said of an incident, in the words of scenarios.
fn words(news: &News) -> String {
    let letter = news.record.as_ref().and_then(|record| record.name.chars().next()).unwrap_or(' ');
    match &news.what {
        What::Failing { times, .. } => format!("tell failing {letter} {times}"),
        What::Refused { .. } => format!("tell refused {letter}"),
        What::Recovered { .. } => format!("tell recovered {letter}"),
        What::Config { .. } => "tell configuration wrong".to_owned(),
        What::ConfigRight => "tell configuration right".to_owned(),
        What::Changed { .. } => unreachable!("a change is no incident"),
    }
}

fn parts(hands: &Scripted, triggers: mpsc::Receiver<Trigger>, load: Load, seed: u64) -> Parts {
    let saying = hands.clone();
    let (_, watching) = watch::channel(std::collections::BTreeMap::new());
    Parts {
        hands: Box::new(hands.clone()),
        load,
        say: Box::new(move |event, _| {
            if let Event::News(news) = event {
                saying.note(words(news));
            }
        }),
        spread: Box::new(|_, _| {}),
        turn_to: Box::new(|_| {}),
        pulse: Box::new(|_| {}),
        notified: Box::new(|| [0, 0]),
        triggers,
        watching,
        confirming: confirm::Options::default(),
        service: Service::default(),
        memory: Memory::default(),
        keeper: None,
        wall,
        seed,
    }
}

/// The record of a round with the ending that the scenario gives it.
fn ended(wanted: &Wanted, word: &str) -> RecordEvent {
    let (word, wait) = match word.split_once('+') {
        Some((word, seconds)) => (word, Some(Duration::from_secs(seconds.parse().expect("seconds")))),
        None => (word, None),
    };
    let mut desired = wanted.wish.nothing();
    desired.values = vec!["203.0.113.7".to_owned()];
    let effect = || Effect { key: wanted.wish.key().clone(), added: vec![], removed: vec![], deletions: 0 };
    let outcome = match word {
        "right" | "as-before" => Outcome::Unchanged(desired.values.clone()),
        "changed" => Outcome::Changed(Steps::Records(vec![]), effect()),
        "absent" => Outcome::Absent(Family::V4),
        "not-agreed" => Outcome::NotAgreed(Family::V4),
        "refused" => Outcome::Refused(Refusal::NoneOurs(vec![])),
        "guarded" => Outcome::Guarded(guard::Refusal::Deletions { count: 2, limit: 1 }),
        _ => {
            let class = Class::ALL.into_iter().find(|class| class.as_str() == word);
            let class = class.unwrap_or_else(|| panic!("`{word}` is no ending"));
            Outcome::Failed(Fault::new(class, "as the scenario says").retry_after(wait), Progress::Nothing)
        }
    };
    RecordEvent {
        account: wanted.account.clone(),
        key: wanted.wish.key().clone(),
        zone: wanted.zone.clone(),
        outcome,
        notes: Vec::new(),
        detections: Vec::new(),
        desired: Some(desired),
        reading: if word == "as-before" { Reading::Earlier } else { Reading::AtProvider },
        next_try: None,
    }
}

fn heard(agreed: IpAddr) -> Arc<Heard> {
    let verdict = Verdict {
        outcome: Agreed::Agreed(Opinion::Address(agreed)),
        networks: Vec::new(),
        ballots: Vec::new(),
        quorum: 1,
        panel: 1,
        failed: Vec::new(),
        late: Vec::new(),
        dropped: Vec::new(),
    };
    let took = Duration::from_millis(1);
    let detection = Detection { family: Family::V4, verdict, answers: Vec::new(), took };
    let sources: Vec<Source> = Vec::new();
    Arc::new(Heard { detection, sources: sources.into(), uplink: None })
}

fn finished(records: Vec<RecordEvent>, agreed: Option<IpAddr>) -> Finished {
    let detections = agreed.map(heard).into_iter().collect();
    Finished { records, detections, memory: Memory::default(), opened: Vec::new() }
}

/// The loop at work, and where the script stands.
struct Player<'a> {
    scenario: &'a Scenario,
    hands: Scripted,
    triggers: mpsc::Sender<Trigger>,
    /// One for each turn of the loop.
    snapshots: watch::Receiver<Arc<Status>>,
    start: Instant,
    place: String,
}

impl Player<'_> {
    /// Lets something happen, as the scenario calls it.
    async fn happens(&self, event: &str) {
        let words: Vec<&str> = event.split_whitespace().collect();
        let ip = |text: &str| -> IpAddr { text.parse().unwrap_or_else(|_| panic!("`{text}` is an address")) };
        let trigger = match words[..] {
            ["tick"] => None,
            ["kick"] => Some(Trigger::Kick),
            ["interfaces"] => Some(Trigger::Interfaces),
            ["router"] => Some(Trigger::Router(None)),
            ["router", told] => Some(Trigger::Router(Some(ip(told)))),
            ["resumed"] => Some(Trigger::Resumed),
            ["clock", "set"] => Some(Trigger::ClockSet),
            ["config", "changed"] => Some(Trigger::Reload(Reason::File)),
            ["stop"] => Some(Trigger::Stop),
            ["saw", told] => {
                let asked = self
                    .hands
                    .world()
                    .asking
                    .pop()
                    .unwrap_or_else(|| panic!("{}: nobody was asked", self.place));
                let _gone = asked.send((told != "nothing").then(|| ip(told)));
                None
            }
            ["loaded", ref wrong @ ..] => {
                let (load, asked) = self.hands.world().loading.take().expect("it is being read");
                let loading = if wrong.is_empty() { load() } else { Err("it is wrong".to_owned()) };
                let _gone = asked.send(loading);
                None
            }
            ["withdrawn"] => {
                let asked = self.hands.world().withdrawing.take().expect("it is being taken back");
                let _gone = asked.send(finished(Vec::new(), None));
                None
            }
            ["ended", ref endings @ .., "agreed", told] => {
                self.ends(endings, Some(ip(told)));
                None
            }
            ["ended", ref endings @ ..] => {
                self.ends(endings, None);
                None
            }
            _ => panic!("{}: `{event}` is no event", self.place),
        };
        if let Some(trigger) = trigger {
            self.triggers.send(trigger).await.expect("the loop listens");
        }
    }

    fn ends(&self, endings: &[&str], agreed: Option<IpAddr>) {
        let (wanted, end) = self.hands.world().round.take().expect("a round is under way");
        assert_eq!(endings.len(), wanted.len(), "{}: one ending for each record", self.place);
        let records = wanted.iter().zip(endings).map(|(wanted, word)| ended(wanted, word)).collect();
        let _gone = end.send(finished(records, agreed));
    }

    /// What was done since the last look.
    fn done(&self) -> Vec<String> {
        std::mem::take(&mut self.hands.world().done)
    }

    /// Lets the clock come to the time of the step, or to when the loop does something by itself.
    async fn comes(&self, step: &Step, due: Option<[f64; 2]>) {
        if let Some(at) = step.at {
            sleep_until(self.start + Duration::from_secs_f64(at)).await;
            assert_eq!(self.done(), Vec::<String>::new(), "{}: done before {at} s", self.place);
            return;
        }
        let something = async {
            let mut turns = self.snapshots.clone();
            while self.hands.world().done.is_empty() {
                if turns.changed().await.is_err() {
                    // The loop is at its end, and says so at its next chance.
                    sleep(Duration::from_millis(1)).await;
                }
            }
        };
        assert!(timeout(FOR_EVER, something).await.is_ok(), "{}: nothing is done", self.place);
        let at = self.start.elapsed();
        if let Some([from, to]) = due {
            let (from, to) = (Duration::from_secs_f64(from), Duration::from_secs_f64(to) + 2 * LATE);
            assert!((from..=to).contains(&at), "{}: done at {at:?}", self.place);
        }
    }

    async fn play(&self) {
        let mut due = None;
        for (number, step) in self.scenario.step.iter().enumerate() {
            let player = Player {
                scenario: self.scenario,
                hands: self.hands.clone(),
                triggers: self.triggers.clone(),
                snapshots: self.snapshots.clone(),
                start: self.start,
                place: format!("{}, step {}", self.place, number + 1),
            };
            if number > 0 {
                player.comes(step, due).await;
            }
            WALL.set(WALL.get() + step.wall);
            player.happens(&step.event).await;
            // Time moves only when nobody has anything to do.
            sleep(Duration::from_millis(1)).await;
            // In which order things are done at one moment is the machine's, and tested there.
            let (mut done, mut then) = (player.done(), step.then.clone());
            done.sort();
            then.sort();
            assert_eq!(done, then, "{}: {} at {:?}", player.place, step.event, self.start.elapsed());
            due = step.due;
        }
    }
}

/// Plays a scenario on the loop, with several seeds.
pub(crate) fn play(scenario: &Scenario, name: &str) {
    for seed in 0..5 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime can be made").block_on(play_with(scenario, seed, name));
    }
}

async fn play_with(scenario: &Scenario, seed: u64, name: &str) {
    let start = Instant::now();
    START.set(Some(start));
    // The clock may be wrong from the start.
    WALL.set(1_800_000_000);
    let settings = settings(&scenario.setup, name);
    let hands = Scripted::default();
    let (triggers, noticed) = mpsc::channel(8);
    let load: Load = {
        let settings = settings.clone();
        Arc::new(move || Ok((settings.clone(), Vec::new())))
    };
    let first = scenario.step.first().map_or(0, |step| step.wall);
    WALL.set(WALL.get() + first);
    let (daemon, snapshots) = daemon::run(settings, parts(&hands, noticed, load, seed));
    WALL.set(WALL.get() - first);
    let ending = hands.clone();
    let daemon = async move {
        daemon.await;
        ending.note("end");
        std::future::pending::<()>().await;
    };
    let player = Player {
        scenario,
        hands,
        triggers,
        snapshots,
        start,
        place: format!("{name} on the loop, seed {seed}"),
    };
    tokio::select! {
        () = player.play() => {}
        () = daemon => unreachable!("it waits for the script to end"),
    }
}
