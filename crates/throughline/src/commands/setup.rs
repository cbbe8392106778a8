//! `thru setup codex | git`

use std::path::PathBuf;

use clap::Args;
use throughline_ops::setup::git::{self as git_setup, PreCommit};
use throughline_ops::setup::{SetupOptions, SetupPlan, carry_out, plan, remove, status};

use super::{Answer, Context};
use crate::failure::Failure;
use crate::output::Tone;
use crate::output::json::{Checks, Written};

/// Connect the real Codex: hooks, plan tool, MCP tools, skill. Shows what it will change, and asks
#[derive(Debug, Args)]
pub(crate) struct CodexArgs {
    /// Codex's program, if not the one on the PATH
    #[arg(long, value_name = "PATH")]
    codex: Option<PathBuf>,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// Show what would change, and change nothing
    #[arg(long, group = "what")]
    dry_run: bool,
    /// Take everything back
    #[arg(long, group = "what")]
    remove: bool,
    /// Show whether everything is as it should be
    #[arg(long, group = "what")]
    status: bool,
}

pub(crate) fn codex(context: &mut Context<'_>, args: CodexArgs) -> Answer {
    let asks_codex = !(args.remove || args.status || args.dry_run);
    let options =
        options(context, args.codex, if asks_codex { Codex::Asked } else { Codex::Named })?;
    if args.remove {
        return Ok(Box::new(remove(&options)?));
    }
    if args.status {
        return Ok(Box::new(Checks { checks: status(&options)? }));
    }
    let plan = plan(&options)?;
    if args.dry_run {
        return Ok(Box::new(plan));
    }
    if !args.yes {
        show(context, &plan);
        if !context.screen.ask("Write this, and have Codex trust these hooks?") {
            return Err(Failure::failed("nothing was changed (--yes goes ahead without asking)"));
        }
    }
    Ok(Box::new(carry_out(&options, &plan)?))
}

fn show(context: &mut Context<'_>, plan: &SetupPlan) {
    crate::output::human::planned(plan, context.screen);
    context.screen.line(&[(Tone::Plain, "Codex's app-server is asked to trust these hooks.")]);
}

/// Whether Codex must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codex {
    /// It is asked to trust our hooks.
    Asked,
    /// What is to be done goes without it; a status without it says so.
    Named,
}

fn options(
    context: &Context<'_>,
    codex: Option<PathBuf>,
    need: Codex,
) -> Result<SetupOptions, Failure> {
    let environment = context.environment;
    let missing = || Failure {
        hints: vec!["--codex PATH names it".to_owned()],
        ..Failure::failed("there is no `codex` on the PATH")
    };
    let codex = match codex.or_else(|| environment.find_program("codex")) {
        Some(codex) => std::fs::canonicalize(&codex)
            .map_err(|e| Failure::failed(format!("can't find {}: {e}", codex.display())))?,
        None if need == Codex::Named => PathBuf::from("codex"),
        None => return Err(missing()),
    };
    context.world.home.prepare().map_err(throughline_ops::OpsError::from)?;
    Ok(SetupOptions {
        codex_home: environment.codex_home(),
        codex,
        thru: environment.program.clone(),
        home: environment.home.clone(),
    })
}

/// Let git merge the state file by meaning, in this clone. Shows what it will change, and asks
#[derive(Debug, Args)]
pub(crate) struct GitArgs {
    /// Let your own commits carry what is pending, too (with --remove: take only that back)
    #[arg(long)]
    pre_commit: bool,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// Show what would change, and change nothing
    #[arg(long, group = "git_what")]
    dry_run: bool,
    /// Take everything back
    #[arg(long, group = "git_what")]
    remove: bool,
    /// Show whether everything is as it should be
    #[arg(long, group = "git_what")]
    status: bool,
}

pub(crate) fn git(context: &mut Context<'_>, args: GitArgs) -> Answer {
    let entry = if args.pre_commit { PreCommit::Named } else { PreCommit::Unnamed };
    let options = git_setup::GitSetupOptions::here(&context.world, entry)?;
    if args.remove {
        return Ok(Box::new(git_setup::remove(&options)?));
    }
    if args.status {
        return Ok(Box::new(Checks { checks: git_setup::status(&options)? }));
    }
    let plan = git_setup::plan(&options)?;
    if args.dry_run {
        return Ok(Box::new(plan));
    }
    crate::output::human::announced(&plan, context.screen);
    if !args.yes && !plan.changes.is_empty() && !context.screen.ask("Write this?") {
        return Err(Failure::failed("nothing was changed (--yes goes ahead without asking)"));
    }
    Ok(Box::new(Written { files: git_setup::carry_out(&plan)? }))
}
