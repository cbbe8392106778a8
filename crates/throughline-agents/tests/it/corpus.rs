//! Every known way in which a transcript is damaged, with what must come of it. Each case is tried
//! in each shape, plain and compressed, and must come out the same.

use std::iter;

use throughline_agents::transcript::{Limits, Skipped};

use crate::shapes::{SHAPES, Shape};

/// Small, so that long lines need not be very long.
const LIMITS: Limits = Limits { longest_line: 64 * 1024, longest_text: 1024 };

#[derive(Clone)]
struct Case {
    category: &'static str,
    name: &'static str,
    bytes: Vec<u8>,
    /// What must be read of it.
    prompts: Vec<&'static str>,
    skipped: Skipped,
    /// How many bytes at the end are not consumed yet.
    waiting: usize,
}

fn case(
    (category, name): (&'static str, &'static str),
    bytes: impl Into<Vec<u8>>,
    prompts: &[&'static str],
    skipped: Skipped,
) -> Case {
    Case { category, name, bytes: bytes.into(), prompts: prompts.to_vec(), skipped, waiting: 0 }
}

const NONE: Skipped = Skipped { too_long: 0, bad_json: 0, odd: 0, nul_holes: 0 };
const BAD: Skipped = Skipped { bad_json: 1, ..NONE };
const ODD: Skipped = Skipped { odd: 1, ..NONE };

fn bad(count: u64) -> Skipped {
    Skipped { bad_json: count, ..NONE }
}

#[test]
fn what_is_damaged_costs_only_itself() {
    for shape in &SHAPES {
        let cases = [ends(shape), crashes(shape), foreign(shape), contents(shape)].concat();
        for case in cases {
            for packed in [false, true] {
                check(shape, &case, packed);
            }
        }
    }
}

fn check(shape: &Shape, case: &Case, packed: bool) {
    let what = format!("{}: {}: {} (packed: {packed})", shape.name, case.category, case.name);
    let read = if packed {
        let bytes = zstd::encode_all(&*case.bytes, /*level*/ 1).unwrap();
        shape.read("t.jsonl.zst", &bytes, &LIMITS)
    } else {
        shape.read("t.jsonl", &case.bytes, &LIMITS)
    };
    assert!(read.error.is_none(), "{what}: {:?}", read.error);
    assert_eq!(read.prompts, case.prompts, "{what}");
    assert_eq!(read.tail.skipped, case.skipped, "{what}");
    let consumed = case.bytes.len() - case.waiting;
    assert_eq!(read.tail.next_offset.bytes, consumed as u64, "{what}");
}

/// How a file, or a line, begins and ends.
fn ends(shape: &Shape) -> Vec<Case> {
    let [a, b] = ["a", "b"].map(|text| (shape.prompt)(text));
    let waiting = |name, tail: &[u8]| Case {
        waiting: tail.len(),
        ..case(("ends", name), [a.as_bytes(), tail].concat(), &["a"], NONE)
    };
    vec![
        case(("ends", "nothing"), "", &[], NONE),
        case(("ends", "only empty lines"), "\n\n  \n\r\n\t\n", &[], NONE),
        case(("ends", "empty lines between"), format!("\n{a}\n\n{b}\n"), &["a", "b"], NONE),
        case(("ends", "CRLF"), format!("{a}{b}").replace('\n', "\r\n"), &["a", "b"], NONE),
        case(("ends", "a byte order mark"), format!("\u{feff}{a}{b}"), &["a", "b"], BAD),
        case(("ends", "spaces around"), format!("  {}  \n", a.trim_end()), &["a"], NONE),
        waiting("no end yet", b.trim_end().as_bytes()),
        waiting("half a line", &b.as_bytes()[..b.len() / 2]),
        waiting("half a character", "{\"x\":\"\u{20ac}".as_bytes().split_at(8).0),
        waiting("NUL at the end", &[0; 4096]),
        waiting("longer than allowed, no end yet", &[b'x'; 200_000]),
    ]
}

/// What crashes leave.
fn crashes(shape: &Shape) -> Vec<Case> {
    let [a, b] = ["a", "b"].map(|text| (shape.prompt)(text));
    let half = &a[..a.len() / 2];
    let glued = |count| format!("{}\n", a.trim_end().repeat(count));
    let hole = Skipped { nul_holes: 1, ..NONE };
    let torn_hole = Skipped { bad_json: 1, ..hole };
    vec![
        case(("crashes", "torn, then whole"), format!("{half}{b}"), &["b"], BAD),
        case(("crashes", "torn, with its end"), format!("{half}\n{b}"), &["b"], BAD),
        case(("crashes", "torn twice"), format!("{half}{half}{b}"), &["b"], BAD),
        case(("crashes", "the head is gone"), format!("{}{b}", &a[9..]), &["b"], BAD),
        case(("crashes", "two in a line"), format!("{}{b}", a.trim_end()), &["a", "b"], NONE),
        case(("crashes", "64 in a line"), glued(64), &["a"; 64], NONE),
        case(("crashes", "65 in a line"), glued(65), &["a"; 64], BAD),
        case(("crashes", "a hole between"), format!("{a}\0\0\0\0{b}"), &["a", "b"], hole),
        case(("crashes", "a hole within"), format!("{half}\0\0\0\0{b}"), &["b"], torn_hole),
        case(("crashes", "a page of NUL"), format!("{}\n{b}", "\0".repeat(4096)), &["b"], hole),
        case(("crashes", "NUL for the end"), format!("{}\0{b}", a.trim_end()), &["a", "b"], hole),
        case(("crashes", "written twice"), format!("{a}{a}"), &["a", "a"], NONE),
    ]
}

/// What is no transcript.
fn foreign(shape: &Shape) -> Vec<Case> {
    let b = (shape.prompt)("b");
    let then = |text: &str| format!("{text}{b}");
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    let zeros = Skipped { nul_holes: 1, bad_json: 1, ..NONE };
    vec![
        case(("foreign", "words"), then("hello\n"), &["b"], BAD),
        case(("foreign", "a list"), then("[1]\n"), &["b"], BAD),
        case(("foreign", "scalars"), then("null\n1\n\"x\"\ntrue\n"), &["b"], bad(4)),
        case(("foreign", "an empty object"), then("{}\n"), &["b"], BAD),
        case(("foreign", "no kind"), then("{\"message\":{}}\n"), &["b"], BAD),
        case(("foreign", "a kind that is none"), then("{\"type\":5}\n"), &["b"], BAD),
        case(("foreign", "a new kind"), then("{\"type\":\"new\",\"payload\":[]}\n"), &["b"], NONE),
        case(("foreign", "a key twice"), then("{\"type\":\"a\",\"type\":\"a\"}\n"), &["b"], BAD),
        case(
            ("foreign", "conflict marks"),
            then("<<<<<<< a\n=======\n>>>>>>> b\n"),
            &["b"],
            bad(3),
        ),
        case(("foreign", "a pointer to the file"), then(pointer), &["b"], bad(3)),
        case(
            ("foreign", "a program"),
            [b"\x7fELF\x02\x01\0\0\xff\n", b.as_bytes()].concat(),
            &["b"],
            Skipped { bad_json: 2, ..zeros },
        ),
        case(
            ("foreign", "UTF-16"),
            [b"\xff\xfe{\0}\0\n\0".as_slice(), b"\n", b.as_bytes()].concat(),
            &["b"],
            Skipped { nul_holes: 2, bad_json: 2, ..NONE },
        ),
    ]
}

/// What stands in lines that are whole.
fn contents(shape: &Shape) -> Vec<Case> {
    let line = |text: &str| (shape.prompt)(text);
    let b = line("b");
    let with_member = |member: &str| {
        let whole = line("a");
        let (head, _) = whole.trim_end().rsplit_once('}').unwrap();
        format!("{head},\"later\":{member}}}\n{b}")
    };
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let invalid = line("<x>").replace("<x>", "\u{1}").into_bytes();
    let not_utf8: Vec<u8> = invalid.iter().map(|b| if *b == 1 { 0xff } else { *b }).collect();
    let surrogate = line("<x>").replace("<x>", r"\ud800");
    let long = line(&"x".repeat(70_000));
    let image = line("see data:image/png;base64,AAAA+/= here");
    let escapes = "\u{1b}]52;c;x\u{7} \u{202e}\u{200b}";
    vec![
        case(("contents", "not UTF-8"), [&*not_utf8, b.as_bytes()].concat(), &["b"], BAD),
        case(
            ("contents", "a raw control character"),
            [&*invalid, b.as_bytes()].concat(),
            &["b"],
            BAD,
        ),
        case(("contents", "half a pair"), format!("{surrogate}{b}"), &["b"], ODD),
        case(("contents", "wrong members"), format!("{}\n{b}", shape.odd), &["b"], ODD),
        case(("contents", "deep"), with_member(&deep), &["a", "b"], NONE),
        case(("contents", "a number without end"), with_member("1e999999999"), &["a", "b"], NONE),
        case(
            ("contents", "a huge list"),
            with_member(&format!("[{}0]", "0,".repeat(20_000))),
            &["a", "b"],
            NONE,
        ),
        case(
            ("contents", "longer than allowed"),
            format!("{long}{b}"),
            &["b"],
            Skipped { too_long: 1, ..NONE },
        ),
        case(
            ("contents", "many longer than allowed"),
            format!("{}{b}", long.repeat(5)),
            &["b"],
            Skipped { too_long: 5, ..NONE },
        ),
        case(("contents", "an image"), image, &["see [image] here"], NONE),
        case(
            ("contents", "what terminals obey"),
            line(escapes),
            &["\u{1b}]52;c;x\u{7} \u{202e}\u{200b}"],
            NONE,
        ),
        case(("contents", "no words"), line(""), &[""], NONE),
        case(
            ("contents", "other scripts"),
            line("\u{5d0}\u{1f600}e\u{301}"),
            &["\u{5d0}\u{1f600}e\u{301}"],
            NONE,
        ),
        case(
            ("contents", "a first line at the end"),
            format!("{}{b}", "\n".repeat(500)),
            &["b"],
            NONE,
        ),
    ]
}

#[test]
fn another_file_in_its_place_is_noticed() {
    use throughline_agents::transcript::{Offset, read_from};
    for shape in &SHAPES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.jsonl");
        let before = shape.prompts(&["one", "two"]);
        let end = before.len() as u64;
        let same_length = iter::repeat_n("x\n", 1).chain([&before[2..]]).collect::<String>();
        let others = [
            ("shorter", shape.prompts(&["one"]), true),
            ("empty", String::new(), true),
            ("longer, of another line", shape.prompts(&[&"y".repeat(before.len())]), true),
            // Nobody can see this by the offset alone; the store of readings knows the inode.
            ("of the same shape", same_length, false),
        ];
        for (name, text, noticed) in others {
            std::fs::write(&path, &text).unwrap();
            let from = Offset { bytes: end, turn: None };
            let opened = read_from(&path, from, &LIMITS, &shape.dialect);
            let restarts = opened.is_err_and(|error| error.must_restart());
            assert_eq!(restarts, noticed, "{}: {name}", shape.name);
        }
    }
}
