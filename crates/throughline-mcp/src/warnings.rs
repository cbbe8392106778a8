//! What the MCP library warns of goes into the local log; by itself it would be said to nobody, because
//! standard error is the agent's. Spans are not followed: an event says enough.

use std::fmt::{self, Write as _};

use throughline_model::event::{Kind, Level};
use throughline_ops::logs::Noter;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Takes warnings and errors.
pub(crate) struct Warnings {
    pub(crate) noter: Noter,
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(event.metadata().target().to_owned());
        event.record(&mut text);
        let is_error = *event.metadata().level() == tracing::Level::ERROR;
        let level = if is_error { Level::Error } else { Level::Warn };
        self.noter.note(level, Kind::Problem, "mcp", &text.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // A text takes whatever it is given.
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

#[cfg(test)]
mod tests {
    use throughline_ops::logs::Noter;

    use super::*;

    #[test]
    fn warnings_and_errors_are_noted_and_the_rest_is_not() {
        let folder = tempfile::tempdir().expect("folder");
        let warnings = Warnings { noter: Noter::at(folder.path()) };
        tracing::subscriber::with_default(warnings, || {
            tracing::info!("said to nobody");
            tracing::warn!(number = 3, "a warning");
            tracing::error!("an error");
        });
        let text = std::fs::read_to_string(folder.path().join("events.jsonl")).expect("the buffer");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].contains("a warning") && lines[0].contains("number=3"), "{text}");
        assert!(lines[1].contains("\"level\":\"error\""), "{text}");
    }
}
