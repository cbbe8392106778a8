//! Which key does what where: the one table. Keys are looked up in it, and footer and help are
//! generated from it, so neither can say what does not hold.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One of the five screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Screen {
    /// The project at a glance.
    #[default]
    Now,
    /// The tasks of the line.
    Tasks,
    /// The lines of the project.
    Lines,
    /// What agents did.
    Sessions,
    /// The journal.
    History,
}

impl Screen {
    pub(crate) const ALL: [Self; 5] =
        [Self::Now, Self::Tasks, Self::Lines, Self::Sessions, Self::History];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Now => "Now",
            Self::Tasks => "Tasks",
            Self::Lines => "Lines",
            Self::Sessions => "Sessions",
            Self::History => "History",
        }
    }

    pub(crate) fn index(self) -> usize {
        Self::ALL.iter().position(|screen| *screen == self).unwrap_or_default()
    }

    /// The screen so many further to the right, around the end.
    pub(crate) fn beside(self, by: usize) -> Self {
        Self::ALL[(self.index() + by) % Self::ALL.len()]
    }
}

/// Where the keys work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    /// On a screen, with nothing over it.
    On(Place),
    /// Keys are shown, or what was done: there is nothing to do but to close it.
    Help,
    /// Text is typed.
    Typing,
    /// Text is typed that narrows a list.
    Filtering,
    /// A task is picked by typing.
    Picking,
    /// A decision is shown before it is carried out.
    Plan,
    /// A question with yes and no.
    Confirm,
}

/// What a screen shows, whatever lies over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Now,
    Tasks,
    /// One task in full.
    Detail,
    /// What a task waits for, and what waits for it.
    Depends,
    Lines,
    Sessions,
    /// The turns of one session.
    Turns,
    /// The agents of all sessions.
    Agents,
    History,
}

/// To another place in a list or a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Move(Move),
    Open,
    Back,
    Filter,
    Edit,
    Complete,
    Start,
    Link,
    New,
    Depends,
    Agents,
    Close,
    Resume,
    ShowAll,
    Fold,
    Unfold,
    Reconcile,
    Undo,
    Go(Screen),
    NextScreen,
    PreviousScreen,
    Help,
    Quit,
    Suspend,
    Redraw,
}

/// A key as it is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Char(char),
    Ctrl(char),
    Code(KeyCode),
}

/// Where a binding is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// In the footer too.
    Footer,
    /// In the help only.
    Help,
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Binding {
    keys: &'static [Key],
    /// The keys in words.
    pub(crate) name: &'static str,
    /// What they do, in words.
    pub(crate) says: &'static str,
    pub(crate) action: Action,
    pub(crate) shown: Shown,
}

impl Binding {
    /// Columns between two of them in the footer.
    pub(crate) const GAP: usize = 3;

    /// What it does, as short as it can be said.
    pub(crate) fn short(&self) -> &'static str {
        self.says.split(':').next().unwrap_or_default()
    }

    /// How many columns it takes in the footer.
    pub(crate) fn width(&self) -> usize {
        self.name.chars().count() + 1 + self.short().len() + Self::GAP
    }
}

const fn key(
    keys: &'static [Key],
    (name, says): (&'static str, &'static str),
    action: Action,
    shown: Shown,
) -> Binding {
    Binding { keys, name, says, action, shown }
}

use Key::{Char, Code, Ctrl};
use Shown::{Footer, Help};

/// Wherever there is a list or a text that scrolls.
const MOVES: &[Binding] = &[
    key(&[Code(KeyCode::Up), Char('k')], ("↑ k", "up"), Action::Move(Move::Up), Help),
    key(&[Code(KeyCode::Down), Char('j')], ("↓ j", "down"), Action::Move(Move::Down), Help),
    key(
        &[Code(KeyCode::PageUp), Ctrl('b')],
        ("PgUp", "a page up"),
        Action::Move(Move::PageUp),
        Help,
    ),
    key(
        &[Code(KeyCode::PageDown), Ctrl('f')],
        ("PgDn", "a page down"),
        Action::Move(Move::PageDown),
        Help,
    ),
    key(&[Code(KeyCode::Home), Char('g')], ("Home g", "to the top"), Action::Move(Move::Top), Help),
    key(
        &[Code(KeyCode::End), Char('G')],
        ("End G", "to the end"),
        Action::Move(Move::Bottom),
        Help,
    ),
];

