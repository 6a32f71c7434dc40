//! `dynflare run`: the daemon, with everything that stands around it.

use super::args::Invocation;
use super::exit::Exit;
use super::output::Output;
use crate::config::{self, Diagnostic, Environment, Inherited, Secrets, Settings};
use crate::confirm;
use crate::daemon::service::Service;
use crate::daemon::trigger::{Subjects, Triggers};
use crate::daemon::{self, Loading, Parts};
use crate::history::History;
use crate::keeper::Keeper;
use crate::report::clean::Cleaner;
use crate::report::event::Event;
use crate::report::status::Status;
use crate::server;
use crate::setup;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// How many triggers may wait for the loop. More than these say nothing new.
const WAITING: usize = 64;

/// Runs until the process is told to end.
pub(super) async fn run(
    invocation: &Invocation,
    world: &Environment,
    settings: &Settings,
    output: &Output,
) -> Exit {
    let (store, memory, warning) = setup::remembered(settings);
    if let Some(warning) = warning {
        output.event(&Event::Notice(warning.to_string()));
    }
    let service = Service::from_environment(world);
    if let Some(warning) = service.warning() {
        output.event(&Event::Notice(warning.to_owned()));
    }
    let (sender, triggers) = mpsc::channel(WAITING);
    let watchers = Triggers::start(subjects(settings), sender);
    let mut history = settings.state_dir.value.as_deref().map(History::open);
    let said = output.clone();
    let told = output.clone();
    let parts = Parts {
        load: load(invocation, world),
        say: Box::new(move |event, cleaner| with(&said, cleaner).event(event)),
        spread: Box::new(move |news, cleaner| {
            if let Some(warning) = history.as_mut().and_then(|history| history.append(news)) {
                with(&told, cleaner).event(&Event::Notice(warning.to_string()));
            }
        }),
        turn_to: Box::new(|_| {}),
        triggers,
        watching: watchers.states(),
        confirming: confirm::Options::default(),
        service,
        memory,
        keeper: store.map(Keeper::new),
        wall: setup::now,
        seed: setup::seed(),
    };
    let (daemon, snapshots) = daemon::run(settings.clone(), parts);
    let _pages = handed_over(world, &snapshots, output);
    daemon.await;
    watchers.stop().await;
    Exit::AsDesired
}

/// The status pages at sockets that the service manager hands over, by the name `status`.
fn handed_over(
    world: &Environment,
    snapshots: &watch::Receiver<Arc<Status>>,
    output: &Output,
) -> Vec<server::listen::Server> {
    let open = |listener: std::net::TcpListener| {
        listener.set_nonblocking(true)?;
        server::status::from_listener(tokio::net::TcpListener::from_std(listener)?, snapshots.clone())
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
            #[cfg(unix)]
            Inherited::Unix(_) => "the status pages take a TCP socket".to_owned(),
        };
        let text = format!("cannot use the socket `{name}` that was handed over: {refused}");
        output.event(&Event::Notice(text));
    }
    pages
}

/// The output with the secrets of the configuration as it is by now.
fn with(output: &Output, cleaner: &Cleaner) -> Output {
    Output { cleaner: cleaner.clone(), ..output.clone() }
}

fn subjects(settings: &Settings) -> Subjects {
    Subjects {
        network: setup::network(settings),
        files: settings.files(),
        router: settings.router_events.value,
    }
}

/// Reads the configuration as at the start: the same arguments, and the environment of the process.
fn load(invocation: &Invocation, world: &Environment) -> daemon::Load {
    let (arguments, world) = (invocation.arguments.clone(), world.clone());
    Arc::new(move || -> Loading {
        match config::load(&world, &arguments, Secrets::Read) {
            Ok((settings, _)) if settings.records.is_empty() => Err(Settings::no_records().message),
            Ok((settings, notices)) => Ok((settings, notices.iter().map(Diagnostic::sentence).collect())),
            Err(mistakes) => Err(mistakes.iter().map(Diagnostic::sentence).collect::<Vec<_>>().join("; ")),
        }
    })
}
