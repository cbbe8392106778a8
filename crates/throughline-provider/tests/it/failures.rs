//! What goes wrong on the way, how often it is tried again, and what is said of it.

#![expect(clippy::unwrap_used, reason = "test code")]

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use throughline_model::config::memory::Wire;
use throughline_provider::{Endpoint, ProviderError, Proxy, Retries, Timeouts, ask};
use throughline_testkit::{Provider, Script, Step};

use super::{KEY, endpoint, question};

fn failed(endpoint: &Endpoint) -> ProviderError {
    ask(endpoint, &question()).unwrap_err()
}

#[test]
fn what_passes_is_tried_again() {
    let passing = [Step::new().status(500), Step::new().status(503), Step::new().hang_up()];
    for failure in passing.into_iter().chain([Step::new().cut(), Step::new().status(429)]) {
        for wire in Wire::ALL {
            let steps = [failure.clone(), failure.clone(), Step::text("{\"a\": 1}")];
            let provider = Provider::start(Script::steps(steps));
            let reply = ask(&endpoint(&provider, wire), &question());
            assert_eq!(reply.unwrap().text, "{\"a\": 1}", "{failure:?}");
            assert_eq!(provider.requests().len(), 3);
        }
    }
}

#[test]
fn what_does_not_pass_is_given_up() {
    let says = |text: &str| Step::text(text);
    let cases = [
        // Three more attempts, and then the last error.
        (Step::new().status(500), 4, "refused with status 500: the script says so"),
        (Step::new().cut(), 4, "not reached: io: Peer disconnected"),
        (Step::new().hang_up(), 4, "not reached: io: Peer disconnected"),
        // Not even one.
        (says("no such model").status(404), 1, "refused with status 404: no such model"),
        (
            says("wait").status(429).header("retry-after", "3600"),
            1,
            "refused with status 429: wait",
        ),
        (
            Step::new().raw("<html>"),
            1,
            "the answer is not understood: expected value at line 1 column 1",
        ),
        (Step::new().raw("[]"), 1, "the answer is not understood: there is no JSON object in it"),
        (Step::new().raw(&"x".repeat(9 << 20)), 1, "the answer is larger than 8388608 bytes"),
        (
            Step::new().raw(&"x".repeat(7 << 20)),
            1,
            "the answer is not understood: expected value at line 1 column 1",
        ),
    ];
    for (step, times, message) in cases {
        let provider = Provider::start(Script::new().default_step(step));
        let error = failed(&endpoint(&provider, Wire::Responses));
        assert_eq!(error.to_string(), format!("{}/responses: {message}", provider.base_url()));
        assert_eq!(provider.requests().len(), times, "{error}");
    }
}

#[test]
fn the_server_says_when_to_come_again() {
    let wait = Step::new().status(429).header("Retry-After", "1");
    let provider = Provider::start(Script::steps([wait, Step::text("{}")]));
    let begun = Instant::now();
    ask(&endpoint(&provider, Wire::ChatCompletions), &question()).unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let wait = Step::new().status(429).header("retry-after", "600");
    let provider = Provider::start(Script::steps([wait]));
    let error = failed(&endpoint(&provider, Wire::ChatCompletions));
    assert!(error.is_passing());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(600)));
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_without_end() {
    let provider = Provider::start(Script::new().default_step(Step::new().hang()));
    let limit = Duration::from_secs(1);
    for timeouts in [
        Timeouts::answering_within(limit),
        Timeouts { read: limit, ..Timeouts::answering_within(Duration::from_secs(60)) },
    ] {
        let retries = Retries { times: 1, ..endpoint(&provider, Wire::Responses).retries };
        let patient = Endpoint { timeouts, retries, ..endpoint(&provider, Wire::Responses) };
        let url = format!("{}/responses", provider.base_url());
        assert_eq!(failed(&patient), ProviderError::TimedOut { url, limit });
    }
}