/// On every screen.
const EVERYWHERE: &[Binding] = &[
    key(&[Char('?')], ("?", "keys"), Action::Help, Footer),
    key(&[Char('q'), Ctrl('c')], ("q", "quit"), Action::Quit, Footer),
    key(&[Code(KeyCode::Tab)], ("Tab", "next screen"), Action::NextScreen, Help),
    key(&[Code(KeyCode::BackTab)], ("Shift-Tab", "screen before"), Action::PreviousScreen, Help),
    key(&[Char('1')], ("1", "Now"), Action::Go(Screen::Now), Help),
    key(&[Char('2')], ("2", "Tasks"), Action::Go(Screen::Tasks), Help),
    key(&[Char('3')], ("3", "Lines"), Action::Go(Screen::Lines), Help),
    key(&[Char('4')], ("4", "Sessions"), Action::Go(Screen::Sessions), Help),
    key(&[Char('5')], ("5", "History"), Action::Go(Screen::History), Help),
    key(&[Ctrl('l')], ("Ctrl-L", "draw anew"), Action::Redraw, Help),
    key(&[Ctrl('z')], ("Ctrl-Z", "to the shell and back with fg"), Action::Suspend, Help),
];

const START: Binding = key(&[Char('s')], ("s", "start"), Action::Start, Footer);
const COMPLETE: Binding = key(&[Char('c')], ("c", "complete"), Action::Complete, Footer);
const NEW: Binding = key(&[Char('n')], ("n", "new task"), Action::New, Footer);
const ENTER: &[Key] = &[Code(KeyCode::Enter)];
const ESC: &[Key] = &[Code(KeyCode::Esc)];

const NOW: &[Binding] = &[
    key(ENTER, ("Enter", "open"), Action::Open, Footer),
    START,
    COMPLETE,
    NEW,
    key(&[Char('r')], ("r", "reconcile"), Action::Reconcile, Footer),
];

const TASKS: &[Binding] = &[
    key(ENTER, ("Enter", "open"), Action::Open, Footer),
    key(&[Char('/')], ("/", "filter"), Action::Filter, Footer),
    START,
    COMPLETE,
    key(&[Char('e')], ("e", "edit title"), Action::Edit, Footer),
    NEW,
    key(&[Char('l')], ("l", "link: it waits for another"), Action::Link, Help),
    key(&[Char('d')], ("d", "dependencies"), Action::Depends, Footer),
    key(&[Char('a')], ("a", "all or open ones only"), Action::ShowAll, Help),
    key(&[Code(KeyCode::Left), Char('h')], ("← h", "fold"), Action::Fold, Help),
    key(&[Code(KeyCode::Right), Char(' ')], ("→ Space", "unfold"), Action::Unfold, Help),
    key(ESC, ("Esc", "without the filter"), Action::Back, Help),
];

const DETAIL: &[Binding] = &[
    key(&[Code(KeyCode::Esc), Code(KeyCode::Enter)], ("Esc", "back"), Action::Back, Footer),
    START,
    COMPLETE,
    key(&[Char('e')], ("e", "edit title"), Action::Edit, Footer),
    key(&[Char('l')], ("l", "link"), Action::Link, Footer),
    key(&[Char('d')], ("d", "dependencies"), Action::Depends, Footer),
];

const DEPENDS: &[Binding] = &[
    key(ENTER, ("Enter", "look from here"), Action::Open, Footer),
    key(&[Code(KeyCode::Esc), Char('d')], ("Esc", "back"), Action::Back, Footer),
    START,
    COMPLETE,
    key(&[Char('l')], ("l", "link"), Action::Link, Footer),
];

const LINES: &[Binding] =
    &[key(&[Char('r')], ("r", "reconcile: what would be done"), Action::Reconcile, Footer)];

const SESSIONS: &[Binding] = &[
    key(ENTER, ("Enter", "turns"), Action::Open, Footer),
    key(&[Char('a')], ("a", "agents: who works on what"), Action::Agents, Footer),
    key(&[Char('/')], ("/", "search"), Action::Filter, Footer),
    key(ESC, ("Esc", "without the search"), Action::Back, Help),
];

const TURNS: &[Binding] = &[key(ESC, ("Esc", "back"), Action::Back, Footer)];

const AGENTS: &[Binding] = &[
    key(&[Char('x')], ("x", "close: with all below it"), Action::Close, Footer),
    key(&[Char('r')], ("r", "resume: as it was closed"), Action::Resume, Footer),
    key(&[Char('/')], ("/", "filter"), Action::Filter, Footer),
    key(&[Code(KeyCode::Left), Char('h')], ("← h", "fold"), Action::Fold, Help),
    key(&[Code(KeyCode::Right), Char(' ')], ("→ Space", "unfold"), Action::Unfold, Help),
    key(&[Code(KeyCode::Esc), Char('a')], ("Esc", "back"), Action::Back, Footer),
];

const HISTORY: &[Binding] = &[key(&[Char('u')], ("u", "undo"), Action::Undo, Footer)];

const HELP: &[Binding] = &[key(
    &[Code(KeyCode::Esc), Code(KeyCode::Enter), Char('?'), Char('q')],
    ("Esc", "back"),
    Action::Back,
    Footer,
)];

const TYPING: &[Binding] = &[
    key(ENTER, ("Enter", "done"), Action::Open, Footer),
    key(ESC, ("Esc", "leave it"), Action::Back, Footer),
];

