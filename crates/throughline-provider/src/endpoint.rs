//! Whom to ask, and how.

use std::fmt;
use std::time::Duration;

use throughline_model::config::memory::{EndpointSettings, Wire};

use crate::address::Address;
use crate::retry::Retries;

/// A model behind an address.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Everything before `/responses`, without user, query and fragment.
    pub base_url: String,
    /// How it is spoken to.
    pub wire: Wire,
    /// The model's name there.
    pub model: String,
    /// What lets us in.
    pub key: Option<Secret>,
    /// Plain http is fine to other machines, too.
    pub allow_insecure: bool,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// How often to try again.
    pub retries: Retries,
    /// Through what to go; never used for this machine's own addresses.
    pub proxy: Option<Proxy>,
}

impl Endpoint {
    /// What the settings say, for one of the two models in them.
    pub fn new(settings: &EndpointSettings, model: &str, key: Option<Secret>) -> Self {
        Self {
            base_url: settings.base_url.clone(),
            wire: settings.wire,
            model: model.to_owned(),
            key,
            allow_insecure: settings.allow_insecure,
            timeouts: Timeouts::answering_within(settings.timeout.unsigned_abs()),
            retries: Retries::default(),
            proxy: None,
        }
    }
}

/// How long to wait, in one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// For the next bytes of an answer.
    pub read: Duration,
    /// For all of it.
    pub total: Duration,
}

/// A server that doesn't take a connection in this time is not there.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

impl Timeouts {
    /// For a server that may think for so long before it says the first word.
    pub fn answering_within(total: Duration) -> Self {
        Self { connect: total.min(LONGEST_CONNECT), read: total, total }
    }
}

/// A key. Shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// What a variable held or a program printed, without the blanks around it; none if it is empty, or has
    /// what can't stand in a header.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// A server that quotes the key back must not get it into a message.
    pub(crate) fn hide(&self, text: &str) -> String {
        text.replace(&self.0, "[REDACTED:key]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A proxy for HTTP, by its URL; user and password may stand in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy(pub(crate) String);

impl Proxy {
    /// By its URL.
    pub fn new(url: &str) -> Self {
        Self(url.trim().to_owned())
    }

    /// What the usual variables say for a base URL: `HTTPS_PROXY` or `HTTP_PROXY` by its scheme, else
    /// `ALL_PROXY`, unless `NO_PROXY` names the host. Both spellings are looked up, the lower case first.
    pub fn from_variables(
        base_url: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        let address = Address::of(base_url).ok()?;
        let either = |name: &str| {
            let found = variable(&name.to_lowercase()).or_else(|| variable(name));
            found.filter(|value| !value.trim().is_empty())
        };
        if address.is_loopback() || either("NO_PROXY").is_some_and(|list| names(&list, &address)) {
            return None;
        }
        let own = if address.is_secure() { "HTTPS_PROXY" } else { "HTTP_PROXY" };
        either(own).or_else(|| either("ALL_PROXY")).map(|url| Self::new(&url))
    }
}

/// An entry stands for a host and all below it, as curl reads it; its port is not looked at.
fn names(list: &str, address: &Address) -> bool {
    let host = address.host();
    list.split([',', ' ']).map(str::trim).any(|entry| {
        let entry = entry.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let name = entry.trim_start_matches('*').trim_start_matches('.');
        let below =
            host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        entry == "*" || (!name.is_empty() && below)
    })
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxy(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_up_nowhere() {
        let key = Secret::new(" sk-secret\n").unwrap();
        assert_eq!(format!("{key:?} {:?}", Proxy::new("http://me:pw@p")), "Secret(…) Proxy(…)");
        assert_eq!(key.hide("wrong key sk-secret!"), "wrong key [REDACTED:key]!");
        for unfit in ["", " \n", "a\nb", "a b", "schlüssel"] {
            assert_eq!(Secret::new(unfit), None);
        }
    }

    #[test]
    fn the_usual_variables_name_a_proxy() {
        let https = "https://api.example.com/v1";
        let cases = [
            (https, "", None),
            (https, "HTTPS_PROXY=http://p:1;ALL_PROXY=http://q", Some("http://p:1")),
            (https, "https_proxy=http://a;HTTPS_PROXY=http://b", Some("http://a")),
            (https, "HTTP_PROXY=http://p", None),
            (https, "https_proxy= ;all_proxy=http://q", Some("http://q")),
            (https, "HTTPS_PROXY=http://p;NO_PROXY=a, .example.com:443", None),
            (https, "HTTPS_PROXY=http://p;NO_PROXY=ample.com", Some("http://p")),
            (https, "HTTPS_PROXY=http://p;no_proxy=*", None),
            ("http://127.0.0.1:1/v1", "ALL_PROXY=http://p", None),
            ("http://box/v1", "http_proxy=http://p", Some("http://p")),
        ];
        for (base_url, variables, proxy) in cases {
            let variable = |name: &str| {
                let mut found = variables.split(';').filter_map(|set| set.split_once('='));
                found.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
            };
            let found = Proxy::from_variables(base_url, variable);
            assert_eq!(found, proxy.map(Proxy::new), "{base_url} {variables}");
        }
    }
}
