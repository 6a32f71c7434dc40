//! `cargo xtask reproducible`: the program of a release, built twice in two places, with nothing shared but cargo's
//! registry, and compared octet by octet. What this says is what the release workflow asks before it publishes.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the two copies of the sources lie. They have names of different lengths, so that a path in the program shows.
const PLACES: [&str; 2] = ["one", "another-place"];

/// How the program finds the system's library of functions.
#[derive(Clone, Copy)]
pub(crate) enum Linking {
    /// When it starts.
    Dynamic,
    /// It brings them along.
    Static,
}

/// Builds it twice and says where it is, if both are the same.
pub(crate) fn run(linking: Linking) -> Result<(), String> {
    let root = root()?;
    let name = match linking {
        Linking::Dynamic => "dynamic",
        Linking::Static => "static",
    };
    let folder = root.join("target/reproducible").join(name);
    let mut programs = Vec::new();
    for place in PLACES {
        let place = folder.join(place);
        copy(&root, &place)?;
        programs.push(build(&place, linking)?);
    }
    let [one, other] = [&programs[0], &programs[1]].map(|path| std::fs::read(path).map_err(told(path)));
    let (one, other) = (one?, other?);
    if let Some(why) = difference(&one, &other) {
        return Err(format!(
            "{} and {} are not the same: {why}",
            programs[0].display(),
            programs[1].display()
        ));
    }
    let program = folder.join("dynflare");
    std::fs::copy(&programs[0], &program).map_err(told(&program))?;
    println!("{}: {} octets, twice the same", program.display(), one.len());
    Ok(())
}

/// The first difference of two programs; nothing where there is none.
fn difference(one: &[u8], other: &[u8]) -> Option<String> {
    if let Some(at) = one.iter().zip(other).position(|(one, other)| one != other) {
        let differing = one.iter().zip(other).filter(|(one, other)| one != other).count();
        return Some(format!("{differing} octets differ, the first at {at} ({:?})", around(one, at)));
    }
    (one.len() != other.len()).then(|| format!("{} and {} octets", one.len(), other.len()))
}

/// What can be read around a place in a program, since a path says where it comes from.
fn around(octets: &[u8], at: usize) -> String {
    let near = &octets[at.saturating_sub(40)..octets.len().min(at + 40)];
    near.iter().map(|octet| if octet.is_ascii_graphic() { char::from(*octet) } else { '.' }).collect()
}

fn told(path: &Path) -> impl FnOnce(std::io::Error) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}

fn root() -> Result<PathBuf, String> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    root.canonicalize().map_err(told(root))
}

/// Copies every file that git knows, as it is now; what an earlier run left there is gone before.
fn copy(root: &Path, place: &Path) -> Result<(), String> {
    if place.exists() {
        std::fs::remove_dir_all(place).map_err(told(place))?;
    }
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output();
    let listed = listed.map_err(|error| format!("git: {error}"))?;
    if !listed.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim()));
    }
    let text = String::from_utf8(listed.stdout).map_err(|error| format!("git ls-files: {error}"))?;
    for file in text.split_terminator('\0').filter(|file| root.join(file).is_file()) {
        let target = place.join(file);
        let folder = target.parent().unwrap_or(place);
        std::fs::create_dir_all(folder).map_err(told(folder))?;
        std::fs::copy(root.join(file), &target).map_err(told(&target))?;
    }
    Ok(())
}

/// Builds the program of a copy, in the copy; its path. Where the sources lie is taken out of it.
#[expect(clippy::disallowed_methods, reason = "cargo says by the environment where its registry is")]
fn build(place: &Path, linking: Linking) -> Result<PathBuf, String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let home = home.ok_or("set CARGO_HOME or HOME")?;
    let mut flags = vec![
        format!("--remap-path-prefix={}=/dynflare", place.display()),
        format!("--remap-path-prefix={}=/cargo", home.display()),
    ];
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--release", "--bin", "dynflare"]).current_dir(place);
    // What this program was told by its own cargo is of another build.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
    }
    let mut built = place.join("target");
    match linking {
        Linking::Dynamic => {}
        Linking::Static => {
            flags.push("-Ctarget-feature=+crt-static".to_owned());
            let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
            cargo.args(["--target", &target]);
            built.push(target);
        }
    }
    cargo.env("CARGO_TARGET_DIR", place.join("target")).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    cargo.env("SOURCE_DATE_EPOCH", "0");
    let status = cargo.status().map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err(format!("the build in {} failed", place.display()));
    }
    Ok(built.join("release/dynflare"))
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn what_differs_is_told_with_its_place() {
        assert_eq!(difference(b"same", b"same"), None);
        assert_eq!(difference(b"same", b"same more"), Some("4 and 9 octets".to_owned()));
        let told = difference(b"in /home/one/src", b"in /home/two/src").expect("they differ");
        assert_eq!(told, "3 octets differ, the first at 9 (\"in./home/one/src\")");
    }
}
