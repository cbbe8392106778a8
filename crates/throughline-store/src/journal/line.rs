//! A record as a line: its JSON, with the CRC-32C of all before it as the last member.

use serde::Deserialize;
use throughline_model::record::{RECORD_VERSION, Record, Stamp};

const CRC: &str = ",\"crc\":\"";

/// What a line turned out to be.
#[derive(Debug)]
pub(crate) enum Decoded {
    /// A record.
    Record(Box<Record>),
    /// Written by a newer program.
    Newer(Outline),
    /// Torn, or not ours.
    Bad,
}

/// What can be told of a record that a newer program wrote.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Outline {
    /// Its line of work; `None` if even that is said in another way.
    pub(crate) line: Option<String>,
    /// When it was written.
    #[serde(flatten)]
    pub(crate) stamp: Option<Stamp>,
}

/// The line of a record, with its newline.
pub(crate) fn encode(record: &Record) -> String {
    let mut line = serde_json::to_string(record).expect("a record is plain data");
    line.pop();
    let crc = crc32c::crc32c(line.as_bytes());
    line.push_str(CRC);
    line.push_str(&format!("{crc:08x}\"}}\n"));
    line
}

/// Reads a line without its newline.
pub(crate) fn decode(line: &[u8]) -> Decoded {
    let Some(json) = checked(line) else { return Decoded::Bad };
    match serde_json::from_slice::<Record>(json) {
        Ok(record) if record.v <= RECORD_VERSION => Decoded::Record(Box::new(record)),
        // Sound bytes of a shape that we don't know are a newer program's as well.
        Ok(_) | Err(_) => Decoded::Newer(serde_json::from_slice(json).unwrap_or_default()),
    }
}

/// The line if its CRC is right.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let tail = CRC.len() + 8 + "\"}".len();
    let at = line.len().checked_sub(tail)?;
    let digits = line[at..].strip_prefix(CRC.as_bytes())?.strip_suffix(b"\"}")?;
    let expected = u32::from_str_radix(std::str::from_utf8(digits).ok()?, /*radix*/ 16).ok()?;
    (crc32c::crc32c(&line[..at]) == expected).then_some(line)
}
