//! How it is reached: routes, sign-in, CloudFront.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tintype_template_tests::{Template, items, members, text, texts, walk};

#[test]
fn no_error_of_the_api_is_turned_into_a_page() {
    let template = Template::of_repository();
    assert!(template.properties("Distribution")["DistributionConfig"]["CustomErrorResponses"].is_null());
    walk(&template.0, &mut |value| assert!(value.get("CustomErrorResponses").is_none()));
}

#[test]
fn the_open_routes_are_those_that_the_api_documents_as_open() {
    let template = Template::of_repository();
    let mut open = BTreeSet::new();
    for route in template.of_type("AWS::ApiGatewayV2::Route").values() {
        let properties = &route["Properties"];
        let key = text(&properties["RouteKey"]);
        match properties["AuthorizationType"].as_str() {
            Some("JWT") => {
                assert_eq!(key, "ANY /api/{proxy+}");
                assert_eq!(
                    texts(&properties["AuthorizationScopes"]),
                    ["tintype/read", "tintype/write", "tintype/upload"]
                );
            }
            Some("NONE") => assert!(open.insert(key)),
            other => panic!("{key}: {other:?}"),
        }
    }
    let document = serde_json::to_value(tintype_api::document()).unwrap();
    let mut documented = BTreeSet::from(["GET /api/openapi.json".to_owned()]);
    for (path, methods) in members(&document["paths"]) {
        for (method, operation) in members(methods) {
            if operation["security"].is_null() {
                documented.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    assert_eq!(open, documented);
}

#[test]
fn the_stage_is_throttled_and_its_log_names_no_photo() {
    let template = Template::of_repository();
    let stage = template.properties("Stage");
    assert_eq!(
        stage["DefaultRouteSettings"],
        json!({ "ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100 })
    );
    // What needs no token has a small part of that for itself, and is there before it is throttled.
    let mut open = BTreeSet::new();
    for (name, route) in template.of_type("AWS::ApiGatewayV2::Route") {
        if route["Properties"]["AuthorizationType"] == "NONE" {
            let key = text(&route["Properties"]["RouteKey"]);
            let limits = &stage["RouteSettings"][&key];
            assert!(
                limits["ThrottlingRateLimit"].as_u64().is_some_and(|rate| (1..=5).contains(&rate)),
                "{key}"
            );
            assert!(limits["ThrottlingBurstLimit"].as_u64().is_some_and(|burst| burst <= 10), "{key}");
            assert!(template.references()["Stage"].contains(name), "{name} may come after the stage");
            open.insert(key);
        }
    }
    let limited: BTreeSet<String> =
        members(&stage["RouteSettings"]).into_keys().map(ToOwned::to_owned).collect();
    assert_eq!(limited, open);
    let format = text(&stage["AccessLogSettings"]["Format"]);
    assert!(!format.contains("path") && !format.contains("sourceIp"), "{format}");
    let api = template.properties("HttpApi");
    assert!(api["CorsConfiguration"].is_null(), "the page calls its own origin");
    assert_eq!(api["DisableExecuteApiEndpoint"], false, "CloudFront comes by it");
}

#[test]
fn the_page_may_send_uploads_what_their_addresses_sign_and_nothing_else() {
    let template = Template::of_repository();
    let rules: Vec<&Value> =
        items(&template.properties("UploadsBucket")["CorsConfiguration"]["CorsRules"]).collect();
    let [rule] = rules[..] else { panic!("one rule") };
    assert_eq!(texts(&rule["AllowedMethods"]), ["PUT"]);
    assert_eq!(
        texts(&rule["AllowedHeaders"]),
        ["content-type", "if-none-match", "x-amz-checksum-sha256", "x-amz-meta-*"]
    );
    for bucket in ["UploadsBucket", "VaultBucket"] {
        let origins = &template.properties(bucket)["CorsConfiguration"]["CorsRules"][0]["AllowedOrigins"];
        let page = json!([{ "Fn::If": [
            "OwnDomain",
            { "Fn::Sub": "https://${DomainName}" },
            { "Fn::Sub": "https://${Distribution.DomainName}" },
        ] }]);
        assert_eq!(*origins, page, "{bucket}");
    }
    assert!(template.properties("SiteBucket")["CorsConfiguration"].is_null());
}

#[test]
fn every_client_has_its_sign_in_pages() {
    let template = Template::of_repository();
    let clients: BTreeSet<String> =
        template.of_type("AWS::Cognito::UserPoolClient").keys().map(|name| format!("${{{name}}}")).collect();
    let branded: BTreeSet<String> = template
        .of_type("AWS::Cognito::ManagedLoginBranding")
        .values()
        .map(|branding| text(&branding["Properties"]["ClientId"]))
        .collect();
    assert_eq!(clients, branded);
    assert_eq!(clients.len(), 2);
    assert_eq!(template.properties("UserPoolDomain")["ManagedLoginVersion"], 2);
    assert_eq!(template.properties("UserPool")["UserPoolTier"], "ESSENTIALS");
}

#[test]
fn people_sign_in_by_code_with_pkce_alone_and_are_invited() {
    let template = Template::of_repository();
    for (name, client) in template.of_type("AWS::Cognito::UserPoolClient") {
        let properties = &client["Properties"];
        assert_eq!(properties["AllowedOAuthFlows"], json!(["code"]), "{name}");
        assert_eq!(properties["GenerateSecret"], false, "{name}: public, so PKCE is what guards the code");
        assert_eq!(
            properties["ExplicitAuthFlows"],
            json!(["ALLOW_REFRESH_TOKEN_AUTH"]),
            "{name}: no passwords by API"
        );
        assert_eq!(properties["PreventUserExistenceErrors"], "ENABLED", "{name}");
        assert_eq!(properties["SupportedIdentityProviders"]["Fn::If"][0], "Google", "{name}: one way in");
        assert_eq!(properties["SupportedIdentityProviders"]["Fn::If"][2], json!(["COGNITO"]), "{name}");
    }
    let cli = template.properties("CliClient");
    let ports = [8461, 8462, 8463].map(|port| format!("http://localhost:{port}/callback"));
    assert_eq!(texts(&cli["CallbackURLs"]), ports);
    assert_eq!(
        (&cli["RefreshTokenValidity"], &cli["TokenValidityUnits"]["RefreshToken"]),
        (&json!(365), &json!("days"))
    );
    let pool = template.properties("UserPool");
    assert_eq!(pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], true);
    assert_eq!(text(&pool["LambdaConfig"]["PreSignUp"]), "${GatekeeperFunction.Arn}");
    let google = template.properties("GoogleProvider");
    assert_eq!(google["AttributeMapping"], json!({ "email": "email", "email_verified": "email_verified" }));
}

#[test]
fn images_are_behind_signed_cookies_and_originals_behind_nothing_of_cloudfronts() {
    let template = Template::of_repository();
    let config = &template.properties("Distribution")["DistributionConfig"];
    let behaviours: Vec<&Value> = items(&config["CacheBehaviors"]).collect();
    let paths: Vec<String> = behaviours.iter().map(|behaviour| text(&behaviour["PathPattern"])).collect();
    assert_eq!(paths, ["/api/*", "/media/*"]);
    let (api, media) = (behaviours[0], behaviours[1]);
    assert_eq!(media["TrustedKeyGroups"], json!([{ "Ref": "MediaKeyGroup" }]));
    assert_eq!(media["TargetOriginId"], "vault");
    // CachingDisabled and AllViewerExceptHostHeader.
    assert_eq!(api["CachePolicyId"], "4135ea2d-6df8-44a3-9df3-4b5a84be39ad");
    assert_eq!(api["OriginRequestPolicyId"], "b689b0a8-53d0-40ab-baf2-68738e2966ac");
    assert!(api["Compress"].is_null(), "CloudFront compresses nothing that it may not cache: the API does");
    assert_eq!(config["DefaultCacheBehavior"]["TargetOriginId"], "site");
    assert_eq!(config["DefaultCacheBehavior"]["Compress"], true);
    for behaviour in behaviours.into_iter().chain([&config["DefaultCacheBehavior"]]) {
        assert_eq!(behaviour["ResponseHeadersPolicyId"], json!({ "Ref": "SecurityHeaders" }));
        assert_ne!(behaviour["ViewerProtocolPolicy"], "allow-all");
    }
}

#[test]
fn a_new_media_key_goes_into_the_other_place_and_whichever_signs_is_trusted() {
    let template = Template::of_repository();
    // Each parameter is in one of the two places, in none twice: CloudFront cannot give a key other bytes.
    let encoded = |key: &str| template.properties(key)["PublicKeyConfig"]["EncodedKey"]["Fn::If"].clone();
    let (signs, other) = (json!({ "Ref": "MediaPublicKey" }), json!({ "Ref": "OtherMediaPublicKey" }));
    assert_eq!(encoded("MediaKeyA"), json!(["SignsInB", other, signs]));
    assert_eq!(encoded("MediaKeyB"), json!(["SignsInB", signs, other]));
    // Nor may a place that is used again come with the reference of the key before.
    for key in ["MediaKeyA", "MediaKeyB"] {
        let config = &template.properties(key)["PublicKeyConfig"];
        let first_line = json!({ "Fn::Select": [1, { "Fn::Split": ["\n", config["EncodedKey"]] }] });
        assert_eq!(config["CallerReference"], first_line, "{key}");
    }
    let api = &template.properties("ApiFunction")["Environment"]["Variables"];
    assert_eq!(
        api["MEDIA_KEY_PAIR_ID"]["Fn::If"],
        json!(["SignsInB", { "Ref": "MediaKeyB" }, { "Ref": "MediaKeyA" }])
    );
    let two = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "OtherMediaPublicKey" }, ""] }] });
    for (place, condition) in [("a", "HasKeyA"), ("b", "HasKeyB")] {
        let here = json!({ "Fn::Equals": [{ "Ref": "MediaKeySlot" }, place] });
        assert_eq!(template.0["Conditions"][condition]["Fn::Or"], json!([here, two]));
        let key = format!("MediaKey{}", place.to_uppercase());
        assert_eq!(template.0["Resources"][&key]["Condition"], condition);
        let trusted = json!({ "Fn::If": [condition, { "Ref": key }, { "Ref": "AWS::NoValue" }] });
        let group = &template.properties("MediaKeyGroup")["KeyGroupConfig"];
        assert!(items(&group["Items"]).any(|item| *item == trusted), "{place}");
    }
}

