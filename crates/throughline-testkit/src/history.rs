//! Conversations of the past: transcripts as Codex 0.169 writes them, made up, with the truth about them.
//!
//! The shape (kinds of lines, their order and their share of the bytes) is that of transcripts that the
//! real Codex wrote in tests; every word is made up. The same options give the same bytes.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// What to make.
#[derive(Debug, Clone)]
pub struct HistoryOptions {
    /// How many conversations.
    pub threads: usize,
    /// Where they worked.
    pub cwd: PathBuf,
    /// On which branches, in turn; each with the commit at which it stood.
    pub branches: Vec<(String, String)>,
    /// How much of what nobody reads is in them.
    pub ballast: Ballast,
    /// Another seed, another history.
    pub seed: u64,
}

/// How much of a transcript is instructions, tool lists and outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ballast {
    /// Little: for tests of what is said.
    Light,
    /// As much as in real ones, about 60 kB each: for measurements.
    Real,
}

/// One conversation as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadTruth {
    /// Its name.
    pub id: String,
    /// Its transcript.
    pub path: PathBuf,
    /// The branch at its start.
    pub branch: String,
    /// Its turns, in order.
    pub turns: Vec<TurnTruth>,
    /// The plan that was given last: steps with their statuses. Empty: there was none.
    pub plan: Vec<(String, &'static str)>,
}

/// One turn as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnTruth {
    /// Its name.
    pub id: String,
    /// What the user said.
    pub prompt: String,
    /// What the agent answered.
    pub answer: String,
    /// What ran.
    pub commands: Vec<String>,
    /// What was changed.
    pub files: Vec<String>,
    /// The abbreviated hash of a commit that was made in it.
    pub commit: Option<String>,
    /// Whether it ended; one that did not was killed.
    pub ended: bool,
    /// Tokens: read, of these cached, written, of these reasoning.
    pub tokens: [u64; 4],
}

/// Writes a history below an agent's home, and tells the truth about it.
///
/// # Panics
/// If the folder can't be written.
pub fn write_history(codex_home: &Path, options: &HistoryOptions) -> Vec<ThreadTruth> {
    (0..options.threads).map(|number| write_thread(codex_home, options, number)).collect()
}

