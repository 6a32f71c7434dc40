//! Looking at them every few seconds, where nothing says when to look.

use super::super::{Cause, Trigger};
use super::Post;
use std::convert::Infallible;
use std::fs::Metadata;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How often. One look is a question to the system for each file.
const EVERY: Duration = Duration::from_secs(5);

/// What a file is known by: its size, and when it was changed and made. `None` where there is no file.
type Print = Option<(u64, [Option<SystemTime>; 2])>;

pub(super) async fn hear(post: &Post, files: &[PathBuf]) -> io::Result<Infallible> {
    let mut seen = prints(files);
    post.watching();
    loop {
        tokio::time::sleep(EVERY).await;
        let now = prints(files);
        if now != seen {
            seen = now;
            post.fire(Trigger::Reload(Cause::File)).await;
        }
    }
}

fn prints(files: &[PathBuf]) -> Vec<Print> {
    let print = |known: Metadata| (known.len(), [known.modified().ok(), known.created().ok()]);
    files.iter().map(|file| std::fs::metadata(file).ok().map(print)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::{Name, States};
    use super::*;
    use tokio::sync::{mpsc, watch};

    #[tokio::test(start_paused = true)]
    async fn a_file_that_comes_changes_and_goes_is_seen_each_time() {
        let folder = std::env::temp_dir().join(format!("dynflare-{}-looked", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the directory for temporary files can be written");
        let file = folder.join("dynflare.toml");
        let (sender, mut heard) = mpsc::channel(4);
        let states = watch::Sender::new(States::new());
        let mut ready = states.subscribe();
        let post = Post::new(Name::Config, sender, states, watch::Sender::new(()));
        let watched = vec![file.clone()];
        let task = tokio::spawn(async move { hear(&post, &watched).await.map(|_| ()) });
        ready.wait_for(|states| states.contains_key(&Name::Config)).await.expect("it watches");
        let changed = Some(Trigger::Reload(Cause::File));
        std::fs::write(&file, "version = 1\n").expect("written");
        assert_eq!(heard.recv().await, changed);
        std::fs::write(&file, "version = 1\npanel = 7\n").expect("written");
        assert_eq!(heard.recv().await, changed);
        std::fs::remove_dir_all(&folder).expect("it was ours");
        assert_eq!(heard.recv().await, changed);
        task.abort();
    }
}
