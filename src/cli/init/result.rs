//! The end of the dialogue: everything is checked, written, read again as the program will read it, and told.

use super::dialogue::Dialogue;
use super::files::{self, File, Keep, Mode};
use super::{NOTHING, Stop, Talk, deployment, draft, find};
use crate::cli::args::Steps;
use crate::cli::check;
use crate::cli::exit::Exit;
use crate::cli::output::Format;
use crate::config::{self, Arguments, Diagnostic, Secrets};
use crate::report::human::block;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// That something is there already.
pub(super) fn taken(path: &Path) -> String {
    block(
        &format!("cannot write {}", path.display()),
        "it is there already",
        Some("name another place with `--config FILE`, or replace it with `--force`"),
        NOTHING,
    )
}

/// That there are mistakes, and that nothing came of it.
pub(super) fn stop(mistakes: &[Diagnostic]) -> Stop {
    let said: Vec<String> = mistakes.iter().map(find::said).collect();
    Stop::Wrong(format!("{}\n{NOTHING}", said.join("\n")), Exit::Usage)
}

/// Checks, writes, checks again and tells.
pub(super) fn write(talk: &Talk<'_>) -> Result<Exit, Stop> {
    draft::read(&talk.dialogue, &talk.around).map_err(|mistakes| stop(&mistakes))?;
    let Some(path) = &talk.dialogue.file else { return Err(stop(&[])) };
    let mut files = files(talk, path);
    let deployment =
        talk.dialogue.run_by.get().map(|kind| deployment::of(kind, &talk.dialogue, &talk.around, path));
    files.extend(deployment.iter().flat_map(|deployment| deployment.files.clone()));
    if talk.steps == Steps::Show {
        return Ok(show(talk, &files));
    }
    let keep = if talk.arguments.force { Keep::None } else { Keep::Them };
    if let (Keep::Them, Some(there)) = (keep, files::there(&files)) {
        return Err(Stop::Wrong(taken(there), Exit::Usage));
    }
    let written = files::write(&files, keep).map_err(|(path, error)| {
        let text = block(&format!("cannot write {}", path.display()), &error.to_string(), None, NOTHING);
        Stop::Wrong(text, Exit::Failed)
    })?;
    // As whoever starts the program later: with the files alone.
    let mut arguments = Arguments::default();
    arguments.set_config(Some(path.clone()));
    let (settings, notices) =
        config::load(&talk.around.world, &arguments, Secrets::All).map_err(|mistakes| {
            written.undo();
            stop(&mistakes)
        })?;
    for notice in &notices {
        talk.say(&notice.render(config::Colour::Never));
    }
    let more = deployment.map(|deployment| format!("\n{}", deployment.next));
    let next = format!("{}{}", next(talk, path), more.unwrap_or_default());
    tell(talk, &files, &next);
    if talk.output.format == Format::Text {
        check::check(&settings, talk.output);
        talk.output.line(&format!("\n{next}"));
    }
    Ok(Exit::AsDesired)
}

/// The configuration and its secrets; the secrets first, so that there is no moment in which they are missed.
fn files(talk: &Talk<'_>, path: &Path) -> Vec<File> {
    let dialogue: &Dialogue = &talk.dialogue;
    let mut files = Vec::new();
    for (field, secret) in draft::secrets(dialogue) {
        let Some(info) = dialogue.info else { continue };
        let path = path.with_file_name(draft::secret_file(info, field));
        files.push(File { path, text: format!("{secret}\n"), mode: Mode::Secret });
    }
    let text = draft::text(dialogue, &talk.around, |info, field| {
        format!("file:{}", draft::secret_file(info, field))
    });
    files.push(File { path: PathBuf::from(path), text, mode: Mode::Usual });
    files
}

/// What would be written.
fn show(talk: &Talk<'_>, files: &[File]) -> Exit {
    let texts = files.iter().filter(|file| file.mode == Mode::Usual);
    match talk.output.format {
        Format::Json => talk.output.json(&json!({
            "files": files.iter().map(|file| file.path.display().to_string()).collect::<Vec<_>>(),
            "texts": texts.map(|file| (file.path.display().to_string(), file.text.as_str())).collect::<BTreeMap<_, _>>(),
            "records": talk.dialogue.records(),
            "exit": Exit::AsDesired.code(),
        })),
        Format::Text => {
            for file in texts {
                talk.output.line(&format!("### {}\n{}", file.path.display(), file.text));
            }
            talk.output.line(NOTHING);
        }
    }
    Exit::AsDesired
}

fn tell(talk: &Talk<'_>, files: &[File], next: &str) {
    match talk.output.format {
        Format::Json => talk.output.json(&json!({
            "written": files.iter().map(|file| file.path.display().to_string()).collect::<Vec<_>>(),
            "records": talk.dialogue.records(),
            "next": next,
            "exit": Exit::AsDesired.code(),
        })),
        Format::Text => {
            for file in files {
                let mode = if file.mode == Mode::Secret { " (readable for you alone)" } else { "" };
                talk.output.line(&format!("wrote {}{mode}", file.path.display()));
            }
        }
    }
}

/// What to do then.
fn next(talk: &Talk<'_>, path: &Path) -> String {
    let found = config::usual(&talk.around.world).into_iter().find(|place| place.exists());
    let program = if found.as_deref() == Some(path) {
        "dynflare".to_owned()
    } else {
        format!("dynflare --config {}", path.display())
    };
    format!(
        "Next:\n  {program} plan      shows what would change\n  {program} update    changes it, once\n  \
         {program} run       keeps it right"
    )
}
