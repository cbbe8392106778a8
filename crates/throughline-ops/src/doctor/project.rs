//! The memory of the project here: what its files say, not only whether they parse.

use throughline_model::ids::TaskId;
use throughline_model::line::Claim;
use throughline_model::reconcile::{asks, decide};
use throughline_model::sanitise;
use throughline_model::state::Writable;
use throughline_store::StoreError;
use throughline_store::project::Mode;
use throughline_store::view::Loaded;

use super::Doctor;
use super::table::{Check, Finding};
use crate::drift::Seen;
use crate::error::OpsError;
use crate::here::{Here, Site};
use crate::last_good::Remedy;
use crate::live::is_live;

/// How much of a problem is shown, in characters.
const LONGEST: usize = 300;

/// The project of a place; what keeps us from it is a finding.
pub(super) fn find(doctor: &Doctor<'_>, site: Site) -> (Option<Here>, Finding) {
    match Here::at(doctor.world, site) {
        Ok(Ok(here)) => {
            let binding = here.project.binding();
            let mode = match binding.mode {
                Mode::Shared => "shared",
                Mode::Local => "local",
            };
            let finding = if here.config.enabled {
                Check::Known.ok(format!("{mode} mode, on {}", here.line()))
            } else {
                Check::Known.note("switched off by `enabled = false`")
            };
            (Some(here), finding)
        }
        Ok(Err(site)) if site.carries_memory() => {
            let untrusted = Check::Known.warn("the repository carries memory that is not trusted");
            (
                None,
                untrusted
                    .with_remedy("`thru init` trusts it; `thru trust --diff` shows its text first"),
            )
        }
        Ok(Err(_)) => (None, Check::Known.note("no project here; `thru init` makes one")),
        Err(OpsError::Store(StoreError::Unsafe { .. })) => {
            (None, Check::Known.note("not looked at: the home is refused"))
        }
        Err(error) => {
            let finding = Check::Known.fail(short(&error.to_string()));
            (None, finding.with_remedy("mend the file named, or bring it back from a backup"))
        }
    }
}

/// Everything about a project that was found.
pub(super) fn look(doctor: &Doctor<'_>, here: &Here) -> Vec<Finding> {
    let loaded = match here.load() {
        Ok(loaded) => loaded,
        Err(error) => return vec![unreadable(&error)],
    };
    let lost = crate::reconcile::missing(here, &loaded).map_or(0, |lost| lost.len());
    vec![
        state(&loaded),
        lost_changes(here, lost),
        conflicts(&loaded),
        drift(doctor, here, &loaded, lost),
        claims(doctor, &loaded),
        pending(here, &loaded),
    ]
}

fn short(text: &str) -> String {
    sanitise::for_model(text, LONGEST)
}

fn unreadable(error: &OpsError) -> Finding {
    let OpsError::Unreadable(unreadable) = error else {
        if error.to_string().contains("line.json") {
            let finding = Check::State.fail("what is kept for this line can't be read");
            return finding.with_remedy(Check::Lines.row().remedy);
        }
        return Check::State
            .fail(short(&error.to_string()))
            .with_remedy("mend the file named, or bring it back from a backup");
    };
    let measured = format!("{}: {}", unreadable.file.display(), short(&unreadable.problem));
    Check::State.fail(measured).with_remedy(match unreadable.remedy {
        Remedy::Stages | Remedy::Markers => "`thru cache resolve` mends it",
        Remedy::Rollback => "`thru cache rollback` brings its last good generation back",
        Remedy::ByHand => "mend it by hand: no good generation of it is known",
    })
}

fn state(loaded: &Loaded) -> Finding {
    let measured = format!("{} tasks", loaded.view.state.tasks.len());
    match loaded.writable {
        Writable::Yes => Check::State.ok(measured),
        Writable::No => Check::State
            .warn(format!("{measured}, written by a newer thru: it can be read and not written"))
            .with_remedy("install that thru, or a newer one"),
    }
}

fn lost_changes(here: &Here, lost: usize) -> Finding {
    if lost == 0 {
        return Check::Lost.ok("none lost");
    }
    let finding = Check::Lost.fail(format!("{lost} acknowledged changes are not in it"));
    match here.project.binding().mode {
        Mode::Shared => finding,
        Mode::Local => {
            finding.with_remedy("`thru cache reconcile --rebuild` makes it anew from the journal")
        }
    }
}

fn conflicts(loaded: &Loaded) -> Finding {
    match throughline_model::merge::open_conflicts(&loaded.view.state).len() {
        0 => Check::Conflicts.ok("none"),
        many => Check::Conflicts.warn(format!("{many} open")),
    }
}

fn drift(doctor: &Doctor<'_>, here: &Here, loaded: &Loaded, lost: usize) -> Finding {
    if lost > 0 {
        return Check::Drift.note("lost changes, which have a check of their own");
    }
    if let Some(open) = &loaded.view.line.open {
        return Check::Drift.warn(format!("{}: waits for a decision", open.drift.kind.as_str()));
    }
    let last = crate::drift::last_seen(here);
    let seen = Seen { lost, dirty: false };
    let found = last.and_then(|last| crate::drift::look(doctor.world, here, last.as_ref(), seen));
    match found {
        Ok(found) if !found.is_some() => Check::Drift.ok("none"),
        Ok(found) if asks(&decide(&found, &here.config.drift)) => {
            Check::Drift.warn(format!("{}: waits for a decision", found.kind.as_str()))
        }
        Ok(found) => {
            Check::Drift.ok(format!("{}: the next command settles it", found.kind.as_str()))
        }
        Err(error) => Check::Drift.note(format!("unknown: {}", short(&error.to_string()))),
    }
}

fn claims(doctor: &Doctor<'_>, loaded: &Loaded) -> Finding {
    let view = &loaded.view;
    let now = doctor.world.clock.now();
    let is_open = |id: &TaskId| view.task(id).is_some_and(|task| task.status.is_open());
    let is_gone = |claim: &Claim| {
        view.line.sessions.contains_key(&claim.owner) && !is_live(&view.line, &claim.owner, now)
    };
    let held = || view.line.claims.iter().filter(|(_, claim)| claim.until > now);
    let stale: Vec<_> = held()
        .filter(|(id, claim)| !is_open(id) || is_gone(claim))
        .map(|(id, _)| id.as_str())
        .collect();
    let over =
        view.line.claims.iter().filter(|(id, claim)| claim.until <= now && is_open(id)).count();
    match (stale.as_slice(), over) {
        ([], 0) => Check::Claims.ok(format!("{} held", held().count())),
        ([], over) => {
            Check::Claims.note(format!("the lease of {over} ran out: anybody may take them over"))
        }
        (stale, _) => Check::Claims.warn(format!(
            "{}: by a session that is gone, or on a task that is over",
            stale.join(", ")
        )),
    }
}

fn pending(here: &Here, loaded: &Loaded) -> Finding {
    match (here.project.binding().mode, loaded.view.pending) {
        (Mode::Local, _) => Check::Pending.ok("nothing has to be published in local mode"),
        (Mode::Shared, 0) => Check::Pending.ok("none"),
        (Mode::Shared, many) => Check::Pending.note(format!("{many} not published yet")),
    }
}
