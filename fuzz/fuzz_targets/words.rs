//! Commands, answers and titles: text that somebody else wrote.

#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline_agents::commands::{printed_commit, runs_git_commit};
use throughline_agents::followups::followups;
use throughline_model::redact::redact;
use throughline_model::remote::without_user;
use throughline_model::sanitise::{for_model, for_terminal, one_line};

fuzz_target!(|text: &str| {
    runs_git_commit(text);
    printed_commit(text);
    followups(text);
    without_user(text);
    let hidden = redact(text);
    assert_eq!(redact(&hidden), hidden);
    let shown = for_terminal(text);
    assert_eq!(for_terminal(&shown), shown);
    assert!(!one_line(text).contains('\n'));
    assert!(for_model(text, 50).chars().count() <= 50);
});
