//! An instruction with places for cells: `{column}`; `{{` and `}}` are braces.

/// Why an instruction is none. Places count from 1, in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is no such column.
    #[error("line {line}, character {character}: there is no column `{name}`; there are {}", columns.join(", "))]
    UnknownColumn {
        /// As written.
        name: String,
        /// All of them.
        columns: Vec<String>,
        /// Of the brace.
        line: usize,
        /// Of the brace, in its line.
        character: usize,
    },
    /// A brace without its other half.
    #[error(
        "line {line}, character {character}: a lone `{brace}`; write `{brace}{brace}` for a brace"
    )]
    LoneBrace {
        /// Which.
        brace: char,
        /// Its line.
        line: usize,
        /// In its line.
        character: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Column(usize),
}

/// An instruction that fits its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads an instruction for a table with these columns.
    ///
    /// # Errors
    /// [`TemplateError`], with the place.
    pub fn parse(text: &str, columns: &[String]) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let found = &rest[at..];
            let from = text.len() - found.len();
            if let Some(brace) = doubled(found) {
                plain.push(brace);
                rest = &found[2..];
                continue;
            }
            let name = name_in(found).ok_or_else(|| lone(text, from))?;
            let column = columns.iter().position(|column| column == name);
            let column = column.ok_or_else(|| unknown(text, from, name, columns))?;
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(Piece::Column(column));
            rest = &found[name.len() + 2..];
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Ok(Self { pieces })
    }

    /// The instruction for a row. Cells go in as they are: a brace in one is a brace.
    pub fn fill(&self, cells: &[String]) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Column(column) => cells.get(*column).cloned().unwrap_or_default(),
        };
        self.pieces.iter().map(text).collect()
    }

    /// Whether no cell goes in, so that all rows have the same instruction.
    pub fn is_constant(&self) -> bool {
        !self.pieces.iter().any(|piece| matches!(piece, Piece::Column(_)))
    }
}

fn doubled(found: &str) -> Option<char> {
    let brace = found.chars().next()?;
    found[1..].starts_with(brace).then_some(brace)
}

/// What stands between this brace and the next; `None` unless that one closes it.
fn name_in(found: &str) -> Option<&str> {
    let inside = found.strip_prefix('{')?;
    let end = inside.find(['{', '}'])?;
    inside[end..].starts_with('}').then(|| &inside[..end])
}

fn lone(text: &str, at: usize) -> TemplateError {
    let (line, character) = place(text, at);
    let brace = text[at..].chars().next().unwrap_or('{');
    TemplateError::LoneBrace { brace, line, character }
}

fn unknown(text: &str, at: usize, name: &str, columns: &[String]) -> TemplateError {
    let (line, character) = place(text, at);
    TemplateError::UnknownColumn {
        name: name.to_owned(),
        columns: columns.to_vec(),
        line,
        character,
    }
}

fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<String> {
        ["file", "two words"].map(str::to_owned).to_vec()
    }

    fn filled(text: &str) -> Result<String, String> {
        let template = Template::parse(text, &columns()).map_err(|error| error.to_string())?;
        Ok(template.fill(&["a{file}".to_owned(), "}b\n".to_owned()]))
    }

    #[test]
    fn cells_go_in_as_they_are_and_mistakes_have_a_place() {
        let good = [
            ("", ""),
            ("no column", "no column"),
            ("{file}", "a{file}"),
            ("<{two words}{file}>", "<}b\na{file}>"),
            ("{{file}} {{{file}}}", "{file} {a{file}}"),
            ("ä{{ö}}", "ä{ö}"),
        ];
        for (text, expected) in good {
            assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
        }
        let lone = |at: &str, brace: &str| {
            format!("{at}: a lone `{brace}`; write `{brace}{brace}` for a brace")
        };
        let bad = [
            (
                "a\n  {File}",
                "line 2, character 3: there is no column `File`; there are file, two words"
                    .to_owned(),
            ),
            (
                "{}",
                "line 1, character 1: there is no column ``; there are file, two words".to_owned(),
            ),
            ("ä {file", lone("line 1, character 3", "{")),
            ("{file {x}}", lone("line 1, character 1", "{")),
            ("x } y", lone("line 1, character 3", "}")),
        ];
        for (text, expected) in bad {
            assert_eq!(filled(text), Err(expected), "{text}");
        }
    }
}
