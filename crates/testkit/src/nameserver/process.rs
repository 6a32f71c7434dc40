//! Processes of tests: found, given a directory and a port, followed by their output.

use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::{fs, thread};

/// Says why a test does not run; under `CI=true` that is a failure.
#[expect(clippy::print_stderr, reason = "a skipped test has to say so somewhere")]
#[expect(clippy::disallowed_methods, reason = "CI is a property of the surroundings")]
pub fn skip(why: &str) {
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!ci, "nothing is skipped under CI=true: {why}");
    eprintln!("skipped: {why}");
}

/// Whether all these programs are there, else says which is missing and what to install.
pub(crate) fn installed(programs: &[&str], packages: &str) -> bool {
    let missing = programs.iter().find(|program| find(program).is_none());
    if let Some(program) = missing {
        skip(&format!("{program} is not installed (apt-get install {packages})"));
    }
    missing.is_none()
}

/// The full path of a program, looking where daemons live, too.
#[expect(clippy::disallowed_methods, reason = "where programs are is a property of the surroundings")]
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    places.map(|place| place.join(program)).find(|file| file.is_file())
}

/// A command for a program that was found before.
pub(crate) fn command(program: &str) -> Command {
    Command::new(find(program).unwrap_or_else(|| program.into()))
}

/// Starts a server, at most five times: somebody else may have its port.
#[track_caller]
pub(super) fn persist<T>(start: impl Fn() -> Result<T, String>) -> T {
    let mut last = String::new();
    for _ in 0..5 {
        match start() {
            Ok(started) => return started,
            Err(error) => last = error,
        }
    }
    panic!("it does not start: {last}")
}

/// Runs a set-up command to its end.
pub(crate) fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))))
}

/// Reads both outputs of a process into a log, line by line, and passes the lines on.
pub(crate) fn follow(child: &mut Child) -> (Receiver<String>, Arc<Mutex<String>>) {
    let (sender, receiver) = channel();
    let log = Arc::new(Mutex::new(String::new()));
    let outputs: [Option<Box<dyn io::Read + Send>>; 2] = [
        child.stdout.take().map(|output| Box::new(output) as _),
        child.stderr.take().map(|output| Box::new(output) as _),
    ];
    for output in outputs.into_iter().flatten() {
        let (sender, log) = (sender.clone(), Arc::clone(&log));
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Ok(mut log) = log.lock() {
                    log.push_str(&line);
                    log.push('\n');
                }
                // Nobody waits any more once the server is ready.
                let _ = sender.send(line);
            }
        });
    }
    (receiver, log)
}

/// A directory that goes with its server.
#[derive(Debug)]
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("dynflare-ns-{}-{count}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Writes a file into it, and says its path.
    #[track_caller]
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).expect("our directory can be written");
        path.display().to_string()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What is left is in the temporary directory, where it hurts nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
