//! `thread/…`: conversations, as Codex's clients know them.
//!
//! Names, marks and git facts that a client sets are kept by Throughline, over what the transcript says: no
//! file of Codex's is written. Every cursor holds the place where a page ended, so pages are stable.

use serde_json::{Value, json};
use throughline_model::overlay::{MarkPatch, Patch};
use throughline_ops::threads::desk::PageOptions;
use throughline_ops::threads::mark::MarkOptions;
use throughline_ops::threads::told::{
    Anchor, ItemPlace, ItemsOptions, ItemsView, TurnsOptions, TurnsPage,
};
use throughline_ops::threads::{Direction, ListFilter, Origin, Sort, ThreadRow};

use crate::message::Fault;
use crate::methods::{Call, fault, parsed};
use crate::wire::{
    self, OfThreadParams, SortDirection, ThreadItemsListParams, ThreadListParams,
    ThreadMetadataUpdateParams, ThreadReadParams, ThreadSearchParams, ThreadSetNameParams,
    ThreadSortKey, ThreadSourceKind, ThreadTurnsListParams, TurnItemsView,
};

/// How long a page is where nobody says so, and at most; as Codex's.
const PAGE: u32 = 25;
const LONGEST_PAGE: u32 = 100;

/// How many conversations can be left out of a list; as Codex's.
const MOST_EXCLUDED: usize = 100;

/// Ways of starting one that rollouts of Codex have a word for.
const WORDS: &[&str] = &["cli", "vscode", "exec", "mcp", "subagent"];

fn length(limit: Option<u32>) -> usize {
    limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE) as usize
}

/// `thread/list`
pub(crate) fn list(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: ThreadListParams = parsed(params)?;
    let sort = match params.sort_key.unwrap_or(ThreadSortKey::CreatedAt) {
        ThreadSortKey::CreatedAt => Sort::Created,
        ThreadSortKey::UpdatedAt => Sort::Updated,
        ThreadSortKey::RecencyAt => Sort::Recent,
        ThreadSortKey::SectionPosition => {
            return Err(Fault::invalid("there are no sections here to sort by"));
        }
    };
    let options = PageOptions {
        sort,
        direction: params.sort_direction.unwrap_or(SortDirection::Desc).into(),
        limit: length(params.limit),
        cursor: params.cursor.clone(),
        filter: filter(params)?,
    };
    let page = call.desk.page(&call.world, &options).map_err(fault)?;
    Ok(json!({
        "data": page.threads.iter().map(wire::thread).collect::<Vec<_>>(),
        "readStates": null,
        "nextCursor": page.next_cursor,
        "backwardsCursor": page.backwards_cursor,
    }))
}

fn filter(params: ThreadListParams) -> Result<ListFilter, Fault> {
    let except = params.excluded_thread_ids.unwrap_or_default();
    if except.len() > MOST_EXCLUDED {
        return Err(Fault::invalid(format!("at most {MOST_EXCLUDED} threads can be left out")));
    }
    if params.parent_thread_id.is_some() && params.ancestor_thread_id.is_some() {
        return Err(Fault::invalid("parentThreadId and ancestorThreadId exclude each other"));
    }
    // Who asks for what one spawned means those, in whatever way they were started.
    let is_family = params.parent_thread_id.is_some() || params.ancestor_thread_id.is_some();
    let kinds = params.source_kinds.unwrap_or_default();
    Ok(ListFilter {
        origins: if is_family && kinds.is_empty() { Vec::new() } else { origins(&kinds) },
        archived: Some(params.archived.unwrap_or_default()),
        folders: params.cwd.map(Vec::from).unwrap_or_default(),
        providers: params.model_providers.unwrap_or_default(),
        name: params.search_term.filter(|term| !term.is_empty()),
        parent: params.parent_thread_id,
        ancestor: params.ancestor_thread_id,
        agent: match params.agent {
            Patch::Unchanged => Some("codex".to_owned()),
            Patch::Clear => None,
            Patch::Set(agent) => Some(agent),
        },
        except,
        ..ListFilter::default()
    })
}

/// Without kinds those that a person works in.
fn origins(kinds: &[ThreadSourceKind]) -> Vec<Origin> {
    if kinds.is_empty() {
        return vec![Origin::Word("cli"), Origin::Word("vscode")];
    }
    let origin = |kind: &ThreadSourceKind| match kind {
        ThreadSourceKind::Cli => Origin::Word("cli"),
        ThreadSourceKind::Vscode => Origin::Word("vscode"),
        ThreadSourceKind::Exec => Origin::Word("exec"),
        ThreadSourceKind::AppServer => Origin::Word("mcp"),
        ThreadSourceKind::SubAgent => Origin::Word("subagent"),
        ThreadSourceKind::SubAgentThreadSpawn => Origin::Spawned,
        ThreadSourceKind::SubAgentReview
        | ThreadSourceKind::SubAgentCompact
        | ThreadSourceKind::SubAgentOther => Origin::Unspawned("subagent"),
        ThreadSourceKind::Unknown => Origin::NoneOf(WORDS),
    };
    kinds.iter().map(origin).collect()
}

