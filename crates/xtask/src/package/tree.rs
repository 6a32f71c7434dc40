//! The files of a package, as they lie in the system it is installed in.

use super::{root, said};
use clap_complete::Shell;
use dynflare::cli::{completions, man};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// A file: its path, and where its content is from.
const FILES: &[(&str, From)] = &[
    ("usr/bin/dynflare", From::Program),
    ("usr/lib/systemd/system/dynflare.service", From::Repository("etc/systemd/dynflare.service")),
    ("usr/lib/systemd/system/dynflare.socket", From::Repository("etc/systemd/dynflare.socket")),
    ("usr/share/bash-completion/completions/dynflare", From::Completions(Shell::Bash)),
    ("usr/share/doc/dynflare/CHANGELOG.md", From::Repository("CHANGELOG.md")),
    ("usr/share/doc/dynflare/README.md", From::Repository("README.md")),
    ("usr/share/doc/dynflare/copyright", From::Repository("LICENSE")),
    ("usr/share/fish/vendor_completions.d/dynflare.fish", From::Completions(Shell::Fish)),
    ("usr/share/man/man1/dynflare.1", From::Man),
    ("usr/share/zsh/site-functions/_dynflare", From::Completions(Shell::Zsh)),
];

enum From {
    Program,
    Repository(&'static str),
    Completions(Shell),
    Man,
}

/// The paths, sorted; a package owns these and nothing else.
pub(super) fn paths() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|row| row.0)
}

/// Lays the tree out below `place`.
pub(super) fn lay(program: &Path, place: &Path) -> Result<(), String> {
    for (path, from) in FILES {
        let path = place.join(path);
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        fs::create_dir_all(path.parent().expect("every path has a folder")).map_err(failed)?;
        let mode = match from {
            From::Program => {
                // A release build has no symbols; of any other they would be most of the package.
                said(Command::new("strip").arg("-o").arg(&path).arg(program))?;
                0o755
            }
            From::Repository(source) => {
                fs::copy(root().join(source), &path).map_err(failed)?;
                0o644
            }
            From::Completions(shell) => {
                fs::write(&path, completions::script(*shell)).map_err(failed)?;
                0o644
            }
            From::Man => {
                fs::write(&path, man::page()).map_err(failed)?;
                0o644
            }
        };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(failed)?;
    }
    Ok(())
}
