//! tintype-api
