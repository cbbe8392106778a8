//! Tests of `redact`.

use proptest::prelude::*;

use super::*;

/// Text, and what must come out of it. `P` stands for a fake password, `R` for a fake random value.
const SECRETS: &[(&str, &str)] = &[
    ("MY_API_KEY=R", "MY_API_KEY=[REDACTED:key]"),
    ("export PGPASSWORD=P; psql", "export PGPASSWORD=[REDACTED:password]; psql"),
    ("DB_PASS=opensesame", "DB_PASS=[REDACTED:password]"),
    ("APP_SECRET=opensesame", "APP_SECRET=[REDACTED:secret]"),
    ("PASSWORD=\"correct horse\"", "PASSWORD=\"[REDACTED:password]\""),
    ("{\"password\": \"P\", \"n\": 1}", "{\"password\": \"[REDACTED:password]\", \"n\": 1}"),
    (r#"{\"password\": \"P\", \"n\": 1}"#, r#"{\"password\": \"[REDACTED:password]\", \"n\": 1}"#),
    (r#"{\\\"password\\\":\\\"P\\\"}"#, r#"{\\\"password\\\":\\\"[REDACTED:password]\\\"}"#),
    (r"line\nPASSWORD=P\nnext", r"line\nPASSWORD=[REDACTED:password]\nnext"),
    (r"line\ntoken=R\nnext", r"line\ntoken=[REDACTED:token]\nnext"),
    ("password: P # yaml", "password: [REDACTED:password] # yaml"),
    ("  accessToken: 'R',", "  accessToken: '[REDACTED:token]',"),
    ("const API_KEY: &str = \"R\";", "const API_KEY: &str = \"[REDACTED:key]\";"),
    ("token := \"R\"", "token := \"[REDACTED:token]\""),
    ("cfg['api-key'] = 'R'", "cfg['api-key'] = '[REDACTED:key]'"),
    ("secret => \"R\"", "secret => \"[REDACTED:secret]\""),
    ("?access_token=R&page=2", "?access_token=[REDACTED:token]&page=2"),
    ("x --token R --all", "x --token [REDACTED:token] --all"),
    ("x --db-password=P", "x --db-password=[REDACTED:password]"),
    ("[\"--api-key\", \"R\"]", "[\"--api-key\", \"[REDACTED:key]\"]"),
    ("-H 'Authorization: Bearer R'", "-H 'Authorization: Bearer [REDACTED:authorization]'"),
    ("\"Authorization\": \"Basic R\"", "\"Authorization\": \"Basic [REDACTED:authorization]\""),
    ("X-Api-Key: R", "X-Api-Key: [REDACTED:key]"),
    ("sent Bearer RRR back", "sent [REDACTED:bearer-token] back"),
    ("https://me:P@example.org/x", "https://[REDACTED:url-userinfo]@example.org/x"),
    (r"redis:\/\/me:P@host", r"redis:\/\/[REDACTED:url-userinfo]@host"),
    ("https://RRR@github.com/a/b", "https://[REDACTED:url-userinfo]@github.com/a/b"),
    ("![x](data:image/png;base64,R+/R==) y", "![x]([REDACTED:data-url]) y"),
    ("\u{1b}[1;32mTOKEN=R\u{1b}[0m", "\u{1b}[1;32mTOKEN=[REDACTED:token]\u{1b}[0m"),
    ("é PASSWORD=hunter2é\u{a0}ü", "é PASSWORD=[REDACTED:password]"),
];

/// What looks like a secret to a careless reader.
const ORDINARY: &[&str] = &[
    "",
    "commit cb58a12f0c9d3e4b5a6978877665544332211000 is green",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "session 01a1c2d3-e4f5-7a6b-8c9d-0e1f2a3b4c5d, unit 01HZXK3V7Q8W9E0R1T2Y3U4I5O",
    "t-8kq2 depends on t-1x9d, m-4c2e and p-6f1d0c2a9b7e",
    "TOKEN_BUDGET = 600",
    "password: String,",
    "pub password: Option<String>,",
    "max_tokens=4096",
    "pip install sk-learn scikit-learn sk-learn-contrib",
    "crates/throughline-model/src/redact/assignment.rs:120:17",
    "let token = next_token();",
    "self.token = token;",
    "token: &'a str",
    "match token { Token::Key => key, _ => secret }",
    "primary_key: \"account_id_2026_01\"",
    "cache_key = \"linux-x86-64-v3-1a2b3c4d\"",
    "public_key: \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0v1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e\"",
    "PASSWORD=$DB_PASSWORD",
    "PASSWORD=${DB_PASSWORD:-}",
    "API_KEY=<your key>",
    "API_KEY=your-api-key-here-123",
    "password = os.environ[\"DB_PASSWORD\"]",
    "password: hashed_password_2",
    "\"password\": \"string\"",
    "\"password\": \"Enter your password\"",
    "TOKEN=****************",
    "private_key: keys/server_2026.pem",
    "SSH_KEY=/home/me/.ssh/id_ed25519",
    "secret: no",
    "Note on the token: 2026-11-21T05:20:11Z it expired",
    "The password: it must have 8 characters",
    "use --token to pass one, --password prompt asks for it",
    "git@github.com:owner/name.git ssh://git@github.com/owner/name",
    "http://localhost:8080/@scope https://registry.npmjs.org/@types/node",
    "https://user:$PASS@host/ https://<user>:<password>@host/",
    "data: a/b, c and metadata: image/png, more",
    "dGhpcyBpcyBvcmRpbmFyeSB0ZXh0IGluIGJhc2U2NCwgbm90aGluZyBlbHNl",
    concat!(
        "looks for -----BEGIN PRIVATE",
        " KEY----- and -----END PRIVATE",
        " KEY----- in the text"
    ),
    "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ\n-----END CERTIFICATE-----",
    "------------------------------------------------------",
    "npm_config_registry npm_lifecycle_event hf_hub_download SKIP ASIA eyJ",
    "ghp_ is the prefix of a classic token; xoxb- that of a bot",
    "monkey=abc123def456ghi789 turkey: abc123def456ghi789",
    "PWD=/work OLDPWD=/ KEY_ENTER=13 key: abc123def456ghi789",
    "if a == b && c != d { x <= y; z => w } std::env::var(\"X\")",
    "[REDACTED:token] = something1234567",
    "names such as `*_KEY|TOKEN|PASSWORD=`), and `other` words",
    "the \"PASSWORD=\" prefix of 8 and the \"TOKEN=\" one",
    "pub pw_passwd: *const c_char,",
    "password: typing.Optional[bytes], key_password=certs[0][2],",
    "nid_key = self._lib.NID_aes_256_cbc",
    "OID.CHALLENGE_PASSWORD: \"challengePassword\"",
];

/// Values at the bounds of what counts: what goes stands between `‹` and `›`, the other lines stay.
const BOUNDS: &[&str] = &[
    // How a name and a value are joined.
    "TOKEN =opensesame",
    "TOKEN= opensesame",
    "TOKEN=‹opensesame›",
    "?token=opensesame&x",
    "token:=‹abcdefgh12345›",
    "password = attempt12",
    "password = ‹at!empt12›",
    "token = abcdefghijk12",
    "Authorization: needs a2b3c4d5e6f7g8",
    "\"Authorization\": \"Bearer ‹next_token_value_12›\"",
    "https://‹[REDACTED:x1›@host/",
    // Escapes before a name.
    "%token=‹abcdefgh12345›",
    "%3Dtoken=‹abcdefgh12345›",
    "\\uKEY=‹abcdefgh1234›",
    "\\u001btoken=‹abcdefgh12345›",
    "\\ttoken=‹abcdefgh12345›",
    "[31mtoken=‹abcdefgh12345›",
    "[31token=‹abcdefgh12345›",
    // What is no data URL.
    "note:a/b,c",
    "metadata:text/plain,abc",
    "%‹data:text/plain,abc›",
    "a\\n‹data:text/plain,abc›",
    "data:text/plain, x",
    "data:abc,def",
    "data: a/b,c",
    "‹data:;base64,abcd›",
    // User information.
    "://me:opensesame1@host",
    "https://me:@host",
    "https://host/me:opensesame1@x",
    "https://host or me:opensesame1@x",
    "https://host\u{1}me:opensesame1@x",
    "https://‹me:opensesame1›@x",
    "https://12345678901234567890@host",
    "https://abcdefghijklmnopqrst@host",
    "https://abcdefghijklmnopqr1@host",
    "https://‹abcdefghijklmnopqrs1›@host",
    // Passwords.
    "PASSWORD=abc",
    "PASSWORD=‹abcd›",
    "PASSWORD=-_-_-",
    "PASSWORD=/run/secrets/pw",
    "PASSWORD=xxxxxxxx",
    "PASSWORD=...opensesame1",
    "PASSWORD=…opensesame1",
    "PASSWORD=\\opensesame1",
    "password: abcd1",
    "password: ‹abcde1›",
    "password: ‹abcde!›",
    "password: abcdefgh",
    "password = abcdef1",
    "password = abcdef!",
    "password = ‹ab!cd1›",
    "password = get_pass1",
    "password: get_pass1",
    // Random values.
    "TOKEN=abcdefg",
    "TOKEN=‹abcdefgh›",
    "TOKEN=12345678",
    "TOKEN=/abcdefgh",
    "SIGNING_KEY=abcdefgh",
    "SIGNING_KEY=abcdefgh123",
    "SIGNING_KEY=‹abcdefgh1234›",
    "token: abcdefghijklmn",
    "token: abc123456789",
    "token: ‹abcd12345678›",
    "token = ‹abcdefgh1234›",
    "token = ‹Abcdefghijk1›",
    "token = abcdefghi123",
    // Code.
    "token: abcdefgh_123",
    "token: ‹abcdefg_1234›",
    "token: ABCDEFGH_123",
    "token: ‹Abcdefgh_123›",
    "token: ‹1bcdefghi_12›",
    "token: ‹abc_defghij+123›",
    "token: self.tokens.v2abc",
    "token: ‹self.2tokens.v2abc›",
    "token: ‹self.tokens+v2abc›",
    // Paths.
    "PASSWORD=Server1.pem",
    "PASSWORD=Server1.jsonl",
    "PASSWORD=‹Server1.abcdef›",
    "PASSWORD=‹Server1.›",
    "PASSWORD=keys/server1",
    "PASSWORD=‹Keys/server1›",
    "PASSWORD=~/Keys1",
    "PASSWORD=../Keys1",
    "PASSWORD=./Keys1",
    "PASSWORD=/Keys1",
];

fn body(length: usize) -> String {
    "q7Zr2Kd9Wm4Xc8Vb5Nh3Lp6T".chars().cycle().take(length).collect()
}

fn filled(text: &str) -> String {
    let text = text.replace("RRR", &body(24)).replace("=P;", "=hunter2pass;");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['P', 'R']) {
        let alone = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        let escape = rest[..at].ends_with("\\n");
        let lonely = alone(rest[..at].chars().last()) || escape;
        let lonely = lonely && alone(rest[at + 1..].chars().next());
        out.push_str(&rest[..at]);
        match (lonely, &rest[at..=at]) {
            (true, "P") => out.push_str("hunter2!x"),
            (true, _) => out.push_str(&body(20)),
            (false, letter) => out.push_str(letter),
        }
        rest = &rest[at + 1..];
    }
    out + rest
}

fn encoded(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in text.as_bytes().chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, b| bits << 8 | u32::from(*b))
            << (8 * (3 - group.len()));
        for digit in 0..4 {
            let sextet = (bits >> (18 - 6 * digit)) as usize & 63;
            out.push(if digit <= group.len() { char::from(DIGITS[sextet]) } else { '=' });
        }
    }
    out
}

