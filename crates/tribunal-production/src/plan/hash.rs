//! A digest of everything that decides how a run goes, other than the snapshot and the code.

use tribunal_core::ConfigHash;

use crate::RunSettings;
use crate::spec::CriticSpec;

/// `specs` are in plan order, so that the order of registration counts only where it decides something.
pub(super) fn of(specs: &[&CriticSpec], settings: &RunSettings) -> ConfigHash {
    let mut hasher = blake3::Hasher::new();
    // `Debug` of these prints every field, and floats in full; the length keeps neighbours apart.
    let mut add = |text: String| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    add(format!("{settings:?}"));
    specs.iter().for_each(|spec| add(format!("{spec:?}")));
    let mut short = [0; 16];
    hasher.finalize_xof().fill(&mut short);
    ConfigHash(short)
}
