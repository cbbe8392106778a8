//! The `thru` command: arguments, screens, hook entry, composition root.
//!
//! Architecture invariant: no rule of the domain is here. A command is an `Args` struct and one
//! function that calls one op; what it answers is a report with two renderers (`output/human`,
//! `output/json`); what went wrong becomes kind, hint and exit code in `failure.rs` alone.

#![expect(unreachable_pub, reason = "the library exists for main.rs and the tests only")]

mod commands;
mod environment;
mod failure;
mod hook;
mod output;

use std::process::ExitCode;

use environment::Environment;
use failure::Exit;
use output::Screen;

/// Runs the command of this process.
pub fn main() -> ExitCode {
    let environment = Environment::of_process();
    let arguments: Vec<_> = environment.arguments.clone();
    if hook::is_hook(&arguments) {
        return hook::run(&environment, &arguments);
    }
    let mut screen = Screen::new(&environment);
    let exit = commands::run(&environment, &arguments, &mut screen);
    screen.finish(exit).into()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
