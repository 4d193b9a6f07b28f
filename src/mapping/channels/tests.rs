//! The settings of channels: what is read, and what is told.
