//! Two objects to one, member by member: the rules of single fields.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Merge;
use crate::json::Json;
use crate::state::{Conflict, Pointer, State, compact};

/// The members of an object, in the order of the file.
pub(super) type Members = Vec<(String, Json)>;

/// Something as it is in each of the three states.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides<T> {
    pub(super) base: T,
    pub(super) ours: T,
    pub(super) theirs: T,
}

impl<T> Sides<T> {
    pub(super) fn map<'t, U>(&'t self, mut each: impl FnMut(&'t T) -> U) -> Sides<U> {
        let (base, ours, theirs) = (each(&self.base), each(&self.ours), each(&self.theirs));
        Sides { base, ours, theirs }
    }
}

impl<'s> Sides<&'s State> {
    pub(super) fn part<T>(self, part: fn(&State) -> &T) -> Sides<&'s T> {
        Sides { base: part(self.base), ours: part(self.ours), theirs: part(self.theirs) }
    }
}

/// How two values of one member become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// One stands, both are kept. Objects are merged member by member.
    Value,
    /// The smaller number stands, both are kept.
    Smaller,
    /// The earlier time, silently.
    Earlier,
    /// The one that stands first in the list, which goes from done over open to given up.
    Life(&'static [&'static str]),
    /// A set.
    Set,
}

const TASK: &[&str] = &["completed", "in_progress", "pending", "cancelled"];
const MILESTONE: &[&str] = &["reached", "open", "dropped"];

impl Rule {
    pub(super) fn of_task(key: &str) -> Self {
        match key {
            "status" => Self::Life(TASK),
            "priority" => Self::Smaller,
            "created_at" | "completed_at" => Self::Earlier,
            "labels" | "depends_on" | "related" | "discovered_from" | "evidence" => Self::Set,
            _ => Self::Value,
        }
    }

    pub(super) fn of_milestone(key: &str) -> Self {
        if key == "status" { Self::Life(MILESTONE) } else { Self::Value }
    }

    pub(super) fn of_any(_key: &str) -> Self {
        Self::Value
    }
}

impl Json {
    /// On one line.
    pub(super) fn text(&self) -> String {
        compact(|w| w.value(self))
    }
}

fn get<'m>(members: &'m Members, key: &str) -> Option<&'m Json> {
    members.iter().find(|(k, _)| k == key).map(|(_, value)| value)
}

impl Merge<'_> {
    /// The members of both sides. Those of the base keep their order, new ones follow by name.
    pub(super) fn object(
        &mut self,
        at: &Pointer,
        rule: fn(&str) -> Rule,
        sides: &Sides<Members>,
    ) -> Members {
        let mut merged = Members::new();
        for key in keys(sides) {
            let values = sides.map(|members| get(members, key));
            let value = self.member(&at.below(key), rule(key), values);
            merged.extend(value.map(|value| (key.to_owned(), value)));
        }
        merged
    }

    fn member(&mut self, at: &Pointer, rule: Rule, sides: Sides<Option<&Json>>) -> Option<Json> {
        let is_known = !self.settled_twice(at);
        let base = sides.base.filter(|_| is_known);
        if sides.ours == sides.theirs || (is_known && sides.theirs == base) {
            return sides.ours.cloned();
        }
        if is_known && sides.ours == base {
            return sides.theirs.cloned();
        }
        let empty_list = Json::List(Vec::new());
        match (sides.ours, sides.theirs) {
            (Some(ours), Some(theirs)) => Some(self.both(at, rule, base, ours, theirs)),
            (Some(value), None) | (None, Some(value)) if rule == Rule::Set => {
                let left = self.both(at, rule, base, value, &empty_list);
                (left != empty_list).then_some(left)
            }
            (Some(value), None) | (None, Some(value)) => {
                let stands = Some(value.clone());
                self.record(at, Conflict { stands, empty: true, ..Conflict::default() });
                Some(value.clone())
            }
            (None, None) => None,
        }
    }

    fn both(
        &mut self,
        at: &Pointer,
        rule: Rule,
        base: Option<&Json>,
        ours: &Json,
        theirs: &Json,
    ) -> Json {
        if let (Json::Map(ours), Json::Map(theirs)) = (ours, theirs) {
            let base = if let Some(Json::Map(base)) = base { base.clone() } else { Members::new() };
            let sides = Sides { base, ours: ours.clone(), theirs: theirs.clone() };
            return Json::Map(self.object(at, Rule::of_any, &sides));
        }
        if let (Rule::Set, Json::List(ours), Json::List(theirs)) = (rule, ours, theirs) {
            let base = if let Some(Json::List(base)) = base { &base[..] } else { &[] };
            return Json::List(union(base, ours, theirs));
        }
        let (stands, other) = ordered(rule, ours, theirs);
        let is_silent = match rule {
            Rule::Earlier => true,
            Rule::Life(words) => is_progress(words, base, stands, other),
            Rule::Value | Rule::Smaller | Rule::Set => false,
        };
        if !is_silent {
            let others = vec![other.clone()];
            let stands = Some(stands.clone());
            self.record(at, Conflict { stands, others, ..Conflict::default() });
        }
        stands.clone()
    }

    /// Takes note of a conflict; what was noted for the place before stays wanted.
    pub(super) fn record(&mut self, at: &Pointer, conflict: Conflict) {
        let conflict = match self.found.remove(at) {
            Some(known) => conflict.united(known),
            None => conflict,
        };
        self.found.insert(at.clone(), conflict);
    }
}

