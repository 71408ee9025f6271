//! The rules of the cloud, held against template.yaml.

mod agrees;
mod page;
mod reached;
mod rights;
mod stays;
mod tools;
