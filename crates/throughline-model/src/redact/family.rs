//! Secrets that announce themselves: a known prefix, and a body of known characters and length.

use std::ops::RangeInclusive;

use super::Found;
use super::bytes::{Class, Mix, after_line_break};

/// What the body must show besides its characters, so that ordinary words don't pass for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// The prefix is proof enough.
    Nothing,
    /// A letter and a digit.
    LetterAndDigit,
    /// Both cases and a digit.
    BothCasesAndDigit,
    /// Two dots with something between them, or a second part that is JSON like the first.
    ThreeParts,
}

/// One kind of secret.
#[derive(Debug)]
pub(super) struct Family {
    prefix: &'static str,
    kind: &'static str,
    body: Class,
    /// Of the body, in bytes.
    length: RangeInclusive<usize>,
    needs: Needs,
}

/// No family has a longest token that its vendor promises; this bounds nothing but the check.
const ANY: usize = usize::MAX;

/// The lengths and characters are those of tokens as their vendors document or issue them; where
/// that changed over time, the shortest that is still rare in ordinary text.
#[rustfmt::skip]
pub(super) const FAMILIES: &[Family] = {
    use Class as C;
    use Needs::{BothCasesAndDigit, LetterAndDigit, Nothing, ThreeParts};
    const fn row(
        prefix: &'static str, kind: &'static str, body: Class, shortest: usize, longest: usize, needs: Needs,
    ) -> Family {
        Family { prefix, kind, body, length: shortest..=longest, needs }
    }
    // In ascending order of the prefix (checked by a test): the index below relies on it.
    &[
        row("ABIA", "aws-key-id", C::UPPER, 16, 16, Nothing),
        row("ACCA", "aws-key-id", C::UPPER, 16, 16, Nothing),
        row("AGE-SECRET-KEY-1", "age-key", C::UPPER, 40, ANY, Nothing),
        row("AIza", "google-key", C::HYPHENATED, 35, 40, LetterAndDigit),
        row("AKIA", "aws-key-id", C::UPPER, 16, 16, Nothing),
        row("ASIA", "aws-key-id", C::UPPER, 16, 16, Nothing),
        row("ATATT3", "atlassian-token", C::BASE64, 40, ANY, LetterAndDigit),
        row("Bearer ", "bearer-token", C::DOTTED, 20, ANY, LetterAndDigit),
        row("GOCSPX-", "google-secret", C::HYPHENATED, 20, ANY, Nothing),
        row("NRAK-", "newrelic-key", C::UPPER, 27, 27, Nothing),
        row("PMAK-", "postman-key", C::HYPHENATED, 40, ANY, LetterAndDigit),
        row("SG.", "sendgrid-key", C::DOTTED, 40, ANY, BothCasesAndDigit),
        row("SK", "twilio-key", C::HEX, 32, 32, Nothing),
        row("bearer ", "bearer-token", C::DOTTED, 20, ANY, LetterAndDigit),
        row("cio", "crates-token", C::ALPHANUMERIC, 32, 32, BothCasesAndDigit),
        row("dapi", "databricks-token", C::HEX, 32, 32, Nothing),
        row("dckr_oat_", "docker-token", C::HYPHENATED, 20, ANY, Nothing),
        row("dckr_pat_", "docker-token", C::HYPHENATED, 20, ANY, Nothing),
        row("doo_v1_", "digitalocean-token", C::HEX, 40, ANY, Nothing),
        row("dop_v1_", "digitalocean-token", C::HEX, 40, ANY, Nothing),
        row("dor_v1_", "digitalocean-token", C::HEX, 40, ANY, Nothing),
        row("dp.pt.", "doppler-token", C::ALPHANUMERIC, 40, ANY, Nothing),
        row("eyJ", "jwt", C::DOTTED, 30, ANY, ThreeParts),
        row("figd_", "figma-token", C::HYPHENATED, 36, ANY, Nothing),
        row("gho_", "github-token", C::WORD, 30, ANY, LetterAndDigit),
        row("ghp_", "github-token", C::WORD, 30, ANY, LetterAndDigit),
        row("ghr_", "github-token", C::WORD, 30, ANY, LetterAndDigit),
        row("ghs_", "github-token", C::DOTTED, 30, ANY, LetterAndDigit),
        row("ghu_", "github-token", C::WORD, 30, ANY, LetterAndDigit),
        row("github_pat_", "github-token", C::WORD, 30, ANY, LetterAndDigit),
        row("glcbt-", "gitlab-token", C::DOTTED, 20, ANY, LetterAndDigit),
        row("gldt-", "gitlab-token", C::DOTTED, 20, ANY, LetterAndDigit),
        row("glpat-", "gitlab-token", C::DOTTED, 20, ANY, Nothing),
        row("glptt-", "gitlab-token", C::DOTTED, 20, ANY, LetterAndDigit),
        row("glrt-", "gitlab-token", C::DOTTED, 20, ANY, LetterAndDigit),
        row("glsa_", "grafana-token", C::WORD, 32, ANY, LetterAndDigit),
        row("gsk_", "groq-key", C::ALPHANUMERIC, 40, ANY, LetterAndDigit),
        row("hf_", "huggingface-token", C::ALPHANUMERIC, 30, 60, BothCasesAndDigit),
        row("hooks.slack.com/services/", "slack-webhook", C::BASE64, 20, ANY, LetterAndDigit),
        row("hvb.", "vault-token", C::HYPHENATED, 24, ANY, LetterAndDigit),
        row("hvs.", "vault-token", C::HYPHENATED, 24, ANY, LetterAndDigit),
        row("lin_api_", "linear-key", C::ALPHANUMERIC, 32, ANY, LetterAndDigit),
        row("npm_", "npm-token", C::ALPHANUMERIC, 36, 60, LetterAndDigit),
        row("ntn_", "notion-token", C::ALPHANUMERIC, 40, ANY, LetterAndDigit),
        row("pplx-", "perplexity-key", C::ALPHANUMERIC, 40, ANY, LetterAndDigit),
        row("pypi-", "pypi-token", C::HYPHENATED, 40, ANY, BothCasesAndDigit),
        row("r8_", "replicate-token", C::ALPHANUMERIC, 37, 37, LetterAndDigit),
        row("rk_live_", "stripe-key", C::ALPHANUMERIC, 16, ANY, Nothing),
        row("rk_test_", "stripe-key", C::ALPHANUMERIC, 16, ANY, LetterAndDigit),
        row("sbp_", "supabase-token", C::HEX, 40, ANY, Nothing),
        row("shpat_", "shopify-token", C::HEX, 32, 32, Nothing),
        row("shpss_", "shopify-token", C::HEX, 32, 32, Nothing),
        row("sk-", "openai-key", C::ALPHANUMERIC, 20, ANY, LetterAndDigit),
        row("sk-admin-", "openai-key", C::HYPHENATED, 20, ANY, LetterAndDigit),
        row("sk-ant-", "anthropic-key", C::HYPHENATED, 20, ANY, LetterAndDigit),
        row("sk-or-v1-", "openrouter-key", C::HEX, 40, ANY, Nothing),
        row("sk-proj-", "openai-key", C::HYPHENATED, 20, ANY, LetterAndDigit),
        row("sk-svcacct-", "openai-key", C::HYPHENATED, 20, ANY, LetterAndDigit),
        row("sk_live_", "stripe-key", C::ALPHANUMERIC, 16, ANY, Nothing),
        row("sk_test_", "stripe-key", C::ALPHANUMERIC, 16, ANY, LetterAndDigit),
        row("sntrys_", "sentry-token", C::BASE64, 40, ANY, LetterAndDigit),
        row("whsec_", "stripe-key", C::BASE64, 24, ANY, LetterAndDigit),
        row("xai-", "xai-key", C::ALPHANUMERIC, 40, ANY, LetterAndDigit),
        row("xapp-", "slack-token", C::HYPHENATED, 20, ANY, LetterAndDigit),
        row("xoxa-", "slack-token", C::HYPHENATED, 10, ANY, LetterAndDigit),
        row("xoxb-", "slack-token", C::HYPHENATED, 10, ANY, LetterAndDigit),
        row("xoxc-", "slack-token", C::HYPHENATED, 10, ANY, LetterAndDigit),
        row("xoxe-", "slack-token", C::HYPHENATED, 10, ANY, LetterAndDigit),
        row("xoxp-", "slack-token", C::HYPHENATED, 10, ANY, LetterAndDigit),
        row("xoxr-", "slack-token", C::HYPHENATED, 10, ANY, LetterAndDigit),
        row("xoxs-", "slack-token", C::HYPHENATED, 10, ANY, LetterAndDigit),
        row("ya29.", "google-token", C::HYPHENATED, 20, ANY, LetterAndDigit),
    ]
};

