//! Codex's config.toml, changed key by key so that what others wrote stays.

use std::fs;
use std::io;
use std::path::Path;

use toml_edit::{DocumentMut, TableLike, Value};

/// What stays the same for every provider. `update_plan` is off by default since Codex 0.152.
const FIXED: &str = r#"
model = "gpt-5.5"
model_provider = "mock"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false

[analytics]
enabled = false

[tools.update_plan]
enabled = true

[model_providers.mock]
name = "Mock"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
stream_idle_timeout_ms = 20000
"#;

/// Sets the provider and trusts the folder.
pub(super) fn point_to(path: &Path, base_url: &str, folder: &Path) {
    merge(path, FIXED);
    let base_url = Value::from(base_url);
    merge(path, &format!("[model_providers.mock]\nbase_url = {base_url}"));
    trust(path, folder);
}

/// Trusts a folder.
pub(super) fn trust(path: &Path, folder: &Path) {
    let folder = Value::from(folder.display().to_string());
    merge(path, &format!("[projects.{folder}]\ntrust_level = \"trusted\""));
}

/// Sets every key of `toml`.
pub(super) fn merge(path: &Path, toml: &str) {
    let mut document = parsed(&existing(path));
    let wanted = parsed(toml);
    merge_tables(document.as_table_mut(), wanted.as_table());
    fs::write(path, document.to_string())
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}

fn existing(path: &Path) -> String {
    match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => panic!("cannot read {}: {error}", path.display()),
    }
}

fn parsed(toml: &str) -> DocumentMut {
    toml.parse().unwrap_or_else(|error| panic!("no TOML: {error}\n{toml}"))
}

fn merge_tables(into: &mut dyn TableLike, from: &dyn TableLike) {
    for (key, value) in from.iter() {
        // Not `insert` for a key that is there: it would drop the comment above the key.
        match (into.get_mut(key), value.as_table_like()) {
            (Some(old), Some(from)) if old.is_table_like() => {
                merge_tables(old.as_table_like_mut().expect("asked above"), from);
            }
            (Some(old), _) => *old = value.clone(),
            (None, _) => {
                into.insert(key, value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "# mine\nmodel = \"other\"\n[mcp_servers.a]\ncommand = \"a\"\n").unwrap();
        for port in ["1", "2"] {
            point_to(&path, port, Path::new("/a b"));
        }
        merge(&path, "[mcp_servers.b]\ncommand = \"b\"");
        insta::assert_snapshot!(fs::read_to_string(&path).unwrap(), @r#"
        # mine
        model = "gpt-5.5"
        model_provider = "mock"
        approval_policy = "never"
        sandbox_mode = "danger-full-access"
        check_for_update_on_startup = false
        [mcp_servers.a]
        command = "a"
        [mcp_servers.b]
        command = "b"
        [projects."/a b"]
        trust_level = "trusted"

        [analytics]
        enabled = false

        [tools.update_plan]
        enabled = true

        [model_providers.mock]
        name = "Mock"
        wire_api = "responses"
        request_max_retries = 0
        stream_max_retries = 0
        stream_idle_timeout_ms = 20000
        base_url = "2"
        "#);
    }
}
