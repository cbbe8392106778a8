//! Tests of `write`: what is replaced, and when it is not.

use std::cell::Cell;

use throughline_model::ids::ProjectId;

use super::*;
use crate::lock::COMMAND_PATIENCE;
use crate::project::{Binding, Mode};

struct Ground {
    _folder: tempfile::TempDir,
    project: Project,
    state: State,
}

fn ground() -> Ground {
    let folder = tempfile::tempdir().expect("tempdir");
    let root = folder.path().join("project");
    let label = ProjectId::parse("p-aaaaaaaaaaaa").expect("an id");
    let now = "2026-11-21T05:00:00Z".parse().expect("a time");
    let binding = Binding::new(root.clone(), Mode::Local, label, "sample".to_owned(), now);
    Project::create(root.clone(), binding).expect("a project");
    let project = Project::open(root).expect("read").expect("there");
    let state = project.load("main", Path::new("")).expect("loaded").view.state;
    Ground { _folder: folder, project, state }
}

impl Ground {
    fn named(&self, name: &str) -> State {
        let mut state = self.state.clone();
        state.label.name = name.to_owned();
        state
    }

    fn replace(
        &self,
        before: Option<&str>,
        name: &str,
        stands: impl Fn() -> bool,
    ) -> Result<Replaced, StoreError> {
        let lock = self.project.lock(COMMAND_PATIENCE)?;
        let (file, state) = (self.project.own_state_path("main"), self.named(name));
        durable::create_private_dir(file.parent().expect("a folder"))?;
        let access = Access::Private;
        let (file, state) = (&*file, &state);
        let replacement = Replacement { file, access, before, state, through: Mark::default() };
        self.project.replace_state(&lock, &replacement, |body| Ok(record(body)), stands)
    }

    /// What stands in the file.
    fn name(&self) -> Option<String> {
        let bytes = current(&self.project.own_state_path("main")).expect("read")?;
        Some(read(&bytes).expect("a state").0.label.name)
    }

    fn intents(&self) -> usize {
        let read = self.project.journal().read(Mark::default(), &crate::journal::Filter::All);
        read.expect("a journal").records.len()
    }
}

fn record(body: Body) -> Record {
    let mut record: Record = serde_json::from_str(
        r#"{"v":1,"id":"r-1","at":"2026-11-21T05:00:00Z","boot":"b","since_boot":1,"line":"main",
        "actor":"fold","body":{"compacting":{"session":"s"}}}"#,
    )
    .expect("a record");
    record.body = body;
    record
}

#[test]
fn a_state_is_replaced_where_what_was_expected_still_stands() {
    let ground = ground();
    let first = ground.replace(None, "first", || true).expect("replaced");
    assert!(matches!(first, Replaced::New { .. }), "{first:?}");
    let bytes = write(&ground.named("first")).into_bytes();
    assert_eq!((first.hash(), ground.name().as_deref()), (&*hash(&bytes), Some("first")));
    let again = ground.replace(Some(first.hash()), "first", || true).expect("the same");
    assert_eq!(again, Replaced::Same { hash: first.hash().to_owned() });
    for before in [None, Some("0123456789abcdef0123456789abcdef")] {
        let moved = ground.replace(before, "second", || true);
        assert!(matches!(moved, Err(StoreError::Moved { .. })), "{moved:?}");
    }
    assert_eq!((ground.name().as_deref(), ground.intents()), (Some("first"), 1));
    let second = ground.replace(Some(first.hash()), "second", || true).expect("replaced");
    assert_ne!(second.hash(), first.hash());
    assert_eq!((ground.name().as_deref(), ground.intents()), (Some("second"), 2));
}

#[test]
fn where_git_moved_the_old_state_stands_or_comes_back() {
    let ground = ground();
    let asked = Cell::new(0);
    let moves_at = |step: usize| {
        asked.set(0);
        let asked = &asked;
        move || {
            asked.set(asked.get() + 1);
            asked.get() < step
        }
    };
    for step in [1, 2] {
        let moved = ground.replace(None, "first", moves_at(step));
        assert!(matches!(moved, Err(StoreError::Moved { .. })), "{step}: {moved:?}");
        assert_eq!(ground.name(), None, "{step}");
    }
    let first = ground.replace(None, "first", || true).expect("replaced");
    for step in [1, 2] {
        let moved = ground.replace(Some(first.hash()), "second", moves_at(step));
        assert!(matches!(moved, Err(StoreError::Moved { .. })), "{step}: {moved:?}");
        assert_eq!(ground.name().as_deref(), Some("first"), "{step}");
    }
    // Git itself wrote the file meanwhile: that stays.
    let file = ground.project.own_state_path("main");
    let by_git = write(&ground.named("by git"));
    let writes = || {
        let first_time = ground.name().as_deref() == Some("first");
        if !first_time {
            fs::write(&file, &by_git).expect("written");
        }
        first_time
    };
    let moved = ground.replace(Some(first.hash()), "second", writes);
    assert!(matches!(moved, Err(StoreError::Moved { .. })), "{moved:?}");
    assert_eq!(ground.name().as_deref(), Some("by git"));
}

#[test]
fn a_cached_view_is_what_was_saved_last() {
    let ground = ground();
    let lock = ground.project.lock(COMMAND_PATIENCE).expect("free");
    let file = ground.project.own_state_path("main");
    let saved = |name: &str| {
        ground.project.save_cached_view(&lock, "main", &ground.named(name)).expect("saved");
        (
            ground.name(),
            fs::metadata(&file)
                .map(|found| std::os::unix::fs::MetadataExt::ino(&found))
                .expect("there"),
        )
    };
    let (first, node) = saved("first");
    assert_eq!(first.as_deref(), Some("first"));
    assert_eq!(saved("first").1, node, "it holds just that");
    assert_eq!(saved("second").0.as_deref(), Some("second"));
}
