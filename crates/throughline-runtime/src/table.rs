//! The table of the databases that are truth.

use crate::database::Database;
use crate::{agents, goals, jobs, memories};

/// Every one of them, in the order in which they are looked at.
pub const DATABASES: [&Database; 4] =
    [&memories::DATABASE, &goals::DATABASE, &agents::DATABASE, &jobs::DATABASE];
