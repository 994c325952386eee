//! Panics on purpose, and the silence about them: thousands of messages would hide the one that matters.

use std::panic::{panic_any, set_hook, take_hook};
use std::sync::Once;

/// What scripted panics throw.
struct Scripted;

/// Panics, as the script says.
pub(crate) fn scripted_panic() -> ! {
    panic_any(Scripted)
}

/// Keeps the process's panic hook quiet about scripted panics, and about them alone.
pub(crate) fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<Scripted>().is_none() {
                before(info);
            }
        }));
    });
}
