use proptest::prelude::*;
use serde_json::{Value, json};
use tribunal_core::{Opinion, Snapshot};

use super::*;

fn review(critic: &Links, text: &str) -> Opinion {
    let snapshot = Snapshot::of_input(text);
    match critic.review(View::of(&snapshot)) {
        Answer::Now(opinion) => opinion.unwrap(),
        Answer::Later(_) => panic!("answers at once"),
    }
}

/// The codes without their prefix, and what they are said of.
fn found(critic: &Links, text: &str) -> Vec<(String, String)> {
    let part = |violation: Violation| {
        let code = violation.code.strip_prefix("links.").unwrap().to_owned();
        (code, text[violation.span.unwrap().bytes].to_owned())
    };
    review(critic, text).violations.into_iter().map(part).collect()
}

fn codes(critic: &Links, text: &str) -> Vec<String> {
    found(critic, text).into_iter().map(|(code, _)| code).collect()
}

fn faults(params: Value) -> Vec<String> {
    let built = kind().build(params.as_object().unwrap());
    built.err().unwrap().iter().map(ToString::to_string).collect()
}

fn pair(code: &str, text: &str) -> (String, String) {
    (code.into(), text.into())
}

#[test]
fn a_domain_that_is_banned_or_not_allowed_is_objected_to_with_its_subdomains() {
    let critic = Links::new().allow(["example.com"]).unwrap().ban(["files.example.com"]).unwrap();
    for fine in [
        "see https://example.com.",
        "(http://docs.example.com/a_(b))",
        "HTTP://EXAMPLE.COM:80/?a=b",
    ] {
        assert!(codes(&critic, fine).is_empty(), "{fine}");
    }
    assert_eq!(
        found(&critic, "é https://example.net/a, and (https://x.files.example.com/b)."),
        [
            pair("not_allowed", "https://example.net/a"),
            pair("banned", "https://x.files.example.com/b"),
        ]
    );
    for trick in [
        "https://example.com.evil.test/",
        "https://evil.test/example.com",
        "https://evil.test#example.com",
        "https://evil.test\\example.com",
        "https://evil.test?.example.com",
        "https:\\\\evil.test",
        "[a](https:evil.test)",
        "[a](//evil.test)",
        "<a href='//evil.test'>",
        "[a]: https:/evil.test",
        "<img src = //evil.test/a.png>",
        "[a]( <https://evil.test/a b> )",
        "url(//evil.test)",
        "https://example%2ecom.evil.test",
        "https://exаmple.com",
        "[a](https&#58;//evil.test)",
        "[ok](https://example.com)](https://evil.test)",
        "href=\"https://example.com https://evil.test",
        "[[[a](https://evil.test)",
        "seehttps://evil.test",
        "ssh://evil.test/x",
    ] {
        assert!(codes(&critic, trick).contains(&"not_allowed".to_owned()), "{trick}");
    }
}

#[test]
fn the_span_is_the_link_without_the_sentence_around_it() {
    let critic = Links::new().ban(["a.test"]).unwrap();
    for (text, link) in [
        ("**https://a.test/x**.", "https://a.test/x"),
        ("\u{201c}https://a.test\u{201d}", "https://a.test"),
        ("请看 https://a.test/x。谢谢", "https://a.test/x"),
        ("[t](https://a.test/(x) \"title\")", "https://a.test/(x)"),
        ("[https://a.test/x]", "https://a.test/x"),
        ("<https://a.test/x>", "https://a.test/x"),
        ("https://a.test/?q=1&r=2!", "https://a.test/?q=1&r=2"),
        ("href=\"https://a.test/a\">b", "https://a.test/a"),
    ] {
        assert_eq!(found(&critic, text), [pair("banned", link)], "{text}");
    }
}

#[test]
fn addresses_in_every_notation_are_objected_to_and_private_ones_more() {
    for (host, severity) in [
        ("127.1", 0.8),
        ("0", 0.8),
        ("0x7f000001", 0.8),
        ("017700000001", 0.8),
        ("2130706433", 0.8),
        ("[::1]", 0.8),
        ("[::ffff:127.0.0.1]:80", 0.8),
        ("169.254.169.254", 0.8),
        ("localhost:3000", 0.8),
        ("8.8.8.8", 0.5),
        ("134744072", 0.5),
    ] {
        let opinion = review(&Links::new(), &format!("http://{host}/latest"));
        assert_eq!(opinion.violations.len(), 1, "{host}");
        assert_eq!(opinion.violations[0].code, "links.ip");
        assert_eq!(opinion.worst_severity(), severity, "{host}");
    }
    let critic = Links::new().allow(["10.0.0.1", "localhost"]).unwrap();
    assert!(codes(&critic, "http://10.0.0.1:80/ http://10.1 http://localhost").is_empty());
}

