//! The shape of the workspace: layers, lints, features, names, the top level.
//!
//! The rules stand in [`rules`], over plain data; [`workspace`] reads that data from the manifests.

mod rules;
mod workspace;

use std::error::Error;

/// A dependency sits strictly lower, and what else [`rules`] asks for.
#[test]
fn the_workspace_keeps_its_rules() -> Result<(), Box<dyn Error>> {
    let packages = workspace::packages()?;
    // Edges that were not read could not be refused.
    let edges = packages.iter().flat_map(|package| &package.edges);
    let to_core = edges.filter(|edge| edge.to == "tribunal-core").count();
    assert!(packages.len() >= 12 && to_core >= 6, "{} packages, {to_core} edges", packages.len());
    let broken = rules::broken(&packages);
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    Ok(())
}

/// What a newcomer sees first is a short list, and stays one.
#[test]
fn the_top_level_is_exactly_this() -> Result<(), Box<dyn Error>> {
    let expected = [
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "benches",
        "config",
        "crates",
        "docs",
        "tests",
    ];
    assert_eq!(
        workspace::top_level()?,
        expected,
        "hidden files and `target` are free; anything else belongs into a folder that is there"
    );
    Ok(())
}
