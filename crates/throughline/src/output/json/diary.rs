//! The journal for programs.

use serde_json::{Value, json};
use throughline_ops::diary::{Chapter, DiaryReport};

use super::{Json, terse};

fn chapter(chapter: &Chapter) -> Value {
    let commit = |(id, subject): &(String, String)| json!({ "id": id, "subject": subject });
    terse(json!({
        "title": chapter.title,
        "decided": chapter.decided,
        "done": chapter.done,
        "open": chapter.open,
        "commits": chapter.commits.iter().map(commit).collect::<Vec<_>>(),
    }))
}

impl Json for DiaryReport {
    fn to_json(&self) -> Value {
        let chapters: Vec<Value> = self.chapters.iter().map(chapter).collect();
        json!({ "chapters": chapters, "problems": self.problems })
    }
}
