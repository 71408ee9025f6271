//! What stays, what it costs while nobody looks, and what the emulator of `make test-deploy` drops in silence.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tintype_function::metrics::{NAMESPACE, STACK};
use tintype_template_tests::{Template, items, members, text, texts, walk};

#[test]
fn four_things_outlive_the_stack_and_a_failed_first_deployment_leaves_nothing() {
    let template = Template::of_repository();
    for (name, resource) in template.resources() {
        let keeps = matches!(name, "UploadsBucket" | "VaultBucket" | "Table" | "UserPool");
        let (deletion, replacement) = (&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]);
        if keeps {
            assert_eq!(deletion, "RetainExceptOnCreate", "{name}");
            assert_eq!(replacement, "Retain", "{name}");
        } else {
            assert!(deletion.is_null() || deletion == "Delete", "{name}");
        }
    }
}

/// Why each may be there although nobody uses it: what it bills while idle.
const IDLE: [(&str, &str); 28] = [
    ("AWS::ApiGatewayV2::Api", "by request"),
    ("AWS::ApiGatewayV2::Authorizer", "nothing"),
    ("AWS::ApiGatewayV2::Integration", "nothing"),
    ("AWS::ApiGatewayV2::Route", "nothing"),
    ("AWS::ApiGatewayV2::Stage", "nothing"),
    ("AWS::Budgets::Budget", "nothing: budgets that only tell are free"),
    ("AWS::CloudFront::Distribution", "by request and byte"),
    ("AWS::CloudFront::Function", "by request"),
    ("AWS::CloudFront::KeyGroup", "nothing"),
    ("AWS::CloudFront::OriginAccessControl", "nothing"),
    ("AWS::CloudFront::PublicKey", "nothing"),
    ("AWS::CloudFront::ResponseHeadersPolicy", "nothing"),
    ("AWS::CloudWatch::Alarm", "nothing up to ten in an account; 0.10 USD a month each behind that"),
    ("AWS::CloudWatch::Dashboard", "3 USD a month behind the third in an account, so by parameter"),
    ("AWS::Cognito::ManagedLoginBranding", "nothing"),
    ("AWS::Cognito::UserPool", "by active person, 10,000 free"),
    ("AWS::Cognito::UserPoolClient", "nothing"),
    ("AWS::Cognito::UserPoolDomain", "nothing"),
    ("AWS::Cognito::UserPoolIdentityProvider", "nothing"),
    ("AWS::Cognito::UserPoolResourceServer", "nothing"),
    ("AWS::DynamoDB::Table", "by request and byte: on demand"),
    ("AWS::IAM::Role", "nothing"),
    ("AWS::Lambda::Permission", "nothing"),
    ("AWS::Logs::LogGroup", "by byte, for its retention"),
    ("AWS::S3::Bucket", "by byte and request"),
    ("AWS::S3::BucketPolicy", "nothing"),
    ("AWS::SNS::Topic", "by message"),
    ("AWS::Scheduler::Schedule", "by run, 14 million free a month"),
];

/// What bills although its type does not.
const BILLED: [&str; 5] =
    ["ProvisionedConcurrencyConfig", "TracingConfig", "ProvisionedThroughput", "KMSMasterKeyID", "KmsKeyId"];

/// What bills while nobody comes, and nobody asked for.
fn bills_while_idle(template: &Template) -> Vec<String> {
    let known: BTreeMap<_, _> =
        IDLE.into_iter().chain([("AWS::Serverless::Function", "by millisecond")]).collect();
    let mut found = Vec::new();
    for (name, resource) in template.resources() {
        let kind = resource["Type"].as_str().unwrap_or_default();
        let properties = &resource["Properties"];
        if !known.contains_key(kind) {
            found.push(format!("{name}: {kind} is not known to cost nothing while idle"));
        }
        if kind == "AWS::CloudWatch::Dashboard" && resource["Condition"] != "Dashboarded" {
            found.push(format!("{name} bills, so it is by parameter"));
        }
        if kind == "AWS::DynamoDB::Table" && properties["BillingMode"] != "PAY_PER_REQUEST" {
            found.push(format!("{name} is not on demand"));
        }
        for billed in BILLED {
            walk(properties, &mut |value| {
                if value.get(billed).is_some() {
                    found.push(format!("{name} has {billed}"));
                }
            });
        }
    }
    for (parameter, off) in [("Dashboard", "no"), ("WebAclArn", "")] {
        if template.0["Parameters"][parameter]["Default"] != off {
            found.push(format!("{parameter} is not off by default"));
        }
    }
    if template.of_type("AWS::CloudWatch::Alarm").len() > 10 {
        found.push("ten alarms are free in an account".to_owned());
    }
    found
}

