//! The rules of the cloud, held against template.yaml.

mod agrees;
mod reached;
mod rights;
mod stays;
