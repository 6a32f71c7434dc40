//! A line that says that something is under way, for whoever waits at a terminal; it leaves no trace.

use super::output::{Format, Output};
use super::terminal;
use crate::report::human::Volume;
use std::future::Future;
use std::io::{self, Write};
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// What is over sooner is not worth a word.
const SOON: Duration = Duration::from_millis(400);

/// Between two times that it is written.
const STEP: Duration = Duration::from_millis(200);

/// Goes back to the beginning of the line and takes away what stands there (ECMA-48 §8.3.41, EL).
const CLEAR: &str = "\r\u{1b}[K";

/// A line that is there, and goes with the value.
struct Line {
    there: bool,
}

impl Line {
    fn write(&mut self, text: &str) {
        self.there = true;
        put(&format!("{CLEAR}{text}"));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.there {
            put(CLEAR);
        }
    }
}

fn put(text: &str) {
    let mut stream = io::stderr().lock();
    // Nobody is left to be told that nobody looks.
    let _closed = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// Does some work, and says meanwhile that it does, where somebody sits at a terminal and nothing else is written.
pub(super) async fn during<T>(what: &str, output: &Output, work: impl Future<Output = T>) -> T {
    let width =
        terminal::overwritten().filter(|_| output.format == Format::Text && output.volume > Volume::Quiet);
    let Some(width) = width else { return work.await };
    let mut work = pin!(work);
    let began = Instant::now();
    let mut steps = interval_at(began + SOON, STEP);
    steps.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut line = Line { there: false };
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = steps.tick() => {
                let text = format!("{what} … {} s", began.elapsed().as_secs());
                line.write(&text.chars().take(width).collect::<String>());
            }
        }
    }
}