/// `thread/read`
pub(crate) fn read(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: ThreadReadParams = parsed(params)?;
    let row = find(call, &params.thread_id)?;
    let mut thread = wire::thread(&row);
    if params.include_turns {
        let all = TurnsOptions {
            direction: Direction::Ascending,
            from: None,
            limit: u32::MAX as usize,
            view: ItemsView::Full,
        };
        let page = call.desk.turns(&call.world, &row, &all).map_err(fault)?;
        thread["turns"] = turns_of(call, &page, &row, TurnItemsView::Full).into();
    }
    Ok(json!({ "thread": thread, "readState": null }))
}

/// `thread/loaded/list`: this server runs no conversation.
pub(crate) fn loaded(_: &mut Call, _: Value) -> Result<Value, Fault> {
    Ok(json!({ "data": [], "nextCursor": null }))
}

/// `thread/turns/list`
pub(crate) fn turns(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: ThreadTurnsListParams = parsed(params)?;
    let row = find(call, &params.thread_id)?;
    let view = params.items_view.unwrap_or(TurnItemsView::Summary);
    let options = TurnsOptions {
        direction: params.sort_direction.unwrap_or(SortDirection::Desc).into(),
        from: params.cursor.as_deref().map(turn_anchor).transpose()?,
        limit: length(params.limit),
        view: view.into(),
    };
    let page = call.desk.turns(&call.world, &row, &options).map_err(fault)?;
    let cursor = |at: Option<u64>, included| at.map(|at| turn_cursor(&Anchor { at, included }));
    let last = page.turns.last().map(|told| told.turn.number);
    let first = page.turns.first().map(|told| told.turn.number);
    Ok(json!({
        "data": turns_of(call, &page, &row, view),
        "nextCursor": cursor(last.filter(|_| page.has_more), false),
        "backwardsCursor": cursor(first, true),
    }))
}

fn turns_of(call: &Call, page: &TurnsPage, row: &ThreadRow, view: TurnItemsView) -> Vec<Value> {
    let now = call.world.clock.now().as_millisecond();
    page.turns.iter().map(|told| wire::turn(told, row, view, now)).collect()
}

/// `thread/items/list`
pub(crate) fn items(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: ThreadItemsListParams = parsed(params)?;
    let row = find(call, &params.thread_id)?;
    let options = ItemsOptions {
        turn: params.turn_id,
        direction: params.sort_direction.unwrap_or(SortDirection::Asc).into(),
        from: params.cursor.as_deref().map(item_anchor).transpose()?,
        limit: length(params.limit),
    };
    let page = call.desk.items(&call.world, &row, &options).map_err(fault)?;
    let cursor =
        |at: Option<ItemPlace>, included| at.map(|at| item_cursor(&Anchor { at, included }));
    let (first, last) =
        (page.items.first().map(|(at, ..)| *at), page.items.last().map(|(at, ..)| *at));
    let entry = |(at, turn, told): &(ItemPlace, Option<String>, _)| {
        let item = wire::item(told);
        json!({
            "turnId": wire::turn_id(turn.as_deref(), at.turn),
            "startedAtMs": item["startedAtMs"], "completedAtMs": item["completedAtMs"],
            "item": item,
        })
    };
    Ok(json!({
        "data": page.items.iter().map(entry).collect::<Vec<_>>(),
        "nextCursor": cursor(last.filter(|_| page.has_more), false),
        "backwardsCursor": cursor(first, true),
    }))
}

/// `thread/search`
pub(crate) fn search(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: ThreadSearchParams = parsed(params)?;
    if params.cursor.is_some() {
        return Err(Fault::invalid(
            "a search has one page, of its best hits: ask for more of them",
        ));
    }
    let filter = ListFilter {
        origins: origins(&params.source_kinds.unwrap_or_default()),
        archived: Some(params.archived.unwrap_or_default()),
        agent: Some("codex".to_owned()),
        ..ListFilter::default()
    };
    let limit = length(params.limit);
    let hits = call.desk.search(&call.world, &params.search_term, &filter, limit).map_err(fault)?;
    let hit = |hit: &throughline_ops::threads::desk::ThreadHit| json!({ "thread": wire::thread(&hit.thread), "snippet": hit.snippet });
    let data: Vec<Value> = hits.iter().map(hit).collect();
    Ok(json!({ "data": data, "nextCursor": null, "backwardsCursor": null }))
}

/// `thread/name/set`
pub(crate) fn set_name(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: ThreadSetNameParams = parsed(params)?;
    if params.name.trim().is_empty() {
        return Err(Fault::invalid("thread name must not be empty"));
    }
    let patch = MarkPatch { name: Patch::Set(params.name), ..MarkPatch::default() };
    let row = change(call, &params.thread_id, patch)?;
    let told = json!({ "threadId": row.meta.key, "threadName": row.name });
    call.tell("thread/name/updated", &told);
    Ok(json!({}))
}