fn write_thread(codex_home: &Path, options: &HistoryOptions, number: usize) -> ThreadTruth {
    let mut dice = Dice(options.seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
    let id = format!("01a1{:04x}-0000-7000-8000-{:012x}", number, options.seed ^ number as u64);
    let day = 1 + number / 24 % 28;
    let folder = codex_home.join("sessions/2026/10").join(format!("{day:02}"));
    let hour = number % 24;
    let path = folder.join(format!("rollout-2026-10-{day:02}T{hour:02}-00-00-{id}.jsonl"));
    let (branch, head) = options.branches[number % options.branches.len()].clone();
    let mut writing = Writing {
        text: String::new(),
        ordinal: 0,
        clock: Clock { day, hour, second: 0 },
        ballast: options.ballast,
        total: [0; 4],
    };
    writing.begin(&id, &options.cwd, &branch, &head, &mut dice);
    let mut thread = ThreadTruth {
        id: id.clone(),
        path: path.clone(),
        branch,
        turns: Vec::new(),
        plan: Vec::new(),
    };
    let turns = 1 + dice.below(5);
    for at in 0..turns {
        let killed = at + 1 == turns && dice.below(9) == 0;
        let turn = made_up_turn(&id, at, !killed, &mut dice);
        writing.turn(&id, &turn, &mut thread.plan, &options.cwd, &mut dice);
        thread.turns.push(turn);
    }
    fs::create_dir_all(&folder).expect("a folder for transcripts");
    fs::write(&path, writing.text).expect("a transcript");
    thread
}

fn made_up_turn(thread: &str, at: u64, ended: bool, dice: &mut Dice) -> TurnTruth {
    let output = 200 + dice.below(2_000);
    let input = 8_000 + dice.below(40_000);
    let with_commit = ended && dice.below(3) == 0;
    let mut commands: Vec<String> = (0..1 + dice.below(5))
        .map(|_| format!("cargo {} --{}", dice.word(), dice.word()))
        .collect();
    let commit = with_commit.then(|| format!("{:07x}", dice.next() & 0xfff_ffff));
    if with_commit {
        commands.push(format!("git commit -m {}", dice.word()));
    }
    TurnTruth {
        id: format!("{}-7000-8000-{at:012x}", &thread[..13]),
        prompt: dice.words(6, 60),
        answer: dice.words(30, 160),
        commands,
        files: (0..dice.below(4)).map(|_| format!("src/{}.rs", dice.word())).collect(),
        commit,
        ended,
        tokens: [input, input / 2, output, output / 4],
    }
}

struct Clock {
    day: usize,
    hour: usize,
    second: usize,
}

impl Clock {
    fn tick(&mut self) -> String {
        self.second += 1;
        let (minute, second) = (self.second / 60 % 60, self.second % 60);
        format!("2026-10-{:02}T{:02}:{minute:02}:{second:02}.000Z", self.day, self.hour)
    }
}

/// A transcript in the making.
struct Writing {
    text: String,
    ordinal: u64,
    clock: Clock,
    ballast: Ballast,
    /// Tokens of all its turns.
    total: [u64; 4],
}

impl Writing {
    fn line(&mut self, kind: &str, payload: &Value) {
        let (at, ordinal) = (self.clock.tick(), self.ordinal);
        self.ordinal += 1;
        // The type comes first, as Codex has it.
        let payload = match payload.get("type") {
            Some(kind) => {
                let rest = payload.to_string();
                let rest = rest.replacen(&format!("\"type\":{kind},"), "", 1);
                let rest = rest.replacen(&format!(",\"type\":{kind}}}"), "}", 1);
                format!("{{\"type\":{kind},{}", rest.trim_start_matches('{'))
            }
            None => payload.to_string(),
        };
        self.text.push_str(&format!(
            "{{\"timestamp\":\"{at}\",\"ordinal\":{ordinal},\"type\":\"{kind}\",\"payload\":{payload}}}\n"
        ));
    }

    fn event(&mut self, payload: &Value) {
        self.line("event_msg", payload);
    }

    /// Text that nobody reads, as long as in real transcripts.
    fn filler(&self, dice: &mut Dice, bytes: usize) -> String {
        match self.ballast {
            Ballast::Light => "…".to_owned(),
            Ballast::Real => {
                let mut text = String::with_capacity(bytes + 16);
                while text.len() < bytes {
                    text.push_str(dice.word());
                    text.push(' ');
                }
                text
            }
        }
    }

    fn begin(&mut self, id: &str, cwd: &Path, branch: &str, head: &str, dice: &mut Dice) {
        let at = self.clock.tick();
        let instructions = self.filler(dice, 20_000);
        self.line(
            "session_meta",
            &json!({
                "id": id, "session_id": id, "timestamp": at, "cwd": cwd, "originator": "codex_exec",
                "cli_version": "0.169.0", "source": "exec", "thread_source": "user",
                "model_provider": "made-up", "base_instructions": { "text": instructions },
                "history_mode": "paginated",
                "git": { "commit_hash": head, "branch": branch },
            }),
        );
        let state = self.filler(dice, 5_000);
        self.line("world_state", &json!({ "full": true, "state": { "tools": state } }));
    }

    fn turn(
        &mut self,
        thread: &str,
        turn: &TurnTruth,
        plan: &mut Vec<(String, &'static str)>,
        cwd: &Path,
        dice: &mut Dice,
    ) {
        self.event(&json!({ "type": "task_started", "turn_id": turn.id }));
        self.line(
            "turn_context",
            &json!({ "turn_id": turn.id, "cwd": cwd, "model": "made-up-1", "effort": "medium" }),
        );
        self.message(turn, "user", &turn.prompt);
        let prompt = json!([{ "type": "text", "text": turn.prompt }]);
        self.item(thread, turn, json!({ "type": "UserMessage", "id": "u", "content": prompt }));
        if dice.below(2) == 0 || !plan.is_empty() {
            self.plan(turn, plan, dice);
        }
        for command in &turn.commands {
            self.command(thread, turn, command, cwd, dice);
        }
        if !turn.files.is_empty() {
            let changes: serde_json::Map<String, Value> = turn
                .files
                .iter()
                .map(|file| (cwd.join(file).display().to_string(), json!({ "type": "add" })))
                .collect();
            let change = json!({ "type": "FileChange", "changes": changes, "status": "completed" });
            self.item(thread, turn, change);
        }
        if turn.ended {
            self.end(thread, turn);
        }
    }

    fn end(&mut self, thread: &str, turn: &TurnTruth) {
        let answer = json!([{ "type": "Text", "text": turn.answer }]);
        self.item(thread, turn, json!({ "type": "AgentMessage", "id": "a", "content": answer }));
        self.message(turn, "assistant", &turn.answer);
        let [input, cached, output, reasoning] = turn.tokens;
        let usage = json!({
            "input_tokens": input, "cached_input_tokens": cached,
            "output_tokens": output, "reasoning_output_tokens": reasoning,
        });
        self.line(
            "token_usage_record",
            &json!({ "turn_id": turn.id, "usage": usage, "turn_token_usage": usage }),
        );
        for (total, more) in self.total.iter_mut().zip(turn.tokens) {
            *total += more;
        }
        let [input, cached, output, reasoning] = self.total;
        let total = json!({
            "input_tokens": input, "cached_input_tokens": cached,
            "output_tokens": output, "reasoning_output_tokens": reasoning,
        });
        let info = json!({ "total_token_usage": total, "last_token_usage": usage });
        self.event(&json!({ "type": "token_count", "info": info }));
        let complete = json!({
            "type": "task_complete", "turn_id": turn.id, "last_agent_message": turn.answer,
        });
        self.event(&complete);
    }

    fn message(&mut self, turn: &TurnTruth, role: &str, text: &str) {
        self.line(
            "response_item",
            &json!({
                "type": "message", "role": role, "content": [{ "type": "text", "text": text }],
                "internal_chat_message_metadata_passthrough": { "turn_id": turn.id },
            }),
        );
    }

    fn item(&mut self, thread: &str, turn: &TurnTruth, item: Value) {
        self.event(&json!({
            "type": "item_completed", "thread_id": thread, "turn_id": turn.id, "item": item,
        }));
    }

    /// The next state of the plan: one more step done, or a plan where there was none.
    fn plan(&mut self, turn: &TurnTruth, plan: &mut Vec<(String, &'static str)>, dice: &mut Dice) {
        if plan.is_empty() {
            *plan = (0..2 + dice.below(4)).map(|_| (dice.words(2, 6), "pending")).collect();
            plan[0].1 = "in_progress";
        } else if let Some(at) = plan.iter().position(|(_, status)| *status == "in_progress") {
            plan[at].1 = "completed";
            if let Some(next) = plan.get_mut(at + 1) {
                next.1 = "in_progress";
            }
        }
        let steps: Vec<Value> =
            plan.iter().map(|(step, status)| json!({ "step": step, "status": status })).collect();
        let arguments = json!({ "plan": steps }).to_string();
        self.line(
            "response_item",
            &json!({
                "type": "function_call", "name": "update_plan", "arguments": arguments, "call_id": "p",
                "internal_chat_message_metadata_passthrough": { "turn_id": turn.id },
            }),
        );
    }

    fn command(
        &mut self,
        thread: &str,
        turn: &TurnTruth,
        command: &str,
        cwd: &Path,
        dice: &mut Dice,
    ) {
        let printed = match turn.commit.as_ref().filter(|_| command.starts_with("git commit")) {
            Some(commit) => format!("[work {commit}] made up\n 1 file changed\n"),
            None => {
                let bytes = 500 + usize::try_from(dice.below(3_500)).unwrap_or_default();
                self.filler(dice, bytes)
            }
        };
        let arguments = json!({ "cmd": command }).to_string();
        self.line(
            "response_item",
            &json!({
                "type": "function_call", "name": "exec_command", "arguments": arguments, "call_id": "c",
                "internal_chat_message_metadata_passthrough": { "turn_id": turn.id },
            }),
        );
        self.line(
            "response_item",
            &json!({ "type": "function_call_output", "call_id": "c", "output": printed }),
        );
        let ran = json!({
            "type": "CommandExecution", "id": "c", "command": ["/bin/bash", "-lc", command],
            "cwd": cwd, "status": "completed", "exit_code": 0, "aggregated_output": printed,
        });
        self.item(thread, turn, ran);
    }
}

/// A small generator: same seed, same history.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    /// splitmix64, by Sebastiano Vigna, in the public domain.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Some words often, most of them seldom, as in any language.
    fn word(&mut self) -> &'static str {
        let vocabulary = vocabulary();
        let end = vocabulary.len() as u64;
        let at = self.below(end) * self.below(end) / end;
        &vocabulary[usize::try_from(at).unwrap_or_default()]
    }

    fn words(&mut self, least: u64, most: u64) -> String {
        let count = least + self.below(most - least);
        let words: Vec<&str> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }
}

/// Words of two or three syllables.
fn vocabulary() -> &'static [String] {
    static WORDS: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    WORDS.get_or_init(|| {
        const SYLLABLES: [&str; 20] = [
            "ba", "ko", "ri", "mel", "tor", "su", "lan", "pe", "vi", "dor", "na", "fe", "gul",
            "hi", "jo", "wa", "zen", "cu", "sti", "or",
        ];
        let two = SYLLABLES.iter().flat_map(|a| SYLLABLES.iter().map(move |b| format!("{a}{b}")));
        let two: Vec<String> = two.collect();
        let three = two.iter().flat_map(|a| SYLLABLES.iter().map(move |b| format!("{a}{b}")));
        two.iter().cloned().chain(three).collect()
    })
}
