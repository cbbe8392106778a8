//! `[memory]` as users and repositories write it.

use proptest::prelude::*;
use throughline_model::config::Config;
use throughline_model::memory::engine::budget::TokenBudget;

use super::super::parse;
use super::*;

fn user(text: &str) -> Result<MemorySettings, String> {
    parse(text, Whose::User, &Config::default()).map(|config| config.memory)
}

/// What holds once a repository's file was joined into the user's settings.
fn joined(user: &Config, repository: &str) -> Config {
    user.clone().tightened_by(parse(repository, Whose::Repository, user).unwrap())
}

const EVERYTHING: &str = r#"
[memory]
enabled = false
engine = "openai-compatible"
brief_tokens = 90
exclude_tainted = false
extract = { min_idle_hours = 1, max_age_days = 2, max_running = 3, lease_seconds = 4, retry_delay_seconds = 5, retries = 6, input_tokens = 7000 }

[memory.consolidate]
lease_seconds = 20
heartbeat_seconds = 10
cooldown_hours = 0
max_extractions = 9
max_unused_days = 10
extension_retention_days = 11

[memory.budget]
tokens_per_day = 12
tokens_per_run = 13

[memory.endpoint]
base_url = "http://127.0.0.1:11434/v1/"
wire = "chat-completions"
model = "qwen3:8b"
embedding_model = "nomic"
key_command = ["pass", "show", "key"]
allow_insecure = true
timeout_seconds = 14

[recall]
embeddings = true
local_model = "/opt/minilm"
"#;

#[test]
fn every_key_is_read() {
    let expected = MemorySettings {
        enabled: false,
        engine: MemoryEngine::OpenAiCompatible,
        brief_tokens: 90,
        exclude_tainted: false,
        extract: ExtractSettings {
            min_idle: HOURS,
            max_age: DAYS * 2,
            max_running: 3,
            lease: SECONDS * 4,
            retry_delay: SECONDS * 5,
            retries: 6,
            input_tokens: 7_000,
        },
        consolidate: ConsolidateSettings {
            lease: SECONDS * 20,
            heartbeat: SECONDS * 10,
            cooldown: SignedDuration::ZERO,
            max_extractions: 9,
            max_unused: DAYS * 10,
            extension_retention: DAYS * 11,
        },
        budget: TokenBudget { per_day: 12, per_run: 13 },
        endpoint: Some(EndpointSettings {
            base_url: "http://127.0.0.1:11434/v1".to_owned(),
            wire: Wire::ChatCompletions,
            model: Some("qwen3:8b".to_owned()),
            embedding_model: Some("nomic".to_owned()),
            key: KeySource::Command(["pass", "show", "key"].map(str::to_owned).to_vec()),
            allow_insecure: true,
            timeout: SECONDS * 14,
        }),
        embeddings: true,
        local_model: Some("/opt/minilm".into()),
    };
    assert_eq!(user(EVERYTHING), Ok(expected));
}

#[test]
fn nothing_said_is_the_default_and_leaves_the_machine_never() {
    assert_eq!(user(""), Ok(MemorySettings::default()));
    assert_eq!(user("[memory]\n[memory.extract]"), Ok(MemorySettings::default()));
    let default = MemorySettings::default();
    assert_eq!((default.engine, default.endpoint), (MemoryEngine::Builtin, None));
}

