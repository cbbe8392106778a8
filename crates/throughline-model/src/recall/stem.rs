//! The stem of an English word: what "deploy", "deploys" and "deployment" share.
//!
//! The suffix rules are those of the Snowball "English" stemmer (Porter's second), without its list
//! of exceptions. In front of them stand the irregular forms of `irregular.txt` and British spellings.
//! Invariant: a stem is its own stem, so that text may be stemmed twice.

use std::rc::Rc;
use std::sync::LazyLock;

use super::WordMap;

/// Irregular form → plain form.
static IRREGULAR: LazyLock<WordMap<&'static str, &'static str>> = LazyLock::new(|| {
    let rows = include_str!("irregular.txt").lines().filter(|row| !row.starts_with('#'));
    let pairs = rows.filter_map(|row| {
        let (plain, forms) = row.split_once(' ')?;
        Some(forms.split(' ').map(move |form| (form, plain)))
    });
    pairs.flatten().collect()
});

/// The first letters of stems. Most words of a text begin otherwise than those that are looked for, and that is
/// seen without stemming them: no rule changes the first two letters, but for irregular forms.
pub(super) struct Beginnings(Vec<u64>);

impl Beginnings {
    /// Of these stems, and of the irregular forms of words that begin so.
    pub(super) fn of<'s>(stems: impl Iterator<Item = &'s str>) -> Self {
        let mut all = Self(vec![0; (1 << u16::BITS) / 64]);
        stems.for_each(|stem| all.add(stem));
        // A form may be that of a word which is one itself.
        for _ in 0..2 {
            for (form, plain) in &*IRREGULAR {
                if all.may_have(plain) {
                    all.add(form);
                }
            }
        }
        all
    }

    fn add(&mut self, stem: &str) {
        match *stem.as_bytes() {
            [] => {}
            // A longer word may be cut down to it.
            [first] => (0..=u8::MAX).for_each(|second| self.set([first, second])),
            [first, second, ..] => self.set([first, second]),
        }
    }

    fn set(&mut self, letters: [u8; 2]) {
        let at = usize::from(u16::from_le_bytes(letters));
        self.0[at / 64] |= 1 << (at % 64);
    }

    /// Whether the stem of a folded word may be among them.
    pub(super) fn may_have(&self, word: &str) -> bool {
        let letters = match *word.as_bytes() {
            [] => return false,
            [first] => [first, 0],
            [first, second, ..] => [first, second],
        };
        let at = usize::from(u16::from_le_bytes(letters));
        self.0[at / 64] >> (at % 64) & 1 == 1
    }
}

/// Stems that were made: texts repeat their words.
#[derive(Default)]
pub(super) struct Stems(WordMap<String, Rc<str>>);

impl Stems {
    /// As [`stem`].
    pub(super) fn of(&mut self, word: &str) -> Rc<str> {
        if let Some(known) = self.0.get(word) {
            return Rc::clone(known);
        }
        let made: Rc<str> = stem(word).into();
        self.0.insert(word.to_owned(), Rc::clone(&made));
        made
    }
}

/// Longer than any chain of rules that shorten or replace.
const ROUNDS: usize = 8;

/// The stem of a folded word ([`super::words`]). What is not made of a-z stays as it is.
pub(super) fn stem(word: &str) -> String {
    let mut word = word.to_owned();
    for _ in 0..ROUNDS {
        let next = once(&word);
        if next == word {
            break;
        }
        word = next;
    }
    word
}

fn once(word: &str) -> String {
    if let Some(plain) = IRREGULAR.get(word) {
        return (*plain).to_owned();
    }
    if word.len() < 3 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let mut stemmer = Stemmer::new(word);
    stemmer.plural();
    stemmer.past();
    stemmer.final_y();
    stemmer.long_suffix();
    stemmer.suffix();
    stemmer.last_suffix();
    stemmer.final_e();
    stemmer.british();
    String::from_utf8(stemmer.word).expect("a-z is UTF-8")
}

/// A word on which the rules work, with the regions in which a suffix counts as one.
struct Stemmer {
    word: Vec<u8>,
    /// Where the first region begins: behind the first consonant that follows a vowel.
    first: usize,
    /// The same within the first region.
    second: usize,
}

const DOUBLES: [&[u8]; 9] = [b"bb", b"dd", b"ff", b"gg", b"mm", b"nn", b"pp", b"rr", b"tt"];

