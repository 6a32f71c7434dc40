//! How `run` says what happens: lines for people, lines of JSON, or entries of the journal where that is listening.

use super::output::{Format, Output};
use crate::config::Environment;
use crate::report::clean::Cleaner;
use crate::report::event::Event;
use crate::report::human::{self, Stream};
#[cfg(target_os = "linux")]
use crate::report::journal;
use crate::report::json;
use crate::report::when::Clock;
use crate::setup;

/// Says what happens, for as long as the program runs.
#[derive(Debug)]
pub(super) struct Reporter {
    output: Output,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// Lines with the time in front.
    Stamped(Clock),
    /// The journal has the time of every entry.
    #[cfg(target_os = "linux")]
    Journal(std::os::unix::net::UnixDatagram),
}

impl Reporter {
    /// In the form that was asked for, to whoever listens at standard output.
    pub(super) fn new(output: &Output, world: &Environment) -> Self {
        Self { output: output.clone(), way: Way::find(world) }
    }

    /// Says an event, if it is to be said. The cleaner is that of the configuration as it is by now.
    pub(super) fn event(&self, event: &Event, cleaner: &Cleaner) {
        let output = Output { cleaner: cleaner.clone(), ..self.output.clone() };
        if output.format == Format::Json {
            output.json_line(&json::event(event, setup::now(), cleaner));
            return;
        }
        let Some((stream, text)) = human::render(event, output.volume, cleaner) else { return };
        let text = match &self.way {
            Way::Stamped(clock) => format!("{} {text}", clock.stamp(setup::now())),
            #[cfg(target_os = "linux")]
            Way::Journal(socket) => {
                if socket.send_to(&journal::entry(event, stream, &text), journal::SOCKET).is_ok() {
                    return;
                }
                // What the journal does not take as an entry it takes as lines.
                text
            }
        };
        match stream {
            Stream::Out => output.line(&text),
            Stream::Err => output.error(&text),
        }
    }
}

impl Way {
    #[cfg(target_os = "linux")]
    fn find(world: &Environment) -> Self {
        let journal = world.get("JOURNAL_STREAM").is_some_and(is_standard_output);
        let socket = journal.then(std::os::unix::net::UnixDatagram::unbound).and_then(Result::ok);
        // A journal that is slow must not slow the daemon.
        let socket = socket.filter(|socket| socket.set_nonblocking(true).is_ok());
        socket.map_or_else(|| Self::Stamped(Clock::local()), Self::Journal)
    }

    #[cfg(not(target_os = "linux"))]
    fn find(_: &Environment) -> Self {
        Self::Stamped(Clock::local())
    }
}

/// Whether standard output is the stream that systemd names by device and inode (`$JOURNAL_STREAM`, systemd.exec(5)).
#[cfg(target_os = "linux")]
fn is_standard_output(stream: &str) -> bool {
    let Some((device, inode)) = stream.split_once(':') else { return false };
    let Ok(there) = rustix::fs::fstat(std::io::stdout()) else { return false };
    device.parse() == Ok(there.st_dev) && inode.parse() == Ok(there.st_ino)
}
