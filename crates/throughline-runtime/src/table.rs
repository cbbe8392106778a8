//! The table of the databases that are truth.

use crate::database::Database;
use crate::{agents, goals, memories};

/// Every one of them, in the order in which they are looked at.
pub const DATABASES: [&Database; 3] = [&memories::DATABASE, &goals::DATABASE, &agents::DATABASE];
