//! What Codex's clients send and get, in the names of its protocol (0.169). Only what is used is named;
//! what a client sends beside it is passed over, as Codex does.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use throughline_model::overlay::Patch;
use throughline_ops::threads::told::{ItemsView, ToldTurn, TurnStanding, standing};
use throughline_ops::threads::{Direction, ThreadRow};

/// `initialize`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InitializeParams {
    pub(crate) client_info: ClientInfo,
    pub(crate) capabilities: Option<Capabilities>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ClientInfo {
    pub(crate) name: String,
    pub(crate) version: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Capabilities {
    /// Notifications that it does not want.
    pub(crate) opt_out_notification_methods: Option<Vec<String>>,
}

/// In which direction a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SortDirection {
    Asc,
    Desc,
}

impl From<SortDirection> for Direction {
    fn from(direction: SortDirection) -> Self {
        match direction {
            SortDirection::Asc => Self::Ascending,
            SortDirection::Desc => Self::Descending,
        }
    }
}

/// By what conversations are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ThreadSortKey {
    CreatedAt,
    UpdatedAt,
    RecencyAt,
    SectionPosition,
}

/// How a conversation was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ThreadSourceKind {
    Cli,
    Vscode,
    Exec,
    AppServer,
    SubAgent,
    SubAgentReview,
    SubAgentCompact,
    SubAgentThreadSpawn,
    SubAgentOther,
    Unknown,
}

/// One text or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Vec<String> {
    fn from(texts: OneOrMany) -> Self {
        match texts {
            OneOrMany::One(text) => vec![text],
            OneOrMany::Many(texts) => texts,
        }
    }
}

/// `thread/list`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ThreadListParams {
    pub(crate) cursor: Option<String>,
    pub(crate) limit: Option<u32>,
    pub(crate) excluded_thread_ids: Option<Vec<String>>,
    pub(crate) sort_key: Option<ThreadSortKey>,
    pub(crate) sort_direction: Option<SortDirection>,
    pub(crate) model_providers: Option<Vec<String>>,
    pub(crate) source_kinds: Option<Vec<ThreadSourceKind>>,
    pub(crate) archived: Option<bool>,
    pub(crate) cwd: Option<OneOrMany>,
    pub(crate) search_term: Option<String>,
    pub(crate) parent_thread_id: Option<String>,
    pub(crate) ancestor_thread_id: Option<String>,
    /// Ours: of which agent; absent, Codex's; null, all.
    #[serde(deserialize_with = "patch")]
    pub(crate) agent: Patch<String>,
}

/// `thread/search`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadSearchParams {
    pub(crate) search_term: String,
    pub(crate) limit: Option<u32>,
    pub(crate) cursor: Option<String>,
    pub(crate) source_kinds: Option<Vec<ThreadSourceKind>>,
    pub(crate) archived: Option<bool>,
}

/// `thread/turns/list`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadTurnsListParams {
    pub(crate) thread_id: String,
    pub(crate) cursor: Option<String>,
    pub(crate) limit: Option<u32>,
    pub(crate) sort_direction: Option<SortDirection>,
    pub(crate) items_view: Option<TurnItemsView>,
}

/// How much of its items comes with a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TurnItemsView {
    NotLoaded,
    Summary,
    Full,
}

impl From<TurnItemsView> for ItemsView {
    fn from(view: TurnItemsView) -> Self {
        match view {
            TurnItemsView::NotLoaded => Self::NotLoaded,
            TurnItemsView::Summary => Self::Summary,
            TurnItemsView::Full => Self::Full,
        }
    }
}

/// `thread/items/list`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadItemsListParams {
    pub(crate) thread_id: String,
    pub(crate) turn_id: Option<String>,
    pub(crate) cursor: Option<String>,
    pub(crate) limit: Option<u32>,
    pub(crate) sort_direction: Option<SortDirection>,
}

/// `thread/read`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadReadParams {
    pub(crate) thread_id: String,
    #[serde(default)]
    pub(crate) include_turns: bool,
}

/// A conversation and nothing else: `thread/archive`, `thread/unarchive`, `thread/goal/get|clear`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfThreadParams {
    pub(crate) thread_id: String,
}

/// `thread/name/set`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadSetNameParams {
    pub(crate) thread_id: String,
    pub(crate) name: String,
}

/// `thread/metadata/update`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadMetadataUpdateParams {
    pub(crate) thread_id: String,
    pub(crate) git_info: Option<GitInfoUpdate>,
    /// Codex's alone.
    pub(crate) project_id: Option<String>,
    /// Codex's alone.
    pub(crate) daybreak_enabled: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct GitInfoUpdate {
    #[serde(deserialize_with = "patch")]
    pub(crate) sha: Patch<String>,
    #[serde(deserialize_with = "patch")]
    pub(crate) branch: Patch<String>,
    #[serde(deserialize_with = "patch")]
    pub(crate) origin_url: Patch<String>,
}

