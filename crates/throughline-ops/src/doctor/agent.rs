//! What was set up for Codex: as its files say, as Codex says, and as a call shows.

use std::fs;
use std::path::Path;

use throughline_agents::codex;

use super::Doctor;
use super::scratch::Scratch;
use super::table::{Check, Finding};
use crate::error::OpsError;
use crate::setup::SetupOptions;
use crate::setup::look::{self, HOOKS, Standing};

/// What Codex's files say; `None` if they can't be read, with the finding that says so.
pub(super) fn standing(doctor: &Doctor<'_>) -> (Option<Standing>, Vec<Finding>) {
    let mut findings: Vec<Finding> =
        plugin_cache(&doctor.options.setup.codex_home).into_iter().collect();
    let standing = match look::standing(&doctor.options.setup) {
        Ok(standing) => standing,
        Err(error) => {
            findings.push(Check::Hooks.fail(error.to_string()).with_remedy("mend the file named"));
            return (None, findings);
        }
    };
    if !standing.is_connected() {
        findings.push(Check::Hooks.note("Codex is not connected; `thru setup codex` does it"));
        return (Some(standing), findings);
    }
    findings.extend([
        hooks(&standing),
        doubled(&standing),
        plan_tool(&standing),
        server(&standing),
        skill(&standing),
        set_up_by(&standing),
    ]);
    (Some(standing), findings)
}

fn hooks(standing: &Standing) -> Finding {
    let Standing { exact, there, .. } = *standing;
    match (exact, there) {
        (exact, _) if exact == HOOKS => Check::Hooks.ok(format!("{exact} of {HOOKS}")),
        (_, 0) => Check::Hooks.fail(format!("none of {HOOKS}")),
        (_, there) if there < HOOKS => Check::Hooks
            .fail(format!("{there} of {HOOKS}: what the others would tell is not heard")),
        (exact, _) => Check::Hooks.warn(format!("{} were edited", HOOKS - exact)),
    }
}

fn doubled(standing: &Standing) -> Finding {
    match standing.doubled {
        0 => Check::Doubled.ok("none twice"),
        many => Check::Doubled.warn(format!("{many} would run beside the first of their event")),
    }
}

fn plan_tool(standing: &Standing) -> Finding {
    if standing.plan_tool { Check::PlanTool.ok("enabled") } else { Check::PlanTool.fail("off") }
}

fn server(standing: &Standing) -> Finding {
    match &standing.server {
        None => Check::Mcp.warn("none"),
        // The plan tool is of the same file, and has a check of its own.
        Some(_) if standing.config_is_right || !standing.plan_tool => Check::Mcp.ok("there"),
        Some(words) => Check::Mcp.warn(format!("edited: {}", words.join(" "))),
    }
}

fn skill(standing: &Standing) -> Finding {
    if standing.skills_are_right {
        Check::Skill.ok("there")
    } else {
        Check::Skill.warn("missing or edited")
    }
}

fn set_up_by(standing: &Standing) -> Finding {
    let own = env!("CARGO_PKG_VERSION");
    match standing.set_up_by.as_deref() {
        Some(version) if version == own => Check::SetUpBy.ok(version),
        Some(version) => Check::SetUpBy.warn(format!("by {version}; this is {own}")),
        None => Check::SetUpBy.note("by another home of ours, or by hand"),
    }
}

/// Codex copies a plugin with its version; one of ours would answer beside the hooks in its settings.
fn plugin_cache(codex_home: &Path) -> Option<Finding> {
    let folders =
        |path: &Path| fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path());
    let cache = codex_home.join("plugins").join("cache");
    let plugins = folders(&cache).flat_map(|market| folders(&market).collect::<Vec<_>>());
    let ours = plugins.filter(|path| path.file_name().is_some_and(|name| name == "throughline"));
    let versions = ours.flat_map(|plugin| folders(&plugin).collect::<Vec<_>>());
    let found: Vec<String> = versions.map(|path| path.display().to_string()).collect();
    (!found.is_empty()).then(|| Check::PluginCache.warn(found.join(", ")))
}

/// What Codex says of our hooks, and which Codex it is.
pub(super) fn trust(options: &SetupOptions) -> Vec<Finding> {
    let trust = match look::trust(options) {
        Ok(trust) => trust,
        Err(error) => return vec![unasked(&error)],
    };
    let (trusted, working) = (trust.trusted.len(), trust.working);
    let measured = format!("{working} of {HOOKS}");
    let found = match (trusted, working) {
        (_, working) if working >= HOOKS => Check::Trust.ok(measured),
        (trusted, _) if trusted >= HOOKS => Check::Trust
            .warn(format!("{measured}; the others are switched off"))
            .with_remedy("`/hooks` in Codex switches them on"),
        (_, _) => Check::Trust.fail(format!("{measured}; it skips the others in silence")),
    };
    vec![version(&trust.version), found]
}

fn unasked(error: &OpsError) -> Finding {
    Check::Trust
        .warn(format!("unknown: {error}"))
        .with_remedy("put `codex` on the PATH, or name it with `--codex PATH`")
}

/// Releases change the last number for repairs alone.
fn version(found: &str) -> Finding {
    let release = |version: &str| version.rsplit_once('.').map(|(release, _)| release.to_owned());
    let same = release(found).is_some_and(|one| Some(one) == release(codex::TESTED));
    let finding = if same {
        Check::Codex.ok(found)
    } else {
        Check::Codex.note(format!("{found}; this thru was tested with {}", codex::TESTED))
    };
    Finding { expected: codex::TESTED.to_owned(), ..finding }
}

/// Calls the installed hook, with an event of our making.
pub(super) fn fires(scratch: &Scratch, commands: &[String]) -> Option<Finding> {
    let command = commands.first()?;
    Some(match scratch.session_start(command) {
        Ok(took) => Check::Fires.ok(format!("after {} ms", took.as_millis())),
        Err(problem) => Check::Fires.fail(format!("{command}: {problem}")),
    })
}

/// Starts the MCP server as Codex would.
pub(super) fn server_starts(scratch: &Scratch, words: &[String]) -> Finding {
    match scratch.tools(words) {
        Ok((0, _)) => Check::McpStarts.fail("it has no tools"),
        Ok((tools, took)) => {
            Check::McpStarts.ok(format!("{tools} tools after {} ms", took.as_millis()))
        }
        Err(problem) => Check::McpStarts.fail(format!("{}: {problem}", words.join(" "))),
    }
}
