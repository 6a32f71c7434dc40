//! What a round is for.

/// What is made of what is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Steps are taken.
    Apply,
    /// Steps are shown.
    Plan,
    /// Nobody is asked for an address, and what is ours of the wanted records is taken back.
    Withdraw,
}

impl Mode {
    /// Whether anything is written.
    pub(super) fn writes(self) -> bool {
        match self {
            Self::Apply | Self::Withdraw => true,
            Self::Plan => false,
        }
    }
}
