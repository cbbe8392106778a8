//! Vectors of texts.

use throughline_model::config::memory::Wire;
use throughline_provider::{ProviderError, embed};
use throughline_testkit::{Provider, Script, Step, provider};

use super::endpoint;

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("text number {n} of many")).collect()
}

#[test]
fn each_text_has_its_vector_in_order() {
    let provider = Provider::start(Script::new());
    let texts = texts(130);
    let embedded = embed(&endpoint(&provider, Wire::Responses), &texts).unwrap();
    let expected: Vec<_> = texts.iter().map(|text| provider::vector(text)).collect();
    assert_eq!(embedded.vectors, expected);
    assert_eq!((embedded.dimension, embedded.model.as_str()), (64, "small"));
    let requests = provider.requests();
    let asked: Vec<_> =
        requests.iter().map(|r| r.body()["input"].as_array().unwrap().len()).collect();
    assert_eq!(asked, [64, 64, 2]);
    let tokens: usize = requests.iter().map(|request| request.raw().len() / 4).sum();
    assert_eq!(embedded.usage.total(), u64::try_from(tokens).unwrap());
}

#[test]
fn no_texts_are_no_request() {
    let provider = Provider::start(Script::new());
    let embedded = embed(&endpoint(&provider, Wire::Responses), &[]).unwrap();
    assert_eq!((embedded.vectors.len(), embedded.dimension, provider.requests().len()), (0, 0, 0));
}

#[test]
fn failures_pass_and_what_makes_no_sense_is_refused() {
    let script = Script::new()
        .embedding_step(Step::new().status(503))
        .embedding_step(Step::new().hang_up())
        .dimension(8);
    let provider = Provider::start(script);
    let embedded = embed(&endpoint(&provider, Wire::Responses), &texts(1)).unwrap();
    assert_eq!((embedded.dimension, provider.requests().len()), (8, 3));

    let cases = [
        (r#"{"data": []}"#, "not as many vectors as texts"),
        (
            r#"{"data": [{"embedding": [1]}, {"embedding": [1, 2]}]}"#,
            "vectors of different lengths",
        ),
        (r#"{"data": [{"embedding": []}, {"embedding": []}]}"#, "vectors of different lengths"),
        (
            r#"{"data": [{"index": 1, "embedding": [1]}, {"index": 1, "embedding": [1]}]}"#,
            "vectors of the same text twice, or of none",
        ),
        (
            r#"{"data": [{"index": 7, "embedding": [1]}, {"index": 1, "embedding": [1]}]}"#,
            "vectors of the same text twice, or of none",
        ),
        ("null", "invalid type: null, expected struct Wire at line 1 column 4"),
    ];
    for (body, expected) in cases {
        let provider = Provider::start(Script::new().embedding_step(Step::new().raw(body)));
        let error = embed(&endpoint(&provider, Wire::Responses), &texts(2)).unwrap_err();
        let ProviderError::Malformed { problem, .. } = &error else { panic!("{error}") };
        assert_eq!(problem, expected);
    }
    // Too large for the numbers of a vector; which of two sentences says so is the parser's affair.
    let body = r#"{"data": [{"embedding": [1e39]}, {"embedding": [1]}]}"#;
    let provider = Provider::start(Script::new().embedding_step(Step::new().raw(body)));
    let error = embed(&endpoint(&provider, Wire::Responses), &texts(2)).unwrap_err();
    assert!(matches!(error, ProviderError::Malformed { .. }), "{error}");
}

#[test]
fn an_error_with_status_200_is_a_refusal() {
    let step = Step::new().raw(r#"{"error": "model \"small\" not found"}"#);
    let provider = Provider::start(Script::new().embedding_step(step));
    let error = embed(&endpoint(&provider, Wire::Responses), &texts(2)).unwrap_err();
    assert!(
        error.to_string().ends_with("refused with status 200: model \"small\" not found"),
        "{error}"
    );
}
