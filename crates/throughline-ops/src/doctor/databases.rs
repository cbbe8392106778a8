//! The databases that are truth, one after the other by their table: sound, of which version, how large, and
//! when their last backup was made.

use throughline_runtime::{DATABASES, Database, Standing, backups};
use throughline_store::home::Home;

use super::storage::bytes;
use super::table::{Check, Finding, Verdict};
use super::{Depth, DoctorOptions};
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// Every page of larger ones is looked at in depth only.
const QUICK: u64 = 64 << 20;

pub(super) fn look(home: &Home, options: &DoctorOptions) -> Finding {
    let all = DATABASES.map(|database| one(home, database, options.depth));
    let worst = all.iter().map(|(verdict, _)| *verdict).max().unwrap_or(Verdict::Ok);
    let measured = all.map(|(_, measured)| measured).join("; ");
    Check::Databases.finding(worst, measured)
}

fn one(home: &Home, database: &Database, depth: Depth) -> (Verdict, String) {
    let thorough = match depth {
        Depth::Usual => database.size(home) <= QUICK,
        Depth::Deep => true,
    };
    let standing = if thorough { database.verify(home) } else { database.glance(home) };
    match standing {
        Ok(None) => (Verdict::Ok, format!("{}: none yet", database.name)),
        Ok(Some(standing)) => (Verdict::Ok, described(home, database, standing)),
        Err(error) if error.is_corruption() => (Verdict::Fail, error.to_string()),
        Err(error) => (Verdict::Warning, error.to_string()),
    }
}

fn described(home: &Home, database: &Database, standing: Standing) -> String {
    let Standing { version, size } = standing;
    let backup = match backups(home, database).last() {
        Some(backup) => format!("backup of {}", backup.at),
        None => "no backup yet".to_owned(),
    };
    format!("{}: version {version}, {}, {backup}", database.name, bytes(size))
}

/// Lets backups take the place of what is damaged.
pub(super) fn mend(world: &Surroundings) -> Result<String, OpsError> {
    let mut done = Vec::new();
    for database in DATABASES {
        done.extend(crate::databases::mend(world, database)?);
    }
    // It is said here and now.
    crate::databases::take_notice(&world.home);
    Ok(if done.is_empty() { "nothing was damaged".to_owned() } else { done.join("; ") })
}
