//! What of our own old files may go: a plan, made of a listing and the time, that can be shown before it
//! is carried out. When anything about listing or clock looks wrong, the plan is that nothing goes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

/// How long what was pruned can be brought back.
pub const GRACE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A clock that is further from the last thing known is a clock that jumped.
pub const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(366 * 24);

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A session.
    Session,
    /// A backup.
    Backup,
}

impl Class {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Backup => "backup",
        }
    }
}

/// One of our files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// What it is.
    pub class: Class,
    /// Its name in its folder.
    pub name: String,
    /// Its line, of a backup; the order in which they were made is that of `number`.
    pub line: String,
    /// The backup's generation; 0 for a session.
    pub number: u64,
    /// When it was last of use, as the file itself says; `None`: it can't be read, and stays.
    pub at: Option<Timestamp>,
}

/// Everything that there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Our files.
    pub entries: Vec<Entry>,
    /// When what lies in the trash was put there, one for each time.
    pub trash: BTreeSet<Timestamp>,
    /// When something was pruned last.
    pub pruned: Option<Timestamp>,
}

/// What shall stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Sessions with something in them within this time. At least a day.
    pub sessions: SignedDuration,
    /// How many backups of each line. At least the newest one that can be read.
    pub backups: usize,
    /// Whether a person insists.
    pub insists: bool,
}

/// What goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrunePlan {
    /// Into the trash.
    pub goes: Vec<Entry>,
    /// How many stay.
    pub stays: usize,
    /// Out of the trash, for good.
    pub purged: Vec<Timestamp>,
}

/// Why nothing goes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// A listing without anything in it is more likely wrong than right.
    #[error("no session and no backup was found, which may be a listing that failed")]
    Empty,
    /// A file, or the last prune, is of a time that has not come.
    #[error("{what} is from {at}, and it is {now} now: one of the clocks is wrong")]
    Future {
        /// Which.
        what: String,
        /// Its time.
        at: Timestamp,
        /// What time it is said to be.
        now: Timestamp,
    },
    /// Nothing was written for too long for that to be true.
    #[error("the last thing known is from {at}, and it is {now} now: the clock may have jumped")]
    Jump {
        /// The latest time known.
        at: Timestamp,
        /// What time it is said to be.
        now: Timestamp,
    },
    /// Too much would go.
    #[error("{goes} of {all} {}s would go, more than half", class.as_str())]
    MoreThanHalf {
        /// Of what.
        class: Class,
        /// How many would go.
        goes: usize,
        /// How many there are.
        all: usize,
    },
}

impl NoPlan {
    /// Whether a person who insists gets a plan all the same.
    pub fn yields(&self) -> bool {
        match self {
            Self::Jump { .. } | Self::MoreThanHalf { .. } => true,
            Self::Empty | Self::Future { .. } => false,
        }
    }
}

/// Makes the plan.
///
/// # Errors
/// [`NoPlan`]: why nothing goes.
pub fn plan(listing: &Listing, policy: Policy, now: Timestamp) -> Result<PrunePlan, NoPlan> {
    check_clock(listing, policy, now)?;
    let kept = kept_backups(listing, policy.backups);
    let oldest = now.saturating_sub(policy.sessions.max(SignedDuration::from_hours(24)));
    let oldest = oldest.unwrap_or(Timestamp::MIN);
    let goes = |entry: &&Entry| match (entry.class, entry.at) {
        (_, None) => false,
        (Class::Session, Some(at)) => at < oldest,
        (Class::Backup, Some(_)) => !kept.contains(&entry.number),
    };
    let goes: Vec<Entry> = listing.entries.iter().filter(goes).cloned().collect();
    for class in [Class::Session, Class::Backup] {
        let count = |entries: &[Entry]| entries.iter().filter(|e| e.class == class).count();
        let (goes, all) = (count(&goes), count(&listing.entries));
        if goes * 2 > all && !policy.insists {
            return Err(NoPlan::MoreThanHalf { class, goes, all });
        }
    }
    let is_over = |at: &Timestamp| now.duration_since(*at) >= GRACE;
    let purged = listing.trash.iter().copied().filter(is_over).collect();
    Ok(PrunePlan { stays: listing.entries.len() - goes.len(), goes, purged })
}

fn check_clock(listing: &Listing, policy: Policy, now: Timestamp) -> Result<(), NoPlan> {
    if listing.entries.is_empty() {
        return Err(NoPlan::Empty);
    }
    let files = listing.entries.iter().filter_map(|entry| Some((entry.name.as_str(), entry.at?)));
    let trash = listing.trash.iter().map(|at| ("what lies in the trash", *at));
    let pruned = listing.pruned.map(|at| ("the last prune", at));
    let Some((what, at)) = files.chain(trash).chain(pruned).max_by_key(|(_, at)| *at) else {
        return Ok(());
    };
    if at > now {
        return Err(NoPlan::Future { what: what.to_owned(), at, now });
    }
    if now.duration_since(at) > LONGEST_PAUSE && !policy.insists {
        return Err(NoPlan::Jump { at, now });
    }
    Ok(())
}

