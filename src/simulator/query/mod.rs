//! Finding records: filters with the operators in their keys, order, pages of fifty.

pub(super) mod compile;
pub(super) mod filter;
pub(super) mod page;
