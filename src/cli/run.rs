//! `dynflare run`: the daemon, with everything that stands around it.

use super::args::Invocation;
use super::around::{self, Around};
use super::bell::Bell;
use super::exit::Exit;
use super::output::Output;
use super::reporter::Reporter;
use super::watch::{Pages, ear};
use crate::config::{self, Diagnostic, Environment, Inherited, Secrets, Settings};
use crate::confirm;
use crate::daemon::service::Service;
use crate::daemon::trigger::Triggers;
use crate::daemon::{self, Loading, Parts};
use crate::history::History;
use crate::keeper::Keeper;
use crate::report::event::Event;
use crate::server;
use crate::server::status::Shown;
use crate::setup;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::mpsc;

/// How many triggers may wait for the loop. More than these say nothing new.
const WAITING: usize = 64;

/// What of the daemon is set on the command line alone.
#[derive(clap::Args, Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Where to show the status page, /healthz, /metrics and /status over HTTP; may be repeated [default: nowhere]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Vec<String>,
}

/// Runs until the process is told to end.
pub(super) async fn run(
    invocation: &Invocation,
    world: &Environment,
    settings: &Settings,
    output: &Output,
) -> Exit {
    let (store, memory, warning) = setup::remembered(settings);
    let cleaner = output.cleaner.clone();
    let (sender, triggers) = mpsc::channel(WAITING);
    #[cfg(feature = "page")]
    let past = Arc::new(crate::page::Chronicle::default());
    let watchers = Triggers::start(around::subjects(settings), sender.clone());
    let watching = watchers.states();
    let around = Around {
        reporter: Reporter::new(output, world),
        watchers,
        bell: Bell::new(settings),
        history: settings.state_dir.value.as_deref().map(History::open),
        #[cfg(feature = "page")]
        past: Arc::clone(&past),
        pages: None,
    };
    let note = |around: &Around, text: String| around.note(text, &cleaner);
    if let Some(warning) = warning {
        note(&around, warning.to_string());
    }
    let service = Service::from_environment(world);
    if let Some(warning) = service.warning() {
        note(&around, warning.to_owned());
    }
    let around = Rc::new(RefCell::new(around));
    let of = || Rc::clone(&around);
    let (saying, spreading, turning, pulsing, counting) = (of(), of(), of(), of(), of());
    let parts = Parts {
        hands: Box::new(daemon::Own),
        load: load(invocation, world),
        say: Box::new(move |event, cleaner| saying.borrow().reporter.event(event, cleaner)),
        spread: Box::new(move |news, cleaner| spreading.borrow_mut().spread(news, cleaner)),
        turn_to: Box::new(move |settings| turning.borrow_mut().turn_to(settings)),
        pulse: Box::new(move |pulse| pulsing.borrow_mut().pulse(pulse)),
        notified: Box::new(move || counting.borrow().bell.tallies()),
        triggers,
        watching,
        confirming: confirm::Options::default(),
        service,
        memory,
        keeper: store.map(Keeper::new),
        wall: setup::now,
        seed: setup::seed(),
    };
    let (daemon, snapshots) = daemon::run(settings.clone(), parts);
    let shown = Shown {
        status: snapshots.clone(),
        #[cfg(feature = "page")]
        past,
        names: server::status::Names::default(),
    };
    shown.names.set(&settings.listen_names.value);
    let handed = handed_over(world, &shown, &|text| note(&around.borrow(), text));
    let ear = match ear(settings, snapshots.clone(), sender) {
        Ok((ear, trouble)) => {
            if let Some(text) = trouble {
                note(&around.borrow(), text);
            }
            ear
        }
        Err(text) => {
            output.error(&text);
            return Exit::Failed;
        }
    };
    let (reporter, of_start) = (Reporter::new(output, world), output.cleaner.clone());
    let say = move |text| reporter.event(&Event::Notice(text), &of_start);
    let mut pages = Pages::new(shown, Arc::new(say));
    #[cfg(feature = "page")]
    if !handed.is_empty() {
        pages.recall(settings);
    }
    pages.turn_to(settings);
    around.borrow_mut().pages = Some(pages);
    daemon.await;
    drop((ear, handed));
    // The loop is gone, and with it everybody else who held it.
    if let Ok(around) = Rc::try_unwrap(around) {
        around.into_inner().stop().await;
    }
    Exit::AsDesired
}

/// The status pages at sockets that the service manager hands over, by the name `status`.
fn handed_over(world: &Environment, shown: &Shown, note: &dyn Fn(String)) -> Vec<server::listen::Server> {
    let open = |listener: std::net::TcpListener| {
        listener.set_nonblocking(true)?;
        server::status::from_listener(tokio::net::TcpListener::from_std(listener)?, shown.clone())
    };
    let mut pages = Vec::new();
    for (name, socket) in config::inherited(world) {
        let refused = match socket {
            Inherited::Tcp(listener) if name == "status" => match open(listener) {
                Ok(server) => {
                    pages.push(server);
                    continue;
                }
                Err(error) => error.to_string(),
            },
            Inherited::Tcp(_) => "only one named `status` is known (FileDescriptorName=)".to_owned(),
            Inherited::Udp(_) => "the status pages take a TCP socket".to_owned(),
            #[cfg(unix)]
            Inherited::Unix(_) => "the status pages take a TCP socket".to_owned(),
        };
        note(format!("cannot use the socket `{name}` that was handed over: {refused}"));
    }
    pages
}

/// Reads the configuration as at the start: the same arguments, and the environment of the process.
fn load(invocation: &Invocation, world: &Environment) -> daemon::Load {
    let (arguments, world) = (invocation.arguments.clone(), world.clone());
    Arc::new(move || -> Loading {
        match config::load(&world, &arguments, Secrets::OfRun) {
            Ok((settings, _)) if settings.records.is_empty() => Err(Settings::no_records().message),
            Ok((settings, notices)) => Ok((settings, notices.iter().map(Diagnostic::sentence).collect())),
            Err(mistakes) => Err(mistakes.iter().map(Diagnostic::sentence).collect::<Vec<_>>().join("; ")),
        }
    })
}
