//! Where the space of transcripts goes.

use serde_json::json as value;

use crate::bystanders::picture;
use crate::rollouts::{Rollout, id};
use crate::{bare_world, json};

#[test]
fn every_byte_on_the_disk_is_in_one_of_the_parts() {
    let world = bare_world();
    let image = format!("data:image/png;base64,{}", "A".repeat(500_000));
    let pasted = value!({ "type": "message", "role": "user", "content": [{ "image_url": image }] });
    let big = Rollout::new(&world, 1).turn("Look at this", "I see.").line("response_item", pasted);
    let big = big.write(&world);
    let packed = Rollout::new(&world, 2).turn("Small", "Yes.").path(&world);
    world.write(packed.with_extension("jsonl.zst"), compressed(&world, 2));
    json(&world, &["index", "run"]);
    let before = picture(&world.codex_home());
    let report = json(&world, &["threads", "disk"]);
    assert_eq!(picture(&world.codex_home()), before);
    let agent = &report["agents"][0];
    let sum: u64 =
        agent["by"].as_object().expect("parts").values().filter_map(|v| v.as_u64()).sum();
    assert_eq!((agent["transcripts"].as_u64(), agent["bytes"].as_u64()), (Some(2), Some(sum)));
    assert_eq!(agent["by"]["images"], image.len());
    let largest = &report["largest"][0];
    assert_eq!((&largest["id"], &largest["title"]), (&value!(id(1)), &value!("Look at this")));
    assert_eq!(largest["deleting_frees"], std::fs::metadata(&big).expect("it stays").len());
    assert_eq!((&report["largest"][1]["id"], &report["failed"]), (&value!(id(2)), &value!([])));
}

/// A frame of one raw block (RFC 8878, 3.1.1): what no compressor is needed for.
fn compressed(world: &throughline_testkit::World, number: u32) -> Vec<u8> {
    let text = Rollout::new(world, number).turn("Small", "Yes.").text().into_bytes();
    let length = u32::try_from(text.len()).expect("small");
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, /*single segment, 4 bytes of size*/ 0xa0];
    frame.extend(length.to_le_bytes());
    frame.extend(&((length << 3) | 1).to_le_bytes()[..3]);
    frame.extend(text);
    frame
}
