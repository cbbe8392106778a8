//! Addresses of repositories, as git and agents tell them.

/// Takes out what stands before an `@` in the place of the host: of `https://u:p@host/x` and of
/// `git@host:x`.
pub fn without_user(url: &str) -> String {
    let (scheme, rest) = match url.find("://") {
        Some(at) => url.split_at(at + 3),
        None => ("", url),
    };
    let ends: &[char] = if scheme.is_empty() { &['/', ':'] } else { &['/', '?', '#'] };
    let authority = &rest[..rest.find(ends).unwrap_or(rest.len())];
    match authority.rfind('@') {
        Some(at) => format!("{scheme}{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_user;

    #[test]
    fn an_address_keeps_everything_but_its_user() {
        let cases = [
            ("https://github.com/a/b.git", "https://github.com/a/b.git"),
            ("https://me:s3cret@github.com/a/b", "https://github.com/a/b"),
            ("https://me:p@ss@github.com/a/b", "https://github.com/a/b"),
            ("https://token@host", "https://host"),
            ("https://host/a@b", "https://host/a@b"),
            ("https://host?x=a@b", "https://host?x=a@b"),
            ("ssh://git@host:22/a", "ssh://host:22/a"),
            ("helper::https://u:p@host/a", "helper::https://host/a"),
            ("git@github.com:a/b", "github.com:a/b"),
            ("/srv/a@b/c", "/srv/a@b/c"),
            ("C:/a@b", "C:/a@b"),
            ("", ""),
        ];
        for (url, expected) in cases {
            assert_eq!(without_user(url), expected, "{url}");
        }
    }
}
