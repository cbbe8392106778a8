//! The JSON object in what a model said.

use serde_json::value::RawValue;

/// After this a model that thinks aloud says what it means.
const THOUGHT: &str = "</think>";

/// At so many braces it is looked, so that a text of nothing but braces costs no more than some readings of it.
const LOOKS: usize = 200;

/// The first whole JSON object of a text, as it stands there: models put it into fences and between sentences.
/// `None` if there is none, or if the text ends within one.
pub fn first_object(text: &str) -> Option<&str> {
    let text = text.rsplit_once(THOUGHT).map_or(text, |(_, said)| said);
    for (at, _) in text.match_indices('{').take(LOOKS) {
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<&RawValue>();
        match values.next()? {
            Ok(object) => return Some(object.get()),
            Err(error) if error.is_eof() => return None,
            Err(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_object_is_found_among_words() {
        let cases = [
            (r#"{"a":1}"#, Some(r#"{"a":1}"#)),
            ("Here it is:\n```json\n{\"a\": {\"b\": 2}}\n```\nbye {", Some(r#"{"a": {"b": 2}}"#)),
            (r#"Set {x} to {"a":"}"}."#, Some(r#"{"a":"}"}"#)),
            (r#"<think>maybe {"a":1}</think> {"a":2}"#, Some(r#"{"a":2}"#)),
            (r#"{"a":[{"b":1},"#, None),
            (r#"[1, 2]"#, None),
            ("no", None),
            ("", None),
        ];
        for (text, object) in cases {
            assert_eq!(first_object(text), object, "{text}");
        }
    }

    #[test]
    fn braces_without_end_cost_no_more_than_a_few_readings() {
        let deep = format!("{}!", "{\"a\":".repeat(20_000));
        assert_eq!(first_object(&deep), None);
    }

    proptest! {
        #[test]
        fn what_is_found_is_an_object(text in "(\\PC|[{}\"\\[\\],:a1\\\\]){0,60}") {
            if let Some(object) = first_object(&text) {
                let value: serde_json::Value = serde_json::from_str(object).unwrap();
                prop_assert!(value.is_object());
            }
        }
    }
}
