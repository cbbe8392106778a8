//! The index over transcripts: whether it is sound, complete and small.

use std::collections::HashMap;

use throughline_store::home::Home;
use throughline_store::index::{Index, IndexError, Source};

use super::storage::bytes;
use super::table::{Check, Finding};
use super::{Depth, DoctorOptions};
use crate::index::look as inventory;

/// An index may always have that many bytes: its tables alone take some.
const SMALL: u64 = 16 << 20;

pub(super) fn look(home: &Home, options: &DoctorOptions) -> Vec<Finding> {
    let index = match Index::read(home) {
        Ok(Some(index)) => index,
        Ok(None) => return vec![Check::IndexFile.note("none yet: the first query makes it")],
        Err(error) => return vec![unusable(&error)],
    };
    let sound = match options.depth {
        Depth::Usual => Ok(()),
        Depth::Deep => index.verify(),
    };
    let sources = sound.and_then(|()| index.sources());
    let sources = match sources {
        Ok(sources) => sources,
        Err(error) => return vec![unusable(&error)],
    };
    let indexed = sources.iter().filter(|source| !source.is_missing).map(|s| s.found.size).sum();
    vec![
        Check::IndexFile.ok(format!("{} transcripts", sources.len())),
        parity(options, sources),
        size(index.size(), indexed),
    ]
}

fn unusable(error: &IndexError) -> Finding {
    if error.is_damaged() {
        Check::IndexFile.warn(error.to_string())
    } else {
        Check::IndexFile.note(error.to_string())
    }
}

fn parity(options: &DoctorOptions, sources: Vec<Source>) -> Finding {
    let there = inventory(&options.homes).found;
    let mut known: HashMap<_, _> =
        sources.into_iter().map(|source| (source.found.path.clone(), source)).collect();
    let (mut behind, mut failed) = (0_usize, 0_usize);
    for (found, _) in &there {
        match known.remove(&found.path) {
            Some(source) if source.error.is_some() => failed += 1,
            Some(source) if source.found.size == found.size => {}
            Some(_) | None => behind += 1,
        }
    }
    let gone = known.values().filter(|source| !source.is_missing).count();
    let all = there.len();
    match (failed, behind + gone) {
        (0, 0) => Check::IndexParity.ok(format!("{all} of {all}")),
        (0, behind) => {
            Check::IndexParity.note(format!("{behind} of {all} changed since it read them"))
        }
        (failed, _) => Check::IndexParity.warn(format!("{failed} of {all} can't be read")),
    }
}

fn size(size: u64, transcripts: u64) -> Finding {
    let measured = format!("{} for {} of transcripts", bytes(size), bytes(transcripts));
    let most = (transcripts / 100 * 8).max(SMALL);
    if size > most { Check::IndexSize.note(measured) } else { Check::IndexSize.ok(measured) }
}
