//! Plain DNS: whether somebody on the way answers in place of the servers it is sent to.

use super::{Finding, Level, Subject};
use crate::source::interception::Finding as Found;
use dynflare_core::address::Family;

/// What is said of it; `None` where nobody was asked, since the services that could tell are not in the pool.
pub fn judge(found: Option<(Family, &Found)>) -> Finding {
    let of = |level, what: String| Finding::new(level, Subject::Resolver, what);
    let Some((family, found)) = found else {
        let what =
            "not tried: that takes plain questions to OpenDNS and Google, and they are not both in `pool`";
        return of(Level::Note, what.to_owned())
            .hint("nothing to do unless plain DNS (`dns:udp://`) is relied on");
    };
    let what = format!("{family}: {found}");
    match found {
        Found::Clear | Found::Closed => of(Level::Ok, what),
        Found::Unknown => of(Level::Note, what).hint("it can be told once an address is agreed on"),
        Found::Doubtful(_) => of(Level::Note, what).hint("rely on sources over HTTPS, DoT or DoH"),
        Found::FromNowhere(_) | Found::SameWrongAddress(_) | Found::NotThemselves => of(Level::Warning, what).hint(
            "plain DNS tells nothing here: rely on sources over HTTPS, DoT or DoH, and look at the router's DNS settings",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::interception::Said;

    #[test]
    fn only_what_is_certain_is_a_warning() {
        let address = "198.51.100.1".parse().expect("an address");
        for (found, level) in [
            (Found::Clear, Level::Ok),
            (Found::Closed, Level::Ok),
            (Found::Unknown, Level::Note),
            (Found::Doubtful("one".to_owned()), Level::Note),
            (Found::FromNowhere(Said::Address(address)), Level::Warning),
            (Found::SameWrongAddress(address), Level::Warning),
            (Found::NotThemselves, Level::Warning),
        ] {
            let finding = judge(Some((Family::V4, &found)));
            assert_eq!(finding.level, level, "{found}");
            assert_eq!(finding.level == Level::Warning, found.is_interception(), "{found}");
            assert_eq!(finding.hint.is_none(), level == Level::Ok, "{found}");
        }
        assert_eq!(judge(None).level, Level::Note);
    }
}
