//! In a build without the name server there is none.

use super::sockets::Handed;
use super::vital::NamesCounted;
use crate::config::Settings;
use crate::config::serve::Serve;
use crate::setup::serve::Here;

/// Nothing.
pub(super) struct Names;

const WITHOUT: &str = "this program was built without the name server\n  hint: use one that was built with the feature \
                       `nameserver`, or take `dns` and the zones with `provider = \"local\"` out";

impl Names {
    pub(super) fn open(_: &Settings, serve: &Serve, _: &mut Handed) -> Result<Self, String> {
        if serve.dns.value.is_empty() { Ok(Self) } else { Err(WITHOUT.to_owned()) }
    }

    #[expect(clippy::unused_async, reason = "as in a build with the name server")]
    pub(super) async fn turn_to(
        &mut self,
        _: &Settings,
        serve: &Serve,
        _: &mut Handed,
    ) -> Result<(), String> {
        if serve.dns.value.is_empty() { Ok(()) } else { Err(WITHOUT.to_owned()) }
    }

    #[expect(clippy::unused_self, reason = "as in a build with the name server")]
    pub(super) fn here(&self) -> Option<Here> {
        None
    }

    #[expect(clippy::unused_self, reason = "as in a build with the name server")]
    pub(super) fn places(&self) -> Vec<String> {
        Vec::new()
    }

    #[expect(clippy::unused_self, reason = "as in a build with the name server")]
    pub(super) fn counted(&self) -> Option<NamesCounted> {
        None
    }
}
