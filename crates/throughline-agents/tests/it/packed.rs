//! Compressed transcripts that are damaged, hostile, or odd but right.

use throughline_agents::transcript::{Limits, TranscriptError};

use crate::shapes::{Outcome, SHAPES, Shape};

fn read(shape: &Shape, bytes: &[u8]) -> Outcome {
    shape.read("t.jsonl.zst", bytes, &Limits::default())
}

fn pack(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), /*level*/ 3).unwrap()
}

/// A frame that says it is followed by `data` bytes which a reader passes over.
fn skippable(data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    [&[0x50, 0x2a, 0x4d, 0x18], &length, data].concat()
}

#[test]
fn what_is_right_is_read_whole() {
    for shape in &SHAPES {
        let [a, b] = ["a", "b"].map(|text| (shape.prompt)(text));
        let torn = a.split_at(a.len() / 2);
        let cases = [
            ("one frame", pack(&format!("{a}{b}"))),
            ("two frames", [pack(&a), pack(&b)].concat()),
            ("a line over two frames", [pack(torn.0), pack(torn.1), pack(&b)].concat()),
            ("empty frames", [pack(""), pack(&a), pack(""), pack(&b)].concat()),
            ("frames to pass over", [skippable(b"x"), pack(&a), skippable(b""), pack(&b)].concat()),
        ];
        for (name, bytes) in cases {
            let read = read(shape, &bytes);
            assert!(read.error.is_none(), "{}: {name}: {:?}", shape.name, read.error);
            assert_eq!(read.prompts, ["a", "b"], "{}: {name}", shape.name);
            let length = (a.len() + b.len()) as u64;
            assert_eq!(read.tail.next_offset.bytes, length, "{}: {name}", shape.name);
        }
    }
}

/// What was read before the damage counts, and the error says how far it came.
#[test]
fn what_is_damaged_ends_with_an_error() {
    for shape in &SHAPES {
        let many: String = (0..3000).map(|n| (shape.prompt)(&format!("{n}"))).collect();
        let whole = pack(&many);
        let middle = whole.len() / 2;
        let a = pack(&(shape.prompt)("a"));
        let cases = [
            ("cut in the middle", whole[..middle].to_vec(), 0),
            ("cut by a byte", whole[..whole.len() - 1].to_vec(), 0),
            ("cut in its head", whole[..5].to_vec(), 0),
            ("not compressed", many.clone().into_bytes(), 0),
            ("words behind", [&*a, b"hello, world"].concat(), 1),
            ("a frame cut behind a whole one", [&*a, &a[..a.len() - 2]].concat(), 1),
            ("a window of 2 GiB", bomb(), 0),
        ];
        for (name, bytes, at_least) in cases {
            let read = read(shape, &bytes);
            let Some(TranscriptError::Read { offset, .. }) = read.error else {
                panic!("{}: {name}: {:?}", shape.name, read.error);
            };
            assert_eq!(offset, read.tail.next_offset.bytes, "{}: {name}", shape.name);
            assert!(read.prompts.len() >= at_least, "{}: {name}", shape.name);
            for (at, prompt) in read.prompts.iter().enumerate().skip(at_least) {
                assert_eq!(*prompt, at.to_string(), "{}: {name}", shape.name);
            }
        }
    }
}

/// With a checksum, as Codex packs; without one nobody could tell.
#[test]
fn flipped_bytes_are_an_error() {
    for shape in &SHAPES {
        let many: String = (0..3000).map(|n| (shape.prompt)(&format!("{n}"))).collect();
        let mut encoder = zstd::Encoder::new(Vec::new(), /*level*/ 3).unwrap();
        encoder.include_checksum(/*include*/ true).unwrap();
        std::io::Write::write_all(&mut encoder, many.as_bytes()).unwrap();
        let mut bytes = encoder.finish().unwrap();
        let middle = bytes.len() / 2;
        for byte in &mut bytes[middle..middle + 64] {
            *byte = !*byte;
        }
        let error = read(shape, &bytes).error;
        assert!(matches!(error, Some(TranscriptError::Read { .. })), "{}: {error:?}", shape.name);
    }
}

/// A right frame of nothing whose reader would have to keep 2 GiB: magic, no flags, a window of
/// 2^(10 + 21), one last raw block without bytes.
fn bomb() -> Vec<u8> {
    vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00]
}

/// Few bytes that unpack to very many.
#[test]
fn a_line_that_only_unpacks_to_be_long_is_passed_over() {
    for shape in &SHAPES {
        let long = vec![b'x'; 64 << 20];
        let bytes = [
            zstd::encode_all(&*long, /*level*/ 1).unwrap(),
            pack(&format!("\n{}", (shape.prompt)("b"))),
        ];
        let read = read(shape, &bytes.concat());
        assert!(read.error.is_none(), "{}: {:?}", shape.name, read.error);
        assert_eq!(read.prompts, ["b"], "{}", shape.name);
        assert_eq!(read.tail.skipped.too_long, 1, "{}", shape.name);
    }
}
