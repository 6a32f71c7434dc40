//! A package for Debian and its relatives, by `dpkg-deb`.

use super::{Workshop, said, text, tree};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) fn make(program: &Path, output: &Path) -> Result<PathBuf, String> {
    let workshop = Workshop::new(output, "deb")?;
    let place = &workshop.0;
    let failed = |error: std::io::Error| format!("{}: {error}", place.display());
    tree::lay(program, place)?;
    let control = place.join("DEBIAN");
    fs::create_dir_all(&control).map_err(failed)?;
    let octets = fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    let libc = libc(&octets).ok_or("the program does not say which C library it needs")?;
    let architecture = said(Command::new("dpkg").arg("--print-architecture"))?;
    let mut size = 0;
    for path in tree::paths() {
        size += fs::metadata(place.join(path)).map_err(failed)?.len().div_ceil(1024);
    }
    let version = env!("CARGO_PKG_VERSION");
    let filled = text("deb/control")?
        .replace("{version}", version)
        .replace("{architecture}", &architecture)
        .replace("{libc}", &libc)
        .replace("{size}", &size.to_string());
    fs::write(control.join("control"), filled).map_err(failed)?;
    for script in ["postinst", "postrm", "prerm"] {
        let path = control.join(script);
        fs::write(&path, text(&format!("deb/{script}"))?).map_err(failed)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(failed)?;
    }
    fs::set_permissions(place, fs::Permissions::from_mode(0o755)).map_err(failed)?;
    let package = output.join(format!("dynflare_{version}_{architecture}.deb"));
    said(
        Command::new("dpkg-deb")
            .args(["--build", "--root-owner-group", "-Zxz"])
            .arg(place)
            .arg(&package)
            // The same program gives the same package.
            .env("SOURCE_DATE_EPOCH", "0"),
    )?;
    Ok(package)
}

/// The newest version of the C library whose symbols the program asks for, such as `2.34`.
fn libc(program: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"GLIBC_2.";
    let digits =
        |at: usize| program[at + MARK.len()..].iter().take_while(|octet| octet.is_ascii_digit()).count();
    let starts =
        program.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK).map(|(at, _)| at);
    let minors = starts.filter_map(|at| {
        std::str::from_utf8(&program[at + MARK.len()..at + MARK.len() + digits(at)]).ok()?.parse::<u32>().ok()
    });
    minors.max().map(|minor| format!("2.{minor}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_newest_version_counts() {
        assert_eq!(super::libc(b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0").as_deref(), Some("2.34"));
        assert_eq!(super::libc(b"no dynamic program"), None);
    }
}