const FILTERING: &[Binding] = &[
    key(ENTER, ("Enter", "keep it"), Action::Open, Footer),
    key(ESC, ("Esc", "without it"), Action::Back, Footer),
    key(&[Code(KeyCode::Up)], ("↑", "up"), Action::Move(Move::Up), Help),
    key(&[Code(KeyCode::Down)], ("↓", "down"), Action::Move(Move::Down), Help),
];

const PICKING: &[Binding] = &[
    key(&[Code(KeyCode::Up)], ("↑", "up"), Action::Move(Move::Up), Footer),
    key(&[Code(KeyCode::Down)], ("↓", "down"), Action::Move(Move::Down), Footer),
    key(ENTER, ("Enter", "link"), Action::Open, Footer),
    key(ESC, ("Esc", "leave it"), Action::Back, Footer),
];

const PLAN: &[Binding] = &[
    key(&[Code(KeyCode::Up), Char('k')], ("↑", "other choice"), Action::Move(Move::Up), Footer),
    key(&[Code(KeyCode::Down), Char('j')], ("↓", "other choice"), Action::Move(Move::Down), Help),
    key(ENTER, ("Enter", "carry it out"), Action::Open, Footer),
    key(&[Code(KeyCode::Esc), Char('q')], ("Esc", "leave it"), Action::Back, Footer),
];

const CONFIRM: &[Binding] = &[
    key(&[Char('y'), Code(KeyCode::Enter)], ("y", "yes"), Action::Open, Footer),
    key(&[Char('n'), Char('q'), Code(KeyCode::Esc)], ("n", "no"), Action::Back, Footer),
];

impl Context {
    /// The tables that hold here, the nearest first.
    fn tables(self) -> &'static [&'static [Binding]] {
        match self {
            Self::On(Place::Now) => &[NOW, MOVES, EVERYWHERE],
            Self::On(Place::Tasks) => &[TASKS, MOVES, EVERYWHERE],
            Self::On(Place::Detail) => &[DETAIL, MOVES, EVERYWHERE],
            Self::On(Place::Depends) => &[DEPENDS, MOVES, EVERYWHERE],
            Self::On(Place::Lines) => &[LINES, MOVES, EVERYWHERE],
            Self::On(Place::Sessions) => &[SESSIONS, MOVES, EVERYWHERE],
            Self::On(Place::Turns) => &[TURNS, MOVES, EVERYWHERE],
            Self::On(Place::Agents) => &[AGENTS, MOVES, EVERYWHERE],
            Self::On(Place::History) => &[HISTORY, MOVES, EVERYWHERE],
            Self::Help => &[HELP],
            Self::Typing => &[TYPING],
            Self::Filtering => &[FILTERING],
            Self::Picking => &[PICKING],
            Self::Plan => &[PLAN],
            Self::Confirm => &[CONFIRM],
        }
    }

    /// What a key does here.
    pub(crate) fn action(self, event: &KeyEvent) -> Option<Action> {
        let pressed = of_event(event)?;
        self.bindings().find(|binding| binding.keys.contains(&pressed)).map(|b| b.action)
    }

    /// Whether a key means something here.
    pub(crate) fn means(self, key: Key) -> bool {
        self.bindings().any(|binding| binding.keys.contains(&key))
    }

    /// Everything that works here, the nearest first.
    pub(crate) fn bindings(self) -> impl Iterator<Item = &'static Binding> {
        self.tables().iter().flat_map(|table| table.iter())
    }
}

fn of_event(event: &KeyEvent) -> Option<Key> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    match event.code {
        _ if event.modifiers.contains(KeyModifiers::ALT) => None,
        KeyCode::Char(letter) if control => Some(Ctrl(letter.to_ascii_lowercase())),
        KeyCode::Char(letter) => Some(Char(letter)),
        code => Some(Code(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Context; 15] = [
        Context::On(Place::Now),
        Context::On(Place::Tasks),
        Context::On(Place::Detail),
        Context::On(Place::Depends),
        Context::On(Place::Lines),
        Context::On(Place::Sessions),
        Context::On(Place::Turns),
        Context::On(Place::Agents),
        Context::On(Place::History),
        Context::Help,
        Context::Typing,
        Context::Filtering,
        Context::Picking,
        Context::Plan,
        Context::Confirm,
    ];

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for context in ALL {
            let mut seen: Vec<Key> = Vec::new();
            for binding in context.bindings() {
                for key in binding.keys {
                    assert!(!seen.contains(key), "{context:?}: {key:?} ({})", binding.says);
                    seen.push(*key);
                }
            }
        }
    }

    #[test]
    fn every_place_can_be_left() {
        for context in ALL {
            let leaves = |b: &Binding| matches!(b.action, Action::Quit | Action::Back);
            assert!(context.bindings().any(leaves), "{context:?}");
        }
    }
}
