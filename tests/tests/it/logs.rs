//! Logs are read by more people than photos are: they hold no secret, no name and no place.

use reqwest::{Method, header};
use tintype_core::key::Variant;
use tintype_core::wire::OriginalUrl;
use tintype_tests::{
    Answer, Exif, Fault, Faults, File, Start, TestApp, User, Wish, assert_at_rest,
    assert_logs_hold_no_secret, many, random, row, seed,
};

use crate::PROGRAM;

#[tokio::test(flavor = "multi_thread")]
async fn logs_hold_no_signature_token_file_name_or_place() {
    // As it is run, and with all that our own code can say.
    for filter in ["warn,tintype=info", "warn,tintype=trace"] {
        let start = Start::new(PROGRAM).logging(filter);
        let server = start.start().await;
        let ada = server.user("ada");
        let secrets = busy_day(&ada).await;
        server.stop().await;

        let log = start.stderr();
        assert!(log.contains("answered"), "there is a log: {log}");
        for secret in secrets {
            assert!(!log.contains(&secret), "{secret:?} is in the log ({filter})");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_failures_holds_no_secret_either() {
    let before = assert_logs_hold_no_secret();
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let files: Vec<File> =
        (0..many(20, 300)).map(|n| File::jpeg(n).named(&format!("Grandma {n}.jpg"))).collect();
    let mut keys = Vec::new();
    for file in &files {
        keys.push(app.receive(&ada, file, false).await);
    }
    // Nearly every second call fails for good, the API's among them.
    faults.plan(random(seed(), 2, 8, Fault::SURVIVED.to_vec()));
    let asking = futures::future::join_all((0..many(10, 100)).map(|_| ada.get("/api/photos?limit=1")));
    let delivering =
        futures::future::join_all(keys.iter().map(|key| app.deliver(std::slice::from_ref(key), &faults)));
    tokio::join!(asking, delivering);
    faults.stop();
    app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    let lines = assert_logs_hold_no_secret();
    assert!(lines > before + files.len(), "something was said: {lines}");
    row(
        32,
        &format!(
            "{lines} lines of log after {} faults in this process: no signature, token or file name",
            faults.count()
        ),
    );
}

/// Uploads, browses, downloads, deletes and errs; answers what no log may hold.
async fn busy_day(ada: &User) -> Vec<String> {
    let exif = Exif {
        orientation: Some(6),
        taken: Some("2024:05:14 15:42:07".to_owned()),
        place: Some(([47, 33, 0], [13, 39, 0])),
        ..Exif::default()
    };
    let photo = File::jpeg_with(1, &exif).named("Grandma's birthday.jpg");
    let broken = File::new("secret-plans.jpg", "image/jpeg", &photo.bytes[..200]);
    let ends = ada.upload_all(&[photo.clone(), broken.clone()]).await;
    let request = User::request_of(ada.offer(&File::jpeg(2).named("refused-name.jpg").wanted()).await);
    ada.put(&request, &photo.bytes).await;
    ada.put(&request, b"wrong").await;
    let cookies = ada.session().await;
    ada.variant(&cookies, &ends[0], Variant::Thumb).await.expect(200);
    ada.image("/media/nobody/Grandma.webp", Some(&cookies)).await;
    let original: OriginalUrl = ada.get(&format!("/api/photos/{}/original", photo.photo_id())).await.json();
    ada.original(&photo.photo_id()).await;
    ada.get("/api/photos?limit=1&from=2024").await.expect(200);
    ada.get("/api/photos?cursor=junk-cursor").await.problem(400);
    ada.get("/api/nothing/Grandma").await.problem(404);
    ada.trash(&[broken.photo_id()]).await;
    ada.post("/api/trash/empty", &()).await.expect(202);
    let junk = "eyJhbGciOiJSUzI1NiJ9.junk-token.sig";
    let unsigned =
        ada.stranger(Method::GET, "/api/me").header(header::AUTHORIZATION, format!("Bearer {junk}"));
    Answer::to(unsigned).await.problem(401);

    let signature = |url: &str| url.split("X-Amz-Signature=").nth(1).unwrap()[..64].to_owned();
    let mut secrets = vec![
        "X-Amz-Signature".to_owned(),
        signature(&request.url),
        signature(&original.url),
        ada.token.clone(),
        ada.token.rsplit('.').next().unwrap().to_owned(),
        junk.to_owned(),
        "Grandma".to_owned(),
        "secret-plans".to_owned(),
        "refused-name".to_owned(),
        "47.5".to_owned(),
        "13.6".to_owned(),
    ];
    secrets.extend(
        cookies.header.split("; ").filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned()),
    );
    secrets
}
