//! What others wrote into `config.toml` survives both ways.

use super::*;

const PROGRAM: &str = "/opt/thru";

fn connected(text: &str) -> String {
    connect(text, PROGRAM).expect("edit").text
}

fn disconnected(text: &str, original: &str, trusted: &[&str]) -> String {
    let trusted: Vec<String> = trusted.iter().map(|&key| key.to_owned()).collect();
    disconnect(text, original, PROGRAM, &trusted).expect("edit")
}

#[test]
fn new_tables_stand_at_the_end() {
    let text = "# mine\nmodel = \"x\" # why\n\n[tools]\n# off\nweb = false\n\n# last words";
    assert_eq!(
        connected(text),
        r#"# mine
model = "x" # why

[tools]
# off
web = false

# last words

[tools.update_plan]
enabled = true

[mcp_servers.throughline]
command = "/opt/thru"
args = ["mcp"]
env_vars = ["THROUGHLINE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "CODEX_HOME"]
"#
    );
}

#[test]
fn a_table_that_is_there_is_mended_in_place() {
    let text = r#"[mcp_servers.throughline]
command = "/old/thru" # ours
args = [ 'mcp' ]
env_vars = ["MINE", "CODEX_HOME"]
tool_timeout_sec = 9

[tools.update_plan]
enabled = false # no plans
"#;
    let after = connected(text);
    assert_eq!(
        after,
        r#"[mcp_servers.throughline]
command = "/opt/thru" # ours
args = [ 'mcp' ]
env_vars = ["MINE", "CODEX_HOME", "THROUGHLINE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"]
tool_timeout_sec = 9

[tools.update_plan]
enabled = true # no plans
"#
    );
    let later = after.replace("tool_timeout_sec = 9", "tool_timeout_sec = 10");
    let expected = text.replace("tool_timeout_sec = 9", "tool_timeout_sec = 10");
    assert_eq!(disconnected(&later, text, &[]), expected);
}

#[test]
fn apply_twice_is_apply_once_and_taking_back_is_the_identity() {
    let texts = [
        "",
        "\n",
        "model = \"x\"",
        "model = \"x\"\n\n\n",
        "a = 1\r\n[b]\r\nc = 2\r\n",
        "[tools]\nweb = true\n# end",
        "tools.web = true\n",
        "[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ncommand = \"b\"\n",
        "[mcp_servers.other]\ncommand = \"x\"\n# end\n",
        "[tools.update_plan]\nenabled = true\n",
        "tools = { web = true } # inline\n",
    ];
    for text in texts {
        let once = connected(text);
        let again = connect(&once, PROGRAM).expect("edit");
        assert_eq!(again, Edited { text: once.clone(), summary: Vec::new() }, "{text:?}");
        assert_eq!(disconnected(&once, text, &[]), text, "{once}");
    }
}

#[test]
fn an_inline_parent_holds_our_table_inline() {
    let once = connected("tools = { web = true }\n");
    let inline = "tools = { web = true , update_plan = { enabled = true } }\n";
    assert!(once.starts_with(inline), "{once}");
}

#[test]
fn what_others_wrote_since_stays() {
    let text = "model = \"x\"\n";
    let trust = "\n[hooks.state]\n\n[hooks.state.\"/h:stop:0:0\"]\ntrusted_hash = \"1\"\n";
    let theirs = "\n[projects.\"/p\"] # theirs\ntrust_level = \"trusted\"\n";
    let later = format!("{}{trust}{theirs}", connected(text));
    assert_eq!(disconnected(&later, text, &["/h:stop:0:0"]), format!("{text}{theirs}"));
    let kept = disconnected(&later, text, &[]);
    assert!(kept.contains("/h:stop:0:0"), "a hook that is not ours stays trusted: {kept}");
    let added = connected(text) + "tool_timeout_sec = 3\n";
    let cut = disconnected(&added, text, &[]);
    assert!(!cut.contains("throughline") && !cut.contains("tool_timeout"), "{cut}");
}

#[test]
fn what_is_malformed_is_refused_with_its_place() {
    let cases = [
        ("model = \"x\"\n[tools\n", "line 2, column "),
        ("model = \"x\nb = 1", "line 1, column "),
        ("tools = 3\n", "`tools` is not a table"),
        ("[tools]\nupdate_plan = true\n", "`tools.update_plan` is not a table"),
    ];
    for (text, expected) in cases {
        let error = connect(text, PROGRAM).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
}

#[test]
fn hooks_of_the_file_are_told_from_the_trust_in_hooks() {
    assert!(has_hooks("[[hooks.Stop]]\n"));
    assert!(!has_hooks("[hooks.state.\"/h:stop:0:0\"]\ntrusted_hash = \"1\"\n"));
}

const PIECES: [&str; 13] = [
    "# a comment\n",
    "\n",
    "k1 = 'v' # beside\n",
    "[tables.a]\n",
    "[tools]\n",
    "[tools.update_plan]\n",
    "enabled = false\n",
    "enabled = true # on\n",
    "[mcp_servers.other]\n",
    "[mcp_servers.throughline]\n",
    "command = \"x\"\n",
    "[[hooks.Stop]]\n",
    "list = [\n  1, # one\n]\n",
];

/// Every file of up to three pieces that is TOML.
#[test]
fn every_line_of_others_survives() {
    let mut layer = vec![String::new()];
    let mut looked_at = 0;
    for _ in 0..3 {
        let longer = |text: &String| PIECES.map(|piece| format!("{text}{piece}"));
        layer = layer.iter().flat_map(longer).collect();
        looked_at += layer.iter().filter(|text| survives(text)).count();
    }
    assert!(looked_at > 1_000, "only {looked_at} were TOML");
}

fn survives(text: &str) -> bool {
    let Ok(edited) = connect(text, PROGRAM) else { return false };
    let again = connect(&edited.text, PROGRAM).expect("edit");
    assert_eq!(again, Edited { text: edited.text.clone(), summary: Vec::new() }, "{text:?}");
    let ours = |line: &&str| line.starts_with("enabled = ") || line.starts_with("command = ");
    for line in text.lines().filter(|line| !ours(line)) {
        assert!(edited.text.lines().any(|kept| kept == line), "{line:?} in {}", edited.text);
    }
    let back = disconnected(&edited.text, text, &[]);
    let (was, is) = (parse(text).expect("toml"), parse(&back).expect("toml"));
    let tables = [("tools", "update_plan"), ("mcp_servers", "throughline")];
    for table in tables {
        assert_eq!(shown_table(&was, table), shown_table(&is, table), "{text:?}: {back:?}");
    }
    if tables.iter().all(|(parent, name)| find(&was, parent, name).is_none()) {
        assert_eq!(back, text);
    }
    true
}

fn shown_table(document: &DocumentMut, (parent, name): (&str, &str)) -> Option<Vec<String>> {
    let table = find(document, parent, name)?;
    let pairs = table.iter().filter_map(|(k, v)| Some(format!("{k}={}", plain(v.as_value()?))));
    Some(pairs.collect())
}
