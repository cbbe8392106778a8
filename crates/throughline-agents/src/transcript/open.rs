//! Opens a transcript at an offset, compressed or not.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The biggest window that a compressed transcript may ask for: 2^24 bytes. Agents compress with
/// the defaults (2 MiB); without a limit a hostile file could take 2 GiB.
const LARGEST_WINDOW_LOG: u32 = 24;

/// Why a transcript can't be read (on).
#[derive(Debug, Error)]
pub enum TranscriptError {
    /// It can't be opened.
    #[error("can't open transcript {}", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is a folder, a pipe, a device.
    #[error("transcript {} is not a file", .path.display())]
    NotAFile {
        /// What it is not.
        path: PathBuf,
    },
    /// It is shorter than what was read before.
    #[error("transcript {} ends before byte {offset}", .path.display())]
    Shrunk {
        /// The file.
        path: PathBuf,
        /// Where reading was to go on.
        offset: u64,
    },
    /// No line starts where one did before: it was written anew.
    #[error("transcript {} has no line at byte {offset}", .path.display())]
    Rewritten {
        /// The file.
        path: PathBuf,
        /// Where reading was to go on.
        offset: u64,
    },
    /// Reading failed on the way, or compressed data are damaged.
    #[error("can't read transcript {} after byte {offset}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// How far reading came.
        offset: u64,
        /// Why.
        source: io::Error,
    },
}

impl TranscriptError {
    /// Whether this is another file than the one read before, so that reading must start over.
    pub fn must_restart(&self) -> bool {
        match self {
            Self::Shrunk { .. } | Self::Rewritten { .. } => true,
            Self::Open { .. } | Self::NotAFile { .. } | Self::Read { .. } => false,
        }
    }
}

/// Opens `path`, or `path.zst` if only that is there (agents compress old transcripts in place).
pub(super) fn open_at(path: &Path, offset: u64) -> Result<Box<dyn Read + Send>, TranscriptError> {
    let path = existing(path);
    let failed = |source| TranscriptError::Open { path: path.clone(), source };
    // Looked at first because to open a pipe would wait for its writer.
    if !fs::metadata(&path).map_err(failed)?.is_file() {
        return Err(TranscriptError::NotAFile { path });
    }
    let file = File::open(&path).map_err(failed)?;
    let (source, end) = before(&path, file, offset).map_err(failed)?;
    match (offset, end) {
        (0, _) | (_, Some(b'\n')) => Ok(source),
        (_, None) => Err(TranscriptError::Shrunk { path, offset }),
        (_, Some(_)) => Err(TranscriptError::Rewritten { path, offset }),
    }
}

/// Whether a transcript lies there, compressed or not.
pub fn is_there(path: &Path) -> bool {
    existing(path).exists()
}

fn existing(path: &Path) -> PathBuf {
    let mut compressed = path.as_os_str().to_owned();
    compressed.push(".zst");
    let compressed = PathBuf::from(compressed);
    if !path.exists() && compressed.exists() { compressed } else { path.to_owned() }
}

/// Goes to `offset`, and also returns the byte before it.
fn before(path: &Path, file: File, offset: u64) -> io::Result<(Box<dyn Read + Send>, Option<u8>)> {
    let to_skip = offset.saturating_sub(1);
    let mut source: Box<dyn Read + Send> = if path.extension().is_some_and(|end| end == "zst") {
        let mut decoder = zstd::stream::read::Decoder::new(file)?;
        decoder.window_log_max(LARGEST_WINDOW_LOG)?;
        io::copy(&mut decoder.by_ref().take(to_skip), &mut io::sink())?;
        Box::new(decoder)
    } else {
        let mut file = file;
        file.seek(SeekFrom::Start(to_skip))?;
        Box::new(file)
    };
    if offset == 0 {
        return Ok((source, None));
    }
    let mut end = [0];
    let read = source.read(&mut end)?;
    Ok((source, (read == 1).then_some(end[0])))
}
