//! What `thru doctor` answers: the findings, how much of them is shown, and when they are a failure; and
//! the bundle, the same for somebody else's eyes.

use serde_json::{Value, json};
use throughline_ops::doctor::DoctorReport;
use throughline_ops::doctor::table::{Finding, Verdict};
use throughline_ops::logs::{LogsOptions, logs};
use throughline_ops::surroundings::Surroundings;

use crate::failure::Exit;
use crate::output::human::{Human, count};
use crate::output::json::Json;
use crate::output::{Screen, Tone};

/// How much is shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Every check.
    All,
    /// What is not as it should be.
    Summary,
}

/// From where on it is a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Failures.
    Lenient,
    /// Warnings.
    Strict,
}

/// What was found, as it is to be shown.
#[derive(Debug)]
pub struct Examined {
    /// What was found.
    pub report: DoctorReport,
    /// How much of it is shown.
    pub detail: Detail,
    /// From where on it is a failure.
    pub strictness: Strictness,
}

/// The version of the object, in `version`.
///
/// 1 (0.1.0): the first.
const VERSION: u32 = 1;

impl Examined {
    fn least(&self) -> Verdict {
        match self.strictness {
            Strictness::Lenient => Verdict::Fail,
            Strictness::Strict => Verdict::Warning,
        }
    }

    fn one(&self, found: &Finding) -> Value {
        let hide = |text: &str| self.report.places.hide(text);
        let mut one = json!({
            "section": found.check.row().section.as_str(),
            "verdict": found.verdict.as_str(),
            "measured": hide(&found.measured),
            "expected": found.expected,
        });
        if let Some(remedy) = &found.remedy {
            one["remedy"] = hide(remedy).into();
        }
        one
    }
}

impl Json for Examined {
    fn to_json(&self) -> Value {
        let report = &self.report;
        let checks = report.findings.iter().map(|f| (f.check.row().id.to_owned(), self.one(f)));
        let counts = [Verdict::Ok, Verdict::Note, Verdict::Warning, Verdict::Fail];
        let counts = counts.map(|v| (v.as_str().to_owned(), json!(report.count(v))));
        let fixed = report.fixed.iter().map(|fixed| {
            json!({ "check": fixed.check.row().id, "done": report.places.hide(&fixed.done) })
        });
        json!({
            "version": VERSION,
            "thru": env!("CARGO_PKG_VERSION"),
            "verdict": report.verdict().as_str(),
            "counts": serde_json::Map::from_iter(counts),
            "checks": serde_json::Map::from_iter(checks),
            "fixed": fixed.collect::<Vec<_>>(),
        })
    }

    fn exit(&self) -> Exit {
        if self.report.verdict() >= self.least() { Exit::Failed } else { Exit::Done }
    }
}

impl Human for Examined {
    fn show(&self, screen: &mut Screen) {
        let report = &self.report;
        for fixed in &report.fixed {
            screen.line(&[(Tone::Good, "mended   "), (Tone::Plain, &fixed.done)]);
        }
        let mut anomalies: Vec<&Finding> =
            report.findings.iter().filter(|found| found.verdict >= Verdict::Warning).collect();
        anomalies.sort_by_key(|found| std::cmp::Reverse(found.verdict));
        anomalies.iter().for_each(|found| anomaly(found, screen));
        screen.line(&[(Tone::Strong, &self.sentence())]);
        if self.detail == Detail::All {
            self.sections(screen);
        }
        let mends = |found: &&Finding| found.remedy.as_ref().is_some_and(|r| r.contains("--fix"));
        if anomalies.iter().any(mends) {
            screen.hint("`thru doctor --fix` mends what loses nothing");
        }
    }
}

impl Examined {
    fn sentence(&self) -> String {
        let of = |verdict| self.report.count(verdict);
        let all = count(self.report.findings.len(), "check");
        let (failures, warnings) = (of(Verdict::Fail), of(Verdict::Warning));
        match (failures, warnings) {
            (0, 0) => format!("{all}, all is well."),
            _ => format!("{all}: {}, {}.", count(failures, "failure"), count(warnings, "warning")),
        }
    }

    fn sections(&self, screen: &mut Screen) {
        let mut section = None;
        for found in &self.report.findings {
            let row = found.check.row();
            if section != Some(row.section) {
                screen.plain("");
                screen.line(&[(Tone::Strong, row.section.title())]);
                section = Some(row.section);
            }
            let label = format!("  {:<8}", label(found.verdict));
            let id = format!("{:<24}", row.id);
            let pieces = [
                (tone(found.verdict), &*label),
                (Tone::Faint, &id),
                (Tone::Plain, &found.measured),
            ];
            screen.line(&pieces);
        }
    }
}

fn anomaly(found: &Finding, screen: &mut Screen) {
    let label = format!("{:<9}", label(found.verdict));
    let what = format!("{}: {}", found.check.row().id, found.measured);
    screen.line(&[(tone(found.verdict), &label), (Tone::Plain, &what)]);
    screen.line(&[(Tone::Faint, "         expected: "), (Tone::Plain, &found.expected)]);
    if let Some(remedy) = &found.remedy {
        screen.line(&[(Tone::Faint, "         remedy: "), (Tone::Plain, remedy)]);
    }
}

fn label(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Note => "note",
        Verdict::Warning => "warning",
        Verdict::Fail => "FAIL",
    }
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Ok => Tone::Good,
        Verdict::Note => Tone::Faint,
        Verdict::Warning => Tone::Warn,
        Verdict::Fail => Tone::Bad,
    }
}

/// What goes with a report of a bug.
#[derive(Debug)]
pub struct Bundle {
    object: Value,
}

/// How many lines of a log go with it.
const LINES: u32 = 200;

/// Every text in it, for others' eyes.
fn hide(value: &mut Value, hidden: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = hidden(text),
        Value::Array(all) => all.iter_mut().for_each(|one| hide(one, hidden)),
        Value::Object(all) => all.values_mut().for_each(|one| hide(one, hidden)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Bundle {
    /// What was found, and the end of the log of hooks.
    pub fn of(examined: &Examined, world: &Surroundings) -> Self {
        let log = throughline_ops::hook::last_problems(world, usize::try_from(LINES).unwrap_or(0));
        let log = log.iter().map(|line| examined.report.places.hide(line));
        let options = LogsOptions { most: Some(LINES), ..LogsOptions::default() };
        let mut events = logs(world, &options).to_json();
        hide(&mut events, &|text| examined.report.places.hide(text));
        let made_at = world.clock.now().to_string();
        let hook_log: Vec<String> = log.collect();
        let object = json!({
            "version": VERSION, "made_at": made_at, "doctor": examined.to_json(), "hook_log": hook_log,
            "log": events,
        });
        Self { object }
    }

    /// As it is written: one fact a line, to be read before it is sent.
    pub fn text(&self) -> String {
        format!("{:#}\n", self.object)
    }
}
