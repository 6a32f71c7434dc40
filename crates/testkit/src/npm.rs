//! Programs from npm, installed into `target/testkit` when they are not there yet.

use crate::nameserver::process::{find, run};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// A package and the version of it that was tried.
pub(crate) type Package = (&'static str, &'static str);

/// The folder of the modules of these packages, installed if need be into the folder of this name.
pub(crate) fn install(name: &str, packages: &[Package]) -> Result<PathBuf, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().map_err(|_| "another test failed to install it".to_owned())?;
    if find("node").is_none() {
        return Err("node is not installed (apt-get install nodejs npm)".to_owned());
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/testkit").join(name);
    let modules = home.join("node_modules");
    if packages.iter().all(|(package, version)| installed(&modules, package).as_deref() == Some(version)) {
        return Ok(modules);
    }
    let fresh = home.with_extension(std::process::id().to_string());
    let text = |error: std::io::Error| error.to_string();
    fs::create_dir_all(&fresh).map_err(text)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"]).arg(&fresh);
    npm.args(packages.iter().map(|(package, version)| format!("{package}@{version}")));
    run(&mut npm).map_err(|error| format!("npm cannot install it: {error}"))?;
    if home.exists() {
        fs::remove_dir_all(&home).map_err(text)?;
    }
    fs::rename(&fresh, &home).map_err(text)?;
    Ok(modules)
}

fn installed(modules: &Path, package: &str) -> Option<String> {
    let text = fs::read(modules.join(package).join("package.json")).ok()?;
    let package: Value = serde_json::from_slice(&text).ok()?;
    package["version"].as_str().map(str::to_owned)
}