/// A rotation changes the role first and the function some seconds later, and IAM tells neither at once. An instance that
/// starts meanwhile could not read its key, and would answer 503, if the role followed the place that signs.
#[test]
fn whichever_place_signs_the_api_may_read_both() {
    let template = Template::of_repository();
    let key = text(&template.properties("ApiFunction")["Environment"]["Variables"]["MEDIA_KEY_PARAMETER"]);
    assert_eq!(key, "/${AWS::StackName}/media-key-${MediaKeySlot}");
    let places = &template.0["Parameters"]["MediaKeySlot"]["AllowedValues"];
    let keys: BTreeSet<String> =
        texts(places).into_iter().map(|place| key.replace("${MediaKeySlot}", place)).collect();
    assert_eq!(keys.len(), 2);
    let may_read: BTreeSet<String> = template
        .statements()
        .into_iter()
        .filter(|(role, statement)| *role == "ApiRole" && statement["Action"] == "ssm:GetParameter")
        .map(|(_, statement)| {
            assert!(statement["Condition"].is_null());
            text(&statement["Resource"]).split_once(":parameter").unwrap().1.to_owned()
        })
        .collect();
    assert_eq!(may_read, keys);
}

/// `make expel` keeps somebody's name in the stack for as long as a token of theirs may be good, and
/// `make rotate-media-key` a key for as long as its cookies.
#[test]
fn the_deploy_scripts_know_how_long_tokens_and_cookies_live() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    let template = Template::of_repository();
    for client in template.of_type("AWS::Cognito::UserPoolClient").values() {
        let properties = &client["Properties"];
        assert_eq!(properties["AccessTokenValidity"], 60);
        assert_eq!(properties["TokenValidityUnits"]["AccessToken"], "minutes");
    }
    assert!(read("infra/people.py").contains("TOKENS = 3600 + 600"));
    assert!(read("functions/api/src/media_cookies.rs").contains("LIFETIME: Duration = Duration::hours(12)"));
    assert!(read("infra/media_key.py").contains("COOKIES = datetime.timedelta(hours=12)"));
    // The private half before is deleted when no request of an instance before can still want it.
    assert_eq!(template.properties("ApiFunction")["Timeout"], 29);
    assert!(read("infra/media_key.py").contains("INSTANCES = 60"));
}
