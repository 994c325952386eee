//! What is wrong with a config as one JSON object.

use serde_json::{Value, json};
use tribunal_config::{Level, Place, Problem};

use super::count;
use crate::safe;

/// `file`, `errors`, `warnings`, and `problems` in the order of the file.
pub(super) fn of(file: &str, problems: &[Problem]) -> String {
    let answer = json!({
        "file": file,
        "errors": count(problems, Level::Error),
        "warnings": count(problems, Level::Warning),
        "problems": problems.iter().map(problem).collect::<Vec<Value>>(),
    });
    safe::json(&format!("{answer:#}"))
}

fn problem(problem: &Problem) -> Value {
    let labels =
        problem.labels().iter().map(|label| at(label.place, json!({ "text": label.text })));
    let code = problem.code();
    let rest = json!({
        "file": problem.file(),
        "code": code.as_str(),
        "level": problem.level().as_str(),
        "message": problem.message(),
        "help": problem.help(),
        "page": code.page(),
        "labels": labels.collect::<Vec<Value>>(),
    });
    at(problem.place(), rest)
}

/// Lines and columns, from 1, columns in characters, the end after the last one; and the rest.
fn at(place: Place, mut rest: Value) -> Value {
    if let Some(members) = rest.as_object_mut() {
        let Place { line, column, end_line, end_column, .. } = place;
        let places = [
            ("line", line),
            ("column", column),
            ("end_line", end_line),
            ("end_column", end_column),
        ];
        members.extend(places.map(|(name, number)| (name.to_owned(), json!(number))));
    }
    rest
}