/// Suffix, what takes its place; in the first region.
const LONG: [(&str, &str); 22] = [
    ("ization", "ize"),
    ("ational", "ate"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("iveness", "ive"),
    ("tional", "tion"),
    ("biliti", "ble"),
    ("lessli", "less"),
    ("entli", "ent"),
    ("ation", "ate"),
    ("alism", "al"),
    ("aliti", "al"),
    ("ousli", "ous"),
    ("iviti", "ive"),
    ("fulli", "ful"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("abli", "able"),
    ("izer", "ize"),
    ("ator", "ate"),
    ("alli", "al"),
    ("bli", "ble"),
];

/// As [`LONG`], one step later.
const SHORTER: [(&str, &str); 8] = [
    ("ational", "ate"),
    ("tional", "tion"),
    ("alize", "al"),
    ("icate", "ic"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

/// Suffixes that go in the second region, the longest first.
const LAST: [&str; 17] = [
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous",
    "ive", "ize", "al", "er", "ic",
];

impl Stemmer {
    fn new(word: &str) -> Self {
        let mut word = word.as_bytes().to_vec();
        // A 'y' that is a consonant is marked, as the rules ask for vowels.
        for at in 0..word.len() {
            if word[at] == b'y' && (at == 0 || is_vowel(word[at - 1])) {
                word[at] = b'Y';
            }
        }
        let first = region(&word, 0);
        let second = region(&word, first);
        Self { word, first, second }
    }

    /// Whether the last two letters are among those of a list: most words end otherwise.
    fn ends_as(&self, pairs: &[u8]) -> bool {
        let [.., one, other] = self.word[..] else { return false };
        pairs.chunks_exact(2).any(|pair| pair == [one, other])
    }

    fn ends(&self, suffix: &str) -> bool {
        self.word.ends_with(suffix.as_bytes())
    }

    /// Whether the suffix lies in the region that begins at `region`.
    fn ends_in(&self, suffix: &str, region: usize) -> bool {
        self.ends(suffix) && self.word.len() - suffix.len() >= region
    }

    fn cut(&mut self, letters: usize) {
        self.word.truncate(self.word.len() - letters);
    }

    fn replace(&mut self, suffix: &str, by: &str) {
        self.cut(suffix.len());
        self.word.extend_from_slice(by.as_bytes());
    }

    fn has_vowel_before(&self, letters: usize) -> bool {
        self.word[..self.word.len() - letters].iter().any(|letter| is_vowel(*letter))
    }

    fn plural(&mut self) {
        if self.ends("sses") {
            self.cut(2);
        } else if self.ends("ied") || self.ends("ies") {
            self.cut(if self.word.len() > 4 { 2 } else { 1 });
        } else if self.ends("s") && !self.ends("us") && !self.ends("ss") && self.word.len() > 3 {
            // Not the vowel right in front: "gas" is no plural.
            if self.has_vowel_before(2) {
                self.cut(1);
            }
        }
    }

    fn past(&mut self) {
        for suffix in ["eedly", "eed"] {
            if self.ends(suffix) {
                if self.ends_in(suffix, self.first) {
                    self.replace(suffix, "ee");
                }
                return;
            }
        }
        let endings = ["ingly", "edly", "ing", "ed"];
        let Some(ending) = endings.into_iter().find(|ending| self.ends(ending)) else { return };
        if self.has_vowel_before(ending.len()) {
            self.cut(ending.len());
            self.mend();
        }
    }

    /// Gives back the 'e' that "-ing" and "-ed" take, or takes the letter that they double.
    fn mend(&mut self) {
        if self.ends("at") || self.ends("bl") || self.ends("iz") {
            self.word.push(b'e');
        } else if DOUBLES.iter().any(|double| self.word.ends_with(double)) {
            self.cut(1);
        } else if self.is_short() {
            self.word.push(b'e');
        }
    }

    /// Whether the word is a short syllable alone: "hop", "us".
    fn is_short(&self) -> bool {
        self.first >= self.word.len() && ends_in_short_syllable(&self.word)
    }

    fn final_y(&mut self) {
        let length = self.word.len();
        let ends_in_y = length > 2 && matches!(self.word[length - 1], b'y' | b'Y');
        if ends_in_y && !is_vowel(self.word[length - 2]) {
            self.word[length - 1] = b'i';
        }
    }

    fn long_suffix(&mut self) {
        if !self.ends_as(b"onalsslitismcieror") {
            return;
        }
        if let Some((suffix, by)) = LONG.into_iter().find(|(suffix, _)| self.ends(suffix)) {
            if self.ends_in(suffix, self.first) {
                self.replace(suffix, by);
            }
        } else if self.ends_in("li", self.first) {
            let before = self.word[..self.word.len() - 2].last();
            if before.is_some_and(|letter| b"cdeghkmnrt".contains(letter)) {
                self.cut(2);
            }
        }
    }

    fn suffix(&mut self) {
        if !self.ends_as(b"alzetetiulssve") {
            return;
        }
        if let Some((suffix, by)) = SHORTER.into_iter().find(|(suffix, _)| self.ends(suffix)) {
            if self.ends_in(suffix, self.first) {
                self.replace(suffix, by);
            }
        } else if self.ends_in("ative", self.second) {
            self.cut(5);
        }
    }

    fn last_suffix(&mut self) {
        if !self.ends_as(b"ntcelesmtetiusvezealericon") {
            return;
        }
        if let Some(suffix) = LAST.into_iter().find(|suffix| self.ends(suffix)) {
            if self.ends_in(suffix, self.second) {
                self.cut(suffix.len());
            }
        } else if self.ends_in("ion", self.second) {
            let before = self.word.len().checked_sub(4).map(|at| self.word[at]);
            if matches!(before, Some(b's' | b't')) {
                self.cut(3);
            }
        }
    }

    fn final_e(&mut self) {
        let before = &self.word[..self.word.len() - 1];
        let is_mute = self.ends_in("e", self.second)
            || self.ends_in("e", self.first) && !ends_in_short_syllable(before);
        if is_mute || self.ends("ll") && self.ends_in("l", self.second) {
            self.cut(1);
        }
    }

    /// "organis" becomes "organiz", and the marked 'y' is a letter again.
    fn british(&mut self) {
        self.word.make_ascii_lowercase();
        if self.word.len() >= 6 && self.ends("is") {
            self.replace("s", "z");
        }
        if self.word.len() >= 7 && self.ends("iz") && self.second <= self.word.len() - 2 {
            self.cut(2);
        }
    }
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// Behind the first consonant that follows a vowel, from `start` on; the end, if there is none.
fn region(word: &[u8], start: usize) -> usize {
    let pairs = word[start..].windows(2);
    let found = pairs.into_iter().position(|pair| is_vowel(pair[0]) && !is_vowel(pair[1]));
    found.map_or(word.len(), |at| start + at + 2)
}

/// Whether the word ends in consonant, vowel, consonant, or is a vowel and a consonant.
fn ends_in_short_syllable(word: &[u8]) -> bool {
    match word {
        [first, second] => is_vowel(*first) && !is_vowel(*second),
        [.., before, vowel, last] => {
            !is_vowel(*before)
                && is_vowel(*vowel)
                && !is_vowel(*last)
                && !matches!(last, b'w' | b'x' | b'Y')
        }
        [..] => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Beginnings, IRREGULAR, stem};

    #[test]
    fn forms_of_a_word_share_a_stem() {
        let families = [
            "deploy deploys deployed deploying deployment deployments",
            "configure configures configured configuring configuration configurations",
            "migrate migrates migrated migrating migration migrations",
            "test tests tested testing",
            "cache caches cached caching",
            "retry retries retried retrying",
            "organise organize organised organizing organisation organization",
            "run runs running ran",
            "choose chose chosen choosing",
            "child children",
            "colour color colors colours",
            "authenticate authenticates authentication",
            "analyse analyze analysed",
            "hope hoped hopes",
            "cancel canceled cancelled cancelling",
            "policy policies",
        ];
        for family in families {
            let stems: Vec<String> = family.split(' ').map(stem).collect();
            assert!(stems.iter().all(|one| *one == stems[0]), "{family}: {stems:?}");
        }
    }

    #[test]
    fn different_words_keep_different_stems() {
        let pairs = [("policy", "police"), ("hope", "hop"), ("rate", "rat"), ("news", "new")];
        for (one, other) in pairs {
            assert_ne!(stem(one), stem(other), "{one} {other}");
        }
    }

    #[test]
    fn every_irregular_form_ends_in_the_stem_of_its_plain_form() {
        for (form, plain) in &*IRREGULAR {
            assert_eq!(stem(form), stem(plain), "{form}");
        }
    }

    #[test]
    fn every_irregular_form_begins_as_a_word_that_is_looked_for() {
        for form in IRREGULAR.keys() {
            let looked_for = stem(form);
            assert!(Beginnings::of([&*looked_for].into_iter()).may_have(form), "{form}");
        }
    }

    proptest! {
        #[test]
        fn a_word_begins_as_its_stem(word in "[a-z]{1,9}(ies|ed|ing|s|ally|ised|y|e)?") {
            let looked_for = stem(&word);
            prop_assert!(Beginnings::of([&*looked_for].into_iter()).may_have(&word), "{looked_for}");
        }

        #[test]
        fn a_stem_is_its_own_stem(word in "[a-z]{1,14}") {
            let once = stem(&word);
            prop_assert_eq!(stem(&once), once);
        }
    }
}
