//! `dynflare import`: configurations of other clients as one of ours.
//!
//! Reading and understanding is the crate's; here are the files, the providers there are, and what is said. A secret
//! never goes to a terminal unless it is asked for, and no file is overwritten unless that is.

use super::exit::Exit;
use super::output::{Format, Output};
use crate::config::{CLOUDFLARE_KEYS, Diagnostic, RFC2136_KEYS};
use crate::provider::registry::{self, Attribute, Info, Shape};
use clap::Args;
use clap::builder::PossibleValuesParser;
use dynflare_core::address::Family;
use dynflare_import::{
    Ability, Catalogue, Field, File, Hints, Imported, LIMIT, Mistake, Need, Placement, Provider, Sight, Tool,
    Zone,
};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Where a configuration is that nobody has given a place.
const USUAL_FOLDER: &str = "/etc/dynflare/";

/// What is to be imported, and where it goes.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Files of the other client, several in one go; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Whose files they are, where that does not show
    #[arg(long, value_name = "CLIENT", value_parser = PossibleValuesParser::new(Tool::ALL.map(Tool::word)))]
    from: Option<String>,
    /// Write the configuration here, and its secrets into files beside it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite what is there
    #[arg(long, requires = "output")]
    force: bool,
    /// Keep what there is to know in this file, too
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Leave secrets in the configuration, instead of naming files
    #[arg(long)]
    include_secrets: bool,
    /// A zone that names lie in, or ID=ZONE where a file has the identifier alone; may be repeated
    #[arg(long, value_name = "ZONE")]
    zone: Vec<String>,
}

/// Reads, and prints or writes.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Exit {
    match done(arguments, output) {
        Ok(exit) => exit,
        Err(mistake) => super::wrong(&[*mistake], output.format),
    }
}

type Wrong = Box<Diagnostic>;

#[expect(clippy::unnecessary_box_returns, reason = "as every error here, so that results stay small")]
fn wrong(message: String) -> Wrong {
    Box::new(Diagnostic::absence(message))
}

fn done(arguments: &Arguments, output: &Output) -> Result<Exit, Wrong> {
    let files = arguments.files.iter().map(|path| read(path)).collect::<Result<Vec<File>, _>>()?;
    let hints = Hints { from: arguments.from.as_deref().and_then(Tool::of), zones: arguments.zone.clone() };
    let imported = dynflare_import::import(&files, &hints, &catalogue())
        .map_err(|(index, mistake)| refused(&arguments.files[index], &mistake))?;
    let placement = match (&arguments.output, arguments.include_secrets) {
        (_, true) => Placement::Inline,
        (Some(path), false) => Placement::Files(format!("{}/", name_of(&secrets_folder(path)))),
        (None, false) => Placement::Files(USUAL_FOLDER.to_owned()),
    };
    let configuration = imported.configuration(&placement);
    if let Some(path) = &arguments.report {
        let text = format!("{}{}", heading(&imported, &arguments.files), imported.report());
        write(path, &text, (Keep::of(arguments.force || path.is_file()), Mode::Usual))?;
    }
    if let Some(path) = &arguments.output {
        save(path, &configuration, &imported, arguments)?;
    }
    match output.format {
        Format::Json => output.json(&as_json(&imported, &configuration, arguments)),
        Format::Text => say(&imported, &configuration, arguments, output),
    }
    Ok(if imported.records == 0 { Exit::Failed } else { Exit::AsDesired })
}

fn read(path: &Path) -> Result<File, Wrong> {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { name_of(path) };
    let failed = |error: io::Error| wrong(format!("cannot read `{}`: {}", shown(path), plain(&error)));
    let mut bytes = Vec::new();
    let most = LIMIT as u64 + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let file = fs::File::open(path).map_err(failed)?;
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            return Err(wrong(format!("cannot read `{}`: it is a directory", shown(path))));
        }
        file.take(most).read_to_end(&mut bytes).map_err(failed)?;
    }
    Ok(File { name, bytes })
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// What the system says, without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

