//! One line of strace's log, as `-y -xx` writes it: every text is hexadecimal, so no quote, comma
//! or bracket inside of one can be taken for syntax.

use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

/// One system call that returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The process, or thread, that called; 0 where only one is traced.
    pub process: u32,
    /// As in `openat`.
    pub name: String,
    /// As strace shows them.
    pub arguments: Vec<Argument>,
    /// What it returned; `None` for a call that does not return, as `exit_group`.
    pub result: Option<i64>,
    /// Why it failed, as in `ENOENT`.
    pub error: Option<String>,
}

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    text: String,
}

impl Argument {
    /// As strace shows it.
    pub fn shown(&self) -> &str {
        &self.text
    }

    /// The bytes of a text.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let inner = self.text.strip_prefix('"')?;
        unhex(&inner[..inner.find('"')?])
    }

    /// The texts of a list, as in the arguments of a program.
    pub fn texts(&self) -> Vec<Vec<u8>> {
        let inner = self.text.trim_start_matches('[').trim_end_matches(']');
        split(inner).iter().filter_map(Self::bytes).collect()
    }

    /// The file to which a descriptor leads; for `AT_FDCWD` the working folder.
    pub fn file(&self) -> Option<PathBuf> {
        let (_, rest) = self.text.split_once('<')?;
        let bytes = unhex(rest.split_once('>')?.0)?;
        Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
    }

    /// A plain number: a descriptor's, an offset, a length.
    pub fn number(&self) -> Option<i64> {
        let digits = self.text.split_once('<').map_or(self.text.as_str(), |(number, _)| number);
        digits.parse().ok()
    }

    /// Whether a word stands in a set of flags.
    pub fn has_flag(&self, flag: &str) -> bool {
        self.text.split('|').any(|word| word == flag)
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.split("\\x").skip(1);
    let bytes: Option<Vec<u8>> =
        pairs.map(|pair| u8::from_str_radix(pair, /*radix*/ 16).ok()).collect();
    bytes.filter(|_| text.is_empty() || text.starts_with("\\x"))
}

/// What a line turned out to be, without its process.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'l> {
    /// A call from begin to end.
    Whole(&'l str),
    /// Another process's line comes in between.
    Begun(&'l str),
    /// The rest of it.
    Resumed(&'l str),
    /// A signal, or the end of a process.
    Note,
}

pub(super) fn part(line: &str) -> Part<'_> {
    if line.starts_with("---") || line.starts_with("+++") || line.is_empty() {
        return Part::Note;
    }
    if let Some(rest) = line.strip_prefix("<... ") {
        return Part::Resumed(rest.split_once(" resumed>").map_or("", |(_, rest)| rest));
    }
    let begun = line.strip_suffix(" <unfinished ...>");
    begun.map_or(Part::Whole(line), Part::Begun)
}

/// The process before the line, if several are traced.
pub(super) fn process(line: &str) -> (u32, &str) {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    match line[..digits].parse() {
        Ok(process) => (process, line[digits..].trim_start()),
        Err(_) => (0, line),
    }
}

/// A whole call. `None` if it is none, as for `restart_syscall` notes of odd versions.
pub(super) fn call(process: u32, line: &str) -> Option<Call> {
    let open = line.find('(')?;
    let close = line.rfind(") ").or_else(|| line.rfind(')'))?;
    let (name, inner) = (line[..open].to_owned(), line.get(open + 1..close)?);
    let (result, error) = outcome(line[close + 1..].trim_start().strip_prefix('=')?.trim());
    Some(Call { process, name, arguments: split(inner), result, error })
}

/// `3<…>`, `-1 ENOENT (…)`, `0x1 (flags FD_CLOEXEC)`, `?`
fn outcome(text: &str) -> (Option<i64>, Option<String>) {
    let mut words = text.split([' ', '<']);
    let number = words.next().unwrap_or_default();
    let value = match number.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, /*radix*/ 16).ok(),
        None => number.parse().ok(),
    };
    let error = words.next().filter(|_| number == "-1").map(str::to_owned);
    (value, error)
}

/// Splits at the commas that stand in no bracket.
fn split(inner: &str) -> Vec<Argument> {
    let (mut depth, mut begin, mut parts) = (0_i32, 0, Vec::new());
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&inner[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if !inner.trim().is_empty() {
        parts.push(&inner[begin..]);
    }
    parts.iter().map(|part| Argument { text: part.trim().to_owned() }).collect()
}
