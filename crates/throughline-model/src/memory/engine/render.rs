//! A session as a model is given it.
//!
//! Everything that somebody else wrote stands between delimiters that it can't forge, redacted. Outside of
//! them are our own words, ids and times. What does not fit the budget is left out in the middle, first of
//! long texts, then of turns, and a mark says so: how a session began and how it ended say most.

use super::budget::BYTES_PER_TOKEN;
use super::pen::{Content, Pen};
use crate::memory::{Narrative, Ran, Told};

/// As much as is shown of a command, in characters.
const LONGEST_COMMAND: usize = 300;

/// As much as is shown of a path, an id or a name.
const LONGEST_NAME: usize = 160;

/// So many commands, files and steps of one turn are shown.
const MOST_LINES: usize = 40;

/// A text is not cut shorter than this before whole turns are left out, in bytes.
const SHORTEST_CUT: usize = 400;

/// Room for a mark that says what was left out.
const ROOM_FOR_MARK: usize = 48;

/// The conversation of a session, for phase 1: at most `budget_tokens`, by the rule of thumb of
/// [`super::budget::estimate`]. The nonce must be random and fresh, else a session could forge who speaks.
pub fn render(narrative: &Narrative, budget_tokens: usize, nonce: [u8; 6]) -> String {
    let pen = Pen::new(nonce);
    let budget = budget_tokens.saturating_mul(BYTES_PER_TOKEN);
    let heading = heading(&pen, narrative);
    let Some(room) = budget.checked_sub(heading.len()) else { return String::new() };
    let turns: Vec<Turn> = narrative.turns.iter().map(|turn| Turn::of(&pen, turn)).collect();
    let mut longest = room.max(SHORTEST_CUT);
    loop {
        let shown: Vec<String> = turns.iter().map(|turn| turn.show(&pen, longest)).collect();
        if shown.iter().map(String::len).sum::<usize>() <= room {
            return heading + &shown.concat();
        }
        if longest == SHORTEST_CUT {
            return heading + &ends(&shown, room);
        }
        longest = (longest / 2).max(SHORTEST_CUT);
    }
}

fn heading(pen: &Pen, narrative: &Narrative) -> String {
    let line = pen.clean_line(&narrative.line, LONGEST_NAME);
    let mut heading = format!("Session on line {line}, {} turns", narrative.turns.len());
    if let Some(head) = &narrative.head {
        heading.push_str(&format!(", begun at commit {}", pen.clean_line(head, LONGEST_NAME)));
    }
    heading + ".\n"
}

/// The first and the last turns, as many as fit, half of the room for each.
fn ends(shown: &[String], room: usize) -> String {
    let Some(room) = room.checked_sub(ROOM_FOR_MARK) else { return String::new() };
    let fitting = |turns: &mut dyn Iterator<Item = &String>, mut room: usize| {
        let mut fits = |turn: &&String| match room.checked_sub(turn.len()) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        };
        turns.take_while(&mut fits).count()
    };
    let first = fitting(&mut shown.iter(), room / 2);
    let spent: usize = shown[..first].iter().map(String::len).sum();
    let last = fitting(&mut shown[first..].iter().rev(), room - spent);
    let (begin, end) = (shown[..first].concat(), shown[shown.len() - last..].concat());
    format!("{begin}\n[{} turns are left out]\n{end}", shown.len() - first - last)
}

/// A turn, cleaned once, to be shown at several lengths.
struct Turn {
    heading: String,
    said: Vec<(Content, String)>,
    log: String,
}

impl Turn {
    fn of(pen: &Pen, told: &Told) -> Self {
        let prompts = told.prompts.iter().map(|text| (Content::User, pen.clean(text)));
        let answers = told.answers.iter().map(|text| (Content::Agent, pen.clean(text)));
        let said = prompts.chain(answers).filter(|(_, text)| !text.is_empty()).collect();
        let heading = format!("\nTurn {} ({})\n", pen.clean_line(&told.id, LONGEST_NAME), told.at);
        Self { heading, said, log: log(pen, told) }
    }

    fn show(&self, pen: &Pen, longest: usize) -> String {
        let mut shown = self.heading.clone();
        for (content, text) in &self.said {
            shown.push_str(&pen.put(*content, &cut(text, longest)));
        }
        if !self.log.is_empty() {
            shown.push_str(&pen.put(Content::Log, &cut(&self.log, longest)));
        }
        shown
    }
}

/// What ran, in order, then what it came to.
fn log(pen: &Pen, told: &Told) -> String {
    let mut lines = few(told.commands.iter().map(|ran| command(pen, ran)).collect());
    let named = |heading: &str, names: &[String]| {
        let names = few(names.iter().map(|name| pen.clean_line(name, LONGEST_NAME)).collect());
        (!names.is_empty()).then(|| format!("{heading}: {}", names.join(", ")))
    };
    lines.extend(named("changed", &told.files));
    lines.extend(named("committed", &told.commits));
    lines.extend(named("plan", &told.plan));
    lines.extend(told.is_interrupted.then(|| "the user broke the turn off".to_owned()));
    lines.join("\n")
}

fn command(pen: &Pen, ran: &Ran) -> String {
    let command = pen.clean_line(&ran.command, LONGEST_COMMAND);
    match ran.exit_code {
        Some(code) => format!("ran (exit {code}): {command}"),
        None => format!("ran: {command}"),
    }
}

/// The first and last of very many.
fn few(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > MOST_LINES {
        let left_out = lines.len() - MOST_LINES;
        let mark = format!("[{left_out} are left out]");
        lines.splice(MOST_LINES / 2..MOST_LINES / 2 + left_out, [mark]);
    }
    lines
}

/// At most `longest` bytes of a text: its beginning and its end, if that is shorter than the whole.
pub(super) fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let half = longest.saturating_sub(ROOM_FOR_MARK) / 2;
    let begin = &text[..text.floor_char_boundary(half)];
    let end = &text[text.ceil_char_boundary(text.len() - half)..];
    let left_out = text.len() - begin.len() - end.len();
    let cut =
        format!("{}\n[{left_out} bytes are left out]\n{}", begin.trim_end(), end.trim_start());
    if cut.len() <= longest { cut } else { String::new() }
}

#[cfg(test)]
mod tests;