/// The part of a specimen that must be gone.
fn tail(secret: &str) -> &str {
    &secret[secret.len() - 12..]
}

#[test]
fn secrets_go_and_their_surroundings_stay() {
    for (text, clean) in SECRETS {
        let text = filled(text);
        assert_eq!(redact(&text), *clean, "{text}");
        assert_eq!(redact(clean), *clean);
    }
}

/// Whether of a text what stands between `‹` and `›` goes, and only that.
fn goes(marked: &str) {
    let plain = marked.replace(['‹', '›'], "");
    let Some((before, rest)) = marked.split_once('‹') else {
        return assert_eq!(redact(&plain), plain);
    };
    let (_, after) = rest.split_once('›').expect("it ends somewhere");
    let clean = redact(&plain).into_owned();
    let mark = clean.strip_prefix(before).and_then(|clean| clean.strip_suffix(after));
    let mark = mark.unwrap_or_else(|| panic!("{plain}: {clean}")).as_bytes();
    assert_eq!(marker_end(mark, 0), Some(mark.len()), "{plain}: {clean}");
}

#[test]
fn the_rules_hold_at_their_bounds() {
    BOUNDS.iter().for_each(|text| goes(text));
}

/// Bounds that keep hostile text from being looked at again and again.
#[test]
fn no_more_is_looked_at_than_is_said() {
    let [name, longer] = [62, 63].map(|length| format!("{}-token", "x".repeat(length - 4)));
    let secret = body(20);
    goes(&format!("x --{name} ‹{secret}›"));
    goes(&format!("x --{longer} {secret}"));
    let [typed, longer] = [22, 23].map(|length| "T".repeat(length));
    goes(&format!("const TOKEN: {typed}= ‹{secret}›"));
    goes(&format!("const TOKEN: {longer}= {secret}"));
    let [same, longer] = [511, 512].map(|length| "a".repeat(length));
    goes(&format!("PASSWORD=‹{same}b1›"));
    goes(&format!("PASSWORD={longer}b1"));
    let [media, longer] = [127, 128].map(|length| format!("a/{}", "b".repeat(length - 2)));
    goes(&format!("‹data:{media},c›"));
    goes(&format!("data:{longer},c"));
    let [letters, longer] = [1023, 1024].map(|length| "a".repeat(length));
    goes(&format!("x ‹sk-{letters}1›"));
    goes(&format!("x sk-{longer}1"));
    let [user, longer] = [502, 503].map(|length| "u".repeat(length));
    goes(&format!("https://‹{user}:hunter22›@host"));
    goes(&format!("https://{longer}:hunter22@host"));
    let [spaced, longer] = [508, 509].map(|length| format!("b1 {}", "a".repeat(length)));
    goes(&format!("x PASSWORD=\"‹{spaced}›\""));
    goes(&format!("x PASSWORD=\"{longer}\""));
}

