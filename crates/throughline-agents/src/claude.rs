//! Anthropic's Claude Code: its transcripts. Its hooks are not read yet.
//!
//! Nobody promises the format. It was taken from what others publish about it, none of it ours:
//! `docs/jsonl-format.md` of ticpu/claude-conversation-search-mcp (69,442 messages looked at),
//! `docs/claude-cli-jsonl-format.md` of Huntehhh/claude-code-chat, `docs/JSONL-STRUCTURE.md` of
//! alicoding/claude-parser, session 8 in `docs/sessions/` of Crazytieguy/alignment-hive,
//! `notes/transcript-format.md` of DRMacIver/claude-reliability, and lines in the tests of
//! several readers, for releases 1.0.83 to 2.1. What is not known is passed over.

mod transcript;

use crate::agent::{AgentSpec, TranscriptStore};
use crate::transcript::{Dialect, LineHead, Scales, Stuff};

/// Claude Code's row.
pub const SPEC: AgentSpec = AgentSpec {
    id: "claude",
    name: "Claude Code",
    aliases: &["claude-code"],
    home_variable: "CLAUDE_CONFIG_DIR",
    default_home: ".claude",
    hooks: None,
    transcript: Dialect {
        name: "transcript",
        line_start: br#"{"parentUuid":"#,
        read: transcript::read,
        scales: SCALES,
        tell: None,
    },
    stores: STORES,
    web_tools: &["WebSearch", "WebFetch"],
    catalogue: None,
    goals: None,
};

/// A session lies in the folder of its directory (`projects/DIRECTORY/SESSION.jsonl`). Its
/// subagents lie beside it or, in newer releases, in `projects/DIRECTORY/SESSION/subagents/` and
/// one below that, where a workflow started them.
const STORES: &[TranscriptStore] =
    &[TranscriptStore { folder: "projects", archived: false, depth: 6 }];

/// How its lines are weighed. Its own instructions are in no transcript: raw NUL is in no JSON either.
const SCALES: Scales = Scales { head, instructions: b"\0" };

fn head(bytes: &[u8]) -> LineHead {
    let text = String::from_utf8_lossy(bytes);
    let has = |mark: &str| text.contains(mark);
    let stuff = if has(r#""tool_result""#) || has(r#""toolUseResult":"#) {
        Stuff::ToolOutput
    } else if has(r#""isCompactSummary":true"#) {
        Stuff::Compaction
    } else {
        Stuff::Other
    };
    LineHead { stuff, ..LineHead::default() }
}

#[cfg(test)]
mod tests;
