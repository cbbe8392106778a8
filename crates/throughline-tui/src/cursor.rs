//! Where somebody is in a list, and which part of it is seen.

use crate::keys::Move;

/// A place in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The row on which the keys work.
    pub(crate) at: usize,
    /// The first row that is seen, as it was drawn last.
    pub(crate) first: usize,
}

impl Cursor {
    /// Moves by a key in a list of `length` rows of which `page` are seen.
    pub(crate) fn press(&mut self, way: Move, length: usize, page: usize) {
        let last = length.saturating_sub(1);
        let page = page.saturating_sub(1).max(1);
        self.at = match way {
            Move::Up => self.at.saturating_sub(1),
            Move::Down => self.at + 1,
            Move::PageUp => self.at.saturating_sub(page),
            Move::PageDown => self.at + page,
            Move::Top => 0,
            Move::Bottom => last,
        }
        .min(last);
    }

    /// The first row that is seen in so many rows, such that the selected one is among them; it
    /// moves no further than it must.
    pub(crate) fn first_of(self, length: usize, height: usize) -> usize {
        let at = self.at.min(length.saturating_sub(1));
        let lowest = (at + 1).saturating_sub(height);
        self.first.clamp(lowest, at.max(lowest)).min(length.saturating_sub(height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_row_is_always_seen_and_no_room_is_wasted() {
        for length in 0..12_usize {
            for height in 1..6 {
                let mut cursor = Cursor::default();
                let moves = [Move::Bottom, Move::Up, Move::Up, Move::PageUp, Move::Down];
                for way in moves.into_iter().chain([Move::PageDown, Move::Top]) {
                    cursor.press(way, length, height);
                    cursor.first = cursor.first_of(length, height);
                    let seen = cursor.first..cursor.first + height;
                    assert!(length == 0 || seen.contains(&cursor.at), "{cursor:?} of {length}");
                    assert!(seen.end <= length.max(height), "{cursor:?} of {length}");
                }
            }
        }
    }
}
