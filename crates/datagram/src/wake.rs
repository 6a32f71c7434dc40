//! What ends the wait of all threads at once: one end is waited for beside a socket, and the other is dropped.

#[cfg(not(windows))]
pub(crate) use std::io::{PipeReader as Woken, PipeWriter as Wake, pipe};

#[cfg(windows)]
pub(crate) use sockets::{Wake, Woken, pipe};

#[cfg(windows)]
mod sockets {
    //! Windows waits for sockets only (`WSAPoll`), so it is a datagram on loopback that nobody ever takes.

    use std::io;
    use std::net::{Ipv4Addr, UdpSocket};

    pub(crate) type Woken = UdpSocket;

    /// Sends it, when it goes.
    #[derive(Debug)]
    pub(crate) struct Wake(UdpSocket);

    impl Drop for Wake {
        fn drop(&mut self) {
            // The threads look whether they should end after every datagram of their own too.
            let _lost = self.0.send(&[0]);
        }
    }

    pub(crate) fn pipe() -> io::Result<(Woken, Wake)> {
        let woken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let wake = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        wake.connect(woken.local_addr()?)?;
        // Nobody else can end it.
        woken.connect(wake.local_addr()?)?;
        Ok((woken, Wake(wake)))
    }
}