#[test]
fn nothing_bills_while_it_is_idle() {
    assert_eq!(bills_while_idle(&Template::of_repository()), Vec::<String>::new());
}

#[test]
fn what_would_bill_while_it_is_idle_is_named() {
    let named = |change: &dyn Fn(&mut Value)| {
        let mut template = Template::of_repository();
        change(&mut template.0);
        bills_while_idle(&template)
    };
    for kind in ["AWS::EC2::NatGateway", "AWS::KMS::Key", "AWS::SecretsManager::Secret", "AWS::WAFv2::WebACL"]
    {
        let found = named(&|template| template["Resources"]["Extra"] = json!({ "Type": kind }));
        assert_eq!(found, [format!("Extra: {kind} is not known to cost nothing while idle")]);
    }
    let found = named(&|template| {
        let api = &mut template["Resources"]["ApiFunction"]["Properties"];
        api["ProvisionedConcurrencyConfig"] = json!({ "ProvisionedConcurrentExecutions": 1 });
    });
    assert_eq!(found, ["ApiFunction has ProvisionedConcurrencyConfig"]);
    let found = named(&|template| {
        template["Resources"]["Table"]["Properties"]["BillingMode"] = json!("PROVISIONED");
        template["Resources"]["OwnDashboard"].as_object_mut().unwrap().remove("Condition");
        template["Parameters"]["Dashboard"]["Default"] = json!("yes");
    });
    let expected = [
        "OwnDashboard bills, so it is by parameter",
        "Table is not on demand",
        "Dashboard is not off by default",
    ];
    assert_eq!(found, expected);
}

#[test]
fn nothing_is_reserved_unless_asked_for() {
    let template = Template::of_repository();
    assert_eq!(template.0["Parameters"]["ReservedConcurrency"]["Default"], 0);
    for (name, function) in template.of_type("AWS::Serverless::Function") {
        let reserved = &function["Properties"]["ReservedConcurrentExecutions"];
        let by_parameter =
            json!({ "Fn::If": ["Reserved", { "Ref": "ReservedConcurrency" }, { "Ref": "AWS::NoValue" }] });
        assert!(reserved.is_null() || *reserved == by_parameter, "{name}: {reserved}");
    }
}

#[test]
fn every_parameter_says_what_it_is_for_and_has_bounds() {
    let template = Template::of_repository();
    for (name, parameter) in members(&template.0["Parameters"]) {
        assert!(parameter["Description"].as_str().is_some_and(|text| text.len() > 20), "{name}");
        let bounded = !parameter["AllowedValues"].is_null()
            || (!parameter["AllowedPattern"].is_null() && !parameter["MaxLength"].is_null())
            || (!parameter["MinValue"].is_null() && !parameter["MaxValue"].is_null());
        assert!(bounded, "{name} takes anything");
        let secret = name.starts_with("GoogleClient");
        assert_eq!(parameter["NoEcho"] == true, secret, "{name}");
    }
}

#[test]
fn every_bucket_is_private_and_encrypted() {
    let template = Template::of_repository();
    let buckets = template.of_type("AWS::S3::Bucket");
    assert_eq!(buckets.len(), 3);
    for (name, bucket) in buckets {
        let properties = &bucket["Properties"];
        let closed = &properties["PublicAccessBlockConfiguration"];
        for door in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
            assert_eq!(closed[door], true, "{name} {door}");
        }
        assert_eq!(
            properties["OwnershipControls"]["Rules"][0]["ObjectOwnership"], "BucketOwnerEnforced",
            "{name}"
        );
        let encryption = &properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
        assert_eq!(encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256", "{name}");
    }
}

// ---- What ministack's CloudFormation drops, so that a deployment into it proves nothing of it.

#[test]
fn no_rule_expires_what_was_received_or_is_kept() {
    let template = Template::of_repository();
    let rules = |bucket: &str| -> Vec<Value> {
        items(&template.properties(bucket)["LifecycleConfiguration"]["Rules"]).cloned().collect()
    };
    for rule in rules("UploadsBucket").iter().chain(&rules("VaultBucket")) {
        assert_eq!(rule["Status"], "Enabled");
        for expiry in
            ["ExpirationInDays", "ExpirationDate", "Expiration", "Transitions", "Transition", "Prefix"]
        {
            assert!(rule[expiry].is_null(), "{rule}");
        }
    }
    let vault = rules("VaultBucket");
    assert_eq!(vault[0]["NoncurrentVersionExpiration"], json!({ "NoncurrentDays": 30 }));
    assert_eq!(vault[0]["AbortIncompleteMultipartUpload"], json!({ "DaysAfterInitiation": 2 }));
    assert_eq!(vault[1]["ExpiredObjectDeleteMarker"], true);
    assert_eq!(template.properties("VaultBucket")["VersioningConfiguration"]["Status"], "Enabled");
}

