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

fn rule(code: &Code) -> Value {
    let summary = code.summary();
    let mut letters = summary.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    let sentence: String = first.chain(letters).chain(['.']).collect();
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": sentence },
        "helpUri": page(*code),
        "defaultConfiguration": { "level": code.level().as_str() },
    })
}

/// Where the section of a code is to be read: below the home of the project, where its manifest names one.
fn page(code: Code) -> String {
    match env!("CARGO_PKG_REPOSITORY") {
        "" => code.page(),
        home => format!("{}/blob/main/{}", home.trim_end_matches('/'), code.page()),
    }
}

fn result(problem: &Problem) -> Value {
    let code = problem.code();
    let text = match problem.help() {
        Some(help) => format!("{}; {help}", problem.message()),
        None => problem.message().to_owned(),
    };
    let related = problem.labels().iter().enumerate().map(|(index, label)| {
        json!({
            "id": index + 1,
            "message": { "text": label.text },
            "physicalLocation": location(problem.file(), label.place),
        })
    });
    json!({
        "ruleId": code.as_str(),
        "ruleIndex": Code::ALL.iter().position(|known| *known == code),
        "level": problem.level().as_str(),
        "message": { "text": text },
        "locations": [{ "physicalLocation": location(problem.file(), problem.place()) }],
        "relatedLocations": related.collect::<Vec<Value>>(),
    })
}

fn location(file: &str, place: Place) -> Value {
    json!({
        "artifactLocation": { "uri": uri(file) },
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    })
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
    use super::uri;

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
