//! The machine and its programs.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use throughline_store::index::sqlite_version;

use super::Doctor;
use super::table::{Check, Finding};

/// Older ones refuse `--attr-source`, on which `throughline-git` builds.
const OLDEST_GIT: [u32; 3] = [2, 41, 0];

/// Older ones can damage a write-ahead log that two connections write: <https://sqlite.org/wal.html>.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

pub(super) fn look(doctor: &Doctor<'_>) -> Vec<Finding> {
    let options = doctor.options;
    let git = match options.pretended("git") {
        Some(version) => Ok(version.to_owned()),
        None => doctor.world.git.version().map_err(|error| error.to_string()),
    };
    let own = sqlite_version().to_owned();
    let sqlite = options.pretended("sqlite").map_or(own, str::to_owned);
    let home = doctor.world.home.root();
    vec![
        program(&doctor.world.program),
        installs(&doctor.world.program, &options.search),
        git_version(git),
        sqlite_is_sound(&sqlite),
        home_mode(home),
        file_system(kind_of(options.pretended("filesystem"), home)),
    ]
}

fn program(thru: &Path) -> Finding {
    let found = format!("{} at {}", env!("CARGO_PKG_VERSION"), thru.display());
    if thru.is_file() { Check::Thru.ok(found) } else { Check::Thru.fail(format!("{found}, gone")) }
}

fn installs(thru: &Path, search: &[PathBuf]) -> Finding {
    let is_program =
        |path: &PathBuf| fs::metadata(path).is_ok_and(|m| m.is_file() && m.mode() & 0o111 != 0);
    let all = search.iter().filter(|folder| folder.is_absolute());
    let all = all.map(|folder| folder.join("thru")).filter(is_program);
    let real = |path: PathBuf| fs::canonicalize(&path).unwrap_or(path);
    let mut seen = BTreeSet::new();
    let found: Vec<PathBuf> = all.map(real).filter(|path| seen.insert(path.clone())).collect();
    let named = found.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    match found.as_slice() {
        [] => Check::Installs.note("none on the PATH; hooks name the program by its whole path"),
        [one] if *one == real(thru.to_owned()) => Check::Installs.ok(named),
        [_] => Check::Installs.note(format!("{named}, which is not the one that runs now")),
        [_, ..] => Check::Installs.warn(format!("{}: {named}", found.len())),
    }
}

fn git_version(version: Result<String, String>) -> Finding {
    match version {
        Ok(version) if at_least(&version, OLDEST_GIT) => Check::GitVersion.ok(version),
        Ok(version) => Check::GitVersion
            .warn(format!("{version}: whether the worktree is dirty stays unknown")),
        Err(error) => Check::GitVersion.fail(error),
    }
}

fn sqlite_is_sound(version: &str) -> Finding {
    let sound = at_least(version, OLDEST_SQLITE);
    if sound { Check::Sqlite.ok(version) } else { Check::Sqlite.fail(version) }
}

/// Whether a version, at the front of a text, is that or a later one.
pub(super) fn at_least(version: &str, least: [u32; 3]) -> bool {
    let mut parts = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().ok());
    let mut next = || parts.next().flatten().unwrap_or(0);
    [next(), next(), next()] >= least
}

fn home_mode(home: &Path) -> Finding {
    let Ok(found) = fs::metadata(home) else {
        return Check::Home.note(format!("{} is not there yet", home.display()));
    };
    let mode = found.mode() & 0o777;
    let measured = format!("{} has mode {mode:o}", home.display());
    match mode {
        mode if mode & 0o022 != 0 => {
            Check::Home.fail(format!("{measured}: others can write it, so it is refused"))
        }
        mode if mode & 0o055 != 0 => Check::Home.warn(format!("{measured}: others can enter it")),
        _ => Check::Home.ok(measured),
    }
}

/// What a file system promises.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// All that is asked for.
    Local(String),
    /// The same, until the machine is switched off.
    Memory(String),
    /// Locks, renames or syncs may not hold between machines.
    Elsewhere(String),
    /// Nothing is known of it.
    Unknown(String),
}

type Promise = fn(String) -> Kind;

