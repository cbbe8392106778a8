//! The table of the databases that are truth.

use crate::database::Database;
use crate::{agents, memories};

/// Every one of them, in the order in which they are looked at.
pub const DATABASES: [&Database; 2] = [&memories::DATABASE, &agents::DATABASE];
