//! Configurations of other dynamic-DNS clients as Dynflare's own.
//!
//! Text comes in, text and findings go out: which settings stand where, what they mean there and what they are called
//! here. A file is read into a [`draft`](draft), as far as it can be; whatever is not asked for by the end is told, so
//! that nothing is lost in silence. Which providers there are is given by the caller as a [`Catalogue`]. Nothing is
//! opened, asked or written here.

mod catalogue;
mod draft;
mod env;
mod finding;
mod from;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod mapping;
mod mistake;
mod render;
mod secretive;
mod shoutrrr;
mod source;
mod time;
mod tool;
mod tree;
mod zone;

pub use catalogue::{Ability, Catalogue, Field, Need, Provider, Sight, Zone};
pub use finding::{Finding, Kind};
pub use mapping::{Mapping, mappings};
pub use mistake::Mistake;
pub use render::{Imported, Placement, Secret};
pub use tool::Tool;

use draft::Draft;

/// The largest file that is read, in bytes.
pub const LIMIT: usize = 4 * 1024 * 1024;

/// One file of another program.
#[derive(Clone, Debug)]
pub struct File {
    /// What it is called in messages.
    pub name: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

/// What the user said beside the files.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// Whose files they are, if they need not show it themselves.
    pub from: Option<Tool>,
    /// Zones by name, or `ID=NAME` for files that have the identifier alone.
    pub zones: Vec<String>,
}

/// Reads files into one configuration. What cannot be read at all is returned with the index of the file.
pub fn import(files: &[File], hints: &Hints, catalogue: &Catalogue) -> Result<Imported, (usize, Mistake)> {
    let first = hints.from.unwrap_or(Tool::Dynflare);
    let mut draft = Draft::new(first, catalogue, &hints.zones);
    let mut tools = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let failed = |mistake| (index, mistake);
        // Lines end as they do here, whoever wrote them.
        let text = text(&file.bytes).map_err(failed)?.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.as_str();
        let tool = hints.from.map_or_else(|| tool::recognise(text), Ok).map_err(failed)?;
        draft.tool = tool;
        draft.file = index;
        from::read(&mut draft, text).map_err(failed)?;
        tools.push(tool);
    }
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    Ok(render::finish(draft, tools, &names))
}

fn text(bytes: &[u8]) -> Result<&str, Mistake> {
    if bytes.len() > LIMIT {
        return Err(Mistake::whole("it is larger than 4 MiB, which no such file is"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        let line = bytes.iter().take_while(|byte| **byte != 0).filter(|byte| **byte == b'\n').count() + 1;
        return Err(Mistake::at(line, "it is no text: there is a zero byte".to_owned()));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        Mistake::at(good.matches('\n').count() + 1, "it is not UTF-8 text".to_owned())
    })?;
    if text.trim().is_empty() {
        return Err(Mistake::whole("it is empty"));
    }
    Ok(text)
}
