//! Whoever is not signed in gets nothing, and whoever is gets their own and nobody else's. The routes are those of
//! docs/openapi.json, so that a new one is tested from its first day.

use reqwest::Method;
use serde_json::{Value, json};
use tintype_core::id::PhotoId;
use tintype_core::wire::{ChangeOutcome, LookupState, UploadOutcome};
use tintype_tests::{Answer, File, TestApp, User};

/// One operation of the API.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) method: Method,
    path: String,
    /// Whether it needs a token.
    pub(crate) secured: bool,
    body: Option<&'static str>,
}

/// Every operation of the committed document.
pub(crate) fn routes() -> Vec<Route> {
    let document: Value = serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let body = match schema.as_str() {
                None => None,
                Some("#/components/schemas/PhotoIds") => Some("photo_ids"),
                Some("#/components/schemas/UploadsRequest") => Some("files"),
                Some(other) => panic!("a body that this test does not know: {other}"),
            };
            let secured = operation.get("security").is_some();
            routes.push(Route { method, path: path.clone(), secured, body });
        }
    }
    assert!(routes.len() >= 14, "{routes:?}");
    routes
}

impl Route {
    /// This operation asked about this photo, by whoever the request is of.
    pub(crate) fn about(
        &self,
        file: &File,
        request: impl FnOnce(Method, &str) -> reqwest::RequestBuilder,
    ) -> reqwest::RequestBuilder {
        let path = self.path.replace("{photo_id}", &file.photo_id().to_string());
        assert!(!path.contains('{'), "a parameter that this test does not know: {path}");
        let request = request(self.method.clone(), &path);
        match self.body {
            Some("files") => request.json(&json!({ "files": [file.wanted()] })),
            Some(field) => request.json(&json!({ field: [file.photo_id()] })),
            None => request,
        }
    }
}

/// All that a library says of itself, and all that lies in the buckets.
async fn everything(app: &TestApp, user: &User, photo_ids: &[PhotoId]) -> Vec<String> {
    let mut said = Vec::new();
    for path in ["/api/me", "/api/timeline", "/api/photos", "/api/trash"] {
        said.push(user.get(path).await.expect(200).text());
    }
    for photo_id in photo_ids {
        said.push(user.get(&format!("/api/photos/{photo_id}")).await.expect(200).text());
    }
    said.push(format!("{:?} {:?}", app.buckets.vault().await, app.buckets.uploads().await));
    said
}

#[tokio::test]
async fn another_users_photo_is_exactly_like_one_that_does_not_exist_on_every_route() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada"), app.user("eve"));
    let (safe, trashed, nobodys) = (File::jpeg(1), File::jpeg(2), File::jpeg(3));
    app.settle(&ada, &[safe.clone(), trashed.clone()]).await;
    ada.trash(&[trashed.photo_id()]).await;
    let photo_ids = [safe.photo_id(), trashed.photo_id()];
    let before = everything(&app, &ada, &photo_ids).await;

    for route in routes() {
        for file in [&safe, &trashed] {
            let ask = |method: Method, path: &str| eve.request(method, path);
            let theirs = Answer::to(route.about(file, ask)).await;
            let absent = Answer::to(route.about(&nobodys, ask)).await;
            assert_eq!(theirs.status, absent.status, "{route:?}");
            if route.path.contains("{photo_id}") {
                assert_eq!(theirs.problem(404).kind, "/problems/not-found");
                assert_eq!(theirs.text(), absent.text(), "{route:?}");
            } else {
                assert!(!theirs.text().contains("stored_at"), "{route:?}: {}", theirs.text());
            }
        }
    }
    let known = eve.lookup(&photo_ids).await;
    assert!(known.iter().all(|known| known.state == LookupState::Unknown && known.generation.is_none()));
    assert_eq!(eve.trash(&photo_ids).await, [ChangeOutcome::NotFound; 2]);
    assert_eq!(eve.restore(&photo_ids).await, [ChangeOutcome::NotFound; 2]);
    let offer = eve.offer(&safe.wanted()).await;
    assert!(matches!(offer, UploadOutcome::Upload { .. }), "having the checksum is not having the photo");

    assert_eq!(everything(&app, &ada, &photo_ids).await, before, "and nothing of hers has changed");
}

#[tokio::test]
async fn the_same_photo_of_two_people_is_two_photos() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada"), app.user("eve"));
    let file = File::jpeg(1);
    app.settle(&ada, std::slice::from_ref(&file)).await;
    app.settle(&eve, std::slice::from_ref(&file)).await;
    assert_eq!(app.buckets.originals().await[&file.photo_id()].len(), 2);
    eve.trash(&[file.photo_id()]).await;
    assert_eq!(app.keep(31 * 24).await.purged, 1);
    assert_eq!(ada.original(&file.photo_id()).await.body, file.bytes);
    assert_eq!(ada.lookup(&[file.photo_id()]).await[0].state, LookupState::Stored);
}

#[tokio::test]
async fn another_users_cursor_opens_nothing_of_theirs() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada"), app.user("eve"));
    let hers: Vec<File> = (0..4).map(File::jpeg).collect();
    let mine: Vec<File> = (10..14).map(File::jpeg).collect();
    app.settle(&ada, &hers).await;
    app.settle(&eve, &mine).await;
    let theirs = ada.page("/api/photos?limit=2", None).await.next_cursor.unwrap();
    assert!(!theirs.contains(ada.id.as_str()));
    for order in ["asc", "desc"] {
        let page = eve.page(&format!("/api/photos?order={order}"), Some(&theirs)).await;
        let own: Vec<PhotoId> = mine.iter().map(File::photo_id).collect();
        assert!(page.photos.iter().all(|photo| own.contains(&photo.photo_id)), "{order}");
    }
}

#[tokio::test]
async fn an_upload_goes_to_whoever_asked_for_it_whoever_sends_it() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada"), app.user("eve"));
    let file = File::jpeg(1);
    let request = User::request_of(ada.offer(&file.wanted()).await);
    // The URL is all that it takes, and it names its owner: eve cannot send it into her own library or hers alone.
    eve.put(&request, &file.bytes).await.expect(200);
    ada.until_safe(&[file.photo_id()]).await;
    assert_eq!(eve.lookup(&[file.photo_id()]).await[0].state, LookupState::Unknown);
}
