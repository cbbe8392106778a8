//! Parts of the state inside a journal record: in the form of the state file, on one line, so that
//! members which this version doesn't know survive there as well.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use super::{Evidence, Milestone, Note, Snapshot, StateVersion, read, write};
use crate::json::{JsonError, Layout, Reader, Writer};

macro_rules! as_in_the_file {
    ($type:ty, $write:path, $read:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut writer = Writer::new(Layout::Compact);
                $write(&mut writer, self);
                raw(writer.finish()).map_err(ser::Error::custom)?.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = Box::<RawValue>::deserialize(deserializer)?;
                whole(raw.get(), $read).map_err(de::Error::custom)
            }
        }
    };
}

as_in_the_file!(Evidence, write::evidence, read::evidence);
as_in_the_file!(Milestone, write::milestone, |r| read::milestone(r, StateVersion::CURRENT));
as_in_the_file!(Note, write::note, read::note);
as_in_the_file!(Snapshot, write::snapshot, read::snapshot);

fn raw(text: String) -> Result<Box<RawValue>, serde_json::Error> {
    RawValue::from_string(text)
}

fn whole<T>(
    text: &str,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, JsonError>,
) -> Result<T, JsonError> {
    let mut reader = Reader::new(text);
    let value = read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}
