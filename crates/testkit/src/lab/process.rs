//! A program that runs at a place until it is dropped.

use crate::nameserver::process::follow;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a line is waited for; a generous limit for a busy machine, never a measure.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running program. It is killed on drop.
pub struct Spawned {
    child: Child,
    lines: Receiver<String>,
    log: Arc<Mutex<String>>,
}

impl Spawned {
    #[track_caller]
    pub(super) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        let (lines, log) = follow(&mut child);
        Self { child, lines, log }
    }

    /// Its process, for signals.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that holds this text and returns it; lines before it are gone.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("it ended without {text:?}: {}", self.log()),
                Err(RecvTimeoutError::Timeout) => panic!("it never said {text:?}: {}", self.log()),
            }
        }
    }

    /// Everything it has written so far.
    pub fn log(&self) -> String {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
