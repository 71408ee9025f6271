//! The commands that an owner types, while Tintype runs and while it does not, and their exit codes.

use std::process::Output;

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
    assert_eq!((code, said.contains(": 1 finding\n")), (1, true), "{said}");
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
    let (code, said) = run(&start, &["rebuild"]).await;
    assert_eq!((code, said.contains("5 records made")), (0, true), "{said}");
    assert!(said.contains("run make audit"), "{said}");

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
