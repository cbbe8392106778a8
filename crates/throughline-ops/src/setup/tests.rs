//! Against files in a folder of their own, with a stand-in for Codex's app-server: a shell script
//! that trusts what it is told to. The real one is asked in the program's own tests.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;

/// Answers as Codex does, from our own `hooks.json`. It writes its trust into `config.toml`.
const APP_SERVER: &str = r#"#!/bin/sh
home="$CODEX_HOME"
say() { printf '%s\n' "$1"; }
list() {
    status=untrusted
    grep -q trusted_hash "$home/config.toml" && status=trusted
    n=0
    printf '{"id":%s,"result":{"data":[{"hooks":[' "$1"
    sed -n 's/.*"command": *"\(.*\)",*$/\1/p' "$home/hooks.json" | while read -r command; do
        for source in "$home/hooks.json" /elsewhere/hooks.json; do
            printf '{"key":"%s:stop:0:%s","currentHash":"h","trustStatus":"%s",' "$source" $n "$status"
            printf '"sourcePath":"%s","enabled":true,"command":"%s"},' "$source" "$command"
        done
        n=$((n + 1))
    done
    printf '{"key":"m","currentHash":"h","trustStatus":"managed","sourcePath":"/m","enabled":true}]}]}}\n'
}
while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
    case "$line" in
        *hooks/list*) list "$id" ;;
        *batchWrite*)
            printf '\n[hooks.state."%s/hooks.json:stop:0:0"]\ntrusted_hash = "h"\n' "$home" >> "$home/config.toml"
            printf '%s' "$line" > "$home/asked"
            say "{\"id\":$id,\"result\":{}}" ;;
        *initialize\"*) say "{\"id\":$id,\"result\":{\"userAgent\":\"x/0.169.0 (y)\"}}" ;;
    esac
done
"#;

const SILENT: &str = "#!/bin/sh\nexit 3\n";

struct Place {
    folder: TempDir,
}

impl Place {
    fn new(app_server: &str) -> Self {
        let folder = tempfile::tempdir().expect("tempdir");
        let place = Self { folder };
        fs::create_dir(place.options().codex_home).expect("folder");
        let options = place.options();
        fs::write(&options.codex, app_server).expect("write");
        fs::set_permissions(&options.codex, fs::Permissions::from_mode(0o755)).expect("chmod");
        fs::write(&options.thru, "").expect("write");
        place
    }

    fn options(&self) -> SetupOptions {
        let root = fs::canonicalize(self.folder.path()).expect("folder");
        SetupOptions {
            codex_home: root.join("codex-home"),
            codex: root.join("codex"),
            thru: root.join("thru"),
            home: root.join("home"),
        }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.options().codex_home.join(name), text).expect("write");
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.options().codex_home.join(name)).ok()
    }

    fn set_up(&self) -> SetupReport {
        let options = self.options();
        carry_out(&options, &plan(&options).expect("plan")).expect("carried out")
    }

    /// Every file under Codex's home that the stand-in did not make.
    fn all(&self) -> Vec<Option<String>> {
        let files = [
            "config.toml",
            "hooks.json",
            "skills/throughline/SKILL.md",
            "skills/m_update/SKILL.md",
            "skills/m_drop/SKILL.md",
        ];
        files.map(|name| self.read(name)).into()
    }
}

const CONFIG: &str = "# mine\nmodel = \"x\"   # why\n[tools]\nweb = true\n# end";
/// The stand-in reads a command to the end of its line.
const HOOKS: &str =
    "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\",\n\"command\": \"a\"\n}]}]}}";

