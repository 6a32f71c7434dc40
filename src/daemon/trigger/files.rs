//! Files of the configuration that change on disk.
//!
//! On Linux their folders are watched (inotify(7)), so that an editor's new file in the old one's place is seen, and
//! with them every folder that holds a link on the way there: Kubernetes swaps a `ConfigMap` by one link (`..data`).
//! What happens in a folder is only a reason to look; a change is a file that is another one, or has another size,
//! time, owner or mode. Not seen are changes that another machine makes on a network file system, those of a single file
//! that was mounted into a container by itself, and a folder that is moved away as a whole. Elsewhere the files are looked
//! at every few seconds.

#[cfg(target_os = "linux")]
mod folders;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(not(target_os = "linux"), test))]
mod looked;

use super::watcher::{End, Post};
use std::path::PathBuf;

/// Watches these files until it fails.
pub(super) async fn watch(post: Post, files: Vec<PathBuf>) -> End {
    if files.is_empty() {
        return End::Never("there is no configuration file".to_owned());
    }
    #[cfg(target_os = "linux")]
    let ended = linux::hear(&post, &files).await;
    #[cfg(not(target_os = "linux"))]
    let ended = looked::hear(&post, &files).await;
    match ended {
        Ok(never) => match never {},
        Err(error) => error.into(),
    }
}
