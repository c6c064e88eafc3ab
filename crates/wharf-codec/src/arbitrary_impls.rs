//! Values for fuzzing.
