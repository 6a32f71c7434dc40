//! Reading answers from the terminal. A secret is not shown while it is typed, and whatever ends the program meanwhile,
//! the terminal is as it was before.
//!
//! Questions go to standard error, so that what `--json` writes stays alone on standard output.

use crate::secret::Secret;
use std::io::{self, BufRead, IsTerminal, Write};

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Ended {
    /// The user wants no more: end of input, or Ctrl-C while a secret is typed.
    ByUser,
    /// The terminal cannot be used.
    Broken(String),
}

/// Whether somebody sits there to be asked.
pub(super) fn somebody() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn put(text: &str) {
    let mut stream = io::stderr().lock();
    // Nobody is left to be told that nobody looks.
    let _closed = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// Ends a line that waits.
pub(super) fn end_line() {
    put("\n");
}

/// Asks for a line.
pub(super) async fn line(prompt: &str) -> Result<String, Ended> {
    put(prompt);
    let read = || {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|length| (length > 0).then_some(line))
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(Some(line))) => Ok(line.trim_end_matches(['\n', '\r']).to_owned()),
        Ok(Ok(None)) => Err(Ended::ByUser),
        Ok(Err(error)) => Err(Ended::Broken(error.to_string())),
        Err(error) => Err(Ended::Broken(error.to_string())),
    }
}

/// Asks for a line that is not shown.
pub(super) async fn secret(prompt: &str) -> Result<Secret, Ended> {
    let quiet = Quiet::begin().map_err(|error| Ended::Broken(error.to_string()))?;
    put(prompt);
    let read = tokio::task::spawn_blocking(|| typed(&mut io::stdin().lock())).await;
    drop(quiet);
    end_line();
    match read {
        Ok(read) => read,
        Err(error) => Err(Ended::Broken(error.to_string())),
    }
}

/// Keys while nothing is shown: the terminal gives every one of them as it is (termios(3), without `ICANON` and `ISIG`).
fn typed(keys: &mut impl BufRead) -> Result<Secret, Ended> {
    let mut typed: Vec<u8> = Vec::new();
    let mut key = [0_u8];
    loop {
        let read = io::Read::read(keys, &mut key);
        if read.map_err(|error| Ended::Broken(error.to_string()))? == 0 {
            return Err(Ended::ByUser);
        }
        match key[0] {
            // Ctrl-C; Ctrl-D where nothing was typed.
            3 => return Err(Ended::ByUser),
            4 if typed.is_empty() => return Err(Ended::ByUser),
            b'\n' | b'\r' | 4 => break,
            // Backspace takes a whole character.
            8 | 127 => while typed.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            // Ctrl-U.
            21 => typed.clear(),
            other => typed.push(other),
        }
    }
    String::from_utf8(typed)
        .map(Secret::new)
        .map_err(|_| Ended::Broken("what was typed is not UTF-8".to_owned()))
}

/// A terminal that shows nothing, until this is dropped.
#[cfg(unix)]
struct Quiet(rustix::termios::Termios);

#[cfg(unix)]
impl Quiet {
    fn begin() -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Now, &quiet)?;
        Ok(Self(before))
    }
}

#[cfg(unix)]
impl Drop for Quiet {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // A terminal that is gone need not be as it was.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Elsewhere nothing of ours keeps a terminal from showing what is typed.
#[cfg(not(unix))]
struct Quiet;

#[cfg(not(unix))]
impl Quiet {
    fn begin() -> io::Result<Self> {
        Err(io::Error::other(
            "what is typed would be shown here: name a file with --token-file or --credential",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: &[u8]) -> Option<String> {
        typed(&mut io::Cursor::new(keys)).ok().map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn keys_become_a_secret_as_they_would_become_a_line() {
        assert_eq!(of(b"token\nrest").as_deref(), Some("token"));
        assert_eq!(of(b"tokem\x7fn\r").as_deref(), Some("token"));
        assert_eq!(of("kä\u{7f}ey\n".as_bytes()).as_deref(), Some("key"));
        assert_eq!(of(b"wrong\x15right\n").as_deref(), Some("right"));
        assert_eq!(of(b"\x08\n").as_deref(), Some(""));
        assert_eq!(of(b"half\x04").as_deref(), Some("half"));
        for ended in [&b"half\x03\n"[..], b"\x04", b"half"] {
            assert_eq!(of(ended), None);
        }
    }
}
