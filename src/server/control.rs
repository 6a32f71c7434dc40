//! The control socket: how `dynflare status` and `dynflare kick` speak with the daemon of the same state directory.
//!
//! A unix socket that only its owner can open. One line asks (`status`, `kick`), one line of JSON answers, and the
//! connection ends. The daemon gives a snapshot and takes a wish; nothing that is asked here can change a setting.

use crate::daemon::trigger::{self, Trigger};
use crate::net::reception::{Room, receive};
use crate::report::status::Status;
use serde_json::{Value, json};
use socket2::{Domain, SockAddr, Socket, Type};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// The name of the socket in the state directory.
pub const NAME: &str = "control.sock";

/// The longest request, in bytes.
const REQUEST: u64 = 64;

/// The longest answer that is read, in bytes: a snapshot of some ten thousand records.
const ANSWER: u64 = 32 * 1024 * 1024;

/// Connections at a time; more wait in the kernel.
const CONNECTIONS: usize = 8;

/// How long one connection may take.
const WHOLE: Duration = Duration::from_secs(5);

/// Why there is no control socket.
#[derive(Debug, Error)]
pub enum Error {
    /// Another daemon uses this state directory; two would write the same records.
    #[error("already running{} with the state directory {}", pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default(), folder.display())]
    Running {
        /// Its process, where the system tells.
        pid: Option<i32>,
        /// The state directory.
        folder: PathBuf,
    },
    /// The path does not fit into a socket's address (`sun_path`, 108 bytes on Linux, 104 elsewhere; unix(7)).
    #[error("the path {} is too long for a socket; set a shorter `state_dir`", path.display())]
    TooLong {
        /// The path.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{}: {error}", path.display())]
    System {
        /// The path.
        path: PathBuf,
        /// Its reason.
        error: io::Error,
    },
}

/// The daemon's end. The socket goes when this is dropped.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
    file: (u64, u64),
    _task: JoinSet<()>,
}

impl Control {
    /// Listens in the state directory, which must exist. Needs a tokio runtime.
    pub fn start(
        folder: &Path,
        status: watch::Receiver<Arc<Status>>,
        triggers: trigger::Sender,
    ) -> Result<Self, Error> {
        let path = folder.join(NAME);
        let system = |error| Error::System { path: path.clone(), error };
        // Two daemons that start at once look one after the other. Where the file system has no locks, they may not.
        let watched = File::open(folder).map_err(system)?;
        rustix::fs::flock(&watched, rustix::fs::FlockOperation::LockExclusive).ok();
        take_place(&path, folder)?;
        let listener = listen(&path)?;
        let metadata = fs::symlink_metadata(&path).map_err(system)?;
        let mut task = JoinSet::new();
        let each = move |stream, _| {
            let (status, triggers) = (status.clone(), triggers.clone());
            async move {
                // Whatever ends a connection early is its client's doing.
                let _ended = talk(stream, &status, &triggers).await;
            }
        };
        task.spawn(receive(listener, Room { places: CONNECTIONS, whole: WHOLE }, each));
        Ok(Self { file: (metadata.dev(), metadata.ino()), path, _task: task })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // Only our own: the directory may have been moved, and another daemon begun.
        if fs::symlink_metadata(&self.path).is_ok_and(|there| (there.dev(), there.ino()) == self.file) {
            fs::remove_file(&self.path).ok();
        }
    }
}

/// Makes sure that nobody listens there, and that nothing is there.
fn take_place(path: &Path, folder: &Path) -> Result<(), Error> {
    let system = |error| Error::System { path: path.to_owned(), error };
    let address = SockAddr::unix(path).map_err(|_| Error::TooLong { path: path.to_owned() })?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(system)?;
    // A daemon that is busy, or stopped, has a full queue; that must not hang us.
    socket.set_nonblocking(true).map_err(system)?;
    match socket.connect(&address) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        // Whoever listened there is gone, and what is left of it is a name. Any other file refuses in the same way.
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            let there = fs::symlink_metadata(path).map_err(system)?;
            if !there.file_type().is_socket() {
                return Err(system(ErrorKind::AlreadyExists.into()));
            }
            fs::remove_file(path).map_err(system)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            Err(Error::Running { pid: None, folder: folder.to_owned() })
        }
        Err(error) => Err(system(error)),
        Ok(()) => {
            let pid = peer(StdStream::from(std::os::fd::OwnedFd::from(socket)));
            Err(Error::Running { pid, folder: folder.to_owned() })
        }
    }
}