#[test]
fn scripts_data_and_logins_are_objected_to() {
    let all = Links::new();
    assert_eq!(codes(&all, "[a](javascript:alert(1))"), ["script"]);
    assert_eq!(codes(&all, "[a]( java\u{1}script:alert(1))"), Vec::<String>::new());
    assert_eq!(codes(&all, "<a href=\" &#106;avascript:x\">"), ["script"]);
    assert_eq!(codes(&all, "open javascript:alert(1) now"), ["script"]);
    assert_eq!(codes(&all, "[a](data:text/html;base64,PHNj)"), ["script"]);
    assert_eq!(codes(&all, "![a](data:image/png;base64,iVBO)"), ["data"]);
    assert_eq!(
        found(&all, "http://example.com@127.0.0.1/"),
        [
            pair("userinfo", "http://example.com@127.0.0.1/"),
            pair("ip", "http://example.com@127.0.0.1/")
        ]
    );
    assert_eq!(codes(&all, "http://a.test\\@b.test"), ["userinfo"]);
}

#[test]
fn letters_that_pass_for_others_are_objected_to_and_names_in_one_script_are_not() {
    let all = Links::new();
    for trick in [
        "https://gооgle.com",
        "https://xn--80ak6aa92e.com",
        "https://ex\u{200b}ample.com",
        "https://xn--99999999.com",
    ] {
        assert_eq!(codes(&all, trick), ["homograph"], "{trick}");
    }
    for fine in [
        "https://münchen.de",
        "https://xn--mnchen-3ya.de",
        "https://пример.рф",
        "https://日本語.jp",
        "https://xn--80ak6aa92e.xn--p1ai",
    ] {
        assert!(codes(&all, fine).is_empty(), "{fine}");
        assert_eq!(codes(&all.clone().punycode(true), fine), ["punycode"], "{fine}");
    }
    let known = Links::new().allow(["gооgle.com"]).unwrap();
    assert!(codes(&known, "https://gооgle.com").is_empty());
}

#[test]
fn a_link_that_shows_another_domain_than_its_own_is_objected_to() {
    let all = Links::new();
    for trick in [
        "[https://bank.com/login](https://evil.test)",
        "[bank.com](https://evil.test)",
        "[**www.bank.com**](https://bank.com.evil.test)",
        "[log in at bank.com/a now](https://evil.test)",
    ] {
        assert_eq!(codes(&all, trick), ["mismatch"], "{trick}");
    }
    for fine in [
        "[bank.com](https://www.bank.com/x)",
        "[our bank](https://bank.com)",
        "[README.md](https://bank.com)",
        "[docs.bank.com](https://bank.com)",
        "[e.g. this](https://bank.com)",
        "[node.js](https://bank.com)",
        "[me@bank.com](mailto:me@bank.com)",
        "[![bank.com](https://a.com/x.png)](https://b.com)",
        "[ASP.NET](https://bank.com)",
        "[v1.2.3](https://bank.com)",
        "[https://bank.com](/login)",
    ] {
        assert!(codes(&all, fine).is_empty(), "{fine}");
    }
}

#[test]
fn a_long_query_carries_data_out_and_in_an_image_it_is_worse() {
    let critic = Links::new().max_query(20);
    let query = "q=".to_owned() + &"x".repeat(30);
    let severity = |text: String| review(&critic, &text).worst_severity();
    assert_eq!(severity(format!("https://a.com/?{query}")), 0.6);
    assert_eq!(severity(format!("![a](https://a.com/?{query})")), 0.9);
    assert_eq!(severity(format!("<img src=\"https://a.com/#{query}\">")), 0.9);
    assert_eq!(severity("![a](https://a.com/?v=2)".into()), 0.0);
    assert!(review(&Links::new(), &format!("https://a.com/?{query}")).violations.is_empty());
}

#[test]
fn a_scheme_can_be_asked_for_and_a_check_left_out() {
    let critic = Links::new().schemes(["HTTPS"]).unwrap();
    assert_eq!(
        codes(&critic, "http://a.com https://a.com file:///etc/passwd //a.com"),
        ["scheme", "scheme"]
    );
    let critic = Links::new().without(LinkCheck::Ip);
    assert!(codes(&critic, "http://10.0.0.1").is_empty());
}

