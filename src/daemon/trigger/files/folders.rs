//! Which folders to watch for a file, through every link on the way to it.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// How many links are followed; the kernel follows no more (`path_resolution(7)`).
const MOST_LINKS: u32 = 40;

/// The folders in which something has to change before the path leads to another file: that of the file, and those of
/// the links on the way. Where the way ends early, the last folder that is there.
pub(super) fn on_the_way_to(path: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match step(&path, &mut found) {
            Some(on) => path = on,
            None => break,
        }
    }
    found
}

/// Goes as far as the first link, whose folder is noted; returns the rest of the way from there.
fn step(path: &Path, found: &mut BTreeSet<PathBuf>) -> Option<PathBuf> {
    let mut folder = PathBuf::from(".");
    let mut components = path.components();
    while let Some(component) = components.next() {
        let here = match component {
            Component::RootDir | Component::Prefix(_) => PathBuf::from(component.as_os_str()),
            Component::CurDir | Component::ParentDir | Component::Normal(_) => folder.join(component),
        };
        if let Ok(target) = std::fs::read_link(&here) {
            let on = folder.join(target).join(components.as_path());
            found.insert(folder);
            return Some(on);
        }
        if components.as_path().as_os_str().is_empty() || !here.is_dir() {
            found.insert(folder);
            return None;
        }
        folder = here;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// A folder of a test's own, without links on the way.
    pub(in super::super) fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("dynflare-{}-{name}", std::process::id()));
        let _gone = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the directory for temporary files can be written");
        folder.canonicalize().expect("it was just made")
    }

    fn names(root: &Path, path: &str) -> Vec<String> {
        let found = on_the_way_to(&root.join(path));
        let inside = |folder: &PathBuf| folder.strip_prefix(root).map(|rest| rest.display().to_string()).ok();
        found.iter().filter_map(inside).collect()
    }

    #[test]
    fn the_folders_of_the_file_and_of_every_link_on_the_way_are_watched() {
        let root = folder("links");
        for name in ["etc/dynflare", "map/..1", "far"] {
            fs::create_dir_all(root.join(name)).expect("a folder");
        }
        fs::write(root.join("etc/dynflare/plain.toml"), "").expect("a file");
        fs::write(root.join("map/..1/a.toml"), "").expect("a file");
        symlink("..1", root.join("map/..data")).expect("a link");
        symlink("..data/a.toml", root.join("map/a.toml")).expect("a link");
        symlink(root.join("map"), root.join("far/here")).expect("a link");
        assert_eq!(names(&root, "etc/dynflare/plain.toml"), ["etc/dynflare"]);
        assert_eq!(names(&root, "map/a.toml"), ["map", "map/..1"]);
        assert_eq!(names(&root, "far/here/a.toml"), ["far", "map", "map/..1"]);
        assert_eq!(names(&root, "etc/none/of/this.toml"), ["etc"]);
        assert_eq!(names(&root, "etc/dynflare/none.toml"), ["etc/dynflare"]);
        fs::remove_dir_all(&root).expect("it was ours");
    }

    #[test]
    fn links_in_a_circle_end() {
        let root = folder("circle");
        symlink("b", root.join("a")).expect("a link");
        symlink("a", root.join("b")).expect("a link");
        assert_eq!(names(&root, "a"), [""]);
        fs::remove_dir_all(&root).expect("it was ours");
    }
}