#[test]
fn ordinary_text_is_untouched() {
    for text in ORDINARY {
        assert_eq!(redact(text), *text);
        assert!(matches!(redact(text), Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn every_specimen_goes_wherever_it_stands() {
    let specimens = specimens();
    assert!(specimens.len() >= 20);
    for (kind, secret) in &specimens {
        let json = serde_json::to_string(&format!("a \"b\"\n{secret}\nc")).unwrap();
        let twice = serde_json::to_string(&json).unwrap();
        for text in [
            secret.clone(),
            format!("before {secret} after"),
            format!("first\n{secret}\nlast"),
            format!("'{secret}', ({secret})."),
            format!("\u{1b}[31m{secret}\u{1b}[0m"),
            json,
            twice,
        ] {
            let clean = redact(&text);
            assert!(clean.contains(&format!("[REDACTED:{kind}]")), "{kind}: {text}\n{clean}");
            assert!(!clean.contains(tail(secret)), "{kind}: {text}\n{clean}");
            assert_eq!(redact(&clean), clean);
        }
        let base64 = encoded(&format!("config: 1\n{secret}\n"));
        let wrapped = base64.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap());
        let wrapped = wrapped.collect::<Vec<_>>().join("\n");
        for text in [format!("x {base64} y"), format!("x\n{wrapped}\n y")] {
            let marker = format!("[REDACTED:{kind}]");
            assert_eq!(
                redact(&text).split_whitespace().collect::<Vec<_>>(),
                ["x", &marker, "y"],
                "{text}"
            );
        }
    }
}

#[test]
fn a_key_block_goes_with_and_without_its_end() {
    let begin = format!("-----BEGIN {} KEY-----", "OPENSSH PRIVATE");
    let end = format!("-----END {} KEY-----", "OPENSSH PRIVATE");
    let (long, short) = (body(64), "AbCdEf12");
    let [lines, far] = [40, 300].map(|count| format!("\n{long}").repeat(count));
    // No key is that long.
    let seen_apart = format!("a [REDACTED:private-key]\n${far}\n{end} z");
    for (text, clean) in [
        (format!("a {begin}\n{long}\n{short}\n{end} z"), "a [REDACTED:private-key] z"),
        (format!("a {begin}\n{long}\n{short}"), "a [REDACTED:private-key]"),
        (
            format!("a {begin}\n{long}\n{long}\nand then prose"),
            "a [REDACTED:private-key]\nand then prose",
        ),
        (format!(r#"{{"k":"{begin}\n{long}\n{end}\n"}}"#), r#"{"k":"[REDACTED:private-key]\n"}"#),
        (format!("> {begin}\n> {long}\n> {end}"), "> [REDACTED:private-key]"),
        (format!("{begin} {long} {long} {end}"), "[REDACTED:private-key]"),
        (format!("a {begin}\n{long}\n2026 z"), "a [REDACTED:private-key]\n2026 z"),
        (format!("a {begin}\n{long}\n${lines}\n{end} z"), "a [REDACTED:private-key] z"),
        (format!("a {begin}\n{long}\n${far}\n{end} z"), &seen_apart),
        (format!("{begin}\nProc-Type: 4,ENCRYPTED\n\n{long}"), "[REDACTED:private-key]"),
    ] {
        assert_eq!(redact(&text), clean, "{text}");
    }
}

#[test]
fn a_body_has_to_show_what_its_family_says() {
    let (lower, upper, digits) = ("abcdefghij", "ABCDEFGHIJ", "0123456789");
    let [json, short] = ["eyJ", "eyJ0"].map(|start| format!("{start}{lower}"));
    for (prefix, bodies) in [
        (
            "sk-",
            [format!("‹{lower}{digits}›"), format!("{lower}{lower}"), format!("{digits}{digits}")],
        ),
        (
            "ci",
            [
                format!("‹o{lower}{upper}{digits}1a›"),
                format!("o{lower}{lower}{digits}1a"),
                format!("o{upper}{upper}{digits}1A"),
            ],
        ),
        (
            "ci",
            [
                format!("o{lower}{upper}{lower}aa"),
                format!("o{upper}{digits}{digits}1A"),
                format!("o{lower}{digits}{digits}1a"),
            ],
        ),
        (
            "",
            [
                format!("‹{json}{lower}{lower}.{json}›"),
                format!("{json}{lower}{lower}.{lower}"),
                format!("{json}{lower}{lower}.eyJabcdef"),
            ],
        ),
        (
            "",
            [
                format!("‹{short}{lower}{lower}.{lower}.{lower}›"),
                format!("{short}{lower}{lower}.abcdefghi.{lower}"),
                format!("{json}{lower}{lower}"),
            ],
        ),
    ] {
        for body in bodies {
            let text = format!("is {prefix}{body} x");
            // The prefix belongs to the secret.
            goes(&text.replace(&format!("{prefix}‹"), &format!("‹{prefix}")));
        }
    }
}

#[test]
fn base64_ends_with_its_last_line_however_long_that_is() {
    let (kind, secret) = specimens().into_iter().find(|(_, text)| text.len() < 45).unwrap();
    for (columns, bytes) in [(60, 45), (64, 48), (72, 54), (76, 57)] {
        let base64 = encoded(&format!("{secret:<bytes$}"));
        assert_eq!(base64.len(), columns);
        assert_eq!(redact(&format!("x {base64}\n$ y")), format!("x [REDACTED:{kind}]\n$ y"));
    }
}

#[test]
fn base64_is_looked_into_from_sixteen_characters_on_and_once() {
    let (kind, secret) = specimens().into_iter().next().unwrap();
    let once = encoded(&format!("config: {secret}"));
    assert_eq!(redact(&once), format!("[REDACTED:{kind}]"));
    goes(&encoded(&format!("config: {once}")));
    let shortest = encoded("DB_PASS=abcd");
    assert_eq!(shortest.len(), 16);
    goes(&format!("x ‹{shortest}› y"));
}

#[test]
fn both_alphabets_of_base64_are_read() {
    let (kind, secret) = specimens().into_iter().next().unwrap();
    let base64 = encoded(&format!("{:<24}>>>???{secret}", "config:"));
    assert!(base64.contains("Pj4+Pz8/"), "{base64}");
    for base64 in [base64.replace(['+', '/'], "_"), base64.replace('+', "-"), base64] {
        assert_eq!(redact(&format!("x {base64} y")), format!("x [REDACTED:{kind}] y"), "{base64}");
    }
}

#[test]
fn what_is_very_long_goes_to_its_end() {
    let long = body(9_000);
    for begin in ["TOKEN=", "sk-ant-api03-", "PASSWORD=é", "data:text/plain,", "eyJh.eyJhbGciOiJ."]
    {
        let clean = redact(&format!("a {begin}{long} z")).into_owned();
        assert!(clean.len() < 60 && clean.ends_with("] z"), "{begin}: {clean}");
    }
    let accents = "é".repeat(4_000);
    assert_eq!(redact(&format!("PASSWORD={accents}1 z")), "PASSWORD=[REDACTED:password] z");
}

#[test]
fn a_key_split_over_two_lines_goes_whole() {
    let (first, second) = (body(14), body(22));
    for gap in ["\n", "\r\n", "\n    ", r"\n"] {
        let text = format!("is gh{}{first}{gap}{second} x", "p_");
        assert_eq!(redact(&text), "is [REDACTED:github-token] x", "{text}");
    }
    let half = "0123456789ABCDEF";
    let both = format!("{}{}\n{}", "AKI", "A01234567", "89ABCDEF");
    goes(&format!("is ‹{both}› x"));
    goes(&format!("is {both}0 x"));
    goes(&format!("is ‹SK{half}\n{half}› x"));
    goes(&format!("is SK{half}\n{half}0 x"));
}

/// Pieces that mean something to the scanner, between arbitrary ones.
fn text() -> impl Strategy<Value = String> {
    let mut pieces: Vec<String> = specimens().into_iter().map(|(_, secret)| secret).collect();
    pieces.extend(specimens().iter().map(|(_, secret)| encoded(secret)));
    pieces.extend(SECRETS.iter().map(|(text, _)| filled(text)));
    for mark in [
        "=",
        ":",
        "://",
        "@",
        "-----",
        "--",
        "\"",
        "\\",
        "\\n",
        "[REDACTED:",
        "[REDACTED:token]",
        "]",
        "_KEY",
        "password",
        "token",
        "public",
        "data",
        ";base64,",
        ",",
        " ",
        "\n",
        ".",
        "é",
        "\u{1f600}",
        "BEGIN ",
        "PRIVATE KEY",
        "END ",
        "Bearer ",
        "eyJ",
        "%3D",
        "[31m",
    ] {
        pieces.extend([mark.to_owned(), mark.to_owned()]);
    }
    let piece = prop_oneof![
        4 => prop::sample::select(pieces),
        1 => any::<String>(),
        1 => "[A-Za-z0-9+/_=-]{1,40}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn redacting_twice_is_redacting_once(text in text()) {
        let clean = redact(&text).into_owned();
        prop_assert_eq!(&redact(&clean), &clean);
    }

    #[test]
    fn arbitrary_text_is_survived(text in any::<String>(), cut in any::<prop::sample::Index>()) {
        let clean = redact(&text);
        prop_assert_eq!(redact(&clean), clean.clone());
        for (_, secret) in specimens().iter().skip(cut.index(specimens().len())).take(1) {
            let part = &secret[..cut.index(secret.len())];
            redact(&format!("{text}{part}"));
            redact(&format!("{part}{text}"));
        }
    }

    #[test]
    fn a_specimen_in_other_words_goes(
        before in "[a-zé,. \n]{0,30}[ \n\"'(]",
        after in "[ \n\"')]([a-zé,. \n]{0,30})?",
        which in any::<prop::sample::Index>(),
    ) {
        let specimens = specimens();
        let (_, secret) = which.get(&specimens);
        let clean = redact(&format!("{before}{secret}{after}")).into_owned();
        prop_assert!(!clean.contains(tail(secret)), "{clean}");
        prop_assert!(clean.starts_with(&before) && clean.ends_with(after.trim_start_matches('"')), "{clean}");
    }
}
