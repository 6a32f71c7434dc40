//! What happened lately, kept in memory for the page: read once from the files, then told as it happens.

use crate::history;
use crate::report::news::News;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much is kept: the page shows less of it in words, and some years of a normal line in its picture.
const KEPT: usize = 500;

/// The last news. Shared by who tells and who shows.
#[derive(Debug, Default)]
pub struct Chronicle(Mutex<VecDeque<News>>);

impl Chronicle {
    /// Takes note of what happened; who said what is not kept.
    pub fn add(&self, news: &News) {
        let mut kept = self.kept();
        kept.push_back(News { ballots: Vec::new(), ..news.clone() });
        shorten(&mut kept);
    }

    /// Puts what the history in `folder` knows before what was added since. Reads files; a history that cannot be read
    /// adds nothing, and whoever asks for it is told why.
    pub fn read(&self, folder: &Path) {
        let Ok(past) = history::read(folder) else { return };
        let mut kept = self.kept();
        let told = std::mem::take(&mut *kept);
        let mut all: VecDeque<News> =
            past.news.into_iter().map(|news| News { ballots: Vec::new(), ..news }).collect();
        // What was added may have reached the files before they were read.
        let tail = all.len().saturating_sub(KEPT);
        all.drain(..tail);
        all.extend(told.into_iter().filter(|news| !all.contains(news)).collect::<Vec<_>>());
        shorten(&mut all);
        *kept = all;
    }

    /// All of it, oldest first.
    pub fn news(&self) -> Vec<News> {
        self.kept().iter().cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<News>> {
        // Nothing in here is ever half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shorten(kept: &mut VecDeque<News>) {
    let over = kept.len().saturating_sub(KEPT);
    kept.drain(..over);
}
