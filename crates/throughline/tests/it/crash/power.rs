//! The power goes at any moment: what was acknowledged is there, everything loads, work goes on.
//!
//! The control: the same check on a program that does not sync must find acknowledged changes lost,
//! or it would find nothing. In the sample that program is this one with its syncs left out of the
//! trace; the chore builds it, with the feature `no-sync`.

use std::path::{Path, PathBuf};
use std::process::Command;

use throughline_testkit::power::{Image, Syncs, images};
use throughline_testkit::{Children, Effort, Strace};

use super::scenarios::{self, Group};
use super::verdict::{Case, Outcome, Torn, traced};
use super::{Tally, spread};

/// Most combinations of one moment, in a sample and else.
const MOST: (usize, usize) = (24, 300);

/// Images of one command in a sample: those after its answer first.
const SAMPLE: usize = 2;

pub(super) fn cut_at_any_moment(case: &Case<'_>) {
    let most = Effort::asked().pick(MOST.0, MOST.1);
    let images = possible(case, Syncs::Kept, most);
    let mut tally = Tally { points: images.len(), ..Tally::default() };
    for image in chosen(&images, case.scenario.name) {
        if let Err(why) = judge(case, image, &mut tally) {
            panic!("{}: power cut after call {}: {why}", case.scenario.name, image.after)
        }
    }
    tally.report("power cut", case);
}

/// What may be left of a run with all its processes, until the last fold ended.
fn possible(case: &Case<'_>, syncs: Syncs, most: usize) -> Vec<Image> {
    let Case { strace, world, before, scenario, .. } = case;
    let trace = traced(strace, world, before, scenario, Children::Follow);
    images(&trace, case.before, case.world.root(), syncs, most)
}

/// A spread over the images after the answer and over those before it, or all.
fn chosen<'i>(images: &'i [Image], name: &str) -> Vec<&'i Image> {
    let (after, before): (Vec<&Image>, Vec<&Image>) =
        images.iter().partition(|image| image.acknowledged);
    let most = |all: &[&Image]| Effort::asked().pick(SAMPLE / 2, all.len());
    let parts = [&after, &before].map(|part| spread(part, most(part), name));
    parts.concat().into_iter().copied().collect()
}

fn judge(case: &Case<'_>, image: &Image, tally: &mut Tally) -> Result<(), String> {
    case.world.restore(&image.picture);
    let outcome = if image.acknowledged { Outcome::Acknowledged } else { Outcome::Unknown };
    case.check(outcome, Torn::Yes, tally)
}

/// How many images lack a change that was acknowledged, of how many after the answer.
fn lost(strace: &Strace, group: &Group, syncs: Syncs) -> (usize, usize) {
    let (mut lost, mut all) = (0, 0);
    group.first(|world, before, scenario| {
        let case = Case::of(strace, world, before, scenario);
        let images = possible(&case, syncs, MOST.0);
        for image in images.iter().filter(|image| image.acknowledged) {
            all += 1;
            lost += usize::from(judge(&case, image, &mut Tally::default()).is_err());
        }
    });
    (lost, all)
}

#[test]
fn the_check_finds_what_is_lost_without_syncs() {
    let Some(strace) = Strace::required() else { return };
    let group = scenarios::tasks();
    let synced = lost(&strace, &group, Syncs::Kept);
    assert!(synced.0 == 0 && synced.1 > 0, "{synced:?}");
    let control = match Effort::asked() {
        Effort::Sample => lost(&strace, &group, Syncs::Dropped),
        Effort::All => lost(&strace, &scenarios::tasks().with_binary(&no_sync()), Syncs::Kept),
    };
    assert!(control.0 > 0 && control.0 < control.1, "(lost, all) {control:?}");
    Effort::report(&format!("control: {} of {} images lose the change", control.0, control.1));
}

/// `thru` built with the feature `no-sync`, in a target folder of its own.
#[expect(clippy::disallowed_methods, reason = "tests start programs themselves")]
fn no_sync() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_thru")).ancestors().nth(2).expect("target");
    let target = target.join("no-sync");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).arg("build").arg("--target-dir").arg(&target);
    cargo.args(["--quiet", "--locked", "--bin", "thru", "--features", "no-sync"]);
    assert!(cargo.status().expect("cargo starts").success(), "{cargo:?}");
    target.join("debug/thru")
}
