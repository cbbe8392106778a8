//! One request and its answer, and the attempts at it.

use std::io;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;
use throughline_model::redact::redact;
use throughline_model::sanitise;
use ureq::http::{HeaderMap, Response};
use ureq::tls::TlsConfig;
use ureq::{Agent, Body, Timeout};

use crate::address::{Address, shown};
use crate::endpoint::Endpoint;
use crate::error::ProviderError;

/// The largest answer that is read: some 4,000 pages of text, or 64 long vectors with room to spare.
const ANSWER_LIMIT: u64 = 8 * 1024 * 1024;

/// As much as a message repeats of what a server said, in characters.
const LONGEST_MESSAGE: usize = 300;

/// As much as is kept of a server's word for an error.
const LONGEST_CODE: usize = 60;

/// An endpoint with a connection to it.
pub(crate) struct Http<'e> {
    endpoint: &'e Endpoint,
    address: Address,
    agent: Agent,
}

/// An answer with status 2xx, and from where it is.
pub(crate) struct Answer {
    pub(crate) url: String,
    pub(crate) body: Vec<u8>,
}

impl<'e> Http<'e> {
    pub(crate) fn new(endpoint: &'e Endpoint) -> Result<Self, ProviderError> {
        let address = Address::of(&endpoint.base_url)?;
        if !address.is_secure() && !address.is_loopback() && !endpoint.allow_insecure {
            let problem = "plain http to another machine; use https, or set allow_insecure";
            return Err(ProviderError::Unusable { url: shown(&endpoint.base_url), problem });
        }
        let agent = agent(endpoint, &address)?;
        Ok(Self { endpoint, address, agent })
    }

    /// Asks until there is an answer or no point in asking.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer, ProviderError> {
        let url = self.address.at(path);
        let body = body.to_string();
        let mut attempt = 0;
        loop {
            let error = match self.once(&url, &body) {
                Ok(body) => return Ok(Answer { url, body }),
                Err(error) => error,
            };
            let Some(pause) = self.endpoint.retries.pause(attempt, &error) else {
                return Err(error);
            };
            thread::sleep(pause);
            attempt += 1;
        }
    }

    fn once(&self, url: &str, body: &str) -> Result<Vec<u8>, ProviderError> {
        let mut request = self.agent.post(url).header("content-type", "application/json");
        if let Some(key) = &self.endpoint.key {
            request = request.header("authorization", key.header());
        }
        let mut response = request.send(body).map_err(|error| self.failure(url, error))?;
        let status = response.status().as_u16();
        if (300..400).contains(&status) {
            return Err(redirected(url, &response));
        }
        let body = response.body_mut().with_config().limit(ANSWER_LIMIT).read_to_vec();
        let body = body.map_err(|error| self.failure(url, error))?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let retry_after = retry_after(response.headers());
        Err(self.refusal(url, status, retry_after, &body))
    }

    /// What a server means by an error: `{"error": {"message", "code", "type"}}`, `{"error": "…"}`,
    /// `{"message"}` or `{"detail"}`, else the text as it is.
    pub(crate) fn refusal(
        &self,
        url: &str,
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> ProviderError {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = &json["error"];
        let places = [&error["message"], error, &json["message"], &json["detail"]];
        let said = places.into_iter().find_map(Value::as_str).map(str::to_owned);
        let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
        let code = [&error["code"], &error["type"]].into_iter().find_map(Value::as_str);
        let code = self.safe(code.unwrap_or_default(), LONGEST_CODE);
        let message = self.message(&said);
        ProviderError::Refused { url: url.to_owned(), status, code, message, retry_after }
    }

    /// Text of a server as it may stand in a message.
    pub(crate) fn message(&self, said: &str) -> String {
        self.safe(said, LONGEST_MESSAGE)
    }

    fn safe(&self, said: &str, longest: usize) -> String {
        // Cut generously first: a whole page of HTML need not be searched for secrets.
        let said: String = said.chars().take(8 * longest).collect();
        let hidden = self.endpoint.key.as_ref().map_or_else(|| said.clone(), |key| key.hide(&said));
        sanitise::for_model(&redact(&hidden), longest)
    }

    fn failure(&self, url: &str, error: ureq::Error) -> ProviderError {
        let url = url.to_owned();
        match error {
            ureq::Error::Timeout(which) => self.timed_out(url, which),
            ureq::Error::Io(error) if is_about_tls(&error) => {
                ProviderError::Untrusted { url, problem: self.message(&error.to_string()) }
            }
            ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => {
                ProviderError::TooLarge { url, limit: ANSWER_LIMIT }
            }
            ureq::Error::Protocol(error) => ProviderError::Malformed {
                url,
                problem: self.message(&error.to_string()),
                spent: Default::default(),
            },
            ureq::Error::Tls(problem) => {
                ProviderError::Untrusted { url, problem: problem.to_owned() }
            }
            ureq::Error::Rustls(error) => {
                ProviderError::Untrusted { url, problem: self.message(&error.to_string()) }
            }
            // Theirs may grow; what is left is about names, connections and proxies.
            other => ProviderError::Unreachable { url, problem: self.message(&other.to_string()) },
        }
    }

    fn timed_out(&self, url: String, which: Timeout) -> ProviderError {
        let timeouts = self.endpoint.timeouts;
        let limit = match which {
            Timeout::Connect | Timeout::Resolve => timeouts.connect,
            Timeout::PerRead => timeouts.read,
            _ => timeouts.total,
        };
        ProviderError::TimedOut { url, limit }
    }
}

