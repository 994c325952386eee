//! The scenarios, a file each.

pub(crate) mod black_hole;
pub(crate) mod pulse;
pub(crate) mod retry_storm;
pub(crate) mod steady;
