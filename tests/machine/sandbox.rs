//! One round inside everything that the unit takes away.

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ur_53_without_any_privilege_and_with_nothing_to_write_to_a_round_is_done() {
    let Some(world) = World::new() else { return };
    let once = "Type=oneshot\nExecStart=\nExecStart=/opt/dynflare\nRestart=no\nWatchdogSec=0\n\
                ExecStartPost=/bin/sh -c 'while read -r word rest; do echo $$word $$rest; done < /proc/self/status; \
                touch /etc/x /x /var/lib/x; true'";
    let Some(machine) = world.machine(&World::config(&["home"], ""), once) else { return };
    machine.does(&["systemctl", "start", "dynflare"]);
    assert_eq!(world.contents("home"), ["203.0.113.5"], "{}", machine.journal());
    let journal = machine.journal();
    for line in ["CapEff: 0000000000000000", "CapBnd: 0000000000000000", "NoNewPrivs: 1", "Seccomp: 2"] {
        assert!(journal.contains(line), "{line}: {journal}");
    }
    for place in ["/etc/x", "/x", "/var/lib/x"] {
        assert!(journal.contains(&format!("'{place}': Read-only file system")), "{journal}");
    }
    assert!(!journal.contains("Uid: 0"), "{journal}");
    let memory = machine.does(&["ls", "/var/lib/dynflare/"]);
    assert!(memory.contains("memory.json"), "{memory}");
}
