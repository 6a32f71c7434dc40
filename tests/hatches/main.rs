//! Providers that are the user's own: programs, and what else somebody describes for themselves. Real processes and
//! sockets.

mod cloudflare;
mod exec;
mod http;

use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use std::path::PathBuf;

/// A folder of its own, gone with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("hatches-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder in the target folder");
        Self(path)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("the folder can be written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn key(text: &str, rtype: RecordType) -> Key {
    Key { name: name(text), rtype }
}

/// Runs the program itself with this configuration, where the address is 203.0.113.7.
async fn dynflare(folder: &Folder, command: &str, config: &str) -> (i32, String) {
    let config = format!(
        "version = 1\nallow = [\"203.0.113.0/24\"]\npool = [\"static:203.0.113.7\"]\npanel = 1\nquorum = 1\n\
         state_dir = \"{}\"\n{config}",
        folder.0.join("state").display()
    );
    let file = folder.write("dynflare.toml", &config);
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_dynflare"))
        .arg(command)
        .arg("--config")
        .arg(file)
        .output()
        .await
        .expect("the program starts");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code().unwrap_or(-1), text.concat())
}
