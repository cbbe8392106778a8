//! `[goals]` from the user's TOML. What a repository says there is not looked at: it must not make an agent go on.

use throughline_model::config::GoalSettings;
use toml_edit::TableLike;

use super::{boolean, number, section};

/// Reads the section over what `settings` says already.
pub(super) fn read(
    text: &str,
    root: &dyn TableLike,
    settings: &mut GoalSettings,
) -> Result<(), String> {
    let Some(goals) = section(text, root, "goals")? else { return Ok(()) };
    boolean(text, goals, "enabled", &mut settings.enabled)?;
    number(text, goals, "most_in_a_turn", &mut settings.most_in_a_turn)?;
    number(text, goals, "most_in_all", &mut settings.most_in_all)?;
    number(text, goals, "most_minutes", &mut settings.most_minutes)
}

#[cfg(test)]
mod tests {
    use throughline_model::config::{Config, GoalSettings};

    use super::super::{Whose, parse};

    #[test]
    fn a_repository_can_not_turn_goals_on() {
        let text = "[goals]\nenabled = true\nmost_in_a_turn = 3\n";
        let read = |whose| parse(text, whose, &Config::default()).expect("settings").goals;
        let on = GoalSettings { enabled: true, most_in_a_turn: 3, ..GoalSettings::default() };
        assert_eq!(read(Whose::User), on);
        assert_eq!(read(Whose::Repository), GoalSettings::default());
        assert_eq!(
            parse("goals = 7", Whose::Repository, &Config::default()),
            Ok(Config::default())
        );
        assert!(parse("[goals]\nenabled = 1", Whose::User, &Config::default()).is_err());
        let user = Config { goals: on, ..Config::default() };
        assert_eq!(user.tightened_by(Config::default()).goals, on);
        assert!(
            !Config::default()
                .tightened_by(Config { goals: on, ..Config::default() })
                .goals
                .enabled
        );
    }
}
