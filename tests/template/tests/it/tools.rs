//! What is missing is said before anything begins, with what to do about it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// What a script of `infra/` says where `python3` is one of these years ago.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn with_an_old_python(script: &str) -> String {
    let folder = std::env::temp_dir().join(format!("tintype-old-python-{}-{script}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let python = folder.join("python3");
    fs::write(&python, "#!/bin/sh\n[ \"$1\" = --version ] && echo 'Python 3.9.2' && exit 0\nexit 1\n")
        .unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra").join(script);
    let done = Command::new(script).arg("deploy").env("PATH", path).output().unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert!(!done.status.success());
    String::from_utf8(done.stderr).unwrap()
}

#[test]
fn a_python_that_is_too_old_is_named_with_what_is_needed() {
    for script in ["python.sh", "tools.sh"] {
        let said = with_an_old_python(script);
        for part in ["Python 3.11 or newer", "3.9.2", "https://www.python.org"] {
            assert!(said.contains(part), "{script}: {said}");
        }
    }
}

/// What `tools.sh` says where nothing but these programs is found.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn where_there_is_only(programs: &[&str], kind: &str) -> (bool, String) {
    let folder =
        std::env::temp_dir().join(format!("tintype-bare-{}-{kind}-{}", std::process::id(), programs.len()));
    fs::create_dir_all(&folder).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for program in ["bash", "env", "id", "uname"].iter().chain(programs) {
        let found =
            std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists());
        std::os::unix::fs::symlink(found.unwrap(), folder.join(program)).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/tools.sh");
    let done = Command::new(script).arg(kind).env("PATH", &folder).env_remove("CHROMIUM").output().unwrap();
    fs::remove_dir_all(&folder).unwrap();
    (done.status.success(), String::from_utf8(done.stderr).unwrap())
}

#[test]
fn what_a_command_needs_and_does_not_find_is_named_with_where_it_comes_from() {
    let (ready, said) = where_there_is_only(&[], "deploy");
    assert!(!ready);
    let compilers =
        if cfg!(target_arch = "x86_64") { "build-essential cmake nasm" } else { "build-essential cmake" };
    for part in [
        "Rust: https://rustup.rs",
        "Node.js 20.19 or newer, with npm: https://nodejs.org",
        "Python 3.11",
        compilers,
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("chromium "), "no browser is needed to deploy: {said}");
    let (_, said) = where_there_is_only(&["node"], "test");
    assert!(said.contains("chromium") && said.contains("CHROMIUM=/path/to"), "{said}");
    assert!(!said.contains("Node.js"), "what is there is not missed: {said}");
    let (_, said) = where_there_is_only(&["node"], "run");
    assert!(!said.contains("Python"), "a run needs none: {said}");
}
