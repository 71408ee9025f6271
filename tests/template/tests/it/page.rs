//! The page is the same in the cloud as on one machine: its screens, and what it is told.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tintype_local::edge::is_screen;
use tintype_template_tests::{Template, text};

/// Paths with and without a dot, below `/assets/` and elsewhere, with all that an address may hold.
const PATHS: [&str; 22] = [
    "/",
    "/trash",
    "/trash/",
    "/callback",
    "/photo/0123abcd",
    "/a.b/c",
    "/assets",
    "/assets/",
    "/assets/app",
    "/assets/app-1.js",
    "/x/assets/app",
    "/Assets/app",
    "//assets/app",
    "/index.html",
    "/favicon.svg",
    "/manifest.webmanifest",
    "/config.json",
    "/.well-known/x",
    "/.env",
    "/x.",
    "/%2E",
    "/photo/a b+ü",
];

#[test]
fn cloudfronts_function_sends_to_the_page_what_the_local_edge_does() {
    let template = Template::of_repository();
    let code = text(&template.properties("PageFunction")["FunctionCode"]);
    let paths = serde_json::to_string(&PATHS).unwrap();
    let program = format!(
        "{code}\nconsole.log(JSON.stringify({paths}.map(uri => handler({{ request: {{ uri }} }}).uri)))"
    );
    let done = Command::new("node").args(["-e", &program]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let sent: Vec<String> = serde_json::from_slice(&done.stdout).unwrap();
    let expected: Vec<&str> =
        PATHS.into_iter().map(|path| if is_screen(path) { "/index.html" } else { path }).collect();
    assert_eq!(sent, expected);
    assert_eq!(
        expected.iter().filter(|path| **path == "/index.html").count(),
        14,
        "both kinds are among them"
    );
}

/// The names in a function's object, from its text: `"name": …`.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn names(file: &str, function: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let body = text.split_once(function).unwrap().1;
    let object =
        body[body.find('{').unwrap()..].lines().skip(1).take_while(|line| !line.trim().starts_with('}'));
    // Rust's own brace comes first, then the macro's, which stands in a line of its own.
    object
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\":").map(|(name, _)| name.to_owned()))
        .collect()
}

#[test]
fn the_page_is_told_the_same_names_in_the_cloud_as_on_one_machine() {
    let local = names("local/src/stack.rs", "fn page_config(");
    let mut cloud = names("infra/page.py", "def page_config(");
    assert!(local.len() >= 7, "{local:?}");
    // What Cognito does not say of itself, and the command line's own client.
    for only in ["cli_client_id", "end_session_endpoint", "revocation_endpoint"] {
        assert!(cloud.remove(only), "{only}");
    }
    assert_eq!(cloud, local);
}

#[test]
fn the_invitation_says_where_the_page_is() {
    let template = Template::of_repository();
    let message = &template.properties("UserPool")["AdminCreateUserConfig"]["InviteMessageTemplate"];
    let parts = &message["EmailMessage"]["Fn::Sub"];
    let words = parts[0].as_str().unwrap_or_default();
    for needed in ["${Page}", "{username}", "{####}"] {
        assert!(words.contains(needed), "{needed}: {words}");
    }
    let output: &Value = &template.0["Outputs"]["Address"]["Value"];
    assert_eq!(&parts[1]["Page"], output);
}
