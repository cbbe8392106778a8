//! The projects in which is asked: repositories of one world, with all memories imported.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use throughline_testkit::World;

use super::embedder::Embedder;
use super::questions::{Asked, Hit};

const PROJECTS: [&str; 5] = ["harbor", "lantern", "quarry", "diary", "talk"];

/// The world, after the import.
pub(super) struct Ground {
    world: World,
}

impl Ground {
    /// # Panics
    /// If `thru` can't be built, or refuses the memories.
    pub(super) fn new(binary: Option<PathBuf>, embedder: Option<&Embedder>) -> Self {
        let features = embedder.map_or(&[][..], Embedder::features);
        let world = World::new().with_binary(binary.unwrap_or_else(|| debug_build(features)));
        let ground = Self { world };
        for project in PROJECTS {
            let folder = ground.folder(project);
            let folder = folder.to_str().expect("a temporary folder has a plain name");
            ground.world.git_args(&["clone", "--quiet", ".", folder]);
            ground.world.thru_in(folder, &["init", "--local"]).assert_success();
        }
        let folder = ground.folder(PROJECTS[0]);
        let file = folder.with_extension("jsonl");
        std::fs::write(&file, super::MEMORIES).expect("a world can be written");
        let file = file.to_str().expect("a temporary folder has a plain name");
        ground.world.thru_in(&folder, &["memory", "import", file]).assert_success();
        if embedder.is_some() {
            ground.use_vectors_of(embedder);
            ground.make_vectors(&folder);
        }
        ground
    }

    /// In its own time: a world's commands must end within a minute.
    fn make_vectors(&self, folder: &Path) {
        let mut command = self.world.command(self.world.binary(), folder);
        let status = command.args(["memory", "update"]).stdout(Stdio::null()).status();
        assert!(status.expect("thru starts").success(), "thru memory update failed");
    }

    /// From now on questions are asked with vectors, or by words alone.
    pub(super) fn use_vectors_of(&self, embedder: Option<&Embedder>) {
        let settings = embedder.map(Embedder::settings).unwrap_or_default();
        self.world.write(self.world.state().join("config.toml"), settings);
    }

    fn folder(&self, project: &str) -> PathBuf {
        self.world.root().join(project)
    }

    /// The answers, in the order of the questions.
    pub(super) fn ask_all(&self, questions: &[Asked]) -> Vec<Vec<Hit>> {
        let mut on: Option<(&str, &str)> = None;
        let mut order: Vec<usize> = (0..questions.len()).collect();
        order.sort_by_key(|at| (&questions[*at].project, &questions[*at].line, *at));
        let mut answers = vec![Vec::new(); questions.len()];
        for at in order {
            let asked = &questions[at];
            let place = (asked.project.as_str(), asked.line.as_deref().unwrap_or("main"));
            if on.replace(place) != Some(place) {
                self.switch(place.0, place.1);
            }
            answers[at] = self.ask(asked);
        }
        answers
    }

    fn switch(&self, project: &str, line: &str) {
        let folder = self.folder(project);
        let folder = folder.to_str().expect("a temporary folder has a plain name");
        self.world.git_args(&["-C", folder, "switch", "--quiet", "--force-create", line]);
    }

    fn ask(&self, asked: &Asked) -> Vec<Hit> {
        let most = super::HITS.to_string();
        let mut words = vec!["recall", &asked.ask, "-n", &most, "--json"];
        if let Some(as_of) = &asked.as_of {
            words.extend(["--as-of", as_of]);
        }
        let said = self.world.thru_in(self.folder(&asked.project), &words).assert_success().json();
        let hits = said["hits"].as_array().expect("recall answers with hits");
        hits.iter().map(hit).collect()
    }
}

fn hit(value: &Value) -> Hit {
    let text = |member: &str| value[member].as_str().unwrap_or_default().to_owned();
    Hit { key: text("key"), is_current: text("status") == "current" }
}

#[expect(clippy::disallowed_methods, reason = "a chore starts cargo")]
fn debug_build(features: &[&str]) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--quiet", "--bin", "thru", "--message-format", "json"]);
    cargo.args(features);
    cargo.current_dir(crate::workspace_root()).stderr(Stdio::inherit());
    let built = cargo.output().expect("cargo starts");
    assert!(built.status.success(), "the build failed");
    let messages = String::from_utf8_lossy(&built.stdout).into_owned();
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    };
    messages.lines().find_map(executable).expect("cargo names what it built")
}
