//! What the template says is what the code reads, answers and expects.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tintype_api::config::Config as ApiConfig;
use tintype_function::{ConfigError, Environment};
use tintype_gatekeeper::{AllowedEmails, Config as GatekeeperConfig};
use tintype_keeper::config::Config as KeeperConfig;
use tintype_local::edge::{Csp, SECURITY_HEADERS};
use tintype_processor::config::Config as ProcessorConfig;
use tintype_template_tests::{Template, items, members, text, texts};

/// What a function is given, where the template knows it; any text where it does not.
fn set(template: &Template, function: &str) -> BTreeMap<String, String> {
    let variables = &template.properties(function)["Environment"]["Variables"];
    let value = |value: &Value| -> String {
        let parameter = value["Ref"].as_str().map(|name| &template.0["Parameters"][name]["Default"]);
        match (parameter, &value["Fn::If"]) {
            (Some(Value::String(default)), _) => default.clone(),
            (Some(Value::Number(default)), _) => default.to_string(),
            (_, Value::Array(branches)) => text(&branches[1]),
            _ => text(value),
        }
    };
    members(variables).into_iter().map(|(name, found)| (name.to_owned(), value(found))).collect()
}

/// A function takes what the template sets, and reads all of it and nothing else.
fn check<T>(function: &str, read: impl Fn(&Environment<'_>) -> Result<T, ConfigError>) {
    let template = Template::of_repository();
    let set = set(&template, function);
    let asked = RefCell::new(BTreeSet::new());
    let look_up = |name: &'static str| {
        asked.borrow_mut().insert(name.to_owned());
        set.get(name).cloned()
    };
    let read = read(&Environment::new(&look_up)).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(read, Ok(()), "{function}");
    let set: BTreeSet<String> = set.into_keys().collect();
    assert_eq!(asked.into_inner(), set, "{function} reads the left, the template sets the right");
}

#[test]
fn each_function_reads_exactly_what_the_template_sets() {
    check("ApiFunction", ApiConfig::read);
    check("ProcessorFunction", ProcessorConfig::read);
    check("KeeperFunction", KeeperConfig::read);
    check("GatekeeperFunction", GatekeeperConfig::read);
    let template = Template::of_repository();
    assert!(template.0["Globals"]["Function"]["Environment"].is_null(), "nobody gets what it does not read");
}

/// A list that the gatekeeper cannot read would shut out everybody, whom the owner invites too: it is not deployed.
#[test]
fn a_list_of_addresses_that_the_gatekeeper_cannot_read_is_not_deployed() {
    let good = [
        "",
        "ada@example.com",
        "ada@example.com, Grace.Hopper+x@Example.ORG,@family.example ,",
        "jürgen@bücher.example,@sub.family.example",
        "o'hara_1@a-b.example",
    ];
    let wrong = [
        "ada",
        "@",
        "@example",
        "ada@",
        "ada@example",
        "a b@example.com",
        "a@b.example c@d.example",
        "ada@example.com;bo@example.com",
        "*@example.com.",
        "@*.example.com",
        "ada@-example.com",
        "ada@example-.com",
        "ada@example..com",
        ".ada@example.com",
        "ada.@example.com",
        "ada@exa_mple.com",
        "\"ada\"@example.com",
        "Ada <ada@example.com>",
        "ada@example.com\u{200b}",
        "ada\u{a0}@example.com",
    ];
    let template = Template::of_repository();
    let pattern = &template.0["Parameters"]["AllowedEmails"]["AllowedPattern"];
    let lists: Vec<&str> = good.into_iter().chain(wrong).collect();
    let (pattern, lists_) = (pattern.to_string(), serde_json::to_string(&lists).unwrap());
    let program = format!(
        "console.log(JSON.stringify({lists_}.map(list => new RegExp(`^(?:${{{pattern}}})$`).test(list))))"
    );
    let done = Command::new("node").args(["-e", &program]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let deployed: Vec<bool> = serde_json::from_slice(&done.stdout).unwrap();
    for (list, deployed) in lists.iter().zip(deployed) {
        assert_eq!(deployed, good.contains(list), "{list:?}");
        assert_eq!(deployed, list.parse::<AllowedEmails>().is_ok(), "{list:?}, for the gatekeeper");
    }
}

/// Every source file of functions and shared code.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "tests" && name != "fuzz") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn one_place_reads_the_environment() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["functions", "shared"] {
        sources(&root.join(folder), &mut files);
    }
    let readers: Vec<&PathBuf> =
        files.iter().filter(|file| std::fs::read_to_string(file).unwrap().contains("env::var")).collect();
    assert!(files.len() > 50);
    assert_eq!(readers.len(), 1, "{readers:?}");
    assert!(readers[0].ends_with("shared/function/src/environment.rs"));
}

