//! The small shapes that pictures are made of, and where on a line a value stands.
//!
//! Lengths are in per cent of the picture's width, so that it fits every screen while its strokes and marks keep their
//! size. A shape says by its form what its colour says too, and never stands without the words beside it.

use maud::{Markup, html};

/// A mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// As it should be; agreement.
    Good,
    /// Dissent, or an answer that had no majority.
    Other,
    /// A failure.
    Bad,
    /// Nothing yet, or nobody.
    None,
}

impl Mark {
    /// The class that colours it.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Other => "other",
            Self::Bad => "bad",
            Self::None => "none",
        }
    }

    /// Its form, around the origin, within 5 units.
    fn path(self) -> &'static str {
        match self {
            Self::Good | Self::None => "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
            Self::Other => "M0-5.5 5.5 0 0 5.5-5.5 0z",
            Self::Bad => "M-4-4 4 4M4-4-4 4",
        }
    }
}

/// A mark among words.
pub(super) fn mark(mark: Mark) -> Markup {
    html! {
        svg.mark.(mark.class()) viewBox="-7 -7 14 14" width="14" height="14" aria-hidden="true" { path d=(mark.path()) {} }
    }
}

/// A mark in a picture, at this share of its width.
pub(super) fn mark_at(mark: Mark, at: f64, middle: &str) -> Markup {
    html! {
        svg.mark.(mark.class()) x=(percent(at)) y=(middle) overflow="visible" { path d=(mark.path()) {} }
    }
}

/// A share, from 0 to 1, as CSS and SVG write it.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2}%", share.clamp(0.0, 1.0) * 100.0)
}

/// How much of `whole` a part is, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a picture has no 53 bits")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).clamp(0.0, 1.0) }
}

/// A time in milliseconds, as people say it: `84 ms`, `1.2 s`, `37 s`.
pub(super) fn lasting(milliseconds: u64) -> String {
    match milliseconds {
        0..=999 => format!("{milliseconds} ms"),
        1000..=9999 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        _ => format!("{} s", milliseconds / 1000),
    }
}

/// The next round number at or above: 1, 2 or 5 with noughts.
pub(super) fn round_up(value: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for step in [1, 2, 5] {
            let candidate = unit.saturating_mul(step);
            if candidate >= value {
                return candidate;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_at_a_round_number() {
        for (value, end) in [(0, 1), (1, 1), (3, 5), (84, 100), (101, 200), (1_200, 2_000)] {
            assert_eq!(round_up(value), end, "{value}");
        }
        assert_eq!(round_up(u64::MAX), u64::MAX);
    }

    #[test]
    fn a_share_stays_within_its_picture() {
        assert_eq!(percent(share(1, 3)), "33.33%");
        assert_eq!(percent(share(9, 3)), "100.00%");
        assert_eq!(percent(share(9, 0)), "0.00%");
    }

    #[test]
    fn times_are_short() {
        assert_eq!([84, 1_250, 12_000].map(lasting), ["84 ms", "1.2 s", "12 s"]);
    }
}
