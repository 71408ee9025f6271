//! The commands that an owner types, while Tintype runs and while it does not, and their exit codes.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use tintype_core::id::PhotoId;
use tintype_core::wire::PreviewState;
use tintype_tests::{File, Server, Start};

use crate::PROGRAM;

/// One command, to its end: exit code and what it printed.
async fn run(start: &Start, arguments: &[&str]) -> (i32, String) {
    let mut command = tokio::process::Command::new(PROGRAM);
    command.args(arguments).arg("--data-dir").arg(start.data_dir()).env("RUST_LOG", "error");
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    println!("$ tintype-local {}\n{said}", arguments.join(" "));
    (status.code().unwrap(), said)
}

async fn lose(server: &Server, photo_id: &PhotoId) {
    let key = server.buckets().originals().await.remove(photo_id).unwrap().remove(0);
    server.buckets().delete(&key).await;
}

fn report(said: &str) -> String {
    said.lines().find_map(|line| line.strip_prefix("Report: ")).expect("it names its report").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_audits_repairs_and_drills_whether_tintype_runs_or_not() {
    let start = Start::new(PROGRAM);
    let (code, said) = run(&start, &["audit"]).await;
    assert_eq!((code, said.contains("no Tintype ran on")), (2, true), "{said}");

    let server = start.start().await;
    let ada = server.user("ada");
    let files: Vec<File> = (0..5).map(File::jpeg).collect();
    ada.upload_all(&files).await;
    server.buckets().until_nothing_waits().await;
    let (code, said) = run(&start, &["audit"]).await;
    assert_eq!((code, said.contains("5 photos checked")), (0, true), "{said}");
    assert_eq!(run(&start, &["audit", "--every-byte"]).await.0, 0);
    let (code, said) = run(&start, &["drill", "--photos", "3"]).await;
    assert_eq!((code, said.contains("3 photos")), (0, true), "{said}");

    lose(&server, &files[1].photo_id()).await;
    let (code, said) = run(&start, &["audit"]).await;
    assert_eq!((code, said.contains(": 1 difference\n")), (1, true), "{said}");
    let line = format!("{}: lost: its original is not in the vault", files[1].photo_id());
    assert!(said.contains(&line), "{said}");
    // Without a report it takes the newest, and says so.
    let newest = format!("Repairing from the newest report: {}", report(&said));
    let (code, said) = run(&start, &["repair"]).await;
    assert!(said.contains(&newest), "{said}");
    assert_eq!((code, said.contains("1 repaired, 0 left")), (0, true), "{said}");
    assert_eq!(ada.original(&files[1].photo_id()).await.body, files[1].bytes);

    lose(&server, &files[2].photo_id()).await;
    server.stop().await;
    let (code, said) = run(&start, &["audit"]).await;
    assert_eq!(code, 1, "{said}");
    let (code, said) = run(&start, &["repair", &report(&said)]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(run(&start, &["drill"]).await.0, 0);
    assert_eq!(run(&start, &["retry"]).await.0, 0);
    std::fs::remove_file(start.data_dir().join("catalog.sqlite")).unwrap();
    // A folder that nobody can read, root neither: it leads to itself.
    let hers = start.data_dir().join(format!("s3/buckets/tintype-vault/originals/{}", ada.id));
    let aside = start.data_dir().join("aside");
    std::fs::rename(&hers, &aside).unwrap();
    std::os::unix::fs::symlink(&hers, &hers).unwrap();
    let (code, said) = run(&start, &["rebuild"]).await;
    let named = said.contains(&format!("could not be listed to its end: originals/{}/", ada.id));
    assert_eq!((code, named), (2, true), "{said}");
    std::fs::remove_file(&hers).unwrap();
    std::fs::rename(&aside, &hers).unwrap();
    let (code, said) = run(&start, &["rebuild"]).await;
    assert_eq!((code, said.contains("5 records made")), (0, true), "{said}");
    assert!(said.contains("run make audit ARGS="), "{said}");

    let server = start.start().await;
    let ada = server.user("ada");
    let ids: Vec<_> = files.iter().map(File::photo_id).collect();
    let ends = ada.lookup(&ids).await;
    // The command waited for them.
    assert!(ends.iter().all(|end| end.preview == Some(PreviewState::Ready)), "{ends:?}");
    assert!(!ends.iter().any(|end| end.safe), "a disk does not check itself");
    assert_eq!(run(&start, &["audit"]).await.0, 0);
    assert_eq!(ada.lookup(&ids).await.iter().filter(|known| known.safe).count(), 5);
    for (wrong, says) in [
        (&["drill", "--photos", "0"][..], "0 is not in 1.."),
        (&["repair", "latest"], "not an audit id"),
        (&["retry", "--reason", "bad"], "one of not_an_image"),
    ] {
        let (code, said) = run(&start, wrong).await;
        assert_eq!((code, said.contains(says)), (2, true), "{said}");
    }
    let (code, said) = run(&start, &["repair", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]).await;
    assert_eq!((code, said.contains("no report of an audit")), (2, true), "{said}");
}

const BRINGS_BACK: &str = "The vault holds originals and the catalog none: make rebuild ARGS=\"--data-dir ";

/// Removes the catalog, or leaves something else in its place.
fn lose_catalog(start: &Start, instead: Option<&[u8]>) {
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"] {
        match fs::remove_file(start.data_dir().join(name)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => panic!("{error}"),
        }
    }
    if let Some(bytes) = instead {
        fs::write(start.data_dir().join("catalog.sqlite"), bytes).unwrap();
    }
}

/// Writes other bytes of the same length where an original lies on the disk, as a disk that rots does.
fn rot(start: &Start, key: &str) {
    let object: PathBuf = start.data_dir().join("s3/buckets/tintype-vault").join(key);
    let content = fs::read_dir(&object).unwrap().map(|entry| entry.unwrap().path().join("content"));
    let content: Vec<PathBuf> = content.filter(|path| path.is_file()).collect();
    assert!(!content.is_empty(), "{}", object.display());
    for path in content {
        let mut bytes = fs::read(&path).unwrap();
        for byte in &mut bytes {
            *byte = !*byte;
        }
        fs::write(&path, bytes).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_or_damaged_catalog_is_recognised_and_said_what_to_do() {
    let start = Start::new(PROGRAM);
    let server = start.start().await;
    let ada = server.user("ada");
    let files: Vec<File> = (0..3).map(File::jpeg).collect();
    ada.upload_all(&files).await;
    server.buckets().until_nothing_waits().await;
    server.stop().await;
    assert!(!start.stderr().contains("make rebuild"), "{}", start.stderr());

    for instead in [None, Some(&b""[..])] {
        lose_catalog(&start, instead);
        for command in ["audit", "drill"] {
            let (code, said) = run(&start, &[command]).await;
            assert_eq!((code, said.contains(BRINGS_BACK)), (1, true), "{said}");
            assert!(!said.contains("make repair"), "{said}");
        }
        lose_catalog(&start, instead);
        let server = start.start().await;
        let (code, said) = run(&start, &["audit"]).await;
        assert_eq!((code, said.contains(BRINGS_BACK)), (1, true), "{said}");
        server.stop().await;
        assert!(start.stderr().contains(BRINGS_BACK), "{}", start.stderr());
        let (code, said) = run(&start, &["rebuild"]).await;
        assert_eq!((code, said.contains("3 records made")), (0, true), "{said}");
        let (code, said) = run(&start, &["audit"]).await;
        assert_eq!((code, said.contains("rebuild")), (0, false), "{said}");
    }

    let noise: Vec<u8> = (0..40_000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    // The first page of a database, and nothing but noise behind it.
    let mut half = fs::read(start.data_dir().join("catalog.sqlite")).unwrap();
    assert!(half.len() > 8_192);
    for (at, byte) in half.iter_mut().enumerate().skip(4_096) {
        *byte = noise[at % noise.len()];
    }
    for damaged in [&noise, &half] {
        lose_catalog(&start, Some(damaged));
        for command in ["audit", "drill", "rebuild"] {
            let (code, said) = run(&start, &[command]).await;
            assert_eq!((code, said.contains("is damaged and cannot be read")), (2, true), "{said}");
            assert!(said.contains("catalog.sqlite-wal") && said.contains("make rebuild ARGS="), "{said}");
        }
        let refused = start.start_on(0).await.err().expect("it cannot start");
        assert!(refused.contains("is damaged and cannot be read"), "{refused}");
    }
    lose_catalog(&start, None);
    let (code, said) = run(&start, &["rebuild"]).await;
    assert_eq!((code, said.contains("3 records made")), (0, true), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rotted_is_named_with_what_to_do_and_what_is_left_over_is_told_in_a_line() {
    let start = Start::new(PROGRAM);
    let server = start.start().await;
    let ada = server.user("ada");
    let files: Vec<File> = (0..3).map(File::jpeg).collect();
    ada.upload_all(&files).await;
    server.buckets().until_nothing_waits().await;
    let photo_id = files[0].photo_id();
    let key = server.buckets().originals().await.remove(&photo_id).unwrap().remove(0);
    rot(&start, &key);
    let data_dir = format!("--data-dir {}", start.data_dir().display());
    let (code, said) = run(&start, &["drill"]).await;
    assert_eq!((code, said.contains(&format!("{photo_id} ({})", files[0].name))), (1, true), "{said}");
    assert!(said.contains("came back byte for byte, 1 did not"), "{said}");
    let (audit, repair) =
        (format!("make audit ARGS=\"{data_dir}\""), format!("make repair ARGS=\"{data_dir}\""));
    assert!(said.contains(&audit) && said.contains(&repair), "{said}");

    // A rebuild says once that it waits for it, and why it has no preview.
    server.stop().await;
    lose_catalog(&start, None);
    let (code, said) = run(&start, &["rebuild"]).await;
    assert_eq!((code, said.contains("3 records made")), (1, true), "{said}");
    assert!(said.matches("still being made: 1 preview").count() <= 1, "{said}");
    assert!(said.contains(&format!("{photo_id} (")) && said.contains("is not what it was"), "{said}");
    assert!(said.contains("1 preview did not come to its end; make retry ARGS="), "{said}");

    let server = start.start().await;
    let ada = server.user("ada");
    let (code, said) = run(&start, &["audit", "--every-byte"]).await;
    assert_eq!((code, said.contains(": 1 difference\n")), (1, true), "{said}");
    let next = format!("make repair REPORT={} ARGS=\"{data_dir}\" repairs", report(&said));
    assert!(said.contains(&next), "{said}");
    ada.upload(&files[0]).await;
    let (code, said) = run(&start, &["audit", "--every-byte"]).await;
    assert_eq!(code, 1, "{said}");
    let (code, said) = run(&start, &["repair", &report(&said)]).await;
    assert_eq!((code, said.contains("1 repaired, 0 left")), (0, true), "{said}");
    server.buckets().until_nothing_waits().await;
    let (code, said) = run(&start, &["audit", "--every-byte"]).await;
    // The rotten original, its thumb and its preview.
    assert_eq!((code, said.contains(": 0 differences, 3 left over\n")), (0, true), "{said}");
    assert!(!said.contains(&key), "{said}");
    let (code, said) = run(&start, &["repair"]).await;
    assert_eq!((code, said.contains("0 repaired, 0 left"), said.contains(&key)), (0, true, false), "{said}");
    let (code, said) = run(&start, &["audit", "--every-byte", "--leftovers"]).await;
    assert_eq!((code, said.contains(&key)), (0, true), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_reads_and_a_full_disk_change_no_exit_code() {
    let start = Start::new(PROGRAM);
    let server = start.start().await;
    let ada = server.user("ada");
    let files: Vec<File> = (0..2).map(File::jpeg).collect();
    ada.upload_all(&files).await;
    server.buckets().until_nothing_waits().await;
    for wrong in [false, true] {
        if wrong {
            lose(&server, &files[0].photo_id()).await;
        }
        for closed in [true, false] {
            let mut command = tokio::process::Command::new(PROGRAM);
            command.arg("audit").arg("--data-dir").arg(start.data_dir()).stderr(Stdio::piped());
            if closed {
                command.stdout(Stdio::piped());
            } else {
                match fs::File::options().write(true).open("/dev/full") {
                    Ok(full) => command.stdout(full),
                    Err(_) => continue,
                };
            }
            let mut child = command.spawn().unwrap();
            drop(child.stdout.take());
            let Output { status, stderr, .. } = child.wait_with_output().await.unwrap();
            let said = String::from_utf8_lossy(&stderr).into_owned();
            assert_eq!(status.code(), Some(i32::from(wrong)), "{said}");
            assert_eq!(said.contains("not all could be printed"), !closed, "{said}");
        }
    }
}
