//! A decision record's file to what it says. Any bytes are read: what isn't there is absent.
//!
//! Layouts: the name of the file gives a number or doesn't; the title is a heading with or without
//! the number, underlined or not, or stands in the front matter; the status is a section, a line
//! (`Status: accepted`, also as a list item, in bold or in a table) or a member of the front
//! matter. Fenced code and comments are passed over. Cost: one pass, and only so much of each line.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Adr, heading, standing_of};

/// So many characters of a line are looked at: no title and no status is longer.
const LONGEST_LINE: usize = 1_000;

/// Reads a decision record.
pub fn read(file_name: &str, bytes: &[u8]) -> Adr {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (front, body) = front_matter(text);
    let lines = outline(body);
    let member = |name: &str| front.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let (named, from_name) = heading::of_name(file_name);
    let heading = member("title").cloned().or_else(|| title_of(&lines));
    let (headed, title) = match heading {
        Some(text) => heading::of_heading(&text, named),
        None => (None, String::new()),
    };
    let id = ["number", "id", "adr"].iter().find_map(|name| number_at_end(member(name)?));
    let title = Some(title).filter(|t| !t.is_empty()).unwrap_or(from_name);
    let status = member("status").cloned().or_else(|| status_of(&lines));
    let date = member("date").cloned().or_else(|| labelled(&lines, "date"));
    let date = [date.as_ref(), status.as_ref()].into_iter().flatten().find_map(|text| day(text));
    Adr {
        number: named.or(headed).or(id),
        title: Some(title).filter(|t| !t.is_empty()).unwrap_or_else(|| "Untitled".to_owned()),
        status: status.filter(|s| !s.is_empty()),
        date,
    }
}

/// The members of the front matter, keys in lower case, and the text after it.
fn front_matter(text: &str) -> (Vec<(String, String)>, &str) {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    let fence = first.trim_end();
    let sign = match fence {
        "---" => ':',
        "+++" => '=',
        _ => return (Vec::new(), text),
    };
    let mut members = Vec::new();
    let mut length = first.len();
    for line in lines {
        length += line.len();
        if line.trim_end() == fence {
            return (members, &text[length..]);
        }
        // Members of members are indented and not asked for.
        if let Some((key, value)) =
            short(line).split_once(sign).filter(|(key, _)| !key.starts_with(' '))
        {
            members.push((key.trim().to_lowercase(), plain(unquoted(value))));
        }
    }
    // No end: it was a line across the page.
    (Vec::new(), text)
}

fn unquoted(value: &str) -> &str {
    let value = value.trim();
    let inner = |quote: char| value.strip_prefix(quote).and_then(|v| v.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

/// A line of the body, without its markup.
#[derive(Debug)]
enum Line {
    Heading { level: usize, text: String },
    Text(String),
}

impl Line {
    fn text(&self) -> &str {
        match self {
            Self::Heading { text, .. } | Self::Text(text) => text,
        }
    }

    fn is_heading(&self) -> bool {
        matches!(self, Self::Heading { .. })
    }
}

/// The lines that say something: no blank ones, no code, no comments.
fn outline(body: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut fence, mut comment, mut after_text) = (None, false, false);
    for line in body.lines() {
        let line = short(line);
        let trimmed = line.trim();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, Some(mark)) if !comment => fence = Some(mark),
            (None, _) => {
                let shown = without_comments(trimmed, &mut comment);
                let shown = shown.trim();
                match (underlined(shown), lines.pop()) {
                    (Some(level), Some(Line::Text(text))) if after_text => {
                        lines.push(Line::Heading { level, text });
                    }
                    (_, last) => {
                        lines.extend(last);
                        lines.extend(line_of(shown));
                    }
                }
                after_text = !shown.is_empty() && !lines.last().is_some_and(Line::is_heading);
                continue;
            }
        }
        after_text = false;
    }
    lines
}

fn short(line: &str) -> &str {
    line.char_indices().nth(LONGEST_LINE).map_or(line, |(at, _)| &line[..at])
}

/// The level of the heading that such a line makes of the text above it.
fn underlined(line: &str) -> Option<usize> {
    let is_all = |sign: u8| !line.is_empty() && line.bytes().all(|b| b == sign);
    if is_all(b'=') { Some(1) } else { is_all(b'-').then_some(2) }
}

fn line_of(line: &str) -> Option<Line> {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let rest = &line[level..];
    if (1..=6).contains(&level) && (rest.is_empty() || rest.starts_with([' ', '\t'])) {
        let text = rest.trim().trim_end_matches('#').trim_end();
        return Some(Line::Heading { level, text: plain(text) });
    }
    (!line.is_empty()).then(|| Line::Text(plain(line)))
}

