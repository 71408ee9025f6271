//! One role a function, the fewest actions, each on one ARN; and nothing that goes in circles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use tintype_template_tests::{Template, cycle, items, text, texts};

#[test]
fn nothing_needs_itself_to_be_there_before() {
    let template = Template::of_repository();
    let references = template.references();
    assert!(references["UploadsBucket"].contains("ProcessorFunction"), "the graph sees what there is");
    assert_eq!(cycle(&references), None);
}

#[test]
fn while_cloudfront_answers_for_a_bucket_of_the_page_it_is_ours() {
    // What is made later is deleted earlier. Of uploads and vault it is the other way round; they stay.
    let template = Template::of_repository();
    assert!(template.references()["Distribution"].contains("SiteBucket"));
}

#[test]
fn a_bucket_named_by_reference_in_its_processors_role_would_be_a_cycle() {
    let mut template = Template::of_repository();
    let statements = "/Resources/ProcessorRole/Properties/Policies/0/PolicyDocument/Statement/1/Resource";
    *template.0.pointer_mut(statements).unwrap() = json!({ "Fn::GetAtt": ["UploadsBucket", "Arn"] });
    let cycle = cycle(&template.references()).unwrap_or_default();
    assert!(cycle.contains(&"UploadsBucket".to_owned()), "{cycle:?}");
}

#[test]
fn each_function_has_a_role_of_its_own_and_nothing_but_it() {
    let template = Template::of_repository();
    let mut roles = BTreeSet::new();
    for (name, function) in template.of_type("AWS::Serverless::Function") {
        let properties = &function["Properties"];
        assert!(roles.insert(text(&properties["Role"])), "{name} shares its role");
        for added in ["Policies", "Events", "VpcConfig", "Layers"] {
            assert!(properties[added].is_null(), "{name}: SAM would add rights of its own for {added}");
        }
    }
    for (name, role) in template.of_type("AWS::IAM::Role") {
        assert!(role["Properties"]["ManagedPolicyArns"].is_null(), "{name} has a managed policy");
    }
    assert_eq!(roles.len(), 4);
}

/// Keys below these belong to the function as a whole; each is one ARN with one star at its end.
const FOLDERS: [&str; 4] = ["/in/*", "/originals/*", "/media/*", "/audits/*"];

#[test]
fn every_right_is_a_named_action_on_one_arn() {
    let template = Template::of_repository();
    let mut sids = BTreeSet::new();
    for (role, statement) in template.statements() {
        assert_eq!(statement["Effect"], "Allow", "{role}");
        let sid = statement["Sid"].as_str().unwrap_or_default();
        assert!(!sid.is_empty() && sids.insert((role, sid)), "{role}: a statement without a name of its own");
        assert!(statement["NotAction"].is_null() && statement["NotResource"].is_null(), "{role} {sid}");
        for action in texts(&statement["Action"]) {
            assert!(!action.contains(['*', '?']), "{role} {sid}: {action}");
        }
        assert!(!statement["Resource"].is_array(), "{role} {sid}: one ARN");
        let resource = text(&statement["Resource"]);
        let folder = FOLDERS.iter().find_map(|folder| resource.strip_suffix(folder)).unwrap_or(&resource);
        assert!(!folder.contains(['*', '?']), "{role} {sid}: {resource}");
    }
}

#[test]
fn the_reason_stands_beside_every_right() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (role, statement) in Template::of_repository().statements() {
        let name = format!("- Sid: {}", statement["Sid"].as_str().unwrap_or_default());
        let places = (1..lines.len()).filter(|at| lines[*at] == name);
        assert!(places.clone().count() > 0, "{role}: {name}");
        for at in places {
            assert!(lines[at - 1].starts_with("# "), "{role}: no reason beside {name}");
        }
    }
}

