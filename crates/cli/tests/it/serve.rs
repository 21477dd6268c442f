//! The process that serves: its signals and its end.

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::program::{Running, folder, get, wait_for};

/// SIGHUP opens the audit log anew, so that it can be rotated; SIGTERM ends it with nothing lost.
#[test]
fn the_audit_log_is_rotated_and_whole_at_the_end() {
    let folder = folder("rotation");
    // Free until the gateway takes them.
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (public, admin) = (free(), free());
    let config = format!(
        "version: 1
listeners: {{ public: {{ address: 127.0.0.1:{public} }}, admin: {{ address: 127.0.0.1:{admin} }} }}
jwt: [{{ name: a, issuer: {{ url: \"http://127.0.0.1:9/none\", audiences: [app] }} }}]
routes: [{{ name: app, accept: jwt, allow: authenticated }}]
audit: {{ to: {{ file: {{ path: audit.jsonl }} }} }}
"
    );
    fs::write(folder.join("claimgate.yaml"), config).unwrap();
    let running = Running::start(&["serve", "--config", folder.join("claimgate.yaml").to_str().unwrap()]);
    wait_for(&format!("http://127.0.0.1:{admin}/readyz"));
    let check = format!("http://127.0.0.1:{public}/_claimgate/check");
    let ask = || assert_eq!(get(&check, None).status, 401);
    let lines = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default().lines().count();
    let until = |what: &str, holds: &dyn Fn() -> bool| {
        for _ in 0..1000 {
            if holds() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("never: {what}");
    };
    ask();
    until("the first record", &|| lines("audit.jsonl") == 1);
    fs::rename(folder.join("audit.jsonl"), folder.join("audit.1.jsonl")).unwrap();
    let told = Command::new("kill").args(["-HUP", &running.id().to_string()]).status().unwrap();
    assert!(told.success());
    until("a new file", &|| folder.join("audit.jsonl").exists());
    for _ in 0..20 {
        ask();
    }
    let (status, stdout) = running.end();
    assert!(status.success(), "{status}");
    assert_eq!((stdout.as_str(), lines("audit.1.jsonl"), lines("audit.jsonl")), ("", 1, 20));
}
