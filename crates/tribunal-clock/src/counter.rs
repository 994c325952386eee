//! The processor's time stamp counter: what is read in a third of the time that the system's clock takes.
//!
//! It says nothing about time by itself: how many ticks a second has, and that it goes on at that pace, is for the caller
//! to find out. [`Counter::find`] gives one only where the kernel has found that it runs at one pace on all
//! processors and keeps its own time by it.

use std::sync::OnceLock;

/// Where Linux says by what it keeps time.
const CLOCK: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// A counter that can be relied upon. It costs nothing to keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter(());

impl Counter {
    /// The counter, where there is one by which the kernel keeps time: on Linux on x86-64 with the clock source `tsc`.
    /// The system is asked once.
    #[inline]
    #[must_use]
    pub(crate) fn find() -> Option<Self> {
        static FOUND: OnceLock<bool> = OnceLock::new();
        FOUND.get_or_init(is_reliable).then_some(Self(()))
    }

    /// How far it has counted.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[inline]
    #[must_use]
    pub(crate) fn read(self) -> u64 {
        // SAFETY: it reads a register. Every x86-64 processor has it; a process that is not allowed to read it would have
        // no clock by it either, and then this type cannot be made.
        #[allow(unsafe_code, reason = "a measured need: decision 0015")]
        unsafe {
            std::arch::x86_64::_rdtsc()
        }
    }

    /// How far it has counted.
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    #[inline]
    #[must_use]
    pub(crate) fn read(self) -> u64 {
        // Never reached: nobody has one here.
        0
    }
}

/// The kernel takes another clock source when it finds that the counter is not to be trusted, or when it may not use it.
fn is_reliable() -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
        && std::fs::read_to_string(CLOCK).is_ok_and(|name| name.trim() == "tsc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_goes_back_on_one_thread() {
        let Some(counter) = Counter::find() else {
            // The kernel keeps time by something else here, and so does everybody.
            return;
        };
        let mut last = counter.read();
        for _ in 0..100_000 {
            let now = counter.read();
            assert!(now >= last, "{now} after {last}");
            last = now;
        }
    }
}