#[test]
fn a_key_is_in_no_message() {
    let echo = format!("Incorrect API key provided: {KEY}. \u{1b}[31mYou sent Bearer {KEY}");
    let provider = Provider::start(Script::new().default_step(Step::text(&echo).status(401)));
    let asked = endpoint(&provider, Wire::Responses);
    let error = failed(&asked);
    let shown = format!("{error} {error:?} {asked:?}");
    assert!(shown.contains("Incorrect API key provided: [REDACTED"), "{shown}");
    assert!(!shown.contains(KEY) && !shown.contains('\u{1b}'), "{shown}");
    assert_eq!(provider.requests().len(), 1);
}

#[test]
fn nobody_is_followed_elsewhere() {
    let thief = Provider::start(Script::new());
    let to = format!("{}/responses?key=x", thief.base_url());
    for status in [301, 302, 307, 308] {
        let step = Step::new().status(status).header("location", &to);
        let provider = Provider::start(Script::steps([step]));
        let error = failed(&endpoint(&provider, Wire::Responses));
        let url = format!("{}/responses", provider.base_url());
        let to = format!("{}/responses", thief.base_url());
        assert_eq!(error, ProviderError::Redirected { url, to });
    }
    assert!(thief.requests().is_empty());
}

#[test]
fn plain_words_stay_on_the_machine() {
    let provider = Provider::start(Script::new());
    let elsewhere = |base_url: &str, allow_insecure, proxy| Endpoint {
        base_url: base_url.to_owned(),
        allow_insecure,
        proxy,
        retries: Retries { times: 0, ..Retries::default() },
        ..endpoint(&provider, Wire::Responses)
    };
    let proxy = || Some(Proxy::new(&provider.base_url()));
    for base_url in ["http://192.0.2.1/v1", "http://model.example/v1", "http://0.0.0.0/v1"] {
        let error = failed(&elsewhere(base_url, /*allow_insecure*/ false, proxy()));
        assert!(matches!(error, ProviderError::Unusable { .. }), "{error}");
    }
    assert!(provider.requests().is_empty());

    // Where it is allowed, and always with https, the proxy is asked for a way, and sees no key.
    for base_url in ["http://model.example/v1", "https://model.example/v1"] {
        let error = failed(&elsewhere(base_url, /*allow_insecure*/ true, proxy()));
        assert!(matches!(error, ProviderError::Unreachable { .. }), "{error}");
    }
    let requests = provider.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!((request.method(), request.header("authorization")), ("CONNECT", None));
        assert!(request.path().starts_with("model.example:"), "{}", request.path());
    }
}

#[test]
fn a_proxy_is_not_asked_for_this_machine_and_must_be_one_for_http() {
    let provider = Provider::start(Script::steps([Step::text("{}")]));
    let proxy = Some(Proxy::new("http://192.0.2.1:1"));
    ask(&Endpoint { proxy, ..endpoint(&provider, Wire::Responses) }, &question()).unwrap();
    for url in ["socks5://me:hunter2@127.0.0.1:1", "me:hunter2@", "gopher://127.0.0.1"] {
        let asked = Endpoint {
            base_url: "https://model.example/v1".to_owned(),
            proxy: Some(Proxy::new(url)),
            ..endpoint(&provider, Wire::Responses)
        };
        let error = failed(&asked);
        assert!(matches!(error, ProviderError::Unusable { .. }), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn what_is_not_there_or_not_safe_is_said_so() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let provider = Provider::start(Script::new());
    let at = |base_url: String| Endpoint { base_url, ..endpoint(&provider, Wire::Responses) };
    let error = failed(&at(format!("http://{closed}/v1")));
    assert!(matches!(error, ProviderError::Unreachable { .. }) && error.is_passing(), "{error}");
    let error = failed(&at(provider.base_url().replace("http:", "https:")));
    assert!(matches!(error, ProviderError::Untrusted { .. }) && !error.is_passing(), "{error}");
}
