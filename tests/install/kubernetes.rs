//! Manifests and the chart, as far as they can be judged without a cluster.

use crate::{folder, root, text};
use dynflare_testkit::kubernetes::Tools;
use std::path::PathBuf;

fn etc(path: &str) -> PathBuf {
    root().join("etc").join(path)
}

/// What every pod of ours has to be (the restricted Pod Security Standard, and UR-53).
#[track_caller]
fn is_restricted(manifests: &str) {
    for line in [
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "type: RuntimeDefault",
        "automountServiceAccountToken: false",
    ] {
        assert!(manifests.contains(line), "{line}\n{manifests}");
    }
    let drops = ["drop: [ALL]", "drop:\n              - ALL", "- ALL"];
    assert!(drops.iter().any(|drop| manifests.contains(drop)), "{manifests}");
}

#[test]
fn ur_53_the_base_and_the_cron_job_are_valid_and_restricted() {
    let Some(tools) = Tools::find() else { return };
    for (path, kind, words) in [
        ("kubernetes/base", "deployment/dynflare", "--alive"),
        ("kubernetes/cronjob", "cronjob/dynflare", "- update"),
    ] {
        let built = tools.kustomize(&etc(path));
        let manifests = text(&built.stdout);
        assert!(built.status.success(), "{path}: {}", text(&built.stderr));
        let said = tools.validate(&manifests).unwrap_or_else(|why| panic!("{path}: {why}\n{manifests}"));
        assert!(said.contains(kind), "{path}: {said}");
        assert!(manifests.contains(words), "{path}: {manifests}");
        assert_eq!(manifests.contains("kind: Deployment"), path.ends_with("base"));
        is_restricted(&manifests);
    }
}

#[test]
fn a_slip_in_a_manifest_is_noticed() {
    let Some(tools) = Tools::find() else { return };
    let manifests = text(&tools.kustomize(&etc("kubernetes/base")).stdout);
    let why = tools.validate(&manifests.replace("replicas:", "replcas:")).expect_err("a slip");
    assert!(why.contains("replcas"), "{why}");
}

#[test]
fn what_generate_writes_can_be_built() {
    let Some(tools) = Tools::find() else { return };
    let place = folder("kubernetes");
    let ran = crate::dynflare(&["generate", "kubernetes", "--output", &place.display().to_string()]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let built = tools.kustomize(&place);
    assert!(built.status.success(), "{}", text(&built.stderr));
    assert_eq!(text(&built.stdout), text(&tools.kustomize(&etc("kubernetes/base")).stdout));
}

#[test]
fn the_chart_is_valid_in_every_form() {
    let Some(tools) = Tools::find() else { return };
    let chart = etc("helm/dynflare");
    let lint = tools.helm(&["lint", "--strict"], &chart);
    assert!(lint.status.success(), "{}", text(&lint.stdout));
    for (options, kind) in [
        (&[][..], "Deployment"),
        (&["--set", "kind=cronjob"], "CronJob"),
        (&["--set", "secrets.cloudflare-token=abc,hostNetwork=true,existingClaim=state"], "Deployment"),
        (&["--set", "existingSecret=mine,nodeSelector.zone=home", "--set", "kind=cronjob"], "CronJob"),
    ] {
        let made = tools.helm(&[&["template"], options].concat(), &chart);
        let manifests = text(&made.stdout);
        assert!(made.status.success(), "{options:?}: {}", text(&made.stderr));
        assert!(manifests.contains(&format!("kind: {kind}\n")), "{options:?}: {manifests}");
        tools.validate(&manifests).unwrap_or_else(|why| panic!("{options:?}: {why}\n{manifests}"));
        is_restricted(&manifests);
    }
    let refused = tools.helm(&["template", "--set", "kind=daemonset"], &chart);
    let said = text(&refused.stderr);
    assert!(!refused.status.success() && said.contains("expected deployment or cronjob"), "{said}");
}