/// By the numbers of statfs(2).
const KINDS: [(u32, &str, Promise); 18] = [
    (0x0000_ef53, "ext4", Kind::Local),
    (0x5846_5342, "xfs", Kind::Local),
    (0x9123_683e, "btrfs", Kind::Local),
    (0x2fc1_2fc1, "zfs", Kind::Local),
    (0xf2f5_2010, "f2fs", Kind::Local),
    (0xca45_1a4e, "bcachefs", Kind::Local),
    (0x0000_f15f, "ecryptfs", Kind::Local),
    (0x794c_7630, "overlay", Kind::Local),
    (0x0102_1994, "tmpfs", Kind::Memory),
    (0x8584_58f6, "ramfs", Kind::Memory),
    (0x0000_6969, "nfs", Kind::Elsewhere),
    (0x0102_1997, "9p", Kind::Elsewhere),
    (0x0000_517b, "smb", Kind::Elsewhere),
    (0xff53_4d42, "cifs", Kind::Elsewhere),
    (0xfe53_4d42, "smb2", Kind::Elsewhere),
    (0x6573_5546, "fuse", Kind::Elsewhere),
    (0x786f_4256, "vboxsf", Kind::Elsewhere),
    (0x00c3_6400, "ceph", Kind::Elsewhere),
];

fn kind_of(pretended: Option<&str>, home: &Path) -> Kind {
    let row = match pretended {
        Some(name) => KINDS.iter().find(|(_, known, _)| *known == name),
        None => magic(home).and_then(|magic| KINDS.iter().find(|(known, ..)| *known == magic)),
    };
    match row {
        Some((_, name, kind)) => kind((*name).to_owned()),
        None => Kind::Unknown(magic(home).map_or("unknown".to_owned(), |m| format!("{m:#x}"))),
    }
}

#[cfg(target_os = "linux")]
fn magic(home: &Path) -> Option<u32> {
    let there = home.ancestors().find(|folder| folder.exists())?;
    let found = rustix::fs::statfs(there).ok()?;
    u32::try_from(found.f_type & 0xffff_ffff).ok()
}

/// Its number means something else on each system.
#[cfg(not(target_os = "linux"))]
fn magic(_: &Path) -> Option<u32> {
    None
}

fn file_system(kind: Kind) -> Finding {
    match kind {
        Kind::Local(name) => Check::FileSystem.ok(name),
        Kind::Memory(name) => {
            Check::FileSystem.note(format!("{name}: gone when the machine is switched off"))
        }
        Kind::Unknown(name) => Check::FileSystem.note(format!("{name}, of which nothing is known")),
        Kind::Elsewhere(name) => Check::FileSystem.warn(format!(
            "{name}: that two machines write at once, or that a power cut takes nothing, is not promised there"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::Verdict;
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        for (version, at) in [
            ("3.51.3", true),
            ("3.51.2", false),
            ("3.54.1", true),
            ("3.9.9", false),
            ("4", true),
            ("3.100.0 of a vendor", true),
            ("", false),
        ] {
            assert_eq!(at_least(version, OLDEST_SQLITE), at, "{version}");
            let verdict = if at { Verdict::Ok } else { Verdict::Fail };
            assert_eq!(sqlite_is_sound(version).verdict, verdict, "{version}");
        }
        assert_eq!(git_version(Ok("2.39.5".to_owned())).verdict, Verdict::Warning);
        assert_eq!(git_version(Ok("2.47.3.windows.1".to_owned())).verdict, Verdict::Ok);
        assert_eq!(git_version(Err("gone".to_owned())).verdict, Verdict::Fail);
    }

    #[test]
    fn a_file_system_of_another_machine_is_warned_of() {
        let verdict = |name| file_system(kind_of(Some(name), Path::new("/"))).verdict;
        assert_eq!(["ext4", "tmpfs"].map(verdict), [Verdict::Ok, Verdict::Note]);
        assert_eq!(["nfs", "9p", "fuse"].map(verdict), [Verdict::Warning; 3]);
        assert_eq!(verdict("of tomorrow"), Verdict::Note);
    }
}
