//! Fake secrets of every kind for tests, put together at run time so that this file holds none.

/// A fake body: `length` characters of the alphabet, the same ones at every call. The first three
/// show both cases and a digit if the alphabet has them.
fn body(alphabet: &[u8], seed: u32, length: usize) -> String {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(alphabet[(state >> 16) as usize % alphabet.len()])
    };
    let shown =
        [alphabet[0], alphabet[alphabet.len() / 2], alphabet[alphabet.len() - 1]].map(char::from);
    shown.into_iter().chain(std::iter::from_fn(move || Some(next()))).take(length).collect()
}

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HEX: &[u8] = b"abcdef0123456789";

/// Prefix, kind, alphabet, length of the body.
const TOKENS: &[(&str, &str, &[u8], usize)] = &[
    ("sk-", "openai-key", ALPHANUMERIC, 48),
    ("sk-proj-", "openai-key", ALPHANUMERIC, 64),
    ("sk-ant-api03-", "anthropic-key", ALPHANUMERIC, 93),
    ("AKIA", "aws-key-id", UPPER, 16),
    ("ASIA", "aws-key-id", UPPER, 16),
    ("ghp_", "github-token", ALPHANUMERIC, 36),
    ("gho_", "github-token", ALPHANUMERIC, 36),
    ("ghu_", "github-token", ALPHANUMERIC, 36),
    ("ghs_", "github-token", ALPHANUMERIC, 36),
    ("ghr_", "github-token", ALPHANUMERIC, 76),
    ("github_pat_", "github-token", ALPHANUMERIC, 82),
    ("glpat-", "gitlab-token", ALPHANUMERIC, 20),
    ("xoxb-123456789012-", "slack-token", ALPHANUMERIC, 24),
    ("xoxp-123456789012-", "slack-token", ALPHANUMERIC, 24),
    ("https://hooks.slack.com/services/T00000000/B00000000/", "slack-webhook", ALPHANUMERIC, 24),
    ("AIza", "google-key", ALPHANUMERIC, 35),
    ("npm_", "npm-token", ALPHANUMERIC, 36),
    ("hf_", "huggingface-token", ALPHANUMERIC, 34),
    ("sk_live_", "stripe-key", ALPHANUMERIC, 24),
    ("rk_live_", "stripe-key", ALPHANUMERIC, 24),
    ("whsec_", "stripe-key", ALPHANUMERIC, 32),
    ("SK", "twilio-key", HEX, 32),
    ("pypi-AgEIcHlwaS5vcmc", "pypi-token", ALPHANUMERIC, 80),
    ("cio", "crates-token", ALPHANUMERIC, 32),
    ("dop_v1_", "digitalocean-token", HEX, 64),
    ("dckr_pat_", "docker-token", ALPHANUMERIC, 27),
    ("aws_secret_access_key = ", "aws-secret", ALPHANUMERIC, 40),
    ("DefaultEndpointsProtocol=https;AccountName=x;AccountKey=", "azure-key", ALPHANUMERIC, 86),
    ("SERVICE_TOKEN=", "token", ALPHANUMERIC, 24),
    ("\"client_secret\": \"", "secret", ALPHANUMERIC, 24),
    ("signing-key: ", "key", ALPHANUMERIC, 32),
    ("PGPASSWORD=", "password", ALPHANUMERIC, 12),
    ("tool --token ", "token", ALPHANUMERIC, 24),
    ("Authorization: Bearer ", "authorization", ALPHANUMERIC, 40),
    ("data:image/png;base64,", "data-url", ALPHANUMERIC, 64),
];

/// Fake secrets, each as `(kind, text)`. The text may begin with what gives the secret away; its last
/// twelve characters belong to the secret and must appear nowhere after redaction.
pub fn specimens() -> Vec<(&'static str, String)> {
    let token =
        |(seed, (prefix, kind, alphabet, length)): (u32, &(&str, &'static str, &[u8], usize))| {
            (*kind, format!("{prefix}{}", body(alphabet, seed, *length)))
        };
    let mut all: Vec<_> = (1..).zip(TOKENS).map(token).collect();
    let part = |seed, length| body(ALPHANUMERIC, seed, length);
    all.push(("sendgrid-key", format!("SG.{}.{}", part(101, 22), part(102, 43))));
    let jwt = format!("eyJhbGciOi{}.eyJzdWIiOi{}.{}", part(103, 20), part(104, 40), part(105, 43));
    all.push(("jwt", jwt));
    let key = [part(106, 64), part(107, 64), part(108, 40)].join("\n");
    all.push(("private-key", format!("-----BEGIN {} KEY-----\n{key}", "RSA PRIVATE")));
    all.push(("url-userinfo", format!("postgres://app:{}@", part(109, 18))));
    all
}
