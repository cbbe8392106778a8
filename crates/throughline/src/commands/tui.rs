//! `thru tui`, and `thru` alone on a terminal.

use std::ffi::OsString;
use std::io::{IsTerminal as _, stdin, stdout};

use clap::{Args, ValueEnum};
use throughline_model::record::Actor;
use throughline_ops::here::Site;
use throughline_tui::{Palette, TuiOptions};

use super::{Answer, Context};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::json::Export;

/// Which colours the screens have
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Colours {
    /// For a dark background
    Dark,
    /// For a light background
    Light,
    /// None
    None,
}

/// Show the project on screens: tasks, lines, sessions and agents, history (also plain `thru` on a terminal)
#[derive(Debug, Args)]
pub(crate) struct TuiArgs {
    /// Without this: what the terminal says of itself, else for a dark background
    #[arg(long, value_enum, value_name = "BACKGROUND")]
    colours: Option<Colours>,
}

/// The screens answer to the person; nothing is printed after them.
pub(crate) fn tui(context: &mut Context<'_>, args: TuiArgs) -> Answer {
    let world = context.environment.surroundings(Actor::Person);
    let told = context.environment.terminal.theme();
    let theme = match args.colours {
        Some(Colours::Dark) => told.with_palette(Palette::Dark),
        Some(Colours::Light) => told.with_palette(Palette::Light),
        Some(Colours::None) => told.with_palette(Palette::Plain),
        None => told,
    };
    let breaks = context.environment.breaks();
    let homes = context.environment.agent_homes.clone();
    throughline_tui::run(TuiOptions { world, homes, theme, breaks })
        .map_err(|error| Failure::failed(error.to_string()))?;
    Ok(Box::new(Export { text: String::new() }))
}

/// What `thru` without a word stands for: the screens, on a terminal that can show them and in a
/// project; else nothing but what was typed.
pub(super) fn words_of(environment: &Environment, arguments: &[OsString]) -> Option<Vec<OsString>> {
    let [program] = arguments else { return None };
    let seen = stdin().is_terminal() && stdout().is_terminal();
    if !seen || !environment.terminal.can_show_screens() {
        return None;
    }
    let world = environment.surroundings(Actor::Person);
    let site = Site::of(&world, &world.directory).ok()?;
    site.project(&world).ok()??;
    Some(vec![program.clone(), "tui".into()])
}