#[test]
fn set_up_and_taken_back_every_byte_is_as_before() {
    for (config, hooks) in [(None, None), (Some(CONFIG), None), (Some(CONFIG), Some(HOOKS))] {
        let place = Place::new(APP_SERVER);
        config.inspect(|text| place.write("config.toml", text));
        hooks.inspect(|text| place.write("hooks.json", text));
        let before = place.all();
        let report = place.set_up();
        assert_eq!((report.trusted, report.hooks), (hooks::COUNT, hooks::COUNT));
        let asked = place.read("asked").expect("asked");
        assert_eq!(asked.matches("trusted_hash").count(), hooks::COUNT, "only ours: {asked}");
        assert!(!asked.contains("/elsewhere"), "only the user's file: {asked}");
        assert!(plan(&place.options()).expect("plan").changes.is_empty());
        let after = place.all();
        place.set_up();
        assert_eq!(place.all(), after);
        let removal = remove(&place.options()).expect("removed");
        assert_eq!((removal.restored.len(), removal.cleaned.len()), (5, 0));
        assert_eq!(place.all(), before);
        assert_eq!(
            fs::read_dir(place.options().home.join("setup/codex")).expect("list").count(),
            0
        );
    }
}

#[test]
fn what_the_user_wrote_between_two_set_ups_is_never_lost() {
    let place = Place::new(APP_SERVER);
    place.write("config.toml", CONFIG);
    place.set_up();
    let theirs = "\n[projects.\"/p\"]\ntrust_level = \"trusted\"\n";
    let text = place.read("config.toml").expect("config") + theirs;
    place.write("config.toml", &text);
    place.set_up();
    let removal = remove(&place.options()).expect("removed");
    assert_eq!((removal.restored.len(), removal.cleaned.len()), (4, 1), "{removal:?}");
    assert_eq!(place.read("config.toml"), Some(format!("{CONFIG}\n{theirs}")));
}

#[test]
fn without_a_manifest_only_our_parts_go() {
    let place = Place::new(APP_SERVER);
    place.write("hooks.json", HOOKS);
    place.set_up();
    fs::remove_dir_all(place.options().home).expect("removed");
    remove(&place.options()).expect("removed");
    assert_eq!(place.read("hooks.json").as_deref(), Some(HOOKS));
    assert_eq!(place.read("skills/throughline/SKILL.md"), None);
    let config = place.read("config.toml").expect("config");
    assert!(config.contains("update_plan") && !config.contains("throughline"), "{config}");
}

#[test]
fn what_can_not_be_planned_or_was_changed_leaves_every_file_alone() {
    let place = Place::new(APP_SERVER);
    place.write("config.toml", "a = 1\n[tools\n");
    let before = place.all();
    let error = plan(&place.options()).expect_err("malformed").to_string();
    assert!(
        error.contains("config.toml: line 2") && error.ends_with("nothing was changed"),
        "{error}"
    );
    assert_eq!(place.all(), before);

    place.write("config.toml", "");
    let plan = plan(&place.options()).expect("plan");
    place.write("config.toml", "a = 2\n");
    let error = carry_out(&place.options(), &plan).expect_err("changed").to_string();
    assert!(error.contains("changed meanwhile"), "{error}");
    assert_eq!(place.all(), [Some("a = 2\n".to_owned()), None, None, None, None]);
}

#[test]
fn a_codex_that_does_not_answer_is_named_and_what_was_written_can_be_taken_back() {
    let place = Place::new(SILENT);
    place.write("config.toml", CONFIG);
    let before = place.all();
    let options = place.options();
    let error = carry_out(&options, &plan(&options).expect("plan")).expect_err("silent");
    assert!(matches!(error, OpsError::Program { .. }), "{error}");
    let last = status(&options).expect("status").pop().expect("a check");
    assert_eq!(last.state, CheckState::Unknown);
    assert_eq!(remove(&options).expect("removed").cleaned, Vec::<PathBuf>::new());
    assert_eq!(place.all(), before);
}

#[test]
fn status_names_what_is_wrong() {
    let place = Place::new(APP_SERVER);
    let states = |place: &Place| -> Vec<CheckState> {
        status(&place.options()).expect("status").iter().map(|check| check.state).collect()
    };
    use CheckState::{Missing, Ok, Stale, Untrusted};
    assert_eq!(states(&place), [Missing, Missing, Missing, Missing, Missing, Ok, Untrusted]);
    place.set_up();
    assert_eq!(states(&place), [Ok; 8]);
    place.write("config.toml", "");
    place.write("skills/throughline/SKILL.md", "old");
    assert_eq!(states(&place), [Stale, Ok, Ok, Stale, Ok, Ok, Ok, Untrusted]);
}
