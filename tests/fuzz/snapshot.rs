//! A snapshot: what is taken says the same when it is written and read again, and no name may stand in it twice.

use tribunal_core::Snapshot;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(snapshot) = Snapshot::from_json(bytes) else { return };
    let json = snapshot.to_json();
    let again =
        Snapshot::from_json(json.to_string().as_bytes()).expect("what was written can be read");
    assert_eq!(again.to_json(), json);
    assert_eq!(again.phase(), snapshot.phase());
    assert_eq!(again.trace_id(), snapshot.trace_id());

    // The same with a member more, and with that member twice.
    let text = std::str::from_utf8(bytes).expect("JSON is UTF-8");
    let inside = text.trim_start_matches([' ', '\t', '\r', '\n']).strip_prefix('{').unwrap();
    let with = |members: &str| Snapshot::from_json(format!("{{{members},{inside}").as_bytes());
    let name = "\"a name that nobody has\"";
    if with(&format!("{name}:1")).is_ok() {
        let error = with(&format!("{name}:1,{name}:1")).expect_err("a name that stands twice");
        assert!(error.to_string().contains("stands twice"), "{error}");
    }
}
