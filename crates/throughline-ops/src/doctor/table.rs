//! The checks of `thru doctor`: a table, and what a check can find. No I/O.
//!
//! Invariant: the id of a check is its name for good, in `--json` and in the documents; a check that
//! is no longer made leaves the table and its id is not used again.

/// What a check is about; the order is that of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// The machine and its programs.
    Environment,
    /// The memory of the project here.
    Project,
    /// What was set up for Codex.
    Agent,
    /// The repository here.
    Git,
    /// Our files.
    Storage,
    /// What is remembered beyond a session.
    Memory,
    /// The index over transcripts.
    Index,
    /// How long things take here.
    Performance,
}

impl Section {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Environment => "Environment",
            Self::Project => "Project",
            Self::Agent => "Agent connection",
            Self::Git => "Git",
            Self::Storage => "Storage",
            Self::Memory => "Memory",
            Self::Index => "Index",
            Self::Performance => "Performance",
        }
    }

    /// For programs: the first part of its checks' ids.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Project => "project",
            Self::Agent => "agent",
            Self::Git => "git",
            Self::Storage => "storage",
            Self::Memory => "memory",
            Self::Index => "index",
            Self::Performance => "performance",
        }
    }
}

/// How a check came out, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing has to be done.
    Note,
    /// Something is not as it should be, and work goes on.
    Warning,
    /// Something does not work, or work is lost.
    Fail,
}

impl Verdict {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Fail => "fail",
        }
    }
}

/// Every check, in the order of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// This program.
    Thru,
    /// Other installations of it.
    Installs,
    /// The program git.
    GitVersion,
    /// The SQLite inside.
    Sqlite,
    /// The agent's version.
    Codex,
    /// Who may enter HOME.
    Home,
    /// On what HOME lies.
    FileSystem,
    /// Whether there is a project here.
    Known,
    /// The state file.
    State,
    /// Acknowledged changes that it lacks.
    Lost,
    /// Conflicts of merges that nobody decided.
    Conflicts,
    /// Where git and memory disagree.
    Drift,
    /// Who works on what.
    Claims,
    /// What is not published.
    Pending,
    /// Our hooks in the agent's settings.
    Hooks,
    /// Hooks that would run twice.
    Doubled,
    /// Whether the agent runs them.
    Trust,
    /// Whether a hook leaves its record.
    Fires,
    /// The agent's plan tool.
    PlanTool,
    /// Our MCP server in the agent's settings.
    Mcp,
    /// Whether it starts.
    McpStarts,
    /// Our skill.
    Skill,
    /// Which version set it all up.
    SetUpBy,
    /// An old copy among the agent's plugins.
    PluginCache,
    /// The repository itself.
    Repository,
    /// Whether a repository's settings can run programs through us.
    Hardening,
    /// Git's merge driver.
    MergeDriver,
    /// The entry before a person's commit.
    PreCommit,
    /// A lock that git left.
    IndexLock,
    /// Who may read our files.
    Permissions,
    /// Whose they are.
    Owner,
    /// The journal's lines.
    Journal,
    /// What is kept for each line.
    Lines,
    /// The session files.
    Sessions,
    /// What waits to be folded.
    Backlog,
    /// Room on the disk.
    Disk,
    /// How much of it is ours.
    Size,
    /// The local log.
    Log,
    /// The databases that are truth.
    Databases,
    /// The database of memories.
    MemoryFile,
    /// The pages that people edit.
    MemoryPages,
    /// What is made of sessions.
    MemoryJobs,
    /// The index's file.
    IndexFile,
    /// Whether it knows the transcripts that are there.
    IndexParity,
    /// How large it is.
    IndexSize,
    /// A hook, from start to end.
    HookTime,
    /// The one question that a hook asks git.
    GitTime,
    /// Reading the state.
    StateTime,
}

/// What is known of a check before it is made.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which.
    pub check: Check,
    /// Its name for good: section and word.
    pub id: &'static str,
    /// What it is about.
    pub section: Section,
    /// What should be found.
    pub expected: &'static str,
    /// What helps if it is not.
    pub remedy: &'static str,
    /// Whether `thru doctor --fix` does that.
    pub mends: Mends,
}

/// Who mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mends {
    /// `thru doctor --fix`.
    Doctor,
    /// A person decides.
    Person,
}

const fn row(
    check: Check,
    id: &'static str,
    section: Section,
    expected: &'static str,
    remedy: &'static str,
) -> Row {
    Row { check, id, section, expected, remedy, mends: Mends::Person }
}

const fn mended(row: Row) -> Row {
    Row { mends: Mends::Doctor, ..row }
}

const SETUP: &str = "`thru setup codex` puts it right";
const FIX: &str = "`thru doctor --fix` puts it right";

