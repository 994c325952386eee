//! Reads the workspace as the rules want it: by `cargo metadata`, without network and without resolving.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::rules::{Edge, Kind, Package};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn packages() -> Result<Vec<Package>, Box<dyn Error>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options([String::from("--offline")])
        .exec()?;
    let mut packages = Vec::new();
    for package in metadata.packages {
        let layer = package.metadata.pointer("/tribunal/layer").and_then(|layer| layer.as_u64());
        packages.push(Package {
            name: package.name.to_string(),
            layer,
            inherits_lints: inherits_lints(&fs::read_to_string(&package.manifest_path)?),
            features: package.features.into_keys().collect(),
            edges: package
                .dependencies
                .into_iter()
                .map(|dependency| Edge { kind: kind(dependency.kind), to: dependency.name })
                .collect(),
        });
    }
    Ok(packages)
}

fn kind(kind: DependencyKind) -> Kind {
    match kind {
        DependencyKind::Development => Kind::Dev,
        DependencyKind::Build => Kind::Build,
        // A kind that is new to cargo is held to the strictest rule.
        _ => Kind::Normal,
    }
}

/// `cargo metadata` says nothing of lints, so the manifest is read for the one way they are written here.
fn inherits_lints(manifest: &str) -> bool {
    let lines = manifest.lines().map(str::trim);
    let mut section = lines.skip_while(|line| *line != "[lints]").skip(1);
    section.find(|line| !line.is_empty() && !line.starts_with('#')) == Some("workspace = true")
}

/// The names at the root, sorted, without hidden ones and without what builds leave there.
pub(crate) fn top_level() -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && name != "target" {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[test]
fn only_lints_taken_from_the_workspace_count_as_inherited() {
    assert!(inherits_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n\n[features]\n"));
    assert!(!inherits_lints("[package]\nname = \"a\"\n"));
    assert!(!inherits_lints("[lints]\n# workspace = true\n[dependencies]\n"));
    assert!(!inherits_lints("[lints.rust]\nunsafe_code = \"allow\"\n[x]\nworkspace = true\n"));
}
