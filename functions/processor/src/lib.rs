//! tintype-processor
