//! `[goals]`: whether an agent goes on by itself, and how far.

/// The user's settings; a repository has no say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoalSettings {
    /// `enabled`: agents get the tools for goals, and a turn that ends with an active goal goes on.
    pub enabled: bool,
    /// `most_in_a_turn`: how often one turn goes on at most.
    pub most_in_a_turn: usize,
    /// `most_in_all`: how often a goal lets turns go on, until a person takes it up again.
    pub most_in_all: usize,
    /// `most_minutes`: how long a turn goes on at most, from the first time that it did.
    pub most_minutes: usize,
}

impl Default for GoalSettings {
    fn default() -> Self {
        Self { enabled: false, most_in_a_turn: 20, most_in_all: 100, most_minutes: 120 }
    }
}