/// What families begin with one byte: a word costs one look-up, not seventy comparisons.
#[derive(Debug, Clone, Copy)]
struct Start {
    /// The rows `from..to`.
    from: u8,
    to: u8,
    /// A bit for the lowest six bits of each second byte.
    seconds: u64,
}

const STARTS: [Start; 128] = starts();

const fn starts() -> [Start; 128] {
    let mut starts = [Start { from: 0, to: 0, seconds: 0 }; 128];
    let mut row = 0;
    while row < FAMILIES.len() {
        let prefix = FAMILIES[row].prefix.as_bytes();
        let start = &mut starts[prefix[0] as usize];
        if start.to == 0 {
            start.from = row as u8;
        }
        start.seconds |= second_bit(prefix[1]);
        row += 1;
        start.to = row as u8;
    }
    starts
}

const fn second_bit(second: u8) -> u64 {
    1 << (second & 63)
}

/// A secret that begins exactly at `start`.
#[inline]
pub(super) fn find(bytes: &[u8], start: usize) -> Option<Found> {
    let (first, second) = (*bytes.get(start)?, *bytes.get(start + 1)?);
    let known = STARTS.get(usize::from(first))?;
    if known.seconds & second_bit(second) == 0 {
        return None;
    }
    find_in(&FAMILIES[usize::from(known.from)..usize::from(known.to)], bytes, start)
}

