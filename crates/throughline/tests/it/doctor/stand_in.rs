//! A stand-in for Codex: an app-server that lists hooks as the test wants them. The real one is asked in
//! the tests named `codex_…`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json as value};
use throughline_testkit::World;

const SERVER: &str = r#"#!/bin/sh
while read -r line; do
    id=${line#*\"id\":}
    id=${id%%[,\}]*}
    case "$line" in
        *hooks/list*) printf '{"id":%s,"result":%s}\n' "$id" "$(cat "$(dirname "$0")/hooks")" ;;
        *initialize\"*) printf '{"id":%s,"result":{"userAgent":"throughline/@VERSION@ (x)"}}\n' "$id" ;;
    esac
done
"#;

/// How Codex stands to a hook.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stand {
    Trusted,
    Untrusted,
    SwitchedOff,
}

/// The program, and where it takes its answers from.
pub(super) struct StandIn<'w> {
    world: &'w World,
    folder: PathBuf,
}

impl<'w> StandIn<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self { world, folder: world.root().join("bin") }
    }

    fn program(&self) -> PathBuf {
        self.folder.join("codex")
    }

    pub(super) fn is(&self, script: &str) {
        fs::create_dir_all(&self.folder).unwrap();
        fs::write(self.program(), script).unwrap();
        fs::set_permissions(self.program(), fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(super) fn says(&self, stand: Stand) {
        let source = self.world.codex_home().join("hooks.json");
        let command = format!("'{}' hook codex", self.world.binary().display());
        let (trust, enabled) = match stand {
            Stand::Trusted => ("trusted", true),
            Stand::Untrusted => ("untrusted", true),
            Stand::SwitchedOff => ("trusted", false),
        };
        let hook = |n: usize| {
            value!({
                "key": format!("k{n}"), "currentHash": "h", "trustStatus": trust, "enabled": enabled,
                "sourcePath": source, "command": command,
            })
        };
        let hooks: Vec<Value> = (0..11).map(hook).collect();
        fs::write(self.folder.join("hooks"), value!({ "data": [{ "hooks": hooks }] }).to_string())
            .unwrap();
    }

    /// Sets everything up with it.
    pub(super) fn connect(&self) {
        self.is(&SERVER.replace("@VERSION@", throughline_testkit::codex::PINNED_VERSION));
        self.says(Stand::Trusted);
        let codex = self.program().display().to_string();
        self.world.thru(&["setup", "codex", "--yes", "--codex", &codex]).assert_success();
    }
}
