//! `dynflare serve` with a configuration: everything in `[serve]`, until it is told to end.
//!
//! A changed configuration is taken over while it runs: listeners that stay keep their connections. One that cannot be
//! used changes nothing, and that is said.

use super::super::args::Invocation;
use super::super::exit::Exit;
use super::super::output::{Format, Output};
use super::super::reporter::Reporter;
use super::house::House;
use super::sockets::Handed;
use crate::config::{self, Diagnostic, Environment, Secrets, Settings};
use crate::daemon::service::Service;
use crate::daemon::trigger::{Cause, Trigger, Triggers};
use crate::report::clean::Cleaner;
use crate::report::event::Event;
use crate::report::human::block;
use crate::setup;
use serde_json::json;
use tokio::sync::mpsc;

/// How many triggers may wait for the loop.
const WAITING: usize = 16;

/// Runs until the process is told to end.
pub(super) async fn run(
    invocation: &Invocation,
    world: &Environment,
    settings: &Settings,
    output: &Output,
) -> Exit {
    if settings.serve.is_none() {
        output.error(&block(
            "cannot start",
            "the configuration does not say what is to be served",
            Some(
                "add a table `[serve]`; `dynflare serve init NAME` writes one, and `serve --echo` needs none",
            ),
            "",
        ));
        return Exit::Usage;
    }
    let reporter = Reporter::new(output, world);
    let mut cleaner = output.cleaner.clone();
    let (sender, mut triggers) = mpsc::channel(WAITING);
    // From here on a signal is heard and does not end the process by itself.
    let mut watchers = Triggers::of_files(setup::network(settings), settings.files(), sender);
    let mut manager = Service::from_environment(world);
    let (say, mut said) = mpsc::unbounded_channel();
    let handed = Handed::over(world);
    let notices: Vec<String> =
        manager.warning().map(str::to_owned).into_iter().chain(handed.strange.clone()).collect();
    for text in notices {
        reporter.event(&Event::Notice(text), &cleaner);
    }
    let mut house = match House::open(settings, handed, say) {
        Ok(house) => house,
        Err(why) => {
            output.error(&format!("error: {}", cleaner.masked(&why)));
            return Exit::Later;
        }
    };
    for text in house.unused() {
        reporter.event(&Event::Notice(text), &cleaner);
    }
    // The watchers begin before anything is said: whoever reads it may change the file at once.
    tokio::task::yield_now().await;
    introduce(&house, output);
    manager.ready();
    loop {
        tokio::select! {
            trigger = triggers.recv() => match trigger {
                Some(Trigger::Reload(cause)) => {
                    manager.reloading();
                    if let Some(new) = reload(invocation, world, &mut house, (&reporter, &cleaner, cause)).await {
                        watchers.turn_to_files(new.files());
                        cleaner = Cleaner::new(new.secrets());
                    }
                    manager.ready();
                }
                Some(Trigger::Stop) | None => break,
                Some(
                    Trigger::Interfaces | Trigger::Router(_) | Trigger::Resumed | Trigger::ClockSet | Trigger::Kick,
                ) => {}
            },
            Some(event) = said.recv() => reporter.event(&event, &cleaner),
            () = manager.beat() => manager.alive(),
        }
    }
    manager.stopping();
    house.end().await;
    while let Ok(event) = said.try_recv() {
        reporter.event(&event, &cleaner);
    }
    Exit::AsDesired
}

/// Says where everything is.
fn introduce(house: &House, output: &Output) {
    let places = house.places();
    match output.format {
        Format::Json => {
            let places: serde_json::Map<_, _> =
                places.into_iter().map(|(what, at)| (what.to_owned(), json!(at))).collect();
            output.json_line(&json!({ "listening": places }));
        }
        Format::Text => {
            for (what, at) in places.into_iter().filter(|(_, at)| !at.is_empty()) {
                output.line(&format!("{what} at {}", at.join(" and ")));
            }
        }
    }
}

/// Reads the configuration again; the new one, where it can be used.
async fn reload(
    invocation: &Invocation,
    world: &Environment,
    house: &mut House,
    (reporter, cleaner, cause): (&Reporter, &Cleaner, Cause),
) -> Option<Settings> {
    let say = |text: String| reporter.event(&Event::Notice(text), cleaner);
    let read = || -> Result<(Settings, Vec<String>), String> {
        match config::load(world, &invocation.arguments, Secrets::OfServe) {
            Ok((settings, _)) if settings.serve.is_none() => Err("the table `[serve]` is gone".to_owned()),
            Ok((settings, notices)) => Ok((settings, notices.iter().map(Diagnostic::sentence).collect())),
            Err(mistakes) => Err(mistakes.iter().map(Diagnostic::sentence).collect::<Vec<_>>().join("; ")),
        }
    };
    let (settings, notices) = match read() {
        Ok(read) => read,
        Err(why) => {
            say(format!("the configuration cannot be used, and the one before it stays: {why}"));
            return None;
        }
    };
    for notice in notices {
        say(notice);
    }
    match house.turn_to(&settings).await {
        Ok(troubles) => {
            let what = match cause {
                Cause::File => "the configuration has changed and is in use",
                Cause::Asked => "the configuration was read again and is in use",
            };
            say(what.to_owned());
            for trouble in troubles {
                say(trouble);
            }
            Some(settings)
        }
        Err(why) => {
            say(format!("the configuration cannot be used, and the one before it stays: {why}"));
            None
        }
    }
}