/// A line without its comments; `inside` says whether one is open before and after it.
fn without_comments(line: &str, inside: &mut bool) -> String {
    let mut shown = String::new();
    let mut rest = line;
    loop {
        let sign = if *inside { "-->" } else { "<!--" };
        let Some((before, after)) = rest.split_once(sign) else { break };
        if !*inside {
            shown.push_str(before);
        }
        *inside = !*inside;
        rest = after;
    }
    if !*inside {
        shown.push_str(rest);
    }
    shown
}

/// Text without emphasis, code marks, struck words and the targets of links.
fn plain(text: &str) -> String {
    let kept = without_struck(text);
    let mut shown = String::with_capacity(kept.len());
    let mut rest = kept.as_str();
    while let Some(at) = rest.find("](") {
        let (before, target) = rest.split_at(at);
        let end = target.find(')').map_or(target.len(), |end| end + 1);
        match before.rfind('[') {
            Some(open) => {
                shown.push_str(before[..open].trim_end_matches('!'));
                shown.push_str(&before[open + 1..]);
            }
            None => shown.push_str(before),
        }
        rest = &target[end..];
    }
    shown.push_str(rest);
    let shown: String = shown.chars().filter(|c| !matches!(c, '*' | '`')).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_struck(text: &str) -> String {
    let parts: Vec<&str> = text.split("~~").collect();
    // An open pair at the end strikes nothing.
    let pairs = parts.len() % 2 == 1;
    let stays = |at: &usize| !pairs || at.is_multiple_of(2);
    parts.iter().enumerate().filter(|(at, _)| stays(at)).map(|(_, part)| *part).collect()
}

/// The first heading of the highest level; a lower one only if it names no usual section.
fn title_of(lines: &[Line]) -> Option<String> {
    let heading = |line: &Line| match line {
        Line::Heading { level, text } if !text.is_empty() => Some((*level, text.clone())),
        Line::Heading { .. } | Line::Text(_) => None,
    };
    let mut headings = lines.iter().filter_map(heading);
    let highest = headings.clone().find(|(level, _)| *level == 1);
    let usable = |(_, text): &(usize, String)| label(text, "status").is_none() && !is_section(text);
    highest.filter(usable).or_else(|| headings.find(usable)).map(|(_, text)| text)
}

fn is_section(text: &str) -> bool {
    let sections = ["status", "context", "decision", "consequences", "date", "metadata"];
    sections.iter().any(|section| text.eq_ignore_ascii_case(section))
}

fn status_of(lines: &[Line]) -> Option<String> {
    lines.iter().enumerate().find_map(|(at, line)| {
        let is_section = line.is_heading() && line.text().eq_ignore_ascii_case("status");
        if is_section { section(&lines[at + 1..]) } else { label(line.text(), "status") }
    })
}

/// The status that a section tells: of several the last, because people add below.
fn section(lines: &[Line]) -> Option<String> {
    let own = || lines.iter().take_while(|line| !line.is_heading());
    let own = || own().map(|line| line.text().trim_start_matches(['-', '+', '>', ' ']));
    let told = own().filter(|text| standing_of(text).is_some()).last();
    let said = || own().find(|text| text.contains(char::is_alphanumeric));
    told.or_else(said).map(str::to_owned)
}

fn labelled(lines: &[Line], name: &str) -> Option<String> {
    lines.iter().find_map(|line| label(line.text(), name))
}

/// The value of a line `Name: value`, or of a table's row with that name in its first cell.
fn label(line: &str, name: &str) -> Option<String> {
    let is_name = |text: &str| text.trim().trim_matches('_').eq_ignore_ascii_case(name);
    if let Some(row) = line.strip_prefix('|') {
        let mut cells = row.split('|').map(str::trim);
        return cells.next().filter(|cell| is_name(cell)).and(cells.next()).map(str::to_owned);
    }
    let line = line.trim_start_matches(['-', '+', '>', ' ']);
    let (key, value) = line.split_once(':')?;
    let value = value.trim().trim_matches('_').trim();
    (is_name(key) && !value.is_empty()).then(|| value.to_owned())
}

fn number_at_end(text: &str) -> Option<u32> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    text[text.len() - digits..].parse().ok()
}

/// The first day in a text, as `2021-06-15`.
fn day(text: &str) -> Option<Timestamp> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '-').filter(|w| w.len() == 10);
    let date = words.filter_map(|word| word.parse::<Date>().ok()).next()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
