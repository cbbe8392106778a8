//! Where an endpoint is, and whether words may go there.

use std::net::{IpAddr, Ipv6Addr};

use crate::error::ProviderError;

/// An endpoint's base URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    base: String,
    host: String,
    secure: bool,
}

impl Address {
    /// Reads `http[s]://host[:port][/path]`. User, query and fragment are refused: each would end up in
    /// every message, and a query behind every path.
    pub(crate) fn of(base_url: &str) -> Result<Self, ProviderError> {
        let base = base_url.trim().trim_end_matches('/');
        let unusable = |problem| Err(ProviderError::Unusable { url: shown(base), problem });
        let (scheme, rest) = base.split_once("://").unwrap_or_default();
        let secure = scheme.eq_ignore_ascii_case("https");
        if !secure && !scheme.eq_ignore_ascii_case("http") {
            return unusable("the address must begin with https:// or http://");
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') || rest.contains(['?', '#']) {
            return unusable("the address must have no user, query or fragment");
        }
        if base.chars().any(|c| !c.is_ascii_graphic() || "\\\"<>^`{|}".contains(c)) {
            return unusable("the address has characters that don't belong in one");
        }
        match host(authority) {
            Some(host) => Ok(Self { base: base.to_owned(), host, secure }),
            None => unusable("the address has no host"),
        }
    }

    /// Whether this machine itself is meant: `localhost`, 127.0.0.0/8 or `::1`.
    pub(crate) fn is_loopback(&self) -> bool {
        let ip = self.host.parse::<IpAddr>();
        self.host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// In lower case, an IPv6 address without its brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

fn host(authority: &str) -> Option<String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (ip, port) = rest.split_once(']')?;
        let is_whole = port.is_empty() || is_port(port.strip_prefix(':')?);
        return (ip.parse::<Ipv6Addr>().is_ok() && is_whole).then(|| ip.to_ascii_lowercase());
    }
    let (name, port) = authority.split_once(':').unwrap_or((authority, "0"));
    (!name.is_empty() && is_port(port)).then(|| name.to_ascii_lowercase())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// A URL from outside as a message may show it: without user, query and fragment.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let separator = if scheme.is_empty() { "" } else { "://" };
    throughline_model::sanitise::for_model(&format!("{scheme}{separator}{host}{path}"), LONGEST_URL)
}

/// As much of a URL as a message shows, in characters.
const LONGEST_URL: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_or_refused() {
        let cases = [
            ("https://api.example.com/v1/", Ok(("api.example.com", true, false))),
            ("http://localhost:11434/v1", Ok(("localhost", false, true))),
            ("HTTP://LocalHost", Ok(("localhost", false, true))),
            ("http://127.8.9.1:80/v1", Ok(("127.8.9.1", false, true))),
            ("http://[::1]:8080/v1", Ok(("::1", false, true))),
            ("http://[::2]/v1", Ok(("::2", false, false))),
            ("http://127.0.0.1.evil.example/v1", Ok(("127.0.0.1.evil.example", false, false))),
            ("http://localhost.evil.example", Ok(("localhost.evil.example", false, false))),
            ("ftp://a/v1", Err("the address must begin with https:// or http://")),
            ("api.example.com/v1", Err("the address must begin with https:// or http://")),
            ("https://me:pw@a/v1", Err("the address must have no user, query or fragment")),
            ("http://127.0.0.1@evil/v1", Err("the address must have no user, query or fragment")),
            ("https://a/v1?key=x", Err("the address must have no user, query or fragment")),
            ("https://a b/", Err("the address has characters that don't belong in one")),
            ("http://127.0.0.1\\evil", Err("the address has characters that don't belong in one")),
            ("https://", Err("the address must begin with https:// or http://")),
            ("https:///v1", Err("the address has no host")),
            ("https://a:99999/v1", Err("the address has no host")),
            ("https://[a]/v1", Err("the address has no host")),
        ];
        for (url, expected) in cases {
            let found = Address::of(url);
            let found = found.as_ref().map(|a| (a.host(), a.is_secure(), a.is_loopback()));
            let problem = |error: &ProviderError| match error {
                ProviderError::Unusable { problem, .. } => *problem,
                other => panic!("{other}"),
            };
            assert_eq!(found.map_err(problem), expected, "{url}");
        }
    }

    #[test]
    fn what_is_shown_has_no_secret_parts() {
        assert_eq!(shown("https://me:pw@host:1/v1?key=x#y"), "https://host:1/v1");
        assert_eq!(shown("me:pw@host/v1\u{1b}[31m"), "host/v1[31m");
        let refused = Address::of("https://me:hunter2@host/v1?key=hunter2").unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused:?}");
    }

    #[test]
    fn a_path_follows_the_base() {
        let address = Address::of("https://host/v1//").unwrap();
        assert_eq!(address.at("/responses"), "https://host/v1/responses");
    }
}