/// Backwards: of two prefixes that fit, the longer one comes later.
fn find_in(families: &[Family], bytes: &[u8], start: usize) -> Option<Found> {
    let mut fitting =
        families.iter().rev().filter(|f| bytes[start..].starts_with(f.prefix.as_bytes()));
    fitting.find_map(|family| family.match_at(bytes, start))
}

impl Family {
    fn match_at(&self, bytes: &[u8], start: usize) -> Option<Found> {
        let body = start + self.prefix.len();
        let judged = &bytes[..bytes.len().min(body + LONGEST_JUDGED)];
        let (end, length) = self.measure(judged, body);
        if !self.length.contains(&length) || !self.needs.are_met(&bytes[body..end]) {
            return None;
        }
        let end = if end == judged.len() { self.run_end(bytes, end) } else { end };
        let ends_a_word = bytes.get(end).is_none_or(|next| !Class::WORD.holds(*next));
        ends_a_word.then_some(Found { start, end, kind: self.kind })
    }

    /// The end of the body and its length. One that is too short may go on in the next line:
    /// terminals and mail wrap long words.
    fn measure(&self, bytes: &[u8], body: usize) -> (usize, usize) {
        let end = self.run_end(bytes, body);
        let length = end - body;
        let cut = (SHORTEST_PIECE..*self.length.start()).contains(&length);
        match after_line_break(bytes, end).filter(|_| cut) {
            Some(next) => {
                let end = self.run_end(bytes, next);
                (end, length + end - next)
            }
            None => (end, length),
        }
    }

    /// A full stop behind the body ends a sentence.
    fn run_end(&self, bytes: &[u8], at: usize) -> usize {
        let end = self.body.run_end(bytes, at);
        end - bytes[at..end].iter().rev().take_while(|b| **b == b'.').count()
    }
}

/// How much of a body decides, so that hostile text is not measured to its end at each word.
const LONGEST_JUDGED: usize = 1024;

/// The least of a body that must stand before a line break to go on behind it.
const SHORTEST_PIECE: usize = 6;

impl Needs {
    fn are_met(self, body: &[u8]) -> bool {
        let mix = Mix::of(body);
        match self {
            Self::Nothing => true,
            Self::LetterAndDigit => mix.letters() > 0 && mix.digits > 0,
            Self::BothCasesAndDigit => mix.upper > 0 && mix.lower > 0 && mix.digits > 0,
            Self::ThreeParts => {
                let mut parts = body.split(|b| *b == b'.').skip(1);
                parts.next().is_some_and(|claims| {
                    claims.len() >= 10 && (claims.starts_with(b"eyJ") || parts.next().is_some())
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_ascend() {
        assert!(FAMILIES.windows(2).all(|two| two[0].prefix < two[1].prefix));
    }
}
