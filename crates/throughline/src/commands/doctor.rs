//! `thru doctor`

use std::path::{Path, PathBuf};

use clap::Args;
use throughline_ops::doctor::{Depth, DoctorOptions, Mend, doctor as examine};
use throughline_ops::setup::SetupOptions;

use super::{Answer, Context};
use crate::failure::Failure;
use crate::output::doctor::{Bundle, Detail, Examined, Strictness};

/// Look at everything that must be right, and say what helps where it is not
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Only what is not as it should be
    #[arg(long)]
    summary: bool,
    /// Mend what loses nothing: permissions, a backlog, a damaged index
    #[arg(long)]
    fix: bool,
    /// Look at every page of the index and every session file, and time for longer
    #[arg(long)]
    deep: bool,
    /// Warnings end with exit code 1, as failures do
    #[arg(long)]
    strict: bool,
    /// Write what was found into a new file, to go with a report of a bug: no secrets, no paths
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Codex's program, if not the one on the PATH
    #[arg(long, value_name = "PATH")]
    codex: Option<PathBuf>,
}

pub(crate) fn doctor(context: &mut Context<'_>, args: DoctorArgs) -> Answer {
    let folder = tempfile::Builder::new().prefix("thru-doctor-").tempdir();
    let no_folder = |e: std::io::Error| Failure::failed(format!("no temporary folder: {e}"));
    let folder = folder.map_err(no_folder)?;
    // Canonical, as git will name it.
    let scratch = folder.path().canonicalize().map_err(no_folder)?;
    let options = options(context, &args, scratch);
    let report = examine(&context.world, &options);
    let examined = Examined {
        report,
        detail: if args.summary { Detail::Summary } else { Detail::All },
        strictness: if args.strict { Strictness::Strict } else { Strictness::Lenient },
    };
    if let Some(file) = &args.bundle {
        let bundle = Bundle::of(&examined, &context.world);
        write_new(file, &bundle.text()).map_err(|problem| cannot_write(file, &problem))?;
        context
            .screen
            .status(&format!("Written to {}: read it before you send it.", file.display()));
    }
    Ok(Box::new(examined))
}

fn options(context: &Context<'_>, args: &DoctorArgs, scratch: PathBuf) -> DoctorOptions {
    let environment = context.environment;
    let codex = args.codex.clone().or_else(|| environment.find_program("codex"));
    let codex = codex.map(|codex| codex.canonicalize().unwrap_or(codex));
    DoctorOptions {
        depth: if args.deep { Depth::Deep } else { Depth::Usual },
        mend: if args.fix { Mend::Fix } else { Mend::Look },
        setup: SetupOptions {
            codex_home: environment.codex_home(),
            codex: codex.unwrap_or_else(|| PathBuf::from("codex")),
            thru: environment.program.clone(),
            home: environment.home.clone(),
        },
        homes: environment.agent_homes.clone(),
        user_home: environment.user_home(),
        path: environment.search_path(),
        search: environment.search_folders(),
        scratch,
        pretended: environment.pretended(),
    }
}

/// Nothing of the user's is overwritten.
fn write_new(file: &Path, text: &str) -> Result<(), String> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(file);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| e.to_string())
}

fn cannot_write(file: &Path, problem: &str) -> Failure {
    Failure::failed(format!("can't write {}: {problem}", file.display()))
}
