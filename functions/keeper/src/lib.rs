//! tintype-keeper
