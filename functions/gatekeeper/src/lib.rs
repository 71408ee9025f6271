//! Cognito asks before it makes a user; an error is a no, and its text is what the person reads.
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html>
//!
//! Nobody signs themselves up. Who is invited by the owner comes in; who comes by way of Google comes in with an
//! address that Google has verified and that the owner has allowed.

mod allowed;
mod config;

use serde_json::Value;

pub use allowed::AllowedEmails;
pub use config::Config;

/// Why somebody does not come in. Shown to them by the sign-in page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Sign-up by oneself.
    #[error("nobody signs up here by themselves; ask the owner of this Tintype for an invitation")]
    Uninvited,
    /// Google does not say that the address is theirs.
    #[error("your account there has no verified e-mail address")]
    Unverified,
    /// The owner has not allowed this address.
    #[error("this address is not known here; ask the owner of this Tintype to allow it")]
    Stranger,
    /// An event that Cognito does not send today.
    #[error("this way in is not open")]
    UnknownWay,
}

/// The event as Cognito wants it back, or why it is refused.
pub fn admit(allowed: &AllowedEmails, event: Value) -> Result<Value, Refused> {
    match decide(allowed, &event) {
        Ok(()) => Ok(event),
        Err(refused) => {
            // Without the address: whoever reads logs need not know who tried.
            tracing::warn!(reason = ?refused, "refused");
            Err(refused)
        }
    }
}

fn decide(allowed: &AllowedEmails, event: &Value) -> Result<(), Refused> {
    match event["triggerSource"].as_str() {
        // Only the owner's own credentials can ask for this.
        Some("PreSignUp_AdminCreateUser") => Ok(()),
        Some("PreSignUp_ExternalProvider") => {
            let attributes = &event["request"]["userAttributes"];
            if !is_true(&attributes["email_verified"]) {
                return Err(Refused::Unverified);
            }
            match attributes["email"].as_str() {
                Some(email) if allowed.contains(email) => Ok(()),
                _ => Err(Refused::Stranger),
            }
        }
        // Its address is not verified yet, whatever it is.
        Some("PreSignUp_SignUp") => Err(Refused::Uninvited),
        _ => Err(Refused::UnknownWay),
    }
}

/// Attributes are text; a provider's own truth may come as it is.
fn is_true(attribute: &Value) -> bool {
    attribute.as_bool() == Some(true)
        || attribute.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(source: &str, attributes: &Value) -> Value {
        json!({
            "version": "1",
            "triggerSource": source,
            "region": "eu-central-1",
            "userPoolId": "eu-central-1_abc",
            "userName": "Google_1234",
            "callerContext": { "awsSdkVersion": "1", "clientId": "abc" },
            "request": { "userAttributes": attributes, "validationData": {} },
            "response": { "autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false },
        })
    }

    fn allowed() -> AllowedEmails {
        "ada@example.com, @family.example".parse().unwrap()
    }

    fn by_google(email: &str, verified: &Value) -> Result<Value, Refused> {
        let attributes = json!({ "email": email, "email_verified": verified });
        admit(&allowed(), event("PreSignUp_ExternalProvider", &attributes))
    }

    #[test]
    fn a_google_account_that_nobody_invited_becomes_no_user() {
        assert_eq!(by_google("eve@example.com", &json!("true")), Err(Refused::Stranger));
        assert_eq!(by_google("", &json!("true")), Err(Refused::Stranger));
    }

    #[test]
    fn an_allowed_address_comes_in_and_the_event_goes_back_as_it_came() {
        let attributes = json!({ "email": "Ada@Example.com", "email_verified": "true" });
        let event = event("PreSignUp_ExternalProvider", &attributes);
        assert_eq!(admit(&allowed(), event.clone()), Ok(event));
        assert!(by_google("anyone@family.example", &json!(true)).is_ok());
    }

    #[test]
    fn an_allowed_address_that_is_not_verified_stays_outside() {
        for verified in
            [json!("false"), json!(false), json!(""), json!(null), json!(1), json!("yes"), json!("true ")]
        {
            assert_eq!(by_google("ada@example.com", &verified), Err(Refused::Unverified), "{verified}");
        }
    }

    #[test]
    fn the_verdict_is_over_the_address_that_was_verified_and_no_other() {
        for attributes in [
            json!({ "email": ["ada@example.com"], "email_verified": "true" }),
            json!({ "Email": "ada@example.com", "email_verified": "true" }),
            json!({ "preferred_username": "ada@example.com", "email_verified": "true" }),
            json!({ "email_verified": "true" }),
            json!(null),
        ] {
            assert!(
                admit(&allowed(), event("PreSignUp_ExternalProvider", &attributes)).is_err(),
                "{attributes}"
            );
        }
    }

    #[test]
    fn whom_the_owner_invites_comes_in_whatever_the_list_says() {
        let attributes = json!({ "email": "somebody@elsewhere.example" });
        assert!(admit(&AllowedEmails::default(), event("PreSignUp_AdminCreateUser", &attributes)).is_ok());
    }

    #[test]
    fn nobody_signs_themselves_up_not_even_with_an_allowed_address() {
        let attributes = json!({ "email": "ada@example.com", "email_verified": "true" });
        assert_eq!(admit(&allowed(), event("PreSignUp_SignUp", &attributes)), Err(Refused::Uninvited));
    }

    #[test]
    fn an_event_that_is_not_understood_lets_nobody_in() {
        let attributes = json!({ "email": "ada@example.com", "email_verified": "true" });
        for source in ["", "PreSignUp_Other", "presignup_admincreateuser", "PostConfirmation_ConfirmSignUp"] {
            assert_eq!(admit(&allowed(), event(source, &attributes)), Err(Refused::UnknownWay), "{source}");
        }
        for event in [json!(null), json!([]), json!("PreSignUp_AdminCreateUser"), json!({})] {
            assert_eq!(admit(&allowed(), event.clone()), Err(Refused::UnknownWay), "{event}");
        }
    }
}