#[test]
fn bare_domains_are_links_where_asked() {
    let critic = Links::new().allow(["example.com"]).unwrap();
    assert!(codes(&critic, "go to evil.com").is_empty());
    let critic = critic.ban(["evil.test"]).unwrap().bare_domains(true);
    assert_eq!(
        found(&critic, "Go to evil.com/path?x. Or www.evil.rs, example.com, sub.evil.test!"),
        [
            pair("not_allowed", "evil.com/path?x"),
            pair("not_allowed", "www.evil.rs"),
            pair("banned", "sub.evil.test"),
        ]
    );
    for fine in [
        "e.g. main.rs and lib/main.py, i.e. node.js",
        "mail me@evil.com",
        "version 1.2.3",
        "end.So it is.In a",
        "src/evil.com",
        "std::fmt ASP.NET",
        "10.5 3.14",
        "a...b",
        "...",
        "https://example.com/evil.com",
    ] {
        assert!(codes(&critic, fine).is_empty(), "{fine}");
    }
    assert_eq!(codes(&critic, "evil.com:8080/x"), ["not_allowed"]);
}

#[test]
fn ordinary_text_has_no_links() {
    let critic = Links::new().allow(["example.com"]).unwrap();
    for fine in [
        "JavaScript: The Good Parts",
        "javascript: 10%",
        "data: 5, 6",
        "the data:\n1,2",
        "a://b",
        "C://Windows",
        "std::vec::Vec",
        "key: value",
        "[note]: this is it",
        "f(x)[0](y)",
        "a = b",
        "href = ?",
        "http:",
        "https://",
        "[a](#top) [b](../c.md) [d](mailto:a@b.de)",
        "url(a.png)",
        "say https://... or so",
        "10:30//11:00",
    ] {
        assert!(codes(&critic, fine).is_empty(), "{fine}");
    }
}

#[test]
fn what_is_wrong_with_parameters_is_said_at_its_item() {
    let lines = faults(json!({
        "allow": ["a.com", "https://b.com"], "ban": [], "schemes": ["https:"], "disable": ["ip", "homgraph"],
        "max_query": -1, "typo": 1,
    }));
    assert_eq!(
        lines,
        [
            "`allow[1]` is no domain: write `example.com`, which stands for its subdomains too, without scheme, \
             port and path",
            "`ban` must have at least one entry",
            "`schemes[0]` is no scheme: write `https`, without colon and slashes",
            "`max_query` must be a whole number, 0 or more",
            "`disable[1]` names no check of links: `homgraph`; did you mean `homograph`?",
            "`typo` is not known here; known are allow, ban, bare_domains, disable, fields, max_query, punycode, \
             schemes",
        ]
    );
}

#[test]
fn hostile_texts_take_linear_time() {
    let critic = Links::new().ban(["a.test"]).unwrap().bare_domains(true).max_query(5);
    for part in [
        "](",
        "[",
        "]",
        "](http:",
        "href=\"",
        "href='x href=\"",
        "http:",
        "http://",
        "a.",
        ".",
        "@",
        "](&#",
        "(",
        "xn--",
        "url(",
        "data:a/a",
        "https://a.b](",
        "](   ",
        "\u{200b}",
        "http://[",
        "a@",
        "%2e",
        "é.",
        "::",
        "](<http://a ",
        "<http:",
    ] {
        let many = 20_000;
        review(&critic, &part.repeat(many / part.len()));
        review(&critic, &format!("http://{}", part.repeat(many / part.len())));
        review(&critic, &format!("[x](http://{}", part.repeat(many / part.len())));
    }
}

proptest! {
    #[test]
    fn spans_lie_on_character_boundaries(text in any::<String>()) {
        let critic = Links::new().allow(["a.test"]).unwrap().bare_domains(true).punycode(true);
        for violation in review(&critic, &text).violations {
            prop_assert!(text.get(violation.span.unwrap().bytes).is_some());
        }
    }

    #[test]
    fn texts_made_of_pieces_of_links_do_no_harm(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "http://", "https:", "[", "](", "]:", ")", "(", "<", ">", "href=", "\"", "'", "javascript:", "data:",
                "@", ".", "a.com", "xn--", "é", "\u{200b}", "。", "%", "%2e", "0x7f", "127.1", "?", "#", "\\", "/", " ",
                "&#58;", "&", "日本", "\n", "::1", "url(", ":",
            ]),
            0..30,
        )
    ) {
        let text = pieces.concat();
        let critic = Links::new().allow(["a.test"]).unwrap().bare_domains(true).max_query(3);
        for violation in review(&critic, &text).violations {
            prop_assert!(text.get(violation.span.unwrap().bytes).is_some());
        }
    }
}
