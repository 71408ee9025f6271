//! What the deployment says about a bucket.

/// A bucket as `template.yaml` would declare it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSpec {
    /// Its name, under S3's rules: 3 to 63 of `[a-z0-9.-]`.
    pub name: String,
    /// Whether replaced and deleted objects are kept as noncurrent versions.
    pub versioned: bool,
    /// Whether new objects are told to subscribers.
    pub notify: bool,
    /// Origins whose pages may use the bucket, compared exactly, such as `http://localhost:8460`.
    pub cors_origins: Vec<String>,
}

impl BucketSpec {
    /// A bucket that keeps one version, tells nobody, and answers no page.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), versioned: false, notify: false, cors_origins: Vec::new() }
    }

    /// Keeps replaced and deleted objects.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        self.versioned = true;
        self
    }

    /// Tells subscribers about new objects.
    #[must_use]
    pub fn notify(mut self) -> Self {
        self.notify = true;
        self
    }

    /// Lets pages of this origin use the bucket.
    #[must_use]
    pub fn cors_origin(mut self, origin: impl Into<String>) -> Self {
        self.cors_origins.push(origin.into());
        self
    }
}