#[test]
fn nobody_may_erase_for_good_or_change_the_rules() {
    let template = Template::of_repository();
    for (role, statement) in template.statements() {
        for action in texts(&statement["Action"]) {
            let (service, name) = action.split_once(':').unwrap();
            assert!(name != "DeleteObjectVersion", "{role}: {action}");
            assert!(!name.contains("Bucket") || name.starts_with("ListBucket"), "{role}: {action}");
            assert!(!matches!(name, "Scan" | "DeleteTable" | "UpdateTable"), "{role}: {action}");
            assert!(
                matches!(service, "dynamodb" | "lambda" | "logs" | "s3" | "ssm"),
                "{role}: {action} is a service that no function speaks to"
            );
        }
    }
}

/// Without `ListBucket`, S3 answers 403 for what is not there, and 403 is never absence.
#[test]
fn who_heads_may_list() {
    let template = Template::of_repository();
    let mut heads = BTreeSet::new();
    let mut lists = BTreeSet::new();
    for (role, statement) in template.statements() {
        let resource = text(&statement["Resource"]);
        let bucket = resource.rsplit(":::").next().unwrap_or_default().split('/').next().unwrap_or_default();
        for action in texts(&statement["Action"]) {
            match action {
                "s3:GetObject" => heads.insert((role, bucket.to_owned())),
                "s3:ListBucket" => lists.insert((role, bucket.to_owned())),
                _ => false,
            };
        }
    }
    // The API signs addresses of originals, and asks for none itself.
    heads.retain(|(role, _)| *role != "ApiRole");
    assert_eq!(heads.len(), 4, "{heads:?}");
    assert!(heads.is_subset(&lists), "{heads:?} {lists:?}");
}

#[test]
fn functions_are_started_by_their_own_trigger_alone() {
    let template = Template::of_repository();
    let mut callers = BTreeMap::new();
    for (name, permission) in template.of_type("AWS::Lambda::Permission") {
        let properties = &permission["Properties"];
        let source = text(&properties["SourceArn"]);
        assert!(source.len() > 20 || source.contains("Arn"), "{name}: whoever asks");
        callers.insert(text(&properties["FunctionName"]), text(&properties["Principal"]));
    }
    let expected = [
        ("${ApiFunction}", "apigateway.amazonaws.com"),
        ("${GatekeeperFunction}", "cognito-idp.amazonaws.com"),
        ("${ProcessorFunction}", "s3.amazonaws.com"),
    ];
    assert_eq!(callers, expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into_iter().collect());
    // Anybody's bucket of the right name, after ours is gone, is not ours.
    assert_eq!(text(&template.properties("ProcessorPermission")["SourceAccount"]), "${AWS::AccountId}");
    // The keeper's schedule comes with a role that another account's scheduler cannot take.
    let trust = &template.properties("ScheduleRole")["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(
        trust["Condition"],
        json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } })
    );
}

#[test]
fn buckets_let_in_cloudfront_for_the_page_and_variants_and_nobody_without_tls() {
    let template = Template::of_repository();
    let policies = template.of_type("AWS::S3::BucketPolicy");
    assert_eq!(policies.len(), 3);
    let mut open = BTreeMap::new();
    for (name, policy) in policies {
        let statements: Vec<&Value> = items(&policy["Properties"]["PolicyDocument"]["Statement"]).collect();
        let tls = statements[0];
        assert_eq!((&tls["Effect"], &tls["Action"]), (&json!("Deny"), &json!("s3:*")), "{name}");
        assert_eq!(tls["Condition"], json!({ "Bool": { "aws:SecureTransport": "false" } }), "{name}");
        for statement in &statements[1..] {
            assert_eq!(statement["Principal"], json!({ "Service": "cloudfront.amazonaws.com" }), "{name}");
            assert_eq!(statement["Action"], "s3:GetObject", "{name}");
            assert!(
                text(&statement["Condition"]["StringEquals"]["AWS:SourceArn"]).contains("${Distribution}")
            );
            open.insert(name, text(&statement["Resource"]));
        }
    }
    let expected = [("SitePolicy", "${SiteBucket.Arn}/*"), ("VaultPolicy", "${VaultBucket.Arn}/media/*")];
    assert_eq!(open, expected.map(|(name, what)| (name, what.to_owned())).into_iter().collect());
}
