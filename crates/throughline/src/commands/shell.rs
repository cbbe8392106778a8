//! What a shell reads when it starts.

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use super::{Answer, Context};
use crate::output::json::Export;

/// Print a completion script
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// For which shell
    shell: Shell,
}

pub(crate) fn completions(_: &mut Context<'_>, args: CompletionsArgs) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "thru", &mut script);
    Ok(Box::new(Export { text: String::from_utf8_lossy(&script).into_owned() }))
}

/// The shells that have functions and completions as `codex` needs them here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wrapped {
    Bash,
    Zsh,
    Fish,
}

impl Wrapped {
    fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("shell/init.bash"),
            Self::Zsh => include_str!("shell/init.zsh"),
            Self::Fish => include_str!("shell/init.fish"),
        }
    }
}

/// Print a function for your shell: `codex tasks` and `codex cache` become commands of `thru`
#[derive(Debug, Args)]
pub(crate) struct ShellInitArgs {
    /// For which shell
    shell: Wrapped,
}

pub(crate) fn shell_init(_: &mut Context<'_>, args: ShellInitArgs) -> Answer {
    Ok(Box::new(Export { text: args.shell.script().to_owned() }))
}