#[test]
fn the_table_can_be_brought_back_and_not_be_deleted_by_mistake() {
    let template = Template::of_repository();
    let table = template.properties("Table");
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert!(table["TimeToLiveSpecification"].is_null(), "nothing in the catalog expires");
    assert_eq!(template.properties("UserPool")["DeletionProtection"], "ACTIVE");
}

#[test]
fn logs_are_kept_for_thirty_days_and_no_function_writes_elsewhere() {
    let template = Template::of_repository();
    for (name, group) in template.of_type("AWS::Logs::LogGroup") {
        assert_eq!(group["Properties"]["RetentionInDays"], json!({ "Ref": "LogRetentionDays" }), "{name}");
    }
    assert_eq!(template.0["Parameters"]["LogRetentionDays"]["Default"], 30);
    for (name, function) in template.of_type("AWS::Serverless::Function") {
        let logging = &function["Properties"]["LoggingConfig"];
        assert_eq!(logging["LogFormat"], "JSON", "{name}");
        assert_eq!(text(&logging["LogGroup"]), format!("${{{}}}", name.replace("Function", "Logs")));
    }
}

#[test]
fn an_event_is_tried_again_and_alarms_watch_what_is_left() {
    let template = Template::of_repository();
    let processor = template.properties("ProcessorFunction");
    assert_eq!(processor["EventInvokeConfig"]["MaximumRetryAttempts"], 2);
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let watched: Vec<(String, String)> = alarms
        .values()
        .map(|alarm| {
            let properties = &alarm["Properties"];
            (text(&properties["MetricName"]), text(&properties["Dimensions"][0]["Value"]))
        })
        .collect();
    for (metric, of) in [
        ("Errors", "${ProcessorFunction}"),
        ("AsyncEventsDropped", "${ProcessorFunction}"),
        ("Throttles", "${ProcessorFunction}"),
        ("Invocations", "${KeeperFunction}"),
        ("photos_lost", "keeper"),
        ("needs_a_person", "processor"),
    ] {
        assert!(watched.contains(&(metric.to_owned(), of.to_owned())), "nobody watches {metric} of {of}");
    }
    let silent = &alarms["KeeperSilent"]["Properties"];
    assert_eq!(
        (&silent["TreatMissingData"], &silent["ComparisonOperator"]),
        (&json!("breaching"), &json!("LessThanThreshold"))
    );
    for (name, alarm) in alarms {
        let told = &alarm["Properties"]["AlarmActions"]["Fn::If"];
        assert_eq!(told[0], "Alarmed", "{name} tells nobody");
    }
}

#[test]
fn two_stacks_of_one_account_are_not_counted_together() {
    let template = Template::of_repository();
    let mut own = 0;
    for (name, alarm) in template.of_type("AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        let dimensions: BTreeMap<String, String> = items(&properties["Dimensions"])
            .map(|dimension| (text(&dimension["Name"]), text(&dimension["Value"])))
            .collect();
        if properties["Namespace"] == NAMESPACE {
            own += 1;
            assert_eq!(dimensions.get(STACK).map(String::as_str), Some("${AWS::StackName}"), "{name}");
            // CloudWatch finds a metric by all of its dimensions and no others.
            assert_eq!(dimensions.keys().collect::<Vec<_>>(), ["function", STACK], "{name}");
        } else {
            assert!(
                dimensions.values().all(|value| value.starts_with("${")),
                "{name} watches somebody else's"
            );
        }
    }
    assert_eq!(own, 2);
    let dashboard = text(&template.properties("OwnDashboard")["DashboardBody"]);
    let metrics: Vec<&str> = dashboard.split("[\"Tintype\"").skip(1).collect();
    assert_eq!(metrics.len(), 7);
    for metric in metrics {
        let metric = metric.split(']').next().unwrap_or_default();
        assert!(metric.ends_with("\"stack\", \"${AWS::StackName}\""), "{metric}");
    }
}

#[test]
fn runs_end_before_their_time() {
    let template = Template::of_repository();
    let number = |function: &str, name: &str| template.properties(function)[name].as_u64().unwrap();
    assert!(number("KeeperFunction", "Timeout") >= tintype_keeper::RUN.as_secs() + 30);
    // API Gateway gives up after 30 s, Cognito after 5.
    assert!(number("ApiFunction", "Timeout") < 30);
    assert!(number("GatekeeperFunction", "Timeout") <= 5);
    let budget = u64::try_from(tintype_imaging::Budget::default().bytes >> 20).unwrap();
    assert!(number("ProcessorFunction", "MemorySize") >= budget + 128, "a decoder and the runtime beside it");
    for (name, function) in template.of_type("AWS::Serverless::Function") {
        assert!(texts(&function["Properties"]["Handler"]).is_empty(), "{name}: Globals say it");
    }
}
