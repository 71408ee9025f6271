//! Settings as the environment gives them.

use std::fmt;

/// A setting that is missing or makes no sense. Says which, so that whoever deploys can mend it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not set.
    #[error("the environment variable {0} is not set; template.yaml sets it in AWS")]
    Missing(&'static str),
    /// It makes no sense.
    #[error("the environment variable {name} {expected}")]
    Wrong {
        /// Which.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
}

/// Where settings are read from.
pub struct Environment<'a>(&'a dyn Fn(&'static str) -> Option<String>);

impl fmt::Debug for Environment<'_> {
    /// Without its values: some of them are nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

/// What this process was started with.
fn variable(name: &'static str) -> Option<String> {
    std::env::var(name).ok()
}

impl Environment<'static> {
    /// What this process was started with.
    pub fn of_process() -> Self {
        Self(&variable)
    }
}

impl<'a> Environment<'a> {
    /// What `look_up` knows.
    pub fn new(look_up: &'a dyn Fn(&'static str) -> Option<String>) -> Self {
        Self(look_up)
    }

    /// A setting that must be there; empty is not there.
    pub fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    /// A setting that may be empty.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// A setting that `parse` understands; `expected` completes the sentence "the environment variable NAME …".
    pub fn parsed<T>(
        &self,
        name: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        parse(&self.required(name)?).ok_or(ConfigError::Wrong { name, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_senseless_setting_is_named() {
        let look_up = |name| match name {
            "BLANK" => Some("  ".to_owned()),
            "NUMBER" => Some("seven".to_owned()),
            _ => None,
        };
        let environment = Environment::new(&look_up);
        for name in ["BLANK", "ABSENT"] {
            let error = environment.required(name).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("not set"), "{error}");
        }
        let error = environment.parsed("NUMBER", "must be a number", |text| text.parse::<u8>().ok());
        assert_eq!(error.unwrap_err().to_string(), "the environment variable NUMBER must be a number");
    }
}
