//! The files for what runs the program, made to fit the configuration: the same as `dynflare generate` has, in a folder
//! of their own beside it.
//!
//! Where the program will not see the files of the user (a service of its own user, a container), the folder holds a
//! configuration that refers to the secrets as that system hands them over, and the secrets.

use super::dialogue::Dialogue;
use super::draft::{self, Surroundings};
use super::files::{File, Mode};
use crate::cli::generate;
use std::path::{Path, PathBuf, absolute};

/// How a system hands a secret to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handing {
    /// As a systemd credential.
    Credential,
    /// As a file in this directory.
    Directory(&'static str),
    /// Not at all: the program reads the configuration itself, with the files beside it.
    Nothing,
}

/// Where the files of `generate` expect the configuration.
const EXPECTED: &str = "/etc/dynflare/dynflare.toml";

/// The secret's name in the files of `generate`.
const SECRET: &str = "cloudflare-token";

fn handing(kind: &str) -> Handing {
    match kind {
        "systemd" => Handing::Credential,
        "compose" => Handing::Directory("/run/secrets"),
        "kubernetes" => Handing::Directory("/run/secrets/dynflare"),
        _ => Handing::Nothing,
    }
}

/// What is made for a kind, and what to do with it.
#[derive(Debug)]
pub(super) struct Deployment {
    pub(super) files: Vec<File>,
    pub(super) next: String,
}

/// The files for a kind, beside the configuration at `path`.
pub(super) fn of(kind: &str, dialogue: &Dialogue, around: &Surroundings, path: &Path) -> Deployment {
    let folder = path.with_file_name(format!("dynflare-{kind}"));
    let handing = handing(kind);
    let secrets = draft::secrets(dialogue);
    let names: Vec<String> =
        secrets.iter().filter_map(|(field, _)| Some(draft::secret_file(dialogue.info?, field))).collect();
    let mut files = Vec::new();
    if handing != Handing::Nothing {
        for ((_, secret), name) in secrets.iter().zip(&names) {
            files.push(File { path: folder.join(name), text: format!("{secret}\n"), mode: Mode::Secret });
        }
        let text = draft::text(dialogue, around, |info, field| {
            let name = draft::secret_file(info, field);
            match handing {
                Handing::Credential => format!("credential:{name}"),
                Handing::Directory(directory) => format!("file:{directory}/{name}"),
                Handing::Nothing => format!("file:{name}"),
            }
        });
        files.push(File { path: folder.join("dynflare.toml"), text, mode: Mode::Usual });
    }
    let made: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    for (name, text) in generate::texts(kind) {
        let at = folder.join(name);
        // The examples among them have their place taken; that of a token is not ours.
        if !made.contains(&at) && name != SECRET {
            files.push(File { path: at, text: fitted(kind, &text, &names, path), mode: Mode::Usual });
        }
    }
    Deployment { next: next(kind, &folder, &names), files }
}

/// The text with the secrets and the place that there are.
fn fitted(kind: &str, text: &str, names: &[String], path: &Path) -> String {
    let whole = absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    match kind {
        "systemd" => {
            let example = format!("#LoadCredential={SECRET}:/etc/dynflare/{SECRET}\n");
            let lines: Vec<String> =
                names.iter().map(|name| format!("LoadCredential={name}:/etc/dynflare/{name}\n")).collect();
            text.replace(&example, &lines.concat())
                .replace(&format!("credential:{SECRET}"), &credential(names))
        }
        "compose" => {
            let list: Vec<String> =
                names.iter().map(|name| format!("  {name}:\n    file: ./{name}\n")).collect();
            let section =
                if list.is_empty() { String::new() } else { format!("secrets:\n{}", list.concat()) };
            text.replace(&format!("secrets:\n  {SECRET}:\n    file: ./{SECRET}\n"), &section)
                .replace(&format!("secrets: [{SECRET}]"), &format!("secrets: [{}]", names.join(", ")))
                .replace(SECRET, names.first().map_or("none", String::as_str))
        }
        "kubernetes" => text
            .replace(&format!("files: [{SECRET}]"), &format!("files: [{}]", names.join(", ")))
            .replace(SECRET, names.first().map_or("the secrets", String::as_str)),
        "launchd" => text.replace(EXPECTED, &whole),
        "cron" => text.replace(" --quiet", &format!(" --quiet --config {whole}")),
        _ => text.to_owned(),
    }
}

fn credential(names: &[String]) -> String {
    format!("credential:{}", names.first().map_or("NAME", String::as_str))
}

fn next(kind: &str, folder: &Path, names: &[String]) -> String {
    let at = folder.display();
    match kind {
        "systemd" => {
            let secrets: Vec<String> = names
                .iter()
                .map(|name| format!("  install -m 600 {at}/{name} /etc/dynflare/{name}\n"))
                .collect();
            format!(
                "To have systemd run it, as root:\n  install -m 644 -D {at}/dynflare.toml {EXPECTED}\n{}  \
                 install -m 644 {at}/dynflare.service {at}/dynflare.socket /etc/systemd/system/\n  \
                 systemctl enable --now dynflare",
                secrets.concat()
            )
        }
        "compose" => {
            let secrets = names.iter().map(|name| format!(" {at}/{name}")).collect::<Vec<_>>().concat();
            let owned = if secrets.is_empty() {
                String::new()
            } else {
                format!("  chown 65532{secrets}    as root: the user of the container reads it\n")
            };
            format!("To have it run in a container:\n{owned}  docker compose --project-directory {at} up -d")
        }
        "kubernetes" => format!("To have it run in a cluster:\n  kubectl apply -k {at}"),
        _ => format!("In {at}: {}", generate::next(kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_replaced_stands_in_the_texts_and_nothing_of_the_example_is_left() {
        let names = ["desec-token".to_owned()];
        for kind in generate::words() {
            let text: String = generate::texts(kind)
                .into_iter()
                .map(|(_, text)| fitted(kind, &text, &names, Path::new("/x/y.toml")))
                .collect();
            assert!(!text.contains(SECRET), "{kind}: {text}");
            let (there, gone) = match kind {
                "systemd" => ("\nLoadCredential=desec-token:/etc/dynflare/desec-token\n", "#LoadCredential"),
                "compose" => ("secrets: [desec-token]", SECRET),
                "kubernetes" => ("files: [desec-token]", SECRET),
                "launchd" => ("/x/y.toml", EXPECTED),
                "cron" => (" --quiet --config /x/y.toml", SECRET),
                _ => continue,
            };
            assert!(text.contains(there) && !text.contains(gone), "{kind}: {text}");
        }
    }

    #[test]
    fn several_secrets_are_handed_over_side_by_side_and_none_leave_no_trace() {
        let text = |kind: &str, names: &[String]| {
            let texts = generate::texts(kind).into_iter();
            texts.map(|(_, text)| fitted(kind, &text, names, Path::new("x"))).collect::<String>()
        };
        let two = ["a-user".to_owned(), "a-key".to_owned()];
        assert!(
            text("compose", &two)
                .contains("secrets:\n  a-user:\n    file: ./a-user\n  a-key:\n    file: ./a-key\n")
        );
        assert!(text("compose", &two).contains("secrets: [a-user, a-key]"));
        assert!(text("kubernetes", &two).contains("files: [a-user, a-key]"));
        assert_eq!(text("systemd", &two).matches("\nLoadCredential=a-").count(), 2);
        assert!(!text("systemd", &[]).contains("LoadCredential=none"));
    }
}
