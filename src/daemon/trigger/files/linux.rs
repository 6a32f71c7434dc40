//! The watching itself (inotify(7)).

use super::super::{Cause, Trigger};
use super::Post;
use super::folders::on_the_way_to;
use crate::net::descriptor::Descriptor;
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init, remove_watch};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What in a folder is a reason to look.
const REASONS: WatchFlags = WatchFlags::ATTRIB
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR);

/// What a file is known by: device, inode, size, time of change in seconds and nanoseconds, mode, owners. `None` where
/// there is no file.
type Print = Option<[i128; 8]>;

pub(super) async fn hear(post: &Post, files: &[PathBuf]) -> io::Result<Infallible> {
    let descriptor = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    // A second hold on the same, for adding folders.
    let handle = descriptor.try_clone()?;
    let descriptor = Descriptor::new(descriptor)?;
    let mut watched = BTreeMap::new();
    watch_folders(&handle, files, &mut watched)?;
    let mut seen = prints(files);
    if post.watching() {
        post.fire(Trigger::Reload(Cause::File)).await;
    }
    loop {
        descriptor.read(drain).await?;
        // Other links may lead elsewhere now; what changes there from now on is seen, what changed before is compared.
        watch_folders(&handle, files, &mut watched)?;
        let now = prints(files);
        if now != seen {
            seen = now;
            post.fire(Trigger::Reload(Cause::File)).await;
        }
    }
}

fn prints(files: &[PathBuf]) -> Vec<Print> {
    files.iter().map(|file| print(file)).collect()
}

fn print(file: &Path) -> Print {
    let known = std::fs::metadata(file).ok()?;
    let unsigned = [known.dev(), known.ino(), known.size()].map(i128::from);
    let signed = [known.mtime(), known.mtime_nsec()].map(i128::from);
    let small = [known.mode(), known.uid(), known.gid()].map(i128::from);
    let mut print = [0; 8];
    for (place, part) in print.iter_mut().zip(unsigned.into_iter().chain(signed).chain(small)) {
        *place = part;
    }
    Some(print)
}

/// How often the way is looked at again while it changes under the look.
const LOOKS: u32 = 8;

/// Watches every folder on the way to the files, and no other any more.
fn watch_folders(
    handle: &OwnedFd,
    files: &[PathBuf],
    watched: &mut BTreeMap<i32, PathBuf>,
) -> io::Result<()> {
    let on_the_way = || files.iter().flat_map(|file| on_the_way_to(file)).collect();
    let mut wanted: BTreeSet<PathBuf> = on_the_way();
    let mut now = BTreeMap::new();
    for _ in 0..LOOKS {
        now.clear();
        for folder in &wanted {
            // A folder that is watched already keeps its number.
            match add_watch(handle, folder, REASONS) {
                Ok(number) => drop(now.insert(number, folder.clone())),
                // It went away meanwhile.
                Err(Errno::NOENT | Errno::NOTDIR) => {}
                Err(error) => return Err(failed(folder, error)),
            }
        }
        // What came to be before its folder was watched told nobody.
        let then = on_the_way();
        if then == wanted {
            break;
        }
        wanted = then;
    }
    for number in watched.keys().filter(|number| !now.contains_key(number)) {
        // One that is gone took its watch along.
        let _gone = remove_watch(handle.as_fd(), *number);
    }
    *watched = now;
    Ok(())
}

fn failed(folder: &Path, error: Errno) -> io::Error {
    let words = io::Error::from(error).to_string();
    let words = words.split(" (os error").next().unwrap_or(&words).to_lowercase();
    io::Error::other(format!("cannot watch {}: {words}", folder.display()))
}

/// Takes all events there are; what they say is found out by looking.
fn drain(descriptor: &OwnedFd) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let mut any = false;
    loop {
        match rustix::io::read(descriptor, &mut buffer) {
            Ok(_) => any = true,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if any => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}
