//! Parts of the state inside a journal record: in the form of the state file, on one line, so that
//! members which this version doesn't know survive there as well.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use super::{
    Conflict, Evidence, Label, Milestone, Note, Snapshot, StateVersion, Task, read, write,
};
use crate::json::{Json, JsonError, Layout, Reader, Writer};

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

as_in_the_file!(Conflict, write::conflict, read::conflict);

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        raw(compact(|w| w.value(self))).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        whole(raw.get(), |r| r.value()).map_err(de::Error::custom)
    }
}

/// A thing of the state as the object that the file holds, and back.
pub(crate) trait AsMembers: Sized {
    /// Its members, in the order of the file.
    fn members(&self) -> Vec<(String, Json)>;

    /// The thing that has these members.
    fn from_members(members: Vec<(String, Json)>) -> Result<Self, JsonError>;
}

macro_rules! as_members {
    ($type:ty, $write:path, $read:expr) => {
        impl AsMembers for $type {
            fn members(&self) -> Vec<(String, Json)> {
                match whole(&compact(|w| $write(w, self)), |r| r.value()) {
                    Ok(Json::Map(members)) => members,
                    Ok(_) | Err(_) => Vec::new(),
                }
            }

            fn from_members(members: Vec<(String, Json)>) -> Result<Self, JsonError> {
                whole(&compact(|w| w.value(&Json::Map(members))), $read)
            }
        }
    };
}

as_members!(Task, write::task, |r| read::task(r, StateVersion::CURRENT));
as_members!(Milestone, write::milestone, |r| read::milestone(r, StateVersion::CURRENT));
as_members!(Note, write::note, read::note);
as_members!(Snapshot, write::snapshot, read::snapshot);
as_members!(Label, write::label, read::label);

/// One line of JSON.
pub(crate) fn compact(content: impl FnOnce(&mut Writer)) -> String {
    let mut writer = Writer::new(Layout::Compact);
    content(&mut writer);
    writer.finish()
}

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
