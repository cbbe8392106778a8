//! What our hooks add to a whole turn of the real Codex.

use std::path::Path;
use std::time::Duration;

use throughline_testkit::{Codex, Provider, Script, Step};

use super::Report;
use super::ground::Ground;
use super::samples::{Budget, Reference, Row, Samples};
use crate::XtaskError;

/// Milliseconds that a turn may take longer with us, in the median.
const ADDED: f64 = 20.0;

pub(crate) fn measure(
    binary: &Path,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    let codex = match Codex::find() {
        Ok(codex) => codex,
        Err(why) => {
            report.missed("the real Codex");
            return report.say(&format!("\nA turn of the real Codex was not measured: {why}"));
        }
    };
    let (without, with) = (Ground::new(binary), Ground::new(binary));
    for ground in [&without, &with] {
        ground.import(/*first*/ 0, super::SIZES[0]);
    }
    let program = codex.native().to_str().expect("a path in UTF-8");
    let set_up = with.world.thru(&["setup", "codex", "--yes", "--codex", program]);
    set_up.assert_success();
    let (mut bare, mut remembered) = (Samples::default(), Samples::default());
    // One round more, unmeasured: the first run of a Codex makes its databases.
    for round in 0..=rounds {
        let (plain, ours) = (turn(&without, &codex), turn(&with, &codex));
        if round > 0 {
            bare.push(plain);
            remembered.push(ours);
        }
    }
    let added = remembered.median() - bare.median();
    let references = [Reference { short: "without", median: bare.median() }];
    let rows = [
        Row::new("without Throughline", bare, Budget::Free),
        Row::new("with its hooks", remembered, Budget::Free),
    ];
    report.table("A turn of the real Codex: a plan, an answer", &rows, &references)?;
    if added > ADDED {
        report.missed("a turn of the real Codex");
    }
    report.say(&format!("added: {added:.1} ms in the median (budget {ADDED})"))
}

fn turn(ground: &Ground, codex: &Codex) -> Duration {
    let steps = [("Read the code", "completed"), ("Mend it", "in_progress")];
    let script = Script::steps([Step::new().plan(&steps), Step::text("Half of it is done.")]);
    let provider = Provider::start(script);
    ground.world.codex(codex, &provider).exec("Mend the greeting").assert_success().duration
}