#[expect(clippy::unnecessary_box_returns, reason = "as every error here, so that results stay small")]
fn refused(path: &Path, mistake: &Mistake) -> Wrong {
    let line = mistake.line.map_or_else(String::new, |line| format!(", line {line}"));
    let message = format!("cannot import `{}`{line}: {}", shown(path), mistake.message);
    let diagnostic = Diagnostic::absence(message);
    Box::new(match &mistake.hint {
        Some(hint) => diagnostic.hint(hint.clone()),
        None => diagnostic,
    })
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Where the secrets of a configuration go: `dynflare.secrets` beside `dynflare.toml`.
fn secrets_folder(path: &Path) -> PathBuf {
    path.with_extension("secrets")
}

/// Whether a file that is there stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Yes,
    No,
}

impl Keep {
    fn of(force: bool) -> Self {
        if force { Self::No } else { Self::Yes }
    }
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Whoever may, by the system's settings.
    Usual,
    /// Its owner alone.
    Secret,
}

/// Writes a file; one that is there is replaced as a whole, or stays as it is.
fn write(path: &Path, text: &str, (keep, mode): (Keep, Mode)) -> Result<(), Wrong> {
    let failed = |error: io::Error| wrong(format!("cannot write `{}`: {}", path.display(), plain(&error)));
    if keep == Keep::Yes && path.try_exists().unwrap_or(false) {
        let mistake = Diagnostic::absence(format!("`{}` is there already", path.display()));
        return Err(Box::new(mistake.hint("--force overwrites it")));
    }
    let beside = path.with_file_name(format!(".{}.{}", name_of(path), std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if mode == Mode::Secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = mode;
    let written = options.open(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, path)).map_err(|error| {
        // What could not be finished is nobody's.
        let _gone = fs::remove_file(&beside);
        failed(error)
    })
}

/// Writes the configuration and its secrets; before the first of them it is looked whether any is there already.
fn save(path: &Path, configuration: &str, imported: &Imported, arguments: &Arguments) -> Result<(), Wrong> {
    let keep = Keep::of(arguments.force);
    let folder = secrets_folder(path);
    let inline = arguments.include_secrets;
    let there: Vec<(PathBuf, &str)> = imported
        .secrets
        .iter()
        .filter(|_| !inline)
        .filter_map(|secret| Some((folder.join(&secret.file), secret.expose()?)))
        .collect();
    let taken = std::iter::once(path).chain(there.iter().map(|(path, _)| path.as_path()));
    if let (Keep::Yes, Some(taken)) = (keep, taken.clone().find(|path| path.try_exists().unwrap_or(false))) {
        let mistake =
            Diagnostic::absence(format!("`{}` is there already, and nothing was written", taken.display()));
        return Err(Box::new(mistake.hint("--force overwrites it")));
    }
    if !there.is_empty() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).map_err(|error| {
            wrong(format!("cannot make the folder `{}`: {}", folder.display(), plain(&error)))
        })?;
    }
    for (path, text) in &there {
        write(path, &format!("{text}\n"), (keep, Mode::Secret))?;
    }
    // User names and identifiers are nobody else's business either.
    write(path, configuration, (keep, Mode::Secret))
}

fn heading(imported: &Imported, files: &[PathBuf]) -> String {
    let of = |(tool, path): (&Tool, &PathBuf)| format!("{} ({})\n", shown(path), tool.name());
    let list: String = imported.tools.iter().zip(files).map(of).collect();
    format!("What became of\n{list}\n")
}

/// The configuration on standard output, and everything to know on standard error.
fn say(imported: &Imported, configuration: &str, arguments: &Arguments, output: &Output) {
    match &arguments.output {
        None => output.line(configuration.trim_end()),
        Some(path) => {
            output.line(&format!("wrote {}", path.display()));
            if !arguments.include_secrets {
                let folder = secrets_folder(path);
                for secret in imported.secrets.iter().filter(|secret| secret.expose().is_some()) {
                    output.line(&format!("wrote {}", folder.join(&secret.file).display()));
                }
            }
        }
    }
    let report = imported.report();
    if !report.is_empty() {
        output.error(&format!("\n{}", report.trim_end()));
    }
    let folder = arguments.output.as_deref().map_or_else(|| PathBuf::from(USUAL_FOLDER), secrets_folder);
    let written = arguments.output.is_some();
    let open = imported.secrets.iter().filter(|secret| secret.expose().is_none() || !written);
    let open: Vec<_> =
        open.filter(|secret| secret.expose().is_none() || !arguments.include_secrets).collect();
    if !open.is_empty() {
        output.error("\nSecrets to put into files of mode 0600:");
        for secret in &open {
            let what = if secret.expose().is_some() { "what stands at " } else { "" };
            output.error(&format!("  {}: {what}{}", folder.join(&secret.file).display(), secret.from));
        }
    }
    if open.iter().any(|secret| secret.expose().is_some()) {
        output.error("hint: --output FILE writes them, --include-secrets leaves them in the configuration");
    }
}

