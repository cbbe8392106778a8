//! The manual pages, for packages.

use clap::{Args, Command};
use clap_mangen::Man;

use super::{Answer, Context};
use crate::failure::Failure;
use crate::output::json::Export;

/// Print a manual page (roff), or the names of all
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct ManArgs {
    /// Its name, such as thru-tasks-list
    page: Option<String>,
}

pub(crate) fn man(_: &mut Context<'_>, args: ManArgs) -> Answer {
    // `thru help` has no page: it shows the same.
    let mut top = super::command().disable_help_subcommand(true);
    top.build();
    let mut all = Vec::new();
    collect(&top, &mut all);
    let text = match args.page {
        None => all.iter().map(|(name, _)| format!("{name}\n")).collect(),
        Some(wanted) => {
            let found = all.into_iter().find(|(name, _)| *name == wanted);
            let (_, command) = found.ok_or_else(|| Failure::usage("no such page"))?;
            page(command)?
        }
    };
    Ok(Box::new(Export { text }))
}

/// Each command and group that the help shows, with the name of its page.
fn collect(command: &Command, all: &mut Vec<(String, Command)>) {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    all.push((name.to_owned(), command.clone()));
    let shown = command.get_subcommands().filter(|below| !below.is_hide_set());
    shown.for_each(|below| collect(below, all));
}

fn page(command: Command) -> Result<String, Failure> {
    let mut text = Vec::new();
    let source = concat!("thru ", env!("CARGO_PKG_VERSION"));
    let rendered = Man::new(command).source(source).manual("Throughline").render(&mut text);
    rendered.map_err(|error| Failure::failed(format!("can't make the page: {error}")))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