/// All names, in the order that one side alone gave them, else in that of the base; then what is
/// new, by name.
fn keys(sides: &Sides<Members>) -> Vec<&str> {
    fn names(members: &Members) -> Vec<&str> {
        members.iter().map(|(key, _)| key.as_str()).collect()
    }
    let (base, ours, theirs) = (names(&sides.base), names(&sides.ours), names(&sides.theirs));
    let new: BTreeSet<&str> = ours.iter().chain(&theirs).copied().collect();
    let mut keys = if ours == theirs || theirs == base {
        ours
    } else if ours == base {
        theirs
    } else {
        base
    };
    let old: BTreeSet<&str> = keys.iter().copied().collect();
    keys.extend(new.difference(&old));
    keys
}

/// The one that stands, and the other.
fn ordered<'j>(rule: Rule, ours: &'j Json, theirs: &'j Json) -> (&'j Json, &'j Json) {
    let text = |value: &Json| match value {
        Json::Text(text) => text.clone(),
        other => other.text(),
    };
    let place = |words: &[&str], value: &Json| words.iter().position(|word| *word == text(value));
    let size = |value: &Json| (Reverse(value.text().len()), Reverse(value.text()));
    let time = |value: &Json| text(value).parse::<jiff::Timestamp>().ok();
    let ours_stands = match rule {
        Rule::Value | Rule::Set => size(ours) <= size(theirs),
        Rule::Smaller => ours.text() <= theirs.text(),
        Rule::Earlier => time(ours) <= time(theirs),
        Rule::Life(words) => place(words, ours) <= place(words, theirs),
    };
    if ours_stands { (ours, theirs) } else { (theirs, ours) }
}

/// Whether one status is only further along the way than the other, and neither takes back a
/// decision that the other one may not know.
fn is_progress(words: &[&str], base: Option<&Json>, stands: &Json, other: &Json) -> bool {
    let is = |value: &Json, word: Option<&&str>| matches!((value, word), (Json::Text(text), Some(word)) if text == word);
    let given_up = is(other, words.last());
    let done = is(stands, words.first());
    !given_up && (base.is_some() || !done)
}

/// What stays of the base, then what came, sorted.
fn union(base: &[Json], ours: &[Json], theirs: &[Json]) -> Vec<Json> {
    let texts = |items: &[Json]| items.iter().map(Json::text).collect::<BTreeSet<_>>();
    let (old, here, there) = (texts(base), texts(ours), texts(theirs));
    let mut seen = BTreeSet::new();
    let mut stays = |item: &&Json| {
        let text = item.text();
        here.contains(&text) && there.contains(&text) && seen.insert(text)
    };
    let mut merged: Vec<Json> = base.iter().filter(|item| stays(item)).cloned().collect();
    let mut new: Vec<(String, &Json)> =
        ours.iter().chain(theirs).map(|item| (item.text(), item)).collect();
    new.retain(|(text, _)| !old.contains(text));
    new.sort_by(|(a, _), (b, _)| a.cmp(b));
    new.dedup_by(|(a, _), (b, _)| a == b);
    merged.extend(new.into_iter().map(|(_, item)| item.clone()));
    merged
}
