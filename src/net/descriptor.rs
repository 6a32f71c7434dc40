//! Waiting until there is something to read at a descriptor of the kernel's that no type of the runtime knows:
//! netlink, inotify, timers.

use std::io;
use std::os::fd::OwnedFd;
use tokio::io::unix::AsyncFd;

/// A descriptor that does not block.
#[derive(Debug)]
pub struct Descriptor(AsyncFd<OwnedFd>);

impl Descriptor {
    /// Takes a descriptor that was made not to block. Needs a tokio runtime.
    #[expect(
        deprecated,
        reason = "its successor is unsafe to call, for types whose descriptor may change under it; an `OwnedFd` is \
                  one descriptor until it is dropped"
    )]
    pub fn new(descriptor: OwnedFd) -> io::Result<Self> {
        AsyncFd::new(descriptor).map(Self)
    }

    /// Waits until `read` has something, which says `WouldBlock` where it has nothing. May be dropped at any time.
    pub async fn read<T>(&self, mut read: impl FnMut(&OwnedFd) -> io::Result<T>) -> io::Result<T> {
        loop {
            let mut ready = self.0.readable().await?;
            if let Ok(done) = ready.try_io(|descriptor| read(descriptor.get_ref())) {
                return done;
            }
        }
    }
}
