//! What the critic finds and lets pass. Keys are put together here, so that no scanner takes this file for a leak.

use proptest::prelude::*;
use serde_json::{Value, json};
use tribunal_core::{Critic, Opinion, ParamFault, Snapshot};

use super::*;

fn rules_of(text: &str) -> Vec<&'static str> {
    Secrets::new().find(text).into_iter().map(|found| found.rule).collect()
}

fn review(critic: &dyn Critic, text: &str) -> Opinion {
    let snapshot = Snapshot::of_input(text);
    match critic.review(View::of(&snapshot)) {
        Answer::Now(opinion) => opinion.unwrap(),
        Answer::Later(_) => panic!("secrets answers at once"),
    }
}

fn build(params: Value) -> Result<std::sync::Arc<dyn Critic>, Vec<ParamFault>> {
    kind().build(params.as_object().unwrap())
}

/// Characters of an alphabet in no order that a placeholder has.
fn mixed(alphabet: &str, length: usize) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    (0..length).map(|at| letters[(at * 37 + at * at * 11 + 5) % letters.len()]).collect()
}

fn base62(length: usize) -> String {
    mixed("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345678", length)
}

fn hex(length: usize) -> String {
    mixed("0123456789abcdef7", length)
}

#[test]
fn tokens_are_known_by_their_form() {
    let cases = [
        ("github-token", format!("ghp_{}", base62(36))),
        ("github-fine-grained-token", format!("github_pat_{}_{}", base62(22), base62(59))),
        ("gitlab-token", format!("glpat-{}", base62(20))),
        ("aws-access-key-id", format!("AKIA{}", mixed("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16))),
        ("gcp-api-key", format!("AIza{}", base62(35))),
        ("openai-key", format!("sk-proj-{}T3Blbk{}{}", base62(30), "FJ", base62(30))),
        ("anthropic-key", format!("sk-ant-api03-{}AA", base62(93))),
        ("slack-token", format!("xoxb-{}-{}-{}", "1234098765", "5678901234", base62(24))),
        ("stripe-live-key", format!("sk_live_{}", base62(24))),
        ("stripe-test-key", format!("rk_test_{}", base62(24))),
        ("sendgrid-key", format!("SG.{}.{}", base62(22), base62(43))),
        ("databricks-token", format!("dapi{}", hex(32))),
        ("digitalocean-token", format!("dop_v1_{}", hex(64))),
        ("telegram-bot-token", format!("{}:AA{}", "840275163", base62(33))),
        ("mailchimp-key", format!("{}-us12", hex(32))),
        ("terraform-token", format!("{}.atlasv1.{}", base62(14), base62(64))),
        (
            "age-secret-key",
            format!("AGE-SECRET-KEY-1{}", mixed("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
        ),
        ("shopify-token", format!("shpat_{}", hex(32))),
    ];
    for (rule, secret) in cases {
        for text in
            [secret.clone(), format!("use \"{secret}\", please"), format!("a\\n{secret}\\n")]
        {
            let found = Secrets::new().find(&text);
            let what: Vec<_> =
                found.iter().map(|found| (found.rule, &text[found.bytes.clone()])).collect();
            assert_eq!(what, [(rule, &*secret)], "{rule}");
        }
    }
}

#[test]
fn a_prefix_inside_a_longer_word_is_no_token() {
    assert!(!rules_of(&format!("riskglpat-{}", base62(20))).contains(&"gitlab-token"));
    assert!(rules_of(&format!("shpat_{}", hex(33))).is_empty());
}

#[test]
fn a_key_without_a_form_is_known_by_the_name_of_its_issuer() {
    let key = hex(32);
    assert_eq!(rules_of(&format!("DATADOG_API_KEY={key}")), ["datadog-key"]);
    assert_eq!(rules_of(&format!("\"datadog\": \"{key}\"")), ["datadog-key"]);
    // `booktable` is a word of its own.
    assert!(rules_of(&format!("bookTable = 00{}", base62(40))).is_empty());
}

#[test]
fn the_checksum_of_a_token_decides_how_sure_the_finding_is() {
    let found = Secrets::new().find(&format!("ghp_{}", base62(36)));
    assert_eq!((found[0].severity, found[0].uncertainty), (0.6, 0.5));
}

#[test]
fn a_private_key_is_one_finding_with_and_without_its_end() {
    let body = base62(640);
    let begin = ["-----BEGIN RSA PRIV", "ATE KEY-----"].concat();
    let whole = format!("{begin}\n{body}\n-----END RSA PRIVATE KEY-----\nthe rest");
    let found = Secrets::new().find(&whole);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule, "private-key");
    assert_eq!(whole[found[0].bytes.clone()].trim(), body);
    assert_eq!(rules_of(&format!("{begin}\\n{body}")), ["private-key"]);
}

#[test]
fn a_login_in_an_address_or_a_command_line_is_found() {
    let url = ["postgres://app:", "vK8-plum-tree", "@db.internal/x"].concat();
    let found = Secrets::new().find(&url);
    assert_eq!((found[0].rule, &url[found[0].bytes.clone()]), ("url-password", "vK8-plum-tree"));
    assert_eq!(
        rules_of(&["curl -u me:", "vK8-plum-tree", " https://x.io"].concat()),
        ["curl-login"]
    );
    assert_eq!(
        rules_of(&format!("Authorization: Bearer {}", base62(32))),
        ["authorization-header"]
    );
    assert_eq!(rules_of(&format!("api_key = '{}'", base62(32))), ["assigned-key"]);
    assert_eq!(rules_of("password: \"vK8!plum-tree\""), ["assigned-password"]);
}

#[test]
fn placeholders_and_names_are_no_secrets() {
    for text in [
        "AKIAIOSFODNN7EXAMPLE",
        "api_key = \"<your key here>\"",
        "api_key = ${API_KEY}",
        "token: {{ secrets.TOKEN }}",
        "password = os.environ[\"PASSWORD\"]",
        "password: please choose one",
        "postgres://user:${DB_PASSWORD}@host/db",
        "postgres://user:password@localhost/db",
        "public_key = \"mP4x9QeZ7tLw2Rb5Yh8KsVn3Jd6\"",
        "credentialsId: '4d2f8a10-77aa-4a7b-9c1d-0f3e5b6a7c8d'",
        "The keyboard: mechanical-switches-2024",
        "Authorization: see the next chapter",
        "https://example.com/a:b/c@d",
    ] {
        assert_eq!(rules_of(text), [""; 0], "{text}");
    }
    assert!(rules_of(&format!("ghp_{}", "x".repeat(36))).is_empty());
}

#[test]
fn a_json_web_token_has_a_header_that_is_json() {
    let payload = format!("eyJ{}.{}", base62(30), base62(43));
    let header = ["eyJhbGciOiJI", "UzI1NiJ9"].concat();
    assert_eq!(rules_of(&format!("{header}.{payload}")), ["jwt"]);
    assert!(rules_of(&format!("eyJ{}.{payload}", base62(20))).is_empty());
}

#[test]
fn of_two_rules_for_the_same_bytes_the_specific_one_stays() {
    let token = format!("glpat-{}", base62(20));
    assert_eq!(rules_of(&format!("api_token = \"{token}\"")), ["gitlab-token"]);
}

/// Rule 20: the secret is in the span's bytes alone, in no text of the opinion.
#[test]
fn the_opinion_never_repeats_a_secret() {
    let secret = format!("glpat-{}", base62(20));
    let critic = Secrets::new();
    let opinion = review(&critic, &format!("it is {secret}."));
    assert!(!format!("{opinion:?}{critic:?}").contains(&secret));
    assert_eq!(opinion.value, json!({"gitlab-token": 1}));
    let violation = &opinion.violations[0];
    let span = violation.span.as_ref().unwrap();
    assert_eq!(violation.code, "secret.gitlab-token");
    assert_eq!((span.bytes.clone(), &*span.label), (6..6 + secret.len(), "gitlab-token"));
    assert_eq!(span.replacement.as_deref(), Some("[secret:gitlab-token]"));
    assert_eq!(opinion.severity, 0.9);
    assert!(opinion.faults().is_empty());
    assert_eq!(review(&critic, "nothing here"), Opinion::clean());
}

#[test]
fn of_many_findings_the_worst_are_listed_and_the_others_counted() {
    let mut text: String = (0..150).map(|at| format!("sk_test_{}{at:03}\n", base62(20))).collect();
    text.push_str(&format!("sk_live_{}", base62(20)));
    let opinion = review(&Secrets::new(), &text);
    assert_eq!(opinion.violations.len(), MOST_VIOLATIONS);
    assert_eq!(opinion.severity, 0.9);
    assert_eq!(opinion.violations.last().unwrap().code, "secret.stripe-live-key");
    assert_eq!(opinion.details.unwrap().get("more"), Some(&json!(51)));
    assert_eq!(opinion.value, json!({"stripe-live-key": 1, "stripe-test-key": 150}));
}

#[test]
fn rules_are_chosen_and_secrets_allowed() {
    let text = format!("glpat-{} and sk_test_{}", base62(20), base62(24));
    let rules = |critic: Secrets| critic.find(&text).iter().map(|f| f.rule).collect::<Vec<_>>();
    assert_eq!(rules(Secrets::new().only(["gitlab-token"]).unwrap()), ["gitlab-token"]);
    assert_eq!(rules(Secrets::new().without(["gitlab-token"]).unwrap()), ["stripe-test-key"]);
    assert_eq!(rules(Secrets::new().allow(["^sk_test_"]).unwrap()), ["gitlab-token"]);
    assert_eq!(rules(Secrets::new().min_severity(0.8)), ["gitlab-token"]);
    // Nothing vaguer objects to what was let pass; a rule that stays does its work.
    assert_eq!(
        rules(Secrets::new().without(["gitlab-token", "stripe-test-key"]).unwrap()),
        [""; 0]
    );
    let vague = Secrets::new().only(["unnamed-token", "prefixed-token"]).unwrap();
    assert_eq!(rules(vague), ["unnamed-token", "prefixed-token"]);
    let unknown = Secrets::new().only(["gitlab-tokn"]).unwrap_err().to_string();
    assert!(unknown.ends_with("did you mean `gitlab-token`?"), "{unknown}");
    assert!(Secrets::new().allow(["("]).is_err());
}

#[test]
fn every_mistake_in_the_parameters_is_named() {
    let faults = build(json!({
        "rules": ["jwt", "githbu-token"], "disable": ["x-y-z-not-there"], "allow": ["ok", "("],
        "min_severity": 2,
    }));
    let lines: Vec<String> = faults.err().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(lines[0], "`rules[1]` names no rule: `githbu-token`; did you mean `github-token`?");
    assert_eq!(lines[1], "`disable[0]` names no rule: `x-y-z-not-there`");
    assert!(lines[2].starts_with("`allow[1]` is no regular expression"), "{}", lines[2]);
    assert!(build(json!({"rules": []})).is_err());
}

#[test]
fn parameters_build_a_critic() {
    let critic =
        build(json!({"fields": ["/input_text"], "disable": ["jwt"], "min_severity": 0.5})).unwrap();
    assert_eq!(review(&*critic, &format!("glpat-{}", base62(20))).violations.len(), 1);
}

#[test]
fn a_text_of_nothing_but_keywords_is_judged_and_says_if_it_was_cut_short() {
    for unit in [
        "eyJ-",
        "-----BEGIN",
        "key=",
        "curl ",
        "Q~",
        "://a:",
        "password=\"",
        "service_account\" ",
        "\u{e9}key=\u{e9}",
    ] {
        let text = unit.repeat(100_000 / unit.len());
        let opinion = review(&Secrets::new(), &text);
        let incomplete =
            opinion.details.as_ref().is_some_and(|details| details.contains_key("incomplete"));
        assert_eq!(opinion.uncertainty == 1.0, incomplete, "{unit}");
        // Cut short is not clean: it calls for a look.
        assert!(!incomplete || opinion.worst_severity() >= 0.5, "{unit}");
        assert!(opinion.faults().is_empty());
    }
}

#[test]
fn passwords_are_found_however_they_are_given() {
    for text in [
        "DB_PASSWORD=Tr0ub4dor&3x",
        "\"password\": \"SuperSecret123!\"",
        "let password: &str = \"vK8!plum\";",
        "<password>vK8plumtree</password>",
        "<add key=\"Password\" value=\"vK8plumtree\"/>",
        "{\"name\": \"DB_PASSWORD\", \"value\": \"vK8plumtree\"}",
        "mysql --password vK8plumtree -h db",
        "smtp_pass = 'vK8-plum'",
        "the wifi password is vK8plumtree",
    ] {
        assert!(
            matches!(&*rules_of(text), ["assigned-password" | "assigned-pass"]),
            "{text}: {:?}",
            rules_of(text)
        );
    }
    assert_eq!(rules_of("machine x.io login me@x.io password vK8plumtree"), ["netrc-password"]);
    assert_eq!(rules_of("mysql -u root -pvK8plumtree shop"), ["mysql-password"]);
    assert_eq!(rules_of("sshpass -p 'vK8plumtree' ssh me@host"), ["sql-password"]);
    assert_eq!(rules_of("ALTER USER app WITH PASSWORD 'vK8plumtree';"), ["sql-password"]);
    assert_eq!(rules_of("oc login https://x.io -u me -p vK8plumtree"), ["login-password"]);
    assert_eq!(rules_of("redis-cli -h cache -a vK8plumtree ping"), ["redis-password"]);
}

#[test]
fn a_key_of_an_issuer_without_a_rule_is_found_by_its_prefix() {
    assert_eq!(rules_of(&format!("acme_live_{}", base62(24))), ["prefixed-token"]);
    assert!(rules_of("build_test_integration_suite_for_everything").is_empty());
}

#[test]
fn names_of_public_values_and_digests_are_passed_over() {
    for name in
        ["commit", "key_id", "public_key", "authenticity_token", "api_version", "etag_key_hash"]
    {
        assert!(rules_of(&format!("{name} = \"{}\"", hex(40))).is_empty(), "{name}");
    }
    assert!(rules_of(&format!("token = \"{}\"", hex(40).replacen('a', "A", 1))).is_empty());
}

#[test]
fn a_command_ends_with_its_line() {
    let header = |text: &str| format!("{text} -H \"Token: {}\"", hex(16));
    assert_eq!(rules_of(&header("curl https://x.io")), ["curl-header"]);
    assert_eq!(rules_of(&header("curl https://x.io \\\n ")), ["curl-header"]);
    assert_eq!(rules_of(&["curl x\necho", " -u me:", "vK8-plum-tree"].concat()), [""; 0]);
}

proptest! {
    #[test]
    fn spans_lie_on_character_boundaries_and_apart(
        parts in prop::collection::vec(prop_oneof![
            Just(String::from("password = \"")), Just(String::from("api_key: ")), Just(String::from("://u:")),
            Just(String::from("@h")), Just(String::from("\"")), Just(base62(24)), Just(String::from("curl -u a:")),
            Just(String::from("\u{e9}\u{1f512}\u{4e2d}\u{6587}")), Just(format!("glpat-{}", base62(20))), "\\PC{0,12}",
        ], 0..24)
    ) {
        let text = parts.concat();
        let mut end = 0;
        for found in Secrets::new().find(&text) {
            prop_assert!(text.get(found.bytes.clone()).is_some());
            prop_assert!(found.bytes.start >= end && !found.bytes.is_empty());
            end = found.bytes.end;
        }
    }
}
