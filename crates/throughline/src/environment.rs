//! The environment of the process: the one place that reads it.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `THROUGHLINE_HOME` | where memory lies |
//! | `XDG_STATE_HOME` | else `$XDG_STATE_HOME/throughline` |
//! | `HOME` | else `~/.local/state/throughline`; also git's and Codex's default |
//! | `CODEX_HOME` | Codex's home, else `~/.codex`; each agent's row names its own |
//! | `NO_COLOR` | any value: no colour |
//! | `TERM`, `COLORTERM`, `COLORFGBG` | what the terminal can show, and whether its background is light |
//! | `LC_ALL`, `LC_CTYPE`, `LANG` | whether it can show more than ASCII |
//! | `COLUMNS` | how wide the screen is, if the terminal does not tell |
//! | `GIT_INDEX_FILE` | the index of the commit for which git started us |
//! | `PATH`, `XDG_CONFIG_HOME` | for git |
//! | `USER` | owner of a person's claims |
//! | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` | the way to a server that `[memory.endpoint]` names |
//! | what `key_env` names | that server's key |
//! | `THROUGHLINE_ASIDE` | set for a Codex that thinks for us: our hooks say and note nothing in it |
//! | `THRU_TEST_NOW`, `THRU_TEST_SEED` | fixed time and ids, in debug builds only |
//! | `THRU_TEST_DOCTOR` | what `thru doctor` takes for measured, in debug builds only |

#![expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use throughline_agents::agent::AGENTS;
use throughline_agents::codex;
use throughline_git::{Git, GitEnv};
use throughline_model::record::Actor;
use throughline_ops::index::AgentHome;
use throughline_ops::memory::ASIDE;
use throughline_ops::surroundings::Surroundings;
use throughline_store::clock::Clock;
use throughline_store::entropy::Entropy;
use throughline_store::home::Home;
use throughline_tui::{Part, Told};

/// What the process was started with.
#[derive(Debug, Clone)]
pub struct Environment {
    /// With the program's name first.
    pub arguments: Vec<OsString>,
    /// Where we are.
    pub directory: PathBuf,
    /// This program.
    pub program: PathBuf,
    /// Where memory lies.
    pub home: PathBuf,
    /// The homes of all agents that Throughline knows.
    pub agent_homes: Vec<AgentHome>,
    /// `GIT_INDEX_FILE`
    pub git_index: Option<PathBuf>,
    /// Whether `NO_COLOR` is set.
    pub no_color: bool,
    /// `COLUMNS`
    pub columns: Option<usize>,
    /// What is known of the terminal, for screens.
    pub terminal: Told,
    /// Whether we were started by a Codex that thinks for us.
    pub is_aside: bool,
    user: String,
    path: OsString,
    user_home: Option<OsString>,
    xdg_config_home: Option<OsString>,
    clock: Clock,
    seed: Option<u64>,
}

impl Environment {
    /// Reads it.
    pub fn of_process() -> Self {
        let user_home = env::var_os("HOME").filter(|h| !h.is_empty());
        let below = |rest: &str| Path::new(user_home.as_deref().unwrap_or(".".as_ref())).join(rest);
        let set = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let home = set("THROUGHLINE_HOME")
            .or_else(|| set("XDG_STATE_HOME").map(|state| state.join("throughline")))
            .unwrap_or_else(|| below(".local/state/throughline"));
        Self {
            arguments: env::args_os().collect(),
            directory: env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            program: env::current_exe().unwrap_or_else(|_| PathBuf::from("thru")),
            home,
            agent_homes: AGENTS
                .iter()
                .map(|agent| AgentHome {
                    agent,
                    path: set(agent.home_variable).unwrap_or_else(|| below(agent.default_home)),
                })
                .collect(),
            git_index: set("GIT_INDEX_FILE"),
            no_color: env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()),
            terminal: terminal(),
            is_aside: env::var_os(ASIDE).is_some_and(|value| !value.is_empty()),
            columns: env::var("COLUMNS").ok().and_then(|c| c.parse().ok()),
            user: env::var("USER").unwrap_or_else(|_| "you".to_owned()),
            path: env::var_os("PATH").unwrap_or_default(),
            xdg_config_home: env::var_os("XDG_CONFIG_HOME"),
            user_home,
            clock: clock(),
            seed: test_variable("THRU_TEST_SEED").and_then(|seed| seed.parse().ok()),
        }
    }

    /// Codex's home.
    pub fn codex_home(&self) -> PathBuf {
        let mut homes = self.agent_homes.iter();
        let codex = homes.find(|home| home.agent.id == codex::SPEC.id);
        codex.expect("Codex is a row of the agents").path.clone()
    }

    /// The first program of that name on the `PATH`.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        env::split_paths(&self.path).map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    /// `HOME`
    pub fn user_home(&self) -> Option<PathBuf> {
        self.user_home.clone().map(PathBuf::from)
    }

    /// `PATH`
    pub fn search_path(&self) -> OsString {
        self.path.clone()
    }

    /// The folders on the `PATH`.
    pub fn search_folders(&self) -> Vec<PathBuf> {
        env::split_paths(&self.path).collect()
    }

    /// What `thru doctor` takes for measured, by name: `sqlite=3.51.2,free=0`. Empty in a release.
    pub fn pretended(&self) -> BTreeMap<String, String> {
        let text = test_variable("THRU_TEST_DOCTOR").unwrap_or_default();
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Which part of the screens breaks. None in a release.
    pub fn breaks(&self) -> Option<Part> {
        match test_variable("THRU_TEST_BREAK")?.as_str() {
            "screens" => Some(Part::Screens),
            "source" => Some(Part::Source),
            _ => None,
        }
    }

    /// What operations need, for whoever asks.
    pub fn surroundings(&self, actor: Actor) -> Surroundings {
        Surroundings {
            home: Home::new(&self.home),
            git: Git::new(GitEnv {
                program: PathBuf::from("git"),
                path: self.path.clone(),
                home: self.user_home.clone(),
                xdg_config_home: self.xdg_config_home.clone(),
            }),
            directory: self.directory.clone(),
            clock: self.clock,
            entropy: self.seed.map_or_else(Entropy::default, Entropy::seeded),
            actor,
            user: self.user.clone(),
            program: self.program.clone(),
            variable: |name| env::var(name).ok(),
        }
    }
}

fn terminal() -> Told {
    let value = |name: &str| env::var(name).unwrap_or_default();
    let set = |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty());
    Told {
        no_color: set(&"NO_COLOR"),
        term: value("TERM"),
        colorterm: value("COLORTERM"),
        colorfgbg: value("COLORFGBG"),
        // The first that is set holds, as in locale(7).
        locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(set).map(value).unwrap_or_default(),
    }
}

fn clock() -> Clock {
    let fixed = test_variable("THRU_TEST_NOW").and_then(|now| now.parse().ok());
    fixed.map_or(Clock::System, Clock::Fixed)
}

/// Tests fix time and ids; a release build can't be told to.
fn test_variable(name: &str) -> Option<String> {
    if cfg!(debug_assertions) { env::var(name).ok() } else { None }
}
