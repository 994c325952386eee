//! The rules themselves, as a function from the packages to what is wrong with them.

/// A member of the workspace, as far as the rules look at it.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// As its manifest states it.
    pub(crate) layer: Option<u64>,
    pub(crate) inherits_lints: bool,
    pub(crate) features: Vec<String>,
    /// All dependencies, those outside the workspace too.
    pub(crate) edges: Vec<Edge>,
}

#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) kind: Kind,
    pub(crate) to: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

impl Kind {
    const fn table(self) -> &'static str {
        match self {
            Self::Normal => "dependencies",
            Self::Build => "build-dependencies",
            Self::Dev => "dev-dependencies",
        }
    }
}

/// For tests alone; the engines of its own layer are tested with it.
const TESTKIT: &str = "tribunal-testkit";
/// The layer of the testkit, and the lowest that may be tested with it.
const TESTKIT_FROM: u64 = 2;
/// From here on a package holds tests and benchmarks and nothing else.
const TESTS_FROM: u64 = 9;

/// What the words may be built of: no runtime, no IO, no file format.
const CORE: &str = "tribunal-core";
const CORE_MAY_USE: &[&str] = &["futures-core", "serde", "serde_json", "thiserror"];

/// The one package that may have unsafe code, and so lints of its own: `docs/decisions/0015-a-clock-from-the-counter.md`.
const HAS_UNSAFE: &str = "tribunal-clock";

/// Where features may be: each switches a whole crate on.
const MAY_HAVE_FEATURES: &[&str] = &["tribunal", "tribunal-cli"];

/// Names that say nothing, and so gather everything.
const EMPTY_NAMES: &[&str] =
    &["base", "common", "helper", "helpers", "misc", "shared", "type", "types", "util", "utils"];

/// Every broken rule in a sentence that names the culprit and says what to do. Empty when all is well.
pub(crate) fn broken(packages: &[Package]) -> Vec<String> {
    let mut broken = Vec::new();
    for package in packages {
        broken.extend(package_rules(package));
        let edges = package.edges.iter();
        broken.extend(edges.filter_map(|edge| edge_rule(packages, package, edge)));
    }
    broken
}

fn package_rules(package: &Package) -> Vec<String> {
    let name = &package.name;
    let mut broken = Vec::new();
    if package.layer.is_none() {
        broken.push(format!(
            "`{name}` states no layer: add `[package.metadata.tribunal]` with `layer = N`, \
             one more than the highest it depends on"
        ));
    }
    if !package.inherits_lints && name != HAS_UNSAFE {
        broken.push(format!(
            "`{name}` does not inherit the lints: add `[lints]` with `workspace = true`"
        ));
    }
    if !package.features.is_empty() && !MAY_HAVE_FEATURES.contains(&name.as_str()) {
        broken.push(format!(
            "`{name}` has features ({}): make what they switch a crate of its own, \
             and switch that in the facade or the command",
            package.features.join(", ")
        ));
    }
    let own = name.strip_prefix("tribunal-").unwrap_or(name);
    if own.split(['-', '_']).any(|part| EMPTY_NAMES.contains(&part)) {
        broken.push(format!("`{name}` has a name that says nothing: name it for what it does"));
    }
    if name == CORE {
        let used = package.edges.iter().filter(|edge| edge.kind != Kind::Dev);
        for edge in used.filter(|edge| !CORE_MAY_USE.contains(&edge.to.as_str())) {
            broken.push(format!(
                "`{name}` depends on `{}`: the words know no runtime, no IO and no file format; \
                 move what needs it to a layer above",
                edge.to
            ));
        }
    }
    broken
}