#[test]
fn functions_and_roles_mean_the_same_buckets_and_table() {
    let template = Template::of_repository();
    for (bucket, variable) in [("UploadsBucket", "UPLOADS_BUCKET"), ("VaultBucket", "VAULT_BUCKET")] {
        let name = text(&template.properties(bucket)["BucketName"]);
        for function in ["ApiFunction", "ProcessorFunction", "KeeperFunction"] {
            assert_eq!(set(&template, function)[variable], name, "{function}");
        }
    }
    let names: Vec<String> = template
        .of_type("AWS::S3::Bucket")
        .values()
        .map(|bucket| text(&bucket["Properties"]["BucketName"]))
        .collect();
    let table = format!("table/{}", text(&template.properties("Table")["TableName"]));
    for (role, statement) in template.statements() {
        let resource = text(&statement["Resource"]);
        if let Some((_, s3)) = resource.split_once(":s3:::") {
            let bucket = s3.split('/').next().unwrap_or_default();
            assert!(names.iter().any(|name| name == bucket), "{role}: {resource}");
        } else if resource.contains(":dynamodb:") {
            let known = [table.clone(), format!("{table}/index/timeline"), format!("{table}/index/work")];
            assert!(known.iter().any(|known| resource.ends_with(known)), "{role}: {resource}");
        }
    }
}

#[test]
fn the_headers_are_those_of_the_local_edge() {
    let template = Template::of_repository();
    let policy = &template.properties("SecurityHeaders")["ResponseHeadersPolicyConfig"];
    let security = &policy["SecurityHeadersConfig"];
    let bucket = |name: &str| {
        let bucket = text(&template.properties(name)["BucketName"]);
        format!("https://{bucket}.s3.${{AWS::Region}}.${{AWS::URLSuffix}}")
    };
    let domain = text(&template.properties("UserPoolDomain")["Domain"]);
    let csp = Csp {
        uploads: bucket("UploadsBucket"),
        vault: bucket("VaultBucket"),
        issuer: "https://cognito-idp.${AWS::Region}.${AWS::URLSuffix}".to_owned(),
        auth: format!("https://{domain}.auth.${{AWS::Region}}.amazoncognito.com"),
    };
    assert_eq!(text(&security["ContentSecurityPolicy"]["ContentSecurityPolicy"]), csp.policy());

    let mut here: BTreeMap<String, String> = items(&policy["CustomHeadersConfig"]["Items"])
        .map(|item| (text(&item["Header"]), text(&item["Value"])))
        .collect();
    let seconds = text(&security["StrictTransportSecurity"]["AccessControlMaxAgeSec"]);
    here.insert("strict-transport-security".to_owned(), format!("max-age={seconds}"));
    here.insert("x-content-type-options".to_owned(), "nosniff".to_owned());
    here.insert("x-frame-options".to_owned(), text(&security["FrameOptions"]["FrameOption"]));
    here.insert("referrer-policy".to_owned(), text(&security["ReferrerPolicy"]["ReferrerPolicy"]));
    let local: BTreeMap<String, String> = SECURITY_HEADERS
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    assert_eq!(here, local);
    assert!(security["StrictTransportSecurity"]["IncludeSubdomains"].is_null());
    for header in members(security).into_values().chain(items(&policy["CustomHeadersConfig"]["Items"])) {
        assert_eq!(header["Override"], true, "whatever the origin said: {header}");
    }
}

#[test]
fn the_table_is_the_one_that_local_makes() {
    let template = Template::of_repository();
    let table = template.properties("Table");
    let timeline = &table["GlobalSecondaryIndexes"][0];
    assert_eq!(timeline["IndexName"], "timeline");
    assert_eq!(
        texts(&timeline["Projection"]["NonKeyAttributes"]),
        tintype_storage::catalog::SUMMARY_ATTRIBUTES
    );
    let keys = |of: &Value| -> Vec<String> {
        items(&of["KeySchema"])
            .map(|key| format!("{} {}", text(&key["AttributeName"]), text(&key["KeyType"])))
            .collect()
    };
    assert_eq!(keys(table), ["PK HASH", "SK RANGE"]);
    assert_eq!(keys(timeline), ["timeline_pk HASH", "timeline_sk RANGE"]);
    let work = &table["GlobalSecondaryIndexes"][1];
    assert_eq!(
        (text(&work["IndexName"]), keys(work)),
        ("work".to_owned(), vec!["work_pk HASH".into(), "work_sk RANGE".into()])
    );
    assert_eq!(work["Projection"]["ProjectionType"], "KEYS_ONLY");
}
