//! An image for containers from a program that needs no libraries, by `buildah`.

use super::{Workshop, root, said};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) fn make(program: &Path, output: &Path) -> Result<PathBuf, String> {
    // A program that needs libraries names the one that finds them; the image has none (ELF gABI, "Program Interpreter").
    if said(Command::new("readelf").arg("-lW").arg(program))?.contains(" INTERP ") {
        return Err(format!(
            "{} needs the libraries of this machine; build it with RUSTFLAGS=-Ctarget-feature=+crt-static and --target",
            program.display()
        ));
    }
    let workshop = Workshop::new(output, "image")?;
    said(Command::new("strip").arg("-o").arg(workshop.0.join("dynflare")).arg(program))?;
    let store = workshop.0.join("store");
    let tag = format!("dynflare:{}", env!("CARGO_PKG_VERSION"));
    let archive = output.join(format!("dynflare-{}.tar", env!("CARGO_PKG_VERSION")));
    let buildah = || {
        let mut command = Command::new("buildah");
        command.env("STORAGE_DRIVER", "vfs");
        command.arg("--root").arg(store.join("root")).arg("--runroot").arg(store.join("run"));
        command
    };
    let file = root().join("etc/container/Containerfile");
    // Times in the image would make it another one each time. HEALTHCHECK is known to Docker's format alone.
    let options =
        ["build", "--isolation", "chroot", "--timestamp", "0", "--format", "docker", "-t", &tag, "-f"];
    said(buildah().args(options).arg(file).arg(&workshop.0))?;
    if archive.exists() {
        fs::remove_file(&archive).map_err(|error| format!("{}: {error}", archive.display()))?;
    }
    said(
        buildah().args(["push", "--quiet", &tag]).arg(format!("docker-archive:{}:{tag}", archive.display())),
    )?;
    Ok(archive)
}