#[test]
fn a_wrong_value_is_named_with_its_line() {
    let cases = [
        (
            "[memory]\nengine = \"gpt\"",
            "line 2: engine: one of \"builtin\", \"codex\", \"openai-compatible\" is expected",
        ),
        (
            "[memory]\nengine = \"openai-compatible\"",
            "line 2: engine: base_url and model are needed under [memory.endpoint]",
        ),
        (
            "[memory]\nbrief_tokens = -1",
            "line 2: brief_tokens: a whole number from 0 to 100000 is expected",
        ),
        (
            "[memory.extract]\nmax_running = 0",
            "line 2: max_running: a whole number from 1 to 1024 is expected",
        ),
        (
            "[memory.extract]\nlease_seconds = \"1h\"",
            "line 2: lease_seconds: a whole number from 1 to 86400 is expected",
        ),
        (
            "[memory.consolidate]\nlease_seconds = 100",
            "line 2: heartbeat_seconds: at most half of lease_seconds is expected",
        ),
        ("[memory.endpoint]\nmodel = \"m\"", "line 1: endpoint: base_url is needed"),
        (
            "[memory.endpoint]\nbase_url = \"https://me:secret@host/v1\"",
            "line 2: base_url: an http or https URL, no more is expected",
        ),
        (
            "[memory.endpoint]\nbase_url = \"file:///etc\"",
            "line 2: base_url: an http or https URL, no more is expected",
        ),
        (
            "[memory.endpoint]\nbase_url = \"https://h\"\nkey_env = \"sk-abc\"",
            "line 3: key_env: the name of a variable is expected",
        ),
        (
            "[memory.endpoint]\nbase_url = \"https://h\"\nkey_env = \"K\"\nkey_command = [\"k\"]",
            "line 4: key_command: key_env is there already",
        ),
        (
            "[memory.endpoint]\nbase_url = \"https://h\"\nkey_command = \"pass key\"",
            "line 3: key_command: a list of words is expected",
        ),
        (
            "[memory.endpoint]\nbase_url = \"https://h\"\nkey_command = []",
            "line 3: key_command: a list of words is expected",
        ),
        (
            "[recall]\nembeddings = true",
            "line 2: embeddings: local_model is needed, or embedding_model under [memory.endpoint]",
        ),
        (
            "[recall]\nlocal_model = \"models/minilm\"",
            "line 2: local_model: an absolute path is expected",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(user(text), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn a_repository_names_no_engine_and_no_endpoint() {
    let mine = parse(EVERYTHING, Whose::User, &Config::default()).unwrap();
    for hostile in [
        "[memory]\nengine = \"codex\"",
        "[memory]\nengine = \"no such engine\"",
        "[memory.endpoint]\nbase_url = \"https://thief.example\"\nkey_command = [\"sh\"]",
        "[memory.endpoint]\nkey_env = 7",
        "[recall]\nlocal_model = \"/tmp/theirs\"",
        "[memory]\nexclude_tainted = false\nenabled = true\n[recall]\nembeddings = true",
    ] {
        assert_eq!(joined(&mine, hostile), mine, "{hostile}");
        let cautious = Config::default();
        assert_eq!(joined(&cautious, hostile), cautious, "{hostile}");
    }
}

proptest! {
    #[test]
    fn a_repository_only_tightens(
        mine: [u16; 4], theirs: [u16; 4], switches: [bool; 6], says: bool,
    ) {
        let file = |numbers: [u16; 4], [enabled, tainted, embeddings]: [bool; 3]| format!(
            "[memory]\nenabled = {enabled}\nexclude_tainted = {tainted}\nbrief_tokens = {}\n\
             [memory.extract]\nmin_idle_hours = {}\nmax_running = {}\n\
             [memory.budget]\ntokens_per_day = {}\n\
             [memory.endpoint]\nbase_url = \"https://h\"\nembedding_model = \"m\"\n\
             [recall]\nembeddings = {embeddings}",
            numbers[0], numbers[1] % 8_760, 1 + numbers[2] % 1_024, numbers[3],
        );
        let [a, b, c, d, e, f] = switches;
        let mine = parse(&file(mine, [a, b, c]), Whose::User, &Config::default()).unwrap();
        let repository = if says { file(theirs, [d, e, f]) } else { String::new() };
        let joined = joined(&mine, &repository);
        let (mine, now) = (&mine.memory, &joined.memory);
        prop_assert!(says || mine == now);
        prop_assert!(now.enabled <= mine.enabled && now.embeddings <= mine.embeddings);
        prop_assert!(now.exclude_tainted >= mine.exclude_tainted);
        prop_assert!(now.brief_tokens <= mine.brief_tokens);
        prop_assert!(now.extract.min_idle >= mine.extract.min_idle);
        prop_assert!(now.extract.max_running <= mine.extract.max_running);
        prop_assert!(now.budget.per_day <= mine.budget.per_day);
        prop_assert_eq!((now.engine, &now.endpoint), (mine.engine, &mine.endpoint));
    }

    #[test]
    fn any_value_is_read_or_refused(
        key in "enabled|engine|brief_tokens|lease_seconds|heartbeat_seconds|base_url|key_command|embeddings",
        value in "[\\[\\]{}a-z0-9\"'.,=: -]{0,12}",
    ) {
        for section in ["memory", "memory.extract", "memory.consolidate", "memory.endpoint", "recall"] {
            let _ = user(&format!("[{section}]\n{key} = {value}"));
        }
    }
}
