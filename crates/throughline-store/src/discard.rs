//! Folders of ours that a person removed, on their way out: `<trash>/<time>-<name>/`.
//!
//! As with what is pruned ([`crate::trash`]): what goes is renamed, so that it lies in one of two places whenever the
//! power fails, and a hand can bring it back; only what lay there for its grace is removed. A folder of another name
//! is somebody else's, and stays.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use throughline_model::retention::GRACE;

use crate::durable;
use crate::error::{IoContext as _, StoreError};
use crate::trash::{NAME, name_of, time_of};

/// How long the time is in a name.
const TIME_LENGTH: usize = "20261121T050000Z".len();

/// Puts a folder into the trash; where it lies now, `None` if it is not there.
///
/// # Errors
/// [`StoreError`]; it lies in one of the two places.
pub fn discard(folder: &Path, trash: &Path, now: Timestamp) -> Result<Option<PathBuf>, StoreError> {
    if !folder.exists() {
        return Ok(None);
    }
    durable::create_private_dir(trash)?;
    let time = now.strftime(NAME).to_string();
    let first = format!("{time}-{}", name_of(folder));
    let numbered = (2..).map(|number| format!("{first}-{number}"));
    let mut places = std::iter::once(first.clone()).chain(numbered).map(|name| trash.join(name));
    let to = places.find(|place| !place.exists()).unwrap_or_else(|| trash.join(&first));
    fs::rename(folder, &to).at("move", folder)?;
    durable::sync_directory_of(&to)?;
    durable::sync_directory_of(folder)?;
    Ok(Some(to))
}

/// How many files lie in a folder, and their bytes. What can't be read is not counted.
pub fn size(folder: &Path) -> (usize, u64) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| entry.metadata().ok().map(|about| about.len()));
    sizes.fold((0, 0), |(files, bytes), size| (files + 1, bytes + size))
}

/// What has lain in a trash for its grace.
///
/// # Errors
/// [`StoreError`]: it can't be listed.
pub fn overdue(trash: &Path, now: Timestamp) -> Result<Vec<PathBuf>, StoreError> {
    let is_overdue = |path: &PathBuf| {
        let name = name_of(path);
        let time = name.get(..TIME_LENGTH).filter(|_| name[TIME_LENGTH..].starts_with('-'));
        time.and_then(time_of).is_some_and(|at| now.duration_since(at) >= GRACE)
    };
    Ok(durable::list(trash)?.into_iter().filter(is_overdue).collect())
}

/// Removes what [`overdue`] named.
///
/// # Errors
/// [`StoreError`]; what is left is removed the next time.
pub fn remove(overdue: &[PathBuf]) -> Result<(), StoreError> {
    for folder in overdue {
        durable::check_directory(folder)?;
        fs::remove_dir_all(folder).at("remove", folder)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_discarded_is_removed_after_its_grace_and_nothing_else() {
        let home = tempfile::tempdir().expect("a folder");
        let (trash, folder) = (home.path().join("trash"), home.path().join("job-1"));
        let now: Timestamp = "2026-11-21T05:00:00Z".parse().expect("a time");
        let names = |of: Result<Vec<PathBuf>, StoreError>| -> Vec<String> {
            of.expect("a listing").iter().map(|path| name_of(path)).collect()
        };
        assert_eq!(discard(&folder, &trash, now).expect("nothing there"), None);
        let discarded = [1, 2].map(|_| {
            fs::create_dir(&folder).expect("made");
            fs::write(folder.join("results.csv"), "a").expect("written");
            let place = discard(&folder, &trash, now).expect("moved").expect("was there");
            assert!(!folder.exists() && place.join("results.csv").exists());
            name_of(&place)
        });
        assert_eq!(discarded, ["20261121T050000Z-job-1", "20261121T050000Z-job-1-2"]);
        for others in ["kept", "20261121T050000Z", "20261121T050000Zé"] {
            fs::create_dir(trash.join(others)).expect("made");
        }
        let second = jiff::SignedDuration::from_secs(1);
        assert_eq!(names(overdue(&trash, now + GRACE - second)), [""; 0]);
        let mut gone = overdue(&trash, now + GRACE).expect("a listing");
        gone.sort();
        assert_eq!(gone.iter().map(|path| name_of(path)).collect::<Vec<_>>(), discarded);
        remove(&gone).expect("removed");
        assert_eq!(fs::read_dir(&trash).expect("the trash").count(), 3);
        assert_eq!(names(overdue(&home.path().join("none"), now)), [""; 0]);
    }
}