fn as_json(imported: &Imported, configuration: &str, arguments: &Arguments) -> Value {
    let finding = |finding: &dynflare_import::Finding| {
        json!({
            "kind": finding.kind.as_str(),
            "file": shown(&arguments.files[finding.file]),
            "line": finding.line,
            "setting": finding.setting,
            "why": finding.why,
        })
    };
    let secret = |secret: &dynflare_import::Secret| {
        json!({
            "file": secret.file,
            "used": secret.used,
            "from": secret.from,
            "there": secret.expose().is_some(),
        })
    };
    json!({
        "from": imported.tools.iter().map(|tool| tool.word()).collect::<Vec<_>>(),
        "configuration": configuration,
        "records": imported.records,
        "secrets": imported.secrets.iter().map(secret).collect::<Vec<_>>(),
        "findings": imported.findings.iter().map(finding).collect::<Vec<_>>(),
        "exit": if imported.records == 0 { Exit::Failed } else { Exit::AsDesired }.code(),
    })
}

/// The providers there are, as the importer has to know them.
pub fn catalogue() -> Catalogue {
    Catalogue { providers: registry::all().into_iter().map(provider).collect() }
}

fn provider(info: &Info) -> Provider {
    let field = |key: &str, about: &str, sight, need| Field {
        key: key.to_owned(),
        about: about.to_owned(),
        sight,
        need,
    };
    let about = |keys: &[(&str, &'static str)], key: &str| {
        keys.iter().find(|row| row.0 == key).map_or("", |row| row.1).replace('`', "")
    };
    let fields = match info.id {
        "cloudflare" => ["email", "key", "token"]
            .map(|key| {
                let sight = if key == "email" { Sight::Plain } else { Sight::Secret };
                field(key, &about(CLOUDFLARE_KEYS, key), sight, Need::Optional)
            })
            .into(),
        "rfc2136" => vec![
            field("server", &about(RFC2136_KEYS, "server"), Sight::Plain, Need::Required),
            field("key", &about(RFC2136_KEYS, "key"), Sight::Secret, Need::Required),
        ],
        _ => info
            .fields
            .iter()
            .map(|row| field(row.key, row.about, sight(row.sight), need(row.need)))
            .collect(),
    };
    let able = [
        (Ability::Ipv4, info.families().any(|family| family == Family::V4)),
        (Ability::Ipv6, info.families().any(|family| family == Family::V6)),
        (Ability::Wildcard, info.can.wildcard),
        (Ability::Comment, info.has(Attribute::Comment)),
        (Ability::Proxied, info.has(Attribute::Proxied)),
        (Ability::Ttl, info.has(Attribute::Ttl)),
    ];
    let auto = match info.shape {
        // What is sent is the whole name, except where its parts have places of their own.
        Shape::Push => !crate::provider::get::needs_zone(info.id),
        Shape::Records | Shape::RrSet => info.can.auto,
    };
    Provider {
        id: info.id.to_owned(),
        name: info.name.to_owned(),
        fields,
        can: able.into_iter().filter(|(_, can)| *can).map(|(ability, _)| ability).collect(),
        zone: if auto { Zone::Auto } else { Zone::Written },
        min_ttl: info.min_ttl,
    }
}

fn sight(sight: registry::Sight) -> Sight {
    match sight {
        registry::Sight::Plain => Sight::Plain,
        registry::Sight::Secret => Sight::Secret,
    }
}

fn need(need: registry::Need) -> Need {
    match need {
        registry::Need::Optional => Need::Optional,
        registry::Need::Required => Need::Required,
    }
}
