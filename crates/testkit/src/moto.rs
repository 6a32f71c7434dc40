//! moto, an emulation of AWS that checks signatures and permissions: Route 53, with one account that may change records.
//!
//! It is installed into `target/testkit/moto` when it is not there yet. Where that cannot be done the test says so and
//! does not run, which under `CI=true` is a failure.

use crate::nameserver::process::{Directory, follow};
use crate::nameserver::skip;
use crate::port;
use crate::pypi;
use serde_json::Value;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The version that was tried by hand.
const PACKAGE: &str = "moto[server]==5.2.5";

/// Makes a user that may do what the adapter's documentation says, the zone `example.org`, and a private zone of the
/// same name; prints the access key. The first requests after `reset-auth` are let through unsigned.
const SET_UP: &str = r#"
import boto3, json, sys, urllib.request
base = sys.argv[1]
reset = urllib.request.Request(base + "/moto-api/reset-auth", data=b"5", headers={"content-type": "text/plain"})
urllib.request.urlopen(reset).read()
def client(service):
    return boto3.client(service, endpoint_url=base, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
iam = client("iam")
iam.create_user(UserName="dynflare")
actions = ["ListHostedZones", "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"]
allow = {"Effect": "Allow", "Action": ["route53:" + action for action in actions], "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
iam.put_user_policy(UserName="dynflare", PolicyName="dns", PolicyDocument=policy)
key = iam.create_access_key(UserName="dynflare")["AccessKey"]
route53 = client("route53")
private = {"HostedZoneConfig": {"PrivateZone": True}, "VPC": {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}}
route53.create_hosted_zone(Name="example.org", CallerReference="private", **private)
route53.create_hosted_zone(Name="example.org", CallerReference="public")
print(json.dumps([key["AccessKeyId"], key["SecretAccessKey"]]))
"#;

/// A running emulation. Dropping it ends it.
pub struct Moto {
    child: Child,
    /// Where it is.
    pub base: String,
    /// The identifier of the user's access key.
    pub key_id: String,
    /// Its secret.
    pub secret: String,
    /// Kept for its drop, after that of the process.
    _directory: Directory,
}

impl Moto {
    /// Starts it and makes the account and the zones.
    ///
    /// `None` where it cannot run; under `CI=true` that is a failed test.
    pub fn start() -> Option<Self> {
        match Self::try_start() {
            Ok(moto) => Some(moto),
            Err(why) => {
                skip(&format!("no check against moto, for it cannot run: {why}"));
                None
            }
        }
    }

    fn try_start() -> Result<Self, String> {
        let home = pypi::install("moto", &[PACKAGE])?;
        let text = |error: io::Error| error.to_string();
        let directory = Directory::new().map_err(text)?;
        let port = port::free().map_err(text)?;
        let mut child = Command::new(home.join("bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("INITIAL_NO_AUTH_ACTION_COUNT", "0")
            .env("PYTHONUNBUFFERED", "1")
            .current_dir(&directory.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(text)?;
        let (lines, log) = follow(&mut child);
        let base = format!("http://127.0.0.1:{port}");
        let mut moto =
            Self { child, base, key_id: String::new(), secret: String::new(), _directory: directory };
        let deadline = Instant::now() + Duration::from_secs(120);
        while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if line.contains("Running on") {
                (moto.key_id, moto.secret) = set_up(&home, &moto.base)?;
                return Ok(moto);
            }
        }
        let log = log.lock().map(|log| log.clone()).unwrap_or_default();
        Err(format!("it does not start: {log}"))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn set_up(home: &Path, base: &str) -> Result<(String, String), String> {
    let mut python = Command::new(home.join("bin/python"));
    let output = python.args(["-c", SET_UP, base]).stdin(Stdio::null()).output();
    let output = output.map_err(|error| error.to_string())?;
    let key: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("its set-up fails: {}", String::from_utf8_lossy(&output.stderr)))?;
    let part = |number: usize| key[number].as_str().unwrap_or_default().to_owned();
    Ok((part(0), part(1)))
}