/// The process that listens at the other end, where the system tells.
fn peer(stream: StdStream) -> Option<i32> {
    let stream = UnixStream::from_std(stream).ok()?;
    stream.peer_cred().ok()?.pid().filter(|pid| *pid > 0)
}

/// Between binding and listening nobody can connect, so nobody sees the socket before only its owner can open it.
fn listen(path: &Path) -> Result<UnixListener, Error> {
    let system = |error| Error::System { path: path.to_owned(), error };
    let address = SockAddr::unix(path).map_err(|_| Error::TooLong { path: path.to_owned() })?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(system)?;
    socket.set_nonblocking(true).map_err(system)?;
    socket.bind(&address).map_err(system)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(system)?;
    socket.listen(64).map_err(system)?;
    UnixListener::from_std(std::os::fd::OwnedFd::from(socket).into()).map_err(system)
}

async fn talk(
    mut stream: UnixStream,
    status: &watch::Receiver<Arc<Status>>,
    triggers: &trigger::Sender,
) -> io::Result<()> {
    let mut line = Vec::new();
    let (read, mut write) = stream.split();
    let mut read = read.take(REQUEST);
    while !line.ends_with(b"\n") {
        if read.read_buf(&mut line).await? == 0 {
            break;
        }
    }
    let mut answer = match line.trim_ascii() {
        b"status" => {
            let status = Arc::clone(&status.borrow());
            serde_json::to_vec(&*status).map_err(io::Error::other)?
        }
        b"kick" => kick(triggers).to_string().into_bytes(),
        _ => json!({ "error": "expected `status` or `kick`" }).to_string().into_bytes(),
    };
    answer.push(b'\n');
    write.write_all(&answer).await
}

fn kick(triggers: &trigger::Sender) -> Value {
    match triggers.try_send(Trigger::Kick) {
        // A queue that is full begins a round anyway.
        Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => json!({ "taken": true }),
        Err(mpsc::error::TrySendError::Closed(_)) => json!({ "error": "the daemon is about to end" }),
    }
}

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The snapshot.
    Status,
    /// A round now.
    Kick,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum Unanswered {
    /// Nobody listens.
    #[error("no daemon is running with the state directory {}", folder.display())]
    NoDaemon {
        /// The state directory.
        folder: PathBuf,
    },
    /// Somebody listens, or listened, and this user may not ask.
    #[error("{}: permission denied; ask as the user that the daemon runs as", path.display())]
    Forbidden {
        /// The path of the socket.
        path: PathBuf,
    },
    /// The path does not fit into a socket's address, so no daemon can listen there.
    #[error("the path {} is too long for a socket", path.display())]
    TooLong {
        /// The path.
        path: PathBuf,
    },
    /// It does not answer in time.
    #[error("the daemon does not answer within {} s", WHOLE.as_secs())]
    Silent,
    /// It answers that it cannot.
    #[error("the daemon says: {0}")]
    Refused(String),
    /// The conversation broke off, or the answer is not understood.
    #[error("the daemon's answer cannot be used: {0}")]
    Garbled(String),
}

/// Asks the daemon of this state directory. Needs a tokio runtime.
pub async fn ask(folder: &Path, request: Request) -> Result<Value, Unanswered> {
    let path = folder.join(NAME);
    if SockAddr::unix(&path).is_err() {
        return Err(Unanswered::TooLong { path });
    }
    let answer = tokio::time::timeout(WHOLE, converse(&path, request)).await;
    let text = answer.map_err(|_| Unanswered::Silent)?.map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::NotADirectory => {
            Unanswered::NoDaemon { folder: folder.to_owned() }
        }
        ErrorKind::PermissionDenied => Unanswered::Forbidden { path: path.clone() },
        _ => Unanswered::Garbled(error.to_string()),
    })?;
    let value: Value =
        serde_json::from_slice(&text).map_err(|error| Unanswered::Garbled(error.to_string()))?;
    match value.get("error").and_then(Value::as_str) {
        Some(error) => Err(Unanswered::Refused(error.to_owned())),
        None => Ok(value),
    }
}

async fn converse(path: &Path, request: Request) -> io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(path).await?;
    stream
        .write_all(match request {
            Request::Status => b"status\n",
            Request::Kick => b"kick\n",
        })
        .await?;
    let mut answer = Vec::new();
    stream.take(ANSWER).read_to_end(&mut answer).await?;
    Ok(answer)
}