/// The table, in the order of [`Check`].
pub const CHECKS: [Row; 48] = [
    row(
        Check::Thru,
        "environment.thru",
        Section::Environment,
        "a program that stands where it was started",
        "install thru again, then run `thru setup codex`",
    ),
    row(
        Check::Installs,
        "environment.installs",
        Section::Environment,
        "one thru on the PATH, this one",
        "remove the installation that you don't use, then run `thru setup codex`",
    ),
    row(
        Check::GitVersion,
        "environment.git",
        Section::Environment,
        "git 2.41 or newer",
        "install a newer git",
    ),
    row(
        Check::Sqlite,
        "environment.sqlite",
        Section::Environment,
        "SQLite 3.51.3 or newer: earlier ones can damage a database that two programs write",
        "install a thru that was built with its own SQLite",
    ),
    row(
        Check::Codex,
        "environment.codex",
        Section::Environment,
        "the version of Codex with which this thru was tested",
        "if something does not work, try that version",
    ),
    mended(row(
        Check::Home,
        "environment.home",
        Section::Environment,
        "a home that only you can enter",
        FIX,
    )),
    row(
        Check::FileSystem,
        "environment.filesystem",
        Section::Environment,
        "a file system of this machine, where locks and syncs hold what they promise",
        "let THROUGHLINE_HOME name a folder on a local disk",
    ),
    row(
        Check::Known,
        "project.known",
        Section::Project,
        "a project that is trusted and switched on",
        "`thru init` makes a project here",
    ),
    row(
        Check::State,
        "project.state",
        Section::Project,
        "a state file that can be read and written",
        "`thru cache resolve` mends it",
    ),
    row(
        Check::Lost,
        "project.lost",
        Section::Project,
        "every acknowledged change is in the state file",
        "`thru cache reconcile` brings them back or lets them go",
    ),
    row(
        Check::Conflicts,
        "project.conflicts",
        Section::Project,
        "no open conflict of a merge",
        "`thru tasks conflicts` shows them, `thru tasks resolve` decides",
    ),
    row(
        Check::Drift,
        "project.drift",
        Section::Project,
        "git stands where memory stands",
        "`thru cache reconcile` shows the choices",
    ),
    row(
        Check::Claims,
        "project.claims",
        Section::Project,
        "claims by those who still work",
        "`thru tasks release ID`, or wait for the end of the lease",
    ),
    row(
        Check::Pending,
        "project.pending",
        Section::Project,
        "changes that reach the committed file in time",
        "`thru publish` writes them into it",
    ),
    row(
        Check::Hooks,
        "agent.hooks",
        Section::Agent,
        "all of our hooks, as this version writes them",
        SETUP,
    ),
    row(
        Check::Doubled,
        "agent.doubled",
        Section::Agent,
        "each hook once",
        "take the copy out of Codex's settings; `thru setup codex --status` shows ours",
    ),
    row(Check::Trust, "agent.trust", Section::Agent, "Codex trusts our hooks and runs them", SETUP),
    row(
        Check::Fires,
        "agent.fires",
        Section::Agent,
        "a call of the installed hook leaves its record",
        SETUP,
    ),
    row(
        Check::PlanTool,
        "agent.plan_tool",
        Section::Agent,
        "`tools.update_plan` is enabled: without it there is no plan to mirror",
        SETUP,
    ),
    row(
        Check::Mcp,
        "agent.mcp",
        Section::Agent,
        "our MCP server, as this version writes it",
        SETUP,
    ),
    row(
        Check::McpStarts,
        "agent.mcp_starts",
        Section::Agent,
        "it answers `initialize` and `tools/list`",
        SETUP,
    ),
    row(Check::Skill, "agent.skill", Section::Agent, "our skill, as this version writes it", SETUP),
    row(Check::SetUpBy, "agent.set_up_by", Section::Agent, "set up by this version", SETUP),
    row(
        Check::PluginCache,
        "agent.plugin_cache",
        Section::Agent,
        "no old copy of ours among Codex's plugins",
        "`codex plugin remove throughline` takes it out",
    ),
    row(
        Check::Repository,
        "git.repository",
        Section::Git,
        "a repository that git opens",
        "`git config --global --add safe.directory PATH`, if you trust its owner",
    ),
    row(
        Check::Hardening,
        "git.hardening",
        Section::Git,
        "a program that a repository names is not started",
        "report this: it should not happen",
    ),
    row(
        Check::MergeDriver,
        "git.merge_driver",
        Section::Git,
        "git merges the state file by meaning",
        "`thru setup git` lets it",
    ),
    row(
        Check::PreCommit,
        "git.pre_commit",
        Section::Git,
        "the entry before your commits, if you set it up, starts this program",
        "`thru setup git --pre-commit` mends it",
    ),
    row(
        Check::IndexLock,
        "git.index_lock",
        Section::Git,
        "no lock that a killed git left",
        "if no git runs here, remove .git/index.lock",
    ),
    mended(row(
        Check::Permissions,
        "storage.permissions",
        Section::Storage,
        "files that only you can read",
        FIX,
    )),
    row(
        Check::Owner,
        "storage.owner",
        Section::Storage,
        "files that are yours",
        "`chown` gives them back to you; sudo may have made them",
    ),
    row(
        Check::Journal,
        "storage.journal",
        Section::Storage,
        "a journal of which every line can be read",
        "`thru cache backups` and git's history hold what they told; the lines stay where they are",
    ),
    mended(row(
        Check::Lines,
        "storage.lines",
        Section::Storage,
        "what is kept for each line can be read",
        FIX,
    )),
    row(
        Check::Sessions,
        "storage.sessions",
        Section::Storage,
        "session files that can be read",
        "remove the files named: the next fold of such a session makes it anew",
    ),
    mended(row(
        Check::Backlog,
        "storage.backlog",
        Section::Storage,
        "records are folded after each turn",
        FIX,
    )),
    row(
        Check::Disk,
        "storage.disk",
        Section::Storage,
        "512 MiB of free space",
        "make room: nothing is written to a full disk",
    ),
    row(
        Check::Size,
        "storage.size",
        Section::Storage,
        "less than 2 GiB",
        "`thru cache prune` shows what can go",
    ),
    row(
        Check::Log,
        "storage.log",
        Section::Storage,
        "a log that can be read, of at most 10 MiB",
        "`thru logs` makes one that is damaged anew",
    ),
    mended(row(
        Check::Databases,
        "storage.databases",
        Section::Storage,
        "databases that are sound and can be used, with a backup of each",
        "`thru doctor --fix` lets the last backup take the place of one that is damaged",
    )),
    mended(row(
        Check::MemoryFile,
        "memory.file",
        Section::Memory,
        "a sound database of memories, or none yet",
        FIX,
    )),
    row(
        Check::MemoryPages,
        "memory.pages",
        Section::Memory,
        "every `MEMORY.md` can be read",
        "mend the line that is named; `thru memory history` has what it said before",
    ),
    row(
        Check::MemoryJobs,
        "memory.jobs",
        Section::Memory,
        "no session failed to be read",
        "`thru memory update` tries again; `thru threads show` says whether its transcript can be read",
    ),
    mended(row(Check::IndexFile, "index.file", Section::Index, "a sound index, or none yet", FIX)),
    row(
        Check::IndexParity,
        "index.parity",
        Section::Index,
        "the index knows every transcript as it stands",
        "`thru threads audit` says what differs; the next query reads what is new",
    ),
    row(
        Check::IndexSize,
        "index.size",
        Section::Index,
        "at most 8 % of the transcripts",
        "`thru index rebuild` makes it anew",
    ),
    row(
        Check::HookTime,
        "performance.hook",
        Section::Performance,
        "8 ms as a rule, at most 50 ms",
        "look for a slow disk, a virus scanner, or a machine under load",
    ),
    row(
        Check::GitTime,
        "performance.git",
        Section::Performance,
        "at most 50 ms for where HEAD is",
        "`git gc`, or a look at what slows git down here",
    ),
    row(
        Check::StateTime,
        "performance.state",
        Section::Performance,
        "at most 100 ms to read the state",
        "`thru publish` and `thru fold` shorten what has to be replayed",
    ),
];

