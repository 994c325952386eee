//! Which keys were asked for, by table: what the definitions of the schema are held against.

use std::cell::RefCell;
use std::collections::BTreeSet;

type Asked = BTreeSet<(String, BTreeSet<&'static str>)>;

thread_local! {
    static ASKED: RefCell<Asked> = RefCell::default();
}

pub(super) fn note(path: &str, keys: &[&'static str]) {
    let keys = keys.iter().copied().collect();
    ASKED.with(|asked| asked.borrow_mut().insert((path.to_owned(), keys)));
}

/// What was asked for on this thread since the last time.
pub(crate) fn take() -> Asked {
    ASKED.with(RefCell::take)
}
