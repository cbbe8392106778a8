//! Commands about what merges left: git's driver, conflicts, a state file in conflict.

use std::path::PathBuf;

use clap::Args;
use throughline_model::merge::Keep;
use throughline_ops::merge_driver::{DriverOptions, drive};
use throughline_ops::resolve::{self, Carry};
use throughline_ops::tasks::conflicts::{self, OpenConflict};

use super::{Answer, Context};
use crate::failure::{Exit, Failure};

/// Merge three state files for git (set up by `thru setup git`)
#[derive(Debug, Args)]
pub(crate) struct DriverArgs {
    /// What both sides come from (%O); may be empty
    base: PathBuf,
    /// Ours, and where the result goes (%A)
    ours: PathBuf,
    /// Theirs (%B)
    theirs: PathBuf,
}

/// Whatever goes wrong, git hears the same: 1, its own conflict stays.
pub(crate) fn driver(_: &mut Context<'_>, args: DriverArgs) -> Answer {
    let DriverArgs { base, ours, theirs } = args;
    match drive(&DriverOptions { base, ours, theirs }) {
        Ok(report) => Ok(Box::new(report)),
        Err(error) => {
            let failure = Failure::from(error);
            let message = format!("memory was not merged by meaning: {}", failure.message);
            let hints = vec!["`thru cache resolve` tries it again from git's stages".to_owned()];
            Err(Failure { message, hints, exit: Exit::Failed })
        }
    }
}

/// List what merges could not decide
#[derive(Debug, Args)]
pub(crate) struct ConflictsArgs {}

pub(crate) fn conflicts(context: &mut Context<'_>, _: ConflictsArgs) -> Answer {
    Ok(Box::new(conflicts::conflicts(context.here())?))
}

/// Decide what a merge could not
#[derive(Debug, Args)]
pub(crate) struct ResolveArgs {
    /// A place, as `thru tasks conflicts` shows it, or a task (id or ref)
    place: String,
    /// What to keep: current, empty, or the number of another value
    #[arg(long, value_name = "WHICH", value_parser = keep)]
    keep: Option<Keep>,
}

fn keep(word: &str) -> Result<Keep, String> {
    match word {
        "current" => Ok(Keep::Standing),
        "empty" => Ok(Keep::Empty),
        number => {
            let number: Option<usize> = number.parse().ok().filter(|n| *n > 0);
            number
                .map(|n| Keep::Other(n - 1))
                .ok_or_else(|| "current, empty or a number".to_owned())
        }
    }
}

pub(crate) fn resolve(context: &mut Context<'_>, args: ResolveArgs) -> Answer {
    let keep = match args.keep {
        Some(keep) => keep,
        None => chosen(context, &args.place)?,
    };
    Ok(Box::new(conflicts::resolve(&context.world, context.here(), &args.place, keep)?))
}

/// Asks on the terminal; without one the choices are told.
fn chosen(context: &mut Context<'_>, place: &str) -> Result<Keep, Failure> {
    let open = conflicts::meant(context.here(), place)?;
    let choices: Vec<String> = open.iter().map(choices).collect();
    let [one] = &choices[..] else {
        let places: Vec<&str> = open.iter().map(|one| one.at.as_str()).collect();
        return Err(refused(format!("name one of these places: {}", places.join(", "))));
    };
    let Some(answer) = context.screen.ask_for(&format!("{one}\nWhich one?")) else {
        return Err(refused(format!("choose one with --keep:\n{one}")));
    };
    keep(answer.trim()).map_err(refused)
}

fn refused(message: String) -> Failure {
    Failure { message, hints: Vec::new(), exit: Exit::Refused }
}

fn choices(conflict: &OpenConflict) -> String {
    let lines = conflict.choices().into_iter().map(|(word, value)| format!("{word}: {value}"));
    format!("{}\n{}", conflict.place, lines.collect::<Vec<_>>().join("\n"))
}

/// Mend a state file that git left in conflict; stages nothing
#[derive(Debug, Args)]
pub(crate) struct MendArgs {
    /// Show what would become of it, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn mend(context: &mut Context<'_>, args: MendArgs) -> Answer {
    let carry = if args.dry_run { Carry::DryRun } else { Carry::Out };
    Ok(Box::new(resolve::resolve(&context.world, context.here(), carry)?))
}
