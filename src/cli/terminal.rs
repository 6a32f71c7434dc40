//! Whether somebody looks at a terminal, how wide it is, and whether it is to be coloured; and the few colours there are.
//!
//! `NO_COLOR` (<https://no-color.org>) takes colours away, `CLICOLOR_FORCE` (<https://bixense.com/clicolors/>) gives them
//! where there is no terminal, and the former wins. Both are read once, when the program starts.

use crate::config::{Colour, Environment};
use std::io::{self, IsTerminal};
use std::sync::OnceLock;

/// What the environment says of the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    never: bool,
    always: bool,
    /// A terminal that knows no sequences.
    dumb: bool,
    columns: Option<u16>,
}

static WISHES: OnceLock<Wishes> = OnceLock::new();

impl Wishes {
    fn of(world: &Environment) -> Self {
        Self {
            never: world.get("NO_COLOR").is_some(),
            always: world.get("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            dumb: world.get("TERM") == Some("dumb"),
            columns: world.get("COLUMNS").and_then(|columns| columns.parse().ok()),
        }
    }

    fn colour(self, terminal: bool) -> Colour {
        match self {
            Self { never: true, .. } => Colour::Never,
            Self { always: true, .. } => Colour::Ansi,
            Self { dumb: true, .. } => Colour::Never,
            _ if terminal => Colour::Ansi,
            _ => Colour::Never,
        }
    }
}

/// Takes note of what the environment says, for as long as the process lives.
pub(super) fn learn(world: &Environment) {
    WISHES.get_or_init(|| Wishes::of(world));
}

fn wishes() -> Wishes {
    WISHES.get().copied().unwrap_or_default()
}

/// Whether a stream is to be coloured.
pub(super) fn colour(stream: &impl IsTerminal) -> Colour {
    wishes().colour(stream.is_terminal())
}

/// Whether standard output is a terminal.
pub(super) fn is_looked_at() -> bool {
    io::stdout().is_terminal()
}

/// How many columns standard output has; nothing where it is no terminal, so that nothing is wrapped there.
pub(super) fn width() -> Option<u16> {
    if !io::stdout().is_terminal() {
        return None;
    }
    columns(&io::stdout()).or(wishes().columns).filter(|columns| *columns > 0)
}

/// How many columns a line that is written over and over may have at standard error; nothing where it can have none.
pub(super) fn overwritten() -> Option<usize> {
    if !io::stderr().is_terminal() || wishes().dumb {
        return None;
    }
    let columns = columns(&io::stderr()).or(wishes().columns).filter(|columns| *columns > 0).unwrap_or(80);
    Some(usize::from(columns).saturating_sub(1))
}

#[cfg(unix)]
fn columns(stream: &impl std::os::fd::AsFd) -> Option<u16> {
    rustix::termios::tcgetwinsize(stream).ok().map(|size| size.ws_col).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn columns<T>(_: &T) -> Option<u16> {
    None
}

const END: &str = "\u{1b}[0m";
const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const RED: &str = "\u{1b}[1;31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const CYAN: &str = "\u{1b}[36m";

/// What a line begins with, and how that is coloured.
const BEGINNINGS: [(&str, &str); 11] = [
    ("ok:", GREEN),
    ("error:", RED),
    ("not healthy:", RED),
    ("not healthy", RED),
    ("warning:", YELLOW),
    ("note:", YELLOW),
    ("healthy:", GREEN),
    ("  cause:", BOLD),
    ("  hint:", CYAN),
    ("  note:", YELLOW),
    ("nothing was changed", DIM),
];

/// Text of ours with its signal words coloured; what is coloured already is left as it is.
pub(super) fn painted(text: &str) -> String {
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn line(line: &str) -> String {
    // A time in front, as the daemon's lines have it, stays as it is.
    let (stamp, rest) = match line.split_at_checked(STAMP) {
        Some((stamp, rest)) if is_stamp(stamp) => (stamp, rest),
        _ => ("", line),
    };
    for (beginning, colour) in BEGINNINGS {
        if let Some(after) = rest.strip_prefix(beginning) {
            return format!("{stamp}{colour}{beginning}{END}{after}");
        }
    }
    line.to_owned()
}

/// How long `2026-11-23 05:49:08+00:00 ` is.
const STAMP: usize = 26;

fn is_stamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == STAMP && bytes[4] == b'-' && bytes[10] == b' ' && bytes[13] == b':' && bytes[25] == b' '
}

/// Headings, where they are to be coloured.
pub(super) fn heading(text: &str) -> String {
    match colour(&io::stdout()) {
        Colour::Ansi => format!("{BOLD}{text}{END}"),
        Colour::Never => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_wins_over_everything_and_force_over_a_pipe() {
        let of = |variables: [(&str, &str); 3], terminal| {
            Wishes::of(&Environment::from(variables)).colour(terminal)
        };
        for (variables, piped, terminal) in [
            ([("A", "1"), ("B", "1"), ("TERM", "xterm")], Colour::Never, Colour::Ansi),
            ([("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("TERM", "xterm")], Colour::Never, Colour::Never),
            // An empty value counts as not set, as the convention has it.
            ([("NO_COLOR", ""), ("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], Colour::Ansi, Colour::Ansi),
            ([("NO_COLOR", ""), ("CLICOLOR_FORCE", "0"), ("TERM", "dumb")], Colour::Never, Colour::Never),
        ] {
            assert_eq!((of(variables, false), of(variables, true)), (piped, terminal), "{variables:?}");
        }
    }

    #[test]
    fn signal_words_are_coloured_where_a_line_begins_and_nowhere_else() {
        let text = "error: cannot start\n  cause: an error: of sorts\n2026-11-23 05:49:08+00:00 error: x";
        let expected = "\u{1b}[1;31merror:\u{1b}[0m cannot start\n\u{1b}[1m  cause:\u{1b}[0m an error: of sorts\n\
                        2026-11-23 05:49:08+00:00 \u{1b}[1;31merror:\u{1b}[0m x";
        assert_eq!(painted(text), expected);
        for plain in ["home.example.org A: unchanged", "", "ä 6-11-23 05:49:08+00:00 \u{e4}rror: x"] {
            assert_eq!(painted(plain), plain);
        }
    }
}