/// `thread/archive`
pub(crate) fn archive(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: OfThreadParams = parsed(params)?;
    let patch = MarkPatch { archived: Patch::Set(()), ..MarkPatch::default() };
    let row = change(call, &params.thread_id, patch)?;
    call.tell("thread/archived", &json!({ "threadId": row.meta.key }));
    Ok(json!({}))
}

/// `thread/unarchive`
pub(crate) fn unarchive(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: OfThreadParams = parsed(params)?;
    let row = find(call, &params.thread_id)?;
    if !row.archived {
        let key = &row.meta.key;
        return Err(Fault::invalid(format!("no archived rollout found for thread id {key}")));
    }
    if row.source.found.archived {
        return Err(Fault::invalid(
            "Codex archived this thread itself: `codex unarchive` brings it back",
        ));
    }
    let patch = MarkPatch { archived: Patch::Clear, ..MarkPatch::default() };
    let row = change(call, &params.thread_id, patch)?;
    call.tell("thread/unarchived", &json!({ "threadId": row.meta.key }));
    Ok(json!({ "thread": wire::thread(&row) }))
}

/// `thread/metadata/update`
pub(crate) fn update_metadata(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: ThreadMetadataUpdateParams = parsed(params)?;
    if params.project_id.is_some() || params.daybreak_enabled.is_some() {
        return Err(Fault::invalid("only gitInfo is kept here; the rest is Codex's own"));
    }
    let Some(git) = params.git_info else {
        return Err(Fault::invalid("thread metadata update must include at least one field"));
    };
    if git == wire::GitInfoUpdate::default() {
        return Err(Fault::invalid("gitInfo must include at least one field"));
    }
    for (name, field) in
        [("sha", &git.sha), ("branch", &git.branch), ("originUrl", &git.origin_url)]
    {
        if matches!(field, Patch::Set(text) if text.trim().is_empty()) {
            return Err(Fault::invalid(format!("gitInfo.{name} must not be empty")));
        }
    }
    let patch = MarkPatch {
        commit: git.sha,
        branch: git.branch,
        repository: git.origin_url,
        ..MarkPatch::default()
    };
    let row = change(call, &params.thread_id, patch)?;
    Ok(json!({ "thread": wire::thread(&row) }))
}

/// Says something of a conversation; as it is then.
fn change(call: &mut Call, id: &str, patch: MarkPatch) -> Result<ThreadRow, Fault> {
    let thread = find(call, id)?.meta.key;
    let options = MarkOptions { thread, patch };
    let row = call.desk.mark(&call.world, &options).map_err(fault)?;
    call.service.freshness.touch();
    Ok(row)
}

/// The conversation of this id.
pub(crate) fn find(call: &mut Call, id: &str) -> Result<ThreadRow, Fault> {
    call.desk.thread(&call.world, id).map_err(fault)
}

/// `t.<number>.<+ or ->`: whether the turn itself belongs to the page.
fn turn_cursor(anchor: &Anchor<u64>) -> String {
    format!("t.{}.{}", anchor.at, sign(anchor.included))
}

fn turn_anchor(cursor: &str) -> Result<Anchor<u64>, Fault> {
    let parts: Vec<&str> = cursor.split('.').collect();
    let anchor = match parts.as_slice() {
        ["t", at, sign] => at.parse().ok().zip(included(sign)),
        _ => None,
    };
    anchor.map(|(at, included)| Anchor { at, included }).ok_or_else(|| wrong(cursor))
}

/// `i.<turn>.<byte>.<+ or ->`
fn item_cursor(anchor: &Anchor<ItemPlace>) -> String {
    let ItemPlace { turn, offset } = anchor.at;
    format!("i.{turn}.{offset}.{}", sign(anchor.included))
}

fn item_anchor(cursor: &str) -> Result<Anchor<ItemPlace>, Fault> {
    let parts: Vec<&str> = cursor.split('.').collect();
    let read = match parts.as_slice() {
        ["i", turn, offset, sign] => turn.parse().ok().zip(offset.parse().ok()).zip(included(sign)),
        _ => None,
    };
    let anchor = |((turn, offset), included)| Anchor { at: ItemPlace { turn, offset }, included };
    read.map(anchor).ok_or_else(|| wrong(cursor))
}

fn sign(included: bool) -> char {
    if included { '+' } else { '-' }
}

fn included(sign: &str) -> Option<bool> {
    match sign {
        "+" => Some(true),
        "-" => Some(false),
        _ => None,
    }
}

fn wrong(cursor: &str) -> Fault {
    Fault::invalid(format!("invalid cursor: {cursor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back_and_nothing_else_is() {
        for included in [true, false] {
            let turn = Anchor { at: 7, included };
            assert_eq!(turn_anchor(&turn_cursor(&turn)), Ok(turn));
            let item = Anchor { at: ItemPlace { turn: 3, offset: u64::MAX }, included };
            assert_eq!(item_anchor(&item_cursor(&item)), Ok(item));
        }
        for wrong in ["", "t", "t.1", "t.x.+", "t.1.?", "t.-1.+", "i.1.2.+.3", "t.1.+.", "../x"] {
            assert!(turn_anchor(wrong).is_err() && item_anchor(wrong).is_err(), "{wrong}");
        }
    }
}
