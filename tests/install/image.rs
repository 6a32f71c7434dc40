//! The image for containers: built from a static program, and run as its users run it.

use crate::{folder, root, text};
use dynflare_testkit::cargo::cargo;
use dynflare_testkit::cloudflare::{FakeCloudflare, FakeZone, Grant};
use dynflare_testkit::container::Image;
use dynflare_testkit::echo::{Echo, Say};
use dynflare_testkit::lab::installed;
use dynflare_testkit::serve::Server;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The token that may do everything.
const TOKEN: &str = "cfut_loopbackTokenOfTheTests0123456789abcdefghijklmno";

/// Nobody has this number, on the machine and in the image.
const USER: u32 = 48_123;

/// The program with everything in it. Not optimized: what is looked at here is whether it goes.
fn program() -> PathBuf {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("static");
    let ran = cargo(root())
        .args(["build", "--quiet", "--bin", "dynflare", "--target", &target, "--target-dir"])
        .arg(&place)
        .env("RUSTFLAGS", "-Ctarget-feature=+crt-static")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .output()
        .expect("cargo runs");
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    place.join(target).join("debug/dynflare")
}

#[expect(clippy::print_stderr, reason = "the size of the image is to be seen")]
fn image() -> Option<Image> {
    if !installed(&["buildah", "podman", "readelf", "strip"], "buildah podman binutils") {
        return None;
    }
    let ran = cargo(root())
        .args(["run", "--quiet", "--package", "xtask", "--", "package", "image"])
        .args([program(), folder("image")])
        .output()
        .expect("cargo runs");
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let size = text(&ran.stderr);
    assert!(size.contains(" octets, ") && size.contains(" compressed"), "{size}");
    eprintln!("of a program that is not optimized: {}", size.trim());
    Image::load(Path::new(text(&ran.stdout).trim()), concat!("dynflare:", env!("CARGO_PKG_VERSION")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ur_53_the_image_does_a_round_read_only_as_any_user() {
    let Some(image) = image() else { return };
    let cloudflare = FakeCloudflare::new();
    cloudflare.token(TOKEN, Grant::all());
    cloudflare.zone(FakeZone::new("example.org"));
    let api = Server::http(cloudflare.handler()).await;
    let mut sources = Vec::new();
    for _ in 0..3 {
        sources.push(Echo::http(Say::Text("203.0.113.7\n".to_owned())).await);
    }
    let tables: Vec<String> = ["one", "two", "three"]
        .iter()
        .zip(&sources)
        // By name: the image has no library that looks names up.
        .map(|(name, echo)| {
            format!(
                "[sources.{name}]\noperator = \"{name}\"\nspec = \"url:{}\"\n",
                echo.base().replace("127.0.0.1", "localhost")
            )
        })
        .collect();
    let place = folder("image-files");
    let (config, token) = (place.join("dynflare.toml"), place.join("token"));
    let lines = format!(
        "version = 1\nrecords = [\"cloudflare:example.org:A:home\"]\npool = [\"one\", \"two\", \"three\"]\npanel = 3\n\
         allow = [\"203.0.113.0/24\"]\n[providers.cloudflare]\nbase_url = \"{}/client/v4\"\n\
         token = \"file:/run/secrets/token\"\n{}",
        api.base(),
        tables.concat()
    );
    fs::write(&config, lines).expect("our own folder");
    fs::write(&token, TOKEN).expect("our own folder");
    fs::set_permissions(&token, fs::Permissions::from_mode(0o400)).expect("our own file");
    chown(&token, Some(USER), Some(USER)).expect("tests with containers are root's");
    let mounts = [
        format!("--volume={}:/etc/dynflare/dynflare.toml:ro", config.display()),
        format!("--volume={}:/run/secrets/token:ro", token.display()),
    ];
    // Where its memory would be nothing can be written, and then something can.
    let mut told = Vec::new();
    let image = Arc::new(image);
    for volume in ["--image-volume=ignore", "--image-volume=tmpfs"] {
        let (image, mounts) = (Arc::clone(&image), mounts.clone());
        let run = move || image.run(USER, &[&mounts[0], &mounts[1], volume], &["update"]);
        let ran = tokio::task::spawn_blocking(run).await.expect("podman runs");
        assert!(ran.status.success(), "{volume}: {}\n{}", text(&ran.stdout), text(&ran.stderr));
        assert_eq!(cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.7"]);
        told.push((text(&ran.stdout), text(&ran.stderr)));
    }
    assert!(
        told[0].0.starts_with("home.example.org A at cloudflare: created 203.0.113.7 (agreed by "),
        "{told:?}"
    );
    let unwritten = "note: cannot write /var/lib/dynflare/memory.json: Read-only file system";
    assert!(told[0].1.starts_with(unwritten), "{told:?}");
    assert_eq!(told[1], (String::new(), String::new()), "nothing is left to do");
    assert!(!format!("{told:?}").contains(TOKEN));
}
