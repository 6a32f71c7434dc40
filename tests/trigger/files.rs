//! Files of the configuration that change in all the ways in which files change.

use dynflare::daemon::trigger::{Cause, Name, RouterEvents, Subjects, Trigger, Triggers};
use dynflare::net::{Network, NetworkSettings};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long something is waited for; a generous limit for a busy machine, never a measure.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long nothing has to happen before it is believed that nothing will.
const QUIET: Duration = Duration::from_millis(200);

/// A folder of a test's own, removed on drop.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _gone = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the target folder can be written");
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("our folder can be written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

struct Watched {
    triggers: Triggers,
    noticed: mpsc::Receiver<Trigger>,
}

fn subjects(files: &[PathBuf]) -> Subjects {
    let network = Network::new(NetworkSettings::default());
    Subjects { network, files: files.to_vec(), router: RouterEvents::Off }
}

impl Watched {
    async fn start(files: &[PathBuf]) -> Self {
        let (sender, noticed) = mpsc::channel(64);
        let watched = Self { triggers: Triggers::start(subjects(files), sender), noticed };
        let mut states = watched.triggers.states();
        let watching = states.wait_for(|states| states.get(&Name::Config) == Some(&Ok(())));
        timeout(PATIENCE, watching).await.expect("it watches").expect("the triggers run");
        watched
    }

    /// The next change; changes of the network of this machine are none of ours.
    async fn next(&mut self) -> Option<Trigger> {
        loop {
            match timeout(PATIENCE, self.noticed.recv()).await.expect("something is noticed") {
                Some(Trigger::Interfaces | Trigger::ClockSet) => {}
                other => return other,
            }
        }
    }

    async fn changed(&mut self, what: &str) {
        assert_eq!(self.next().await, Some(Trigger::Reload(Cause::File)), "{what}");
        // One change may come in several events.
        while timeout(QUIET, self.noticed.recv()).await.is_ok() {}
    }

    async fn quiet(&mut self, what: &str) {
        let noticed = timeout(QUIET, self.noticed.recv()).await;
        assert!(!matches!(noticed, Ok(Some(Trigger::Reload(_)))), "{what}");
    }
}

#[tokio::test]
async fn a_file_that_is_written_replaced_taken_away_or_made_readable_is_noticed() {
    let folder = Folder::new("written");
    let file = folder.write("dynflare.toml", "a");
    let secret = folder.write("token", "b");
    let mut watched = Watched::start(&[file.clone(), secret.clone()]).await;
    folder.write("dynflare.toml", "another");
    watched.changed("written in place").await;
    let new = folder.write(".dynflare.toml.swp", "a");
    watched.quiet("another file in the folder").await;
    fs::rename(&new, &file).expect("our folder can be written");
    watched.changed("an editor's new file in its place").await;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("it is ours");
    watched.changed("another mode").await;
    fs::remove_file(&file).expect("it is ours");
    watched.changed("taken away").await;
    folder.write("dynflare.toml", "a");
    watched.changed("there again").await;
    folder.write("token", "other");
    watched.changed("a secret's file").await;
}

#[tokio::test]
async fn a_config_map_that_is_swapped_is_noticed() {
    let folder = Folder::new("config-map");
    for version in ["..1", "..2"] {
        fs::create_dir(folder.path(version)).expect("our folder can be written");
        folder.write(&format!("{version}/dynflare.toml"), version);
    }
    symlink("..1", folder.path("..data")).expect("a link");
    symlink("..data/dynflare.toml", folder.path("dynflare.toml")).expect("a link");
    let mut watched = Watched::start(&[folder.path("dynflare.toml")]).await;
    symlink("..2", folder.path("..data_tmp")).expect("a link");
    fs::rename(folder.path("..data_tmp"), folder.path("..data")).expect("our folder can be written");
    watched.changed("the first swap").await;
    fs::remove_dir_all(folder.path("..1")).expect("it is ours");
    watched.quiet("what nothing leads to any more").await;
    // The new folder is watched as well.
    folder.write("..2/dynflare.toml", "written in place");
    watched.changed("in the new folder").await;
}

#[tokio::test]
async fn a_folder_that_does_not_exist_yet_is_waited_for() {
    let folder = Folder::new("not-yet");
    let mut watched = Watched::start(&[folder.path("one/two/dynflare.toml")]).await;
    fs::create_dir_all(folder.path("one/two")).expect("our folder can be written");
    folder.write("one/two/dynflare.toml", "a");
    watched.changed("a file in new folders").await;
}

#[tokio::test]
async fn other_files_are_watched_after_a_reload() {
    let folder = Folder::new("turned");
    let (one, other) = (folder.write("one.toml", "a"), folder.write("other.toml", "a"));
    let mut watched = Watched::start(std::slice::from_ref(&one)).await;
    folder.write("other.toml", "b");
    watched.quiet("a file that is not watched").await;
    let mut states = watched.triggers.states();
    states.mark_unchanged();
    watched.triggers.turn_to(subjects(&[one, other]));
    // The new watcher is there when a change is noticed; until then it is made again.
    let mut turn = 0;
    while timeout(QUIET, watched.noticed.recv()).await.is_err() {
        turn += 1;
        assert!(turn < 100, "no change of the other file was noticed");
        folder.write("other.toml", &"c".repeat(turn + 1));
    }
}

#[tokio::test]
async fn without_files_there_is_nothing_to_watch_and_that_is_said() {
    let (sender, _noticed) = mpsc::channel(1);
    let triggers = Triggers::start(subjects(&[]), sender);
    let mut states = triggers.states();
    let told = states.wait_for(|states| states.contains_key(&Name::Config));
    let told = timeout(PATIENCE, told).await.expect("it is told").expect("the triggers run");
    assert_eq!(told.get(&Name::Config), Some(&Err("there is no configuration file".to_owned())));
}
