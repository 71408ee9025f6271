//! What a token allows.

/// Everything that a client may ask for, in the order in which tokens list it: `openid`, and the scopes of the
/// resource server `tintype`.
pub const SCOPE: &str = "openid tintype/read tintype/write tintype/upload";

/// The scope that brings an id token along.
pub(super) const OPENID: &str = "openid";

/// What is granted to a client that asks for `requested`: all of it, when it does not say, as Cognito does. None if
/// it asks for something that does not exist.
pub(super) fn granted(requested: Option<&str>) -> Option<String> {
    let Some(requested) = requested else { return Some(SCOPE.to_owned()) };
    let wanted: Vec<&str> = requested.split(' ').filter(|scope| !scope.is_empty()).collect();
    if !wanted.iter().all(|scope| contains(SCOPE, scope)) {
        return None;
    }
    let granted: Vec<&str> = SCOPE.split(' ').filter(|scope| wanted.contains(scope)).collect();
    Some(granted.join(" "))
}

pub(super) fn contains(scope: &str, wanted: &str) -> bool {
    scope.split(' ').any(|scope| scope == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_what_it_asks_for_and_all_when_it_does_not_say() {
        assert_eq!(granted(None).as_deref(), Some(SCOPE));
        assert_eq!(granted(Some("tintype/read openid")).as_deref(), Some("openid tintype/read"));
        assert_eq!(granted(Some("openid tintype/everything")), None);
        assert_eq!(granted(Some("openid tintype")), None);
    }
}
