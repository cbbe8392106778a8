//! Whether what agents were told was of use: by the fold, from what a turn showed.
//!
//! Used is what an answer cites, whose file was changed, or whose command ran, in the turn for which it
//! was told (told at a start: in any turn of the session). It is an indication, not a proof; it keeps a
//! memory from sinking.

use throughline_model::ids::MemoryId;
use throughline_model::memory::Memory;
use throughline_runtime::memories::{Memories, Served};

use crate::error::OpsError;
use crate::surroundings::Surroundings;
use crate::transcript::{Absorbed, Shown};

/// Moves what hooks told into the database, and notes what was used since. Nobody waits, so what makes questions
/// cheap is made anew here too.
///
/// # Errors
/// [`OpsError`]: the database can't be written; then it is done with the next fold.
pub(crate) fn settle(world: &Surroundings, absorbed: &[Absorbed]) -> Result<(), OpsError> {
    if absorbed.is_empty() || !Memories::file(&world.home).exists() {
        return Ok(());
    }
    let mut memories = crate::databases::open::<Memories>(world)?;
    memories.take_told(&world.home)?;
    memories.post()?;
    for session in absorbed {
        let served = memories.served_in(&session.session)?;
        let open = served.iter().filter(|one| one.used.is_none());
        let used = open.filter_map(|one| {
            let memory = memories.get(&one.memory).ok()??;
            Some((one, how(session, one, &memory)?))
        });
        let used: Vec<(&Served, &str)> = used.collect();
        if used.is_empty() {
            continue;
        }
        memories.change(|change| {
            used.iter().try_for_each(|(one, how)| {
                change.note_use(&one.session, &one.turn, &one.memory, how)
            })
        })?;
    }
    Ok(())
}

/// How a memory was used in the turn for which it was told.
fn how(session: &Absorbed, served: &Served, memory: &Memory) -> Option<&'static str> {
    let turns =
        session.turns.iter().filter(|(id, _)| served.turn.is_empty() || **id == served.turn);
    turns.map(|(_, shown)| shown).find_map(|shown| in_turn(shown, &served.memory, memory))
}

fn in_turn(shown: &Shown, id: &MemoryId, memory: &Memory) -> Option<&'static str> {
    let cites = |answer: &String| answer.contains(id.as_str());
    if shown.answer.as_ref().is_some_and(cites) {
        return Some("cited");
    }
    if memory.files.iter().any(|file| shown.files.contains(file)) {
        return Some("file");
    }
    let ran = |command: &str| shown.commands.iter().any(|ran| ran.contains(command));
    quoted(&memory.text).any(ran).then_some("command")
}

/// What a text quotes as code: in that form commands stand in memories.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let parts: Vec<&str> = text.split('`').collect();
    // What stands behind a mark without its fellow is no code.
    let code = parts.len().saturating_sub(1) / 2;
    let code: Vec<&str> = parts.into_iter().skip(1).step_by(2).take(code).collect();
    // A word alone, such as a file's name, is no command.
    code.into_iter().filter(|code| code.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_command_is_quoted_code_of_several_words() {
        let text = "Run the tests: `cargo test --all`. (`make` and `x.rs` are no such.)";
        assert_eq!(quoted(text).collect::<Vec<_>>(), ["cargo test --all"]);
        assert_eq!(quoted("no code, one ` mark").count(), 0);
    }
}
