//! Where the system's habits put the configuration and the state: XDG's folders, macOS' Library, Windows' `AppData`.
//!
//! Pure: the environment is given, and the system too, so that each is tested on every other.

use super::environment::Environment;
use std::path::{Path, PathBuf};

/// Whose habits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Mac,
    Windows,
    /// Linux and everything like it.
    Other,
}

/// That of this program.
pub(super) const HERE: System = if cfg!(windows) {
    System::Windows
} else if cfg!(target_os = "macos") {
    System::Mac
} else {
    System::Other
};

/// macOS' folder for what programs keep, below the home.
const LIBRARY: &str = "Library/Application Support/dynflare";

/// The file of the whole machine, which is worth knowing of even where it cannot be seen.
pub(super) const OF_MACHINE: &str = "/etc/dynflare/dynflare.toml";

/// Where a configuration is looked for, in this order.
pub(super) fn files(system: System, world: &Environment) -> Vec<PathBuf> {
    let below = |name: &str, rest: &str| Some(Path::new(world.get(name)?).join(rest).join("dynflare.toml"));
    let found = match system {
        System::Windows => [
            below("APPDATA", "dynflare"),
            of_all_users(world).map(|folder| folder.join("dynflare.toml")),
            None,
        ],
        System::Mac => {
            [below("XDG_CONFIG_HOME", "dynflare"), below("HOME", ".config/dynflare"), below("HOME", LIBRARY)]
        }
        System::Other => [below("XDG_CONFIG_HOME", "dynflare"), below("HOME", ".config/dynflare"), None],
    };
    let of_machine = (system != System::Windows).then(|| PathBuf::from(OF_MACHINE));
    found.into_iter().flatten().chain(of_machine).collect()
}

/// The variable that says where a run keeps what it learnt, and the folder; `None` where none says so.
pub(super) fn state(system: System, world: &Environment) -> Option<(&'static str, PathBuf)> {
    let below = |name: &'static str, rest: &str| Some((name, Path::new(world.get(name)?).join(rest)));
    // systemd separates several directories with colons; the first is ours.
    let given = || Some(("STATE_DIRECTORY", PathBuf::from(world.get("STATE_DIRECTORY")?.split(':').next()?)));
    match system {
        System::Windows => below("LOCALAPPDATA", "dynflare"),
        System::Mac => {
            given().or_else(|| below("XDG_STATE_HOME", "dynflare")).or_else(|| below("HOME", LIBRARY))
        }
        System::Other => {
            let home = || below("HOME", ".local/state/dynflare");
            given().or_else(|| below("XDG_STATE_HOME", "dynflare")).or_else(home)
        }
    }
}

/// Windows' folder for all users; shells of other systems write its variable in capitals.
fn of_all_users(world: &Environment) -> Option<PathBuf> {
    let folder = world.get("ProgramData").or_else(|| world.get("PROGRAMDATA"))?;
    Some(Path::new(folder).join("dynflare"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(paths: &[PathBuf]) -> Vec<String> {
        // A test on one system joins the paths of another with its own separator.
        paths.iter().map(|path| path.display().to_string().replace('\\', "/")).collect()
    }

    #[test]
    fn windows_keeps_to_appdata_and_programdata() {
        let world = Environment::from([
            ("APPDATA", "C:/Users/a/AppData/Roaming"),
            ("LOCALAPPDATA", "C:/Users/a/AppData/Local"),
            ("ProgramData", "C:/ProgramData"),
            ("HOME", "/c/Users/a"),
        ]);
        assert_eq!(
            shown(&files(System::Windows, &world)),
            ["C:/Users/a/AppData/Roaming/dynflare/dynflare.toml", "C:/ProgramData/dynflare/dynflare.toml"]
        );
        let (variable, folder) = state(System::Windows, &world).expect("there is one");
        assert_eq!(variable, "LOCALAPPDATA");
        assert_eq!(shown(&[folder]), ["C:/Users/a/AppData/Local/dynflare"]);
        let capitals = Environment::from([("PROGRAMDATA", "D:/All")]);
        assert_eq!(shown(&files(System::Windows, &capitals)), ["D:/All/dynflare/dynflare.toml"]);
        assert_eq!(state(System::Windows, &capitals), None);
    }

    #[test]
    fn a_mac_keeps_to_its_library_and_finds_a_dot_config_too() {
        let world = Environment::from([("HOME", "/Users/a")]);
        assert_eq!(
            shown(&files(System::Mac, &world)),
            [
                "/Users/a/.config/dynflare/dynflare.toml",
                "/Users/a/Library/Application Support/dynflare/dynflare.toml",
                OF_MACHINE,
            ]
        );
        let folder = PathBuf::from("/Users/a/Library/Application Support/dynflare");
        assert_eq!(state(System::Mac, &world), Some(("HOME", folder)));
    }
}