/// `thread/goal/set`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadGoalSetParams {
    pub(crate) thread_id: String,
    pub(crate) objective: Option<String>,
    pub(crate) status: Option<ThreadGoalStatus>,
    #[serde(default, deserialize_with = "patch")]
    pub(crate) token_budget: Patch<i64>,
}

/// How a goal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ThreadGoalStatus {
    Active,
    Paused,
    Blocked,
    UsageLimited,
    BudgetLimited,
    Complete,
}

/// Absent: unchanged; null: nothing; else the value.
fn patch<'de, T, D>(from: D) -> Result<Patch<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::<T>::deserialize(from)?.map_or(Patch::Clear, Patch::Set))
}

/// A conversation, as a client gets it.
pub(crate) fn thread(row: &ThreadRow) -> Value {
    let meta = &row.meta;
    let git =
        [&meta.head, &meta.branch].into_iter().any(Option::is_some) || !meta.repository.is_empty();
    let origin = (!meta.repository.is_empty()).then_some(&meta.repository);
    json!({
        "id": meta.key,
        "sessionId": if meta.session.is_empty() { &meta.key } else { &meta.session },
        "forkedFromId": meta.forked_from,
        "parentThreadId": meta.parent,
        "preview": row.preview,
        "name": row.name,
        "modelProvider": meta.provider.as_deref().unwrap_or_default(),
        "model": row.model,
        "reasoningEffort": row.effort,
        "createdAt": seconds(row.created),
        "updatedAt": seconds(row.updated),
        "recencyAt": seconds(row.recent),
        "status": { "type": "notLoaded" },
        "path": row.source.found.path,
        "cwd": if meta.cwd.is_empty() { "/" } else { &meta.cwd },
        "cliVersion": meta.version.as_deref().unwrap_or_default(),
        "source": source(row),
        "agentNickname": meta.nickname,
        "agentRole": meta.role,
        "gitInfo": git.then(|| json!({ "sha": meta.head, "branch": meta.branch, "originUrl": origin })),
        "ephemeral": false,
        "turns": [],
        "environments": null, "extra": null, "attachedToThreadId": null, "section": null,
        "sectionEnteredAt": null, "projectId": null, "originator": null, "canAcceptDirectInput": null,
        "threadSource": null, "daybreakEnabled": null,
        "agent": row.source.found.agent,
    })
}

/// How it was started, in the protocol's words; rollouts have others.
fn source(row: &ThreadRow) -> Value {
    let meta = &row.meta;
    match meta.origin.as_deref() {
        Some(word @ ("cli" | "vscode" | "exec")) => json!(word),
        Some("mcp") => json!("appServer"),
        Some("subagent") => match &meta.parent {
            Some(parent) => json!({ "subAgent": { "thread_spawn": {
                "parent_thread_id": parent,
                // The root itself is no step below it.
                "depth": meta.agent_path.as_deref().map_or(1, |path| path.matches('/').count().saturating_sub(1).max(1)),
                "agent_path": meta.agent_path,
                "agent_nickname": meta.nickname,
                "agent_role": meta.role,
            } } }),
            None => json!({ "subAgent": { "other": "unknown" } }),
        },
        Some(_) | None => json!("unknown"),
    }
}

/// A turn, as a client gets it.
pub(crate) fn turn(told: &ToldTurn, row: &ThreadRow, view: TurnItemsView, now: i64) -> Value {
    let turn = &told.turn;
    let items: Vec<Value> = told.items.iter().map(item).collect();
    let status = match standing(told, row, now) {
        TurnStanding::Completed => "completed",
        TurnStanding::Interrupted => "interrupted",
        TurnStanding::InProgress => "inProgress",
    };
    json!({
        "id": turn_id(turn.key.as_deref(), turn.number),
        "rootTurnId": null,
        "items": items,
        "itemsView": view,
        "status": status,
        "error": null,
        "startedAt": seconds(turn.began),
        "completedAt": turn.ended.map(seconds),
        "durationMs": turn.ended.map(|ended| ended.saturating_sub(turn.began).max(0)),
    })
}

/// Turns of old transcripts have no name of their own; their number is one.
pub(crate) fn turn_id(key: Option<&str>, number: u64) -> String {
    key.map_or_else(|| format!("turn-{number}"), str::to_owned)
}

/// An item, as a client gets it.
pub(crate) fn item(told: &throughline_ops::threads::ToldItem) -> Value {
    let mut item = told.item.clone();
    item["startedAtMs"] = json!(told.started);
    item["completedAtMs"] = json!(told.completed);
    item
}

/// Milliseconds as the protocol has times.
fn seconds(milliseconds: i64) -> i64 {
    milliseconds.div_euclid(1000)
}