fn is_about_tls(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData
}

fn agent(endpoint: &Endpoint, address: &Address) -> Result<Agent, ProviderError> {
    let timeouts = endpoint.timeouts;
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(proxy(endpoint, address)?)
        .timeout_resolve(Some(timeouts.connect))
        .timeout_connect(Some(timeouts.connect))
        .timeout_per_read(Some(timeouts.read))
        .timeout_global(Some(timeouts.total))
        .user_agent(concat!("throughline/", env!("CARGO_PKG_VERSION")))
        .accept("application/json")
        .tls_config(TlsConfig::default());
    Ok(config.build().into())
}

fn proxy(endpoint: &Endpoint, address: &Address) -> Result<Option<ureq::Proxy>, ProviderError> {
    let Some(proxy) = endpoint.proxy.as_ref().filter(|_| !address.is_loopback()) else {
        return Ok(None);
    };
    let found = ureq::Proxy::new(&proxy.0).ok();
    let speaks_http = |found: &ureq::Proxy| {
        matches!(found.protocol(), ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https)
    };
    match found.filter(speaks_http) {
        Some(found) => Ok(Some(found)),
        None => {
            let problem = "not the URL of an HTTP proxy";
            Err(ProviderError::Unusable { url: shown(&proxy.0), problem })
        }
    }
}

fn redirected(url: &str, response: &Response<Body>) -> ProviderError {
    let to = header(response.headers(), "location").unwrap_or("somewhere else");
    ProviderError::Redirected { url: url.to_owned(), to: shown(to) }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Seconds, or a date, which counts from the server's own: its clock may not be ours.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = header(headers, "retry-after")?;
    if let Ok(seconds) = asked.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text| -> Option<Timestamp> { Some(rfc2822::parse(text).ok()?.timestamp()) };
    let pause = date(asked)?.duration_since(date(header(headers, "date")?)?);
    Some(pause.try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_date() {
        let cases = [
            (Some("7"), None, Some(7)),
            (Some(" 0 "), None, Some(0)),
            (
                Some("Sun, 06 Nov 1994 08:50:07 GMT"),
                Some("Sun, 06 Nov 1994 08:49:37 GMT"),
                Some(30),
            ),
            (Some("Sun, 06 Nov 1994 08:49:00 GMT"), Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0)),
            (Some("Sun, 06 Nov 1994 08:50:07 GMT"), None, None),
            (Some("soon"), Some("Sun, 06 Nov 1994 08:49:37 GMT"), None),
            (Some("-3"), None, None),
            (None, None, None),
        ];
        for (asked, date, seconds) in cases {
            let mut headers = HeaderMap::new();
            let named = [("retry-after", asked), ("date", date)];
            for (name, value) in named.into_iter().filter_map(|(n, v)| Some((n, v?))) {
                headers.insert(name, value.parse().unwrap());
            }
            assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{asked:?}");
        }
    }
}