impl Check {
    /// Its row.
    pub fn row(self) -> &'static Row {
        let found = CHECKS.iter().find(|row| row.check == self);
        found.expect("every check has a row; a test holds it")
    }

    pub(super) fn ok(self, measured: impl Into<String>) -> Finding {
        self.finding(Verdict::Ok, measured)
    }

    pub(super) fn note(self, measured: impl Into<String>) -> Finding {
        self.finding(Verdict::Note, measured)
    }

    pub(super) fn warn(self, measured: impl Into<String>) -> Finding {
        self.finding(Verdict::Warning, measured)
    }

    pub(super) fn fail(self, measured: impl Into<String>) -> Finding {
        self.finding(Verdict::Fail, measured)
    }

    pub(super) fn finding(self, verdict: Verdict, measured: impl Into<String>) -> Finding {
        let (measured, expected) = (measured.into(), self.row().expected.to_owned());
        let remedy = (verdict >= Verdict::Warning).then(|| self.row().remedy.to_owned());
        Finding { check: self, verdict, measured, expected, remedy }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// How it came out.
    pub verdict: Verdict,
    /// What was measured, in words. May hold paths.
    pub measured: String,
    /// What should have been.
    pub expected: String,
    /// What helps; always there from a warning on.
    pub remedy: Option<String>,
}

impl Finding {
    /// With another remedy than the usual one.
    pub(super) fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_in_order_and_every_id_is_the_sections_own() {
        let mut ids = BTreeSet::new();
        for pair in CHECKS.windows(2) {
            assert!(pair[0].check < pair[1].check && pair[0].section <= pair[1].section);
        }
        for row in CHECKS {
            assert!(ids.insert(row.id), "{} names two checks", row.id);
            let (section, word) = row.id.split_once('.').expect("section and word");
            assert_eq!(section, row.section.as_str());
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
            assert_eq!(row.check.row().id, row.id);
            assert_eq!(row.mends == Mends::Doctor, row.remedy.contains("--fix"), "{}", row.id);
        }
    }

    #[test]
    fn what_is_wrong_comes_with_what_helps() {
        for row in CHECKS {
            assert!(row.check.ok("").remedy.is_none() && row.check.note("").remedy.is_none());
            assert_eq!(row.check.warn("").remedy.as_deref(), Some(row.remedy));
            assert!(row.check.fail("").remedy.is_some());
        }
    }
}