/// The newest of each line, counted among those that can be read.
fn kept_backups(listing: &Listing, most: usize) -> BTreeSet<u64> {
    let mut lines: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for entry in &listing.entries {
        if entry.class == Class::Backup && entry.at.is_some() {
            lines.entry(&entry.line).or_default().push(entry.number);
        }
    }
    let newest = lines.into_values().flat_map(|mut numbers| {
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        numbers.truncate(most.max(1));
        numbers
    });
    newest.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 24 * 3600;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + day * DAY).expect("a time")
    }

    fn session(number: u64, at: Option<i64>) -> Entry {
        let name = format!("s{number}.json");
        Entry { class: Class::Session, name, line: String::new(), number: 0, at: at.map(day) }
    }

    fn backup(number: u64, line: &str, at: Option<i64>) -> Entry {
        let (name, line) = (number.to_string(), line.to_owned());
        Entry { class: Class::Backup, name, line, number, at: at.map(day) }
    }

    fn policy(days: i64, backups: usize) -> Policy {
        Policy { sessions: SignedDuration::from_hours(days * 24), backups, insists: false }
    }

    fn of(entries: Vec<Entry>) -> Listing {
        Listing { entries, ..Listing::default() }
    }

    #[test]
    fn what_looks_wrong_means_that_nothing_goes() {
        let all = || vec![session(1, Some(0)), session(2, Some(99)), session(3, Some(100))];
        let plan_at = |now| plan(&of(all()), policy(30, 5), day(now));
        assert_eq!(plan_at(100).map(|plan| plan.goes.len()), Ok(1));
        assert!(matches!(plan_at(99), Err(NoPlan::Future { .. })), "a file from the future");
        assert!(matches!(plan_at(-9_000), Err(NoPlan::Future { .. })), "a clock thirty years back");
        assert!(matches!(plan_at(3_750), Err(NoPlan::Jump { .. })), "a clock ten years ahead");
        assert!(matches!(plan_at(140), Err(NoPlan::MoreThanHalf { goes: 3, all: 3, .. })));
        assert_eq!(plan(&Listing::default(), policy(30, 5), day(0)), Err(NoPlan::Empty));
        let insists = Policy { insists: true, ..policy(30, 5) };
        assert_eq!(plan(&of(all()), insists, day(140)).map(|plan| plan.goes.len()), Ok(3));
        assert!(plan(&of(all()), insists, day(99)).is_err(), "nobody insists on a wrong clock");
        let pruned = Some(day(500));
        let later = Listing { entries: all(), pruned, ..Listing::default() };
        assert!(matches!(plan(&later, policy(30, 5), day(400)), Err(NoPlan::Future { .. })));
    }

    #[test]
    fn the_newest_readable_backup_of_each_line_stays_and_the_trash_has_its_grace() {
        let entries = vec![
            backup(1, "main", Some(1)),
            backup(2, "main", Some(2)),
            backup(3, "dev", Some(3)),
            backup(4, "main", None),
            backup(5, "dev", None),
        ];
        let trash = BTreeSet::from([day(80), day(86), day(87)]);
        let listing = Listing { entries, trash, pruned: Some(day(87)) };
        let planned = plan(&listing, policy(30, 0), day(100)).expect("a plan");
        assert_eq!(planned.goes, [backup(1, "main", Some(1))]);
        assert_eq!((planned.stays, planned.purged), (4, vec![day(80), day(86)]));
    }

    fn entry() -> impl Strategy<Value = Entry> {
        let at = || prop::option::weighted(0.9, -50..=400_i64);
        prop_oneof![
            (0..99_u64, at()).prop_map(|(number, at)| session(number, at)),
            (0..99_u64, "[ab]", at()).prop_map(|(number, line, at)| backup(number, &line, at)),
        ]
    }

    proptest! {
        /// Whatever the listing, the policy and the clock: what goes is old enough, can be read, is no
        /// line's newest backup and not more than half; and a wrong clock lets nothing go.
        #[test]
        fn nothing_goes_that_must_stay(
            entries in prop::collection::btree_set(entry(), 0..40),
            trash in prop::collection::btree_set(-50..=400_i64, 0..4),
            pruned in prop::option::of(-50..=400_i64),
            days in 0..200_i64,
            backups in 0..6_usize,
            insists: bool,
            now in -9_000..9_000_i64,
        ) {
            let mut seen = BTreeSet::new();
            let entries: Vec<Entry> =
                entries.into_iter().filter(|e| seen.insert((e.class, e.name.clone()))).collect();
            let trash = trash.into_iter().map(day).collect();
            let listing = Listing { entries, trash, pruned: pruned.map(day) };
            let policy = Policy { insists, ..policy(days, backups) };
            let planned = plan(&listing, policy, day(now));
            let latest = listing.entries.iter().filter_map(|entry| entry.at);
            let latest = latest.chain(listing.trash.iter().copied()).chain(listing.pruned).max();
            let Ok(planned) = planned else { return Ok(()) };
            prop_assert!(latest.is_none_or(|latest| latest <= day(now)));
            prop_assert_eq!(planned.goes.len() + planned.stays, listing.entries.len());
            for gone in &planned.goes {
                prop_assert!(gone.at.is_some());
                let newer = |class: Class| listing.entries.iter().filter(move |e| {
                    e.class == class && e.line == gone.line && e.number > gone.number && e.at.is_some()
                }).count();
                match gone.class {
                    Class::Session => {
                        prop_assert!(gone.at < Some(day(now - days.max(1))));
                    }
                    Class::Backup => prop_assert!(newer(Class::Backup) >= backups.max(1)),
                }
            }
            if !insists {
                let count = |entries: &[Entry], class| entries.iter().filter(|e| e.class == class).count();
                for class in [Class::Session, Class::Backup] {
                    prop_assert!(2 * count(&planned.goes, class) <= count(&listing.entries, class));
                }
                prop_assert!(latest.is_none_or(|at| day(now).duration_since(at) <= LONGEST_PAUSE));
            }
            prop_assert!(planned.purged.iter().all(|at| day(now).duration_since(*at) >= GRACE));
        }
    }
}
