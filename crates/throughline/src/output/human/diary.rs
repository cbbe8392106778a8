//! The journal for people: Markdown, also on a terminal.

use throughline_ops::diary::{Chapter, DiaryReport};

use super::super::{Screen, Tone};
use super::Human;

impl Human for DiaryReport {
    fn show(&self, screen: &mut Screen) {
        for (at, chapter) in self.chapters.iter().enumerate() {
            if at > 0 {
                screen.plain("");
            }
            show(chapter, screen);
        }
        if self.chapters.is_empty() {
            screen.status("Nothing happened here in that time.");
        }
        self.problems.iter().for_each(|problem| screen.warn(problem));
    }
}

fn show(chapter: &Chapter, screen: &mut Screen) {
    screen.line(&[(Tone::Strong, "## "), (Tone::Strong, &chapter.title)]);
    let commits = chapter.commits.iter().map(|(name, subject)| format!("`{name}` {subject}"));
    let sections = [
        ("Decided", chapter.decided.clone()),
        ("Done", chapter.done.clone()),
        ("Left open", chapter.open.clone()),
        ("Commits", commits.collect()),
    ];
    for (heading, lines) in sections.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        screen.plain("");
        screen.line(&[(Tone::Faint, "### "), (Tone::Plain, heading)]);
        screen.plain("");
        lines.iter().for_each(|line| screen.line(&[(Tone::Faint, "- "), (Tone::Plain, line)]));
    }
}
