//! Programs from `PyPI`, installed into `target/testkit` when they are not there yet.

use crate::nameserver::process::{find, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The virtual environment `name` with these packages, each as pip's `NAME==VERSION`, made if need be.
///
/// A place for packages knows its own path, so it cannot be made elsewhere and moved; a file in it says that it is
/// whole, and of what.
pub(crate) fn install(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().map_err(|_| "another test failed to install something".to_owned())?;
    if find("python3").is_none() {
        return Err("python3 is not installed (apt-get install python3-venv)".to_owned());
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/testkit").join(name);
    let whole = home.join("whole");
    let wanted = packages.join("\n");
    if fs::read_to_string(&whole).is_ok_and(|there| there == wanted) {
        return Ok(home);
    }
    let failed = |error: std::io::Error| format!("{name} cannot be installed: {error}");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home)).map_err(failed)?;
    let mut pip = Command::new(home.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
    run(&mut pip).map_err(failed)?;
    // Last, so that what was begun and not finished is begun again.
    fs::write(&whole, wanted).map_err(failed)?;
    Ok(home)
}
