//! One reader per program: what its settings are called and what they mean there.

mod cloudflare;
mod custom;
mod ddclient;
mod ddns;
mod ddns_go;
mod ddns_updater;
mod dness;
mod dynflare;
mod expression;
mod godns;
mod inadyn;
mod oznu;
mod timothymiller;

use crate::draft::Draft;
use crate::mistake::Mistake;
use crate::tool::Tool;

/// Reads a file of the draft's program.
pub(crate) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    match draft.tool {
        Tool::Ddclient => ddclient::read(draft, text),
        Tool::Ddns => ddns::read(draft, text),
        Tool::DdnsGo => ddns_go::read(draft, text),
        Tool::DdnsUpdater => ddns_updater::read(draft, text),
        Tool::Dness => dness::read(draft, text),
        Tool::Dynflare => dynflare::read(draft, text),
        Tool::Godns => godns::read(draft, text),
        Tool::Inadyn => inadyn::read(draft, text),
        Tool::Oznu => oznu::read(draft, text),
        Tool::Timothymiller if text.trim_start().starts_with('{') => timothymiller::read(draft, text),
        Tool::Favonia | Tool::Timothymiller => cloudflare::read(draft, text),
    }
}
