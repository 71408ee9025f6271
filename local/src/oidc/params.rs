//! Parameters of requests, read as RFC 6749 (section 3.1) asks: none may come twice, and one without a value counts
//! as left out.

use axum::http::{HeaderMap, header};

/// The parameters of a query or of a form.
#[derive(Debug)]
pub(super) struct Params(Vec<(String, String)>);

/// A parameter came twice, so that two readers could understand two things.
#[derive(Debug)]
pub(super) struct Repeated;

impl Params {
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, Repeated> {
        let mut params: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if params.iter().any(|(known, _)| *known == name) {
                return Err(Repeated);
            }
            params.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(params))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find_map(|(key, value)| (key == name).then_some(value.as_str()));
        value.filter(|value| !value.is_empty())
    }
}

/// Whether a request says that its body is a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// `address` with `params` added to its query.
pub(super) fn with_params(address: &str, params: &[(&str, &str)]) -> String {
    let separator = if address.contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{address}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_comes_twice_is_refused() {
        assert!(Params::parse(b"a=1&b=2&a=1").is_err());
        assert!(Params::parse(b"a=1&%61=2").is_err());
    }

    #[test]
    fn a_parameter_without_a_value_is_left_out() {
        let params = Params::parse(b"a=&b=x+y%26").unwrap();
        assert_eq!((params.get("a"), params.get("b"), params.get("c")), (None, Some("x y&"), None));
    }

    #[test]
    fn values_cannot_break_out_of_an_address() {
        assert_eq!(with_params("http://a/b", &[("state", "1&code=2#")]), "http://a/b?state=1%26code%3D2%23");
        assert_eq!(with_params("http://a/b?c=d", &[("e", "f")]), "http://a/b?c=d&e=f");
    }
}
