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
