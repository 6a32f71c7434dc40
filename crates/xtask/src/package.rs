//! `cargo xtask package`: packages of a program that is built already, by the tools of the systems they are for.
//!
//! One tree of files serves all of them. What differs stands in `etc/deb` and `etc/rpm`.

mod deb;
mod image;
mod rpm;
mod tree;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes the package of a kind from a program, in a directory, and says where it is.
pub(crate) fn run(kind: &str, program: &str, output: &str) -> Result<(), String> {
    let make: fn(&Path, &Path) -> Result<PathBuf, String> = match kind {
        "deb" => deb::make,
        "image" => image::make,
        "rpm" => rpm::make,
        _ => return Err(format!("`{kind}`: expected deb, image or rpm")),
    };
    std::fs::create_dir_all(output).map_err(|error| format!("{output}: {error}"))?;
    let output = std::fs::canonicalize(output).map_err(|error| format!("{output}: {error}"))?;
    let packed = make(Path::new(program), &output)?;
    // The path alone goes to standard output, for whoever takes it from there.
    eprintln!("{}", size(&packed)?);
    println!("{}", packed.display());
    Ok(())
}

/// How large a package is, as it lies there and as it is sent.
fn size(package: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", package.display());
    let octets = std::fs::metadata(package).map_err(failed)?.len();
    let sent = Command::new("gzip").arg("-9c").arg(package).output().map_err(failed)?.stdout.len();
    let name = package.file_name().unwrap_or_default().to_string_lossy();
    Ok(format!("{name}: {octets} octets, {sent} compressed"))
}

/// The repository's root.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// One of the files in `etc`.
fn text(path: &str) -> Result<String, String> {
    let path = root().join("etc").join(path);
    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// What a program says; the error is what it complains of.
fn said(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("cannot run {name}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A place for what is made on the way; it goes when this is dropped.
struct Workshop(PathBuf);

impl Workshop {
    fn new(output: &Path, kind: &str) -> Result<Self, String> {
        let path = output.join(format!(".{kind}-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}
