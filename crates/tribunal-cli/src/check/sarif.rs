//! What is wrong with a config as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format).

use serde_json::{Value, json};
use tribunal_config::{Code, Place, Problem};

use crate::safe;

/// One run with a rule for every code and a result for every problem.
pub(super) fn of(file: &str, problems: &[Problem]) -> String {
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tribunal",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": Code::ALL.iter().map(rule).collect::<Vec<Value>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "artifacts": [{ "location": { "uri": uri(file) }, "sourceLanguage": "toml" }],
            "results": problems.iter().map(result).collect::<Vec<Value>>(),
        }],
    });
    safe::json(&format!("{log:#}"))
}

/// What every code means, for who has no web page of it.
const PAGE: &str = include_str!("../../../../docs/diagnostics.md");

fn rule(code: &Code) -> Value {
    let summary = code.summary();
    let mut letters = summary.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    let sentence: String = first.chain(letters).chain(['.']).collect();
    let section = section(*code);
    let mut rule = json!({
        "id": code.as_str(),
        "shortDescription": { "text": sentence },
        "help": { "text": section, "markdown": section },
        "defaultConfiguration": { "level": code.level().as_str() },
    });
    if let (Some(page), Some(members)) = (page(*code), rule.as_object_mut()) {
        members.insert("helpUri".into(), json!(page));
    }
    rule
}

/// What the documentation says of a code, with the words of links instead of the links: these lead to pages beside it.
fn section(code: Code) -> String {
    let heading = format!("\n### {}\n", code.as_str());
    let start = PAGE.split_once(&*heading).map_or("", |(_, after)| after);
    let end = start.split("\n#").next().unwrap_or_default();
    let mut plain = String::with_capacity(end.len());
    let mut rest = end.trim();
    while let Some((before, after)) = rest.split_once("](") {
        let (_, beyond) = after.split_once(')').unwrap_or(("", after));
        let (text, words) = before.rsplit_once('[').unwrap_or((before, ""));
        plain.push_str(text);
        plain.push_str(words);
        rest = beyond;
    }
    plain.push_str(rest);
    plain
}

/// Where the section of a code is to be read: below the home of the project, where its manifest names one. It has to be
/// absolute (3.49.12), so that without one there is none.
fn page(code: Code) -> Option<String> {
    let home = env!("CARGO_PKG_REPOSITORY").trim_end_matches('/');
    (!home.is_empty()).then(|| format!("{home}/blob/main/{}", code.page()))
}

fn result(problem: &Problem) -> Value {
    let code = problem.code();
    let text = match problem.help() {
        Some(help) => format!("{}; {help}", problem.message()),
        None => problem.message().to_owned(),
    };
    let related = problem.labels().iter().enumerate().map(|(index, label)| {
        let mut related = location(&label.file, label.in_file, label.place);
        if let Some(members) = related.as_object_mut() {
            members.insert("id".into(), json!(index + 1));
            members.insert("message".into(), json!({ "text": label.text }));
        }
        related
    });
    json!({
        "ruleId": code.as_str(),
        "ruleIndex": Code::ALL.iter().position(|known| *known == code),
        "level": problem.level().as_str(),
        "message": { "text": text },
        "locations": [location(problem.file(), problem.is_in_file(), problem.place())],
        "relatedLocations": related.collect::<Vec<Value>>(),
    })
}

/// A place in a file; an environment variable or a `--set` has a name and no file.
fn location(file: &str, in_file: bool, place: Place) -> Value {
    if !in_file {
        return json!({ "logicalLocations": [{ "fullyQualifiedName": file }] });
    }
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(file) },
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    }})
}

/// A path as a URI reference (RFC 3986): relative where the path is.
fn uri(path: &str) -> String {
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            // A colon too: in the first segment of a relative reference it would end a scheme.
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use tribunal_config::Code;

    use super::{section, uri};

    #[test]
    fn every_code_is_explained_in_words_that_lead_nowhere_else() {
        for code in Code::ALL {
            let section = section(*code);
            let is_told = ["Error. ", "Warning. "].iter().any(|level| section.starts_with(level));
            assert!(is_told && !section.contains("](") && !section.contains("\n#"), "{section}");
        }
    }

    #[test]
    fn a_path_becomes_a_reference_that_means_it() {
        for (path, reference) in [
            ("pipeline.toml", "pipeline.toml"),
            ("/etc/tribunal/a.toml", "file:///etc/tribunal/a.toml"),
            ("my files/ä#1?.toml", "my%20files/%C3%A4%231%3F.toml"),
            ("c:x.toml", "c%3Ax.toml"),
        ] {
            assert_eq!(uri(path), reference);
        }
    }
}
