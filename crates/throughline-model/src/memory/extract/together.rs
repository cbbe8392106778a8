//! Files that changed in the same turns, and never one without the others.

use std::collections::BTreeMap;

use super::draft::Draft;
use crate::memory::{Confidence, MemoryKind, Narrative};

/// The most files of one set: more are a sweep, not a bond.
const LARGEST: usize = 5;

/// The most sets of one session.
const MOST: usize = 5;

/// A turn that changes more files than this bonds none of them.
const SWEEP: usize = 20;

/// Files that change whatever is done.
const BYSTANDERS: &[&str] = &[
    "Cargo.lock",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "poetry.lock",
    "uv.lock",
    "go.sum",
    "Gemfile.lock",
    "CHANGELOG.md",
    "README.md",
];

/// Sets of files that changed together in two turns or more.
pub(super) fn findings(narrative: &Narrative) -> Vec<Draft> {
    let mut turns_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (turn, told) in narrative.turns.iter().enumerate() {
        for file in told.files.iter().filter(|file| !is_bystander(file)) {
            turns_of.entry(file).or_default().push(turn);
        }
    }
    let mut sets: BTreeMap<Vec<usize>, Vec<&str>> = BTreeMap::new();
    for (file, mut turns) in turns_of {
        turns.dedup();
        sets.entry(turns).or_default().push(file);
    }
    let is_sweep = |turn: &usize| narrative.turns[*turn].files.len() > SWEEP;
    let bonds = sets.into_iter().filter(|(turns, files)| {
        turns.len() >= 2 && (2..=LARGEST).contains(&files.len()) && !turns.iter().any(is_sweep)
    });
    let mut bonds: Vec<_> = bonds.collect();
    bonds.sort_by_key(|(turns, files)| (std::cmp::Reverse(turns.len()), files.clone()));
    bonds.into_iter().take(MOST).map(|(turns, files)| told(&turns, &files)).collect()
}

fn is_bystander(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    BYSTANDERS.contains(&name) || file.contains('`')
}

fn told(turns: &[usize], files: &[&str]) -> Draft {
    let quoted: Vec<_> = files.iter().map(|file| format!("`{file}`")).collect();
    let (last, rest) =
        quoted.split_last().map_or(("", &[][..]), |(last, rest)| (last.as_str(), rest));
    let listed = format!("{} and {last}", rest.join(", "));
    let text = format!(
        "{listed} changed in the same {} turns of a session, and never one without the others: when one changes, look at the others.",
        turns.len()
    );
    let turn = turns.last().copied().unwrap_or(0);
    let mut draft = Draft::new(MemoryKind::Convention, Confidence::Inferred, turn, text);
    draft.title = Some(format!("Change together: {listed}"));
    draft.subject = Some(format!("together {}", quoted.join(" ")));
    draft.files = files.iter().map(|file| (*file).to_owned()).collect();
    draft
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Told;

    fn sets(turns: &[&[&str]]) -> Vec<Vec<String>> {
        let told = turns.iter().map(|files| Told {
            id: "t".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            prompts: Vec::new(),
            answers: Vec::new(),
            commands: Vec::new(),
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            commits: Vec::new(),
            plan: Vec::new(),
            is_interrupted: false,
        });
        let narrative = Narrative { turns: told.collect(), ..Narrative::default() };
        findings(&narrative).into_iter().map(|draft| draft.files).collect()
    }

    #[test]
    fn only_what_never_changes_alone_is_bound() {
        type Sets<'s> = &'s [&'s [&'s str]];
        let cases: [(Sets<'_>, Sets<'_>); 5] = [
            (&[&["a.rs", "b.rs"], &["b.rs", "a.rs"]], &[&["a.rs", "b.rs"]]),
            (&[&["a.rs", "b.rs"]], &[]),
            (&[&["a.rs", "b.rs"], &["a.rs", "b.rs"], &["a.rs"]], &[]),
            (&[&["a.rs", "Cargo.lock"], &["a.rs", "Cargo.lock"]], &[]),
            (&[&["a", "b", "c", "d", "e", "f"], &["a", "b", "c", "d", "e", "f"]], &[]),
        ];
        for (turns, expected) in cases {
            assert_eq!(sets(turns), expected, "{turns:?}");
        }
    }
}
