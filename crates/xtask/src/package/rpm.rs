//! A package for Fedora, openSUSE and their relatives, by `rpmbuild`.

use super::{Workshop, said, text, tree};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) fn make(program: &Path, output: &Path) -> Result<PathBuf, String> {
    let workshop = Workshop::new(output, "rpm")?;
    let place = workshop.0.join("tree");
    let failed = |error: std::io::Error| format!("{}: {error}", workshop.0.display());
    tree::lay(program, &place)?;
    let files: Vec<String> = tree::paths().map(|path| format!("%attr(-, root, root) /{path}")).collect();
    let spec = text("rpm/dynflare.spec")?
        .replace("{version}", env!("CARGO_PKG_VERSION"))
        .replace("{tree}", &place.display().to_string())
        .replace("{files}", &files.join("\n"));
    let path = workshop.0.join("dynflare.spec");
    fs::write(&path, spec).map_err(failed)?;
    let top = workshop.0.join("top");
    said(
        Command::new("rpmbuild")
            .args(["-bb", "--quiet"])
            .args(["--define", &format!("_topdir {}", top.display())])
            .args(["--define", &format!("_rpmdir {}", output.display())])
            .args(["--define", "_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm"])
            .arg(&path),
    )?;
    let made =
        output.join(format!("dynflare-{}-1.{}.rpm", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH));
    if made.exists() { Ok(made) } else { Err(format!("{} was not made", made.display())) }
}