fn edge_rule(packages: &[Package], package: &Package, edge: &Edge) -> Option<String> {
    let target = packages.iter().find(|package| package.name == edge.to)?;
    // A package without a layer is reported on its own.
    let (from, to) = (package.layer?, target.layer?);
    let shown = format!(
        "`{}` (layer {from}) -> `{}` (layer {to}), in [{}]",
        package.name,
        target.name,
        edge.kind.table()
    );
    if target.name == TESTKIT && from < TESTS_FROM {
        if edge.kind != Kind::Dev {
            return Some(format!("{shown}: the testkit is for tests; make it a dev-dependency"));
        }
        return (from < TESTKIT_FROM).then(|| {
            format!(
                "{shown}: the testkit is built on what is below layer {TESTKIT_FROM} and cannot \
                 test it; move the test to `tests`"
            )
        });
    }
    (to >= from).then(|| {
        let remedy = match edge.kind {
            Kind::Dev => "move the test to `tests`",
            Kind::Normal | Kind::Build => "move what both need to a crate below them",
        };
        format!("{shown}: a dependency must sit strictly lower; {remedy}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, layer: u64, edges: &[(Kind, &str)]) -> Package {
        let edges = edges.iter().map(|(kind, to)| Edge { kind: *kind, to: (*to).to_owned() });
        Package {
            name: name.to_owned(),
            layer: Some(layer),
            inherits_lints: true,
            features: Vec::new(),
            edges: edges.collect(),
        }
    }

    /// What is wrong with a workspace that is sound but for `added`.
    fn with(added: Package) -> Vec<String> {
        let packages = [
            package(CORE, 0, &[(Kind::Normal, "serde")]),
            package("tribunal-limits", 1, &[(Kind::Normal, CORE), (Kind::Normal, "tokio")]),
            package("tribunal-engine", 2, &[(Kind::Normal, CORE), (Kind::Dev, TESTKIT)]),
            package(TESTKIT, 2, &[(Kind::Normal, CORE)]),
            package("tribunal-files", 3, &[(Kind::Build, "tribunal-engine")]),
            package("tribunal-tests", 9, &[(Kind::Normal, TESTKIT)]),
            added,
        ];
        broken(&packages)
    }

    #[test]
    fn a_sound_workspace_is_left_alone() {
        let facade = package("tribunal", 4, &[(Kind::Normal, "tribunal-files")]);
        assert_eq!(with(Package { features: vec!["files".to_owned()], ..facade }), [""; 0]);
    }

    #[test]
    fn an_edge_upward_is_refused_by_name_whatever_its_kind() {
        for kind in [Kind::Normal, Kind::Build, Kind::Dev] {
            let found = with(package("tribunal-part", 1, &[(kind, "tribunal-files")]));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains("`tribunal-part` (layer 1) -> `tribunal-files` (layer 3)"));
            assert!(found[0].contains(&format!("[{}]", kind.table())));
            assert!(found[0].contains("strictly lower"));
        }
    }

    #[test]
    fn an_edge_within_a_layer_is_refused() {
        let found = with(package("tribunal-other", 2, &[(Kind::Normal, "tribunal-engine")]));
        assert_eq!(found.len(), 1, "{found:?}");
        let found = with(package("tribunal-other", 2, &[(Kind::Dev, "tribunal-engine")]));
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn the_testkit_is_for_the_tests_of_its_own_layer_and_above() {
        assert_eq!(with(package("tribunal-other", 2, &[(Kind::Dev, TESTKIT)])), [""; 0]);
        let below = with(package("tribunal-part", 1, &[(Kind::Dev, TESTKIT)]));
        assert!(below.len() == 1 && below[0].contains("move the test"), "{below:?}");
        let shipped = with(package("tribunal-files2", 3, &[(Kind::Normal, TESTKIT)]));
        assert!(shipped.len() == 1 && shipped[0].contains("make it a dev-dependency"));
    }

    #[test]
    fn a_package_states_its_layer_and_inherits_the_lints() {
        let bare = package("tribunal-bare", 1, &[]);
        let found = with(Package { layer: None, inherits_lints: false, ..bare });
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("states no layer") && found[1].contains("inherit the lints"));
    }

    #[test]
    fn features_are_for_the_facade_and_the_command() {
        let part = package("tribunal-part", 1, &[]);
        let found = with(Package { features: vec!["sqlite".to_owned()], ..part });
        assert!(found.len() == 1 && found[0].contains("`tribunal-part` has features (sqlite)"));
    }

    #[test]
    fn a_name_that_says_nothing_is_refused() {
        for name in ["tribunal-common", "tribunal-util", "types", "tribunal-core-types"] {
            let found = with(package(name, 1, &[]));
            assert!(found.len() == 1 && found[0].contains(name), "{name}: {found:?}");
        }
    }

    #[test]
    fn the_words_depend_on_no_runtime_and_no_file_format() {
        for outside in ["tokio", "toml", "reqwest"] {
            let found = broken(&[package(CORE, 0, &[(Kind::Normal, outside)])]);
            assert!(found.len() == 1 && found[0].contains(outside), "{found:?}");
            assert_eq!(broken(&[package(CORE, 0, &[(Kind::Dev, outside)])]), [""; 0]);
        }
    }
}
