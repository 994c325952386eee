//! The subschemas of a schema, and which of them lead to which.
//!
//! Two kinds of steps: one stays at the same value (`allOf`, `$ref`, `if` ...), the other goes into a member
//! or an item. The graph exists to bound the work before any is done; where a reference is hard to follow it
//! errs on the side of more work. Start at [`Graph::of`].

mod order;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use self::order::finish_order;
use crate::SchemaError;

pub(crate) type NodeId = usize;

/// One subschema.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// JSON pointer of the subschema.
    pub(crate) at: String,
    /// How often what is applied to the same value is asked. `unevaluated...` asks again what it applied to,
    /// about three times in all as measured, and so does each one below it.
    pub(crate) asks: u64,
    /// Applied to the same value.
    pub(crate) same: Vec<NodeId>,
    /// Applied to the same value, but possibly not: a reference whose target depends on the way there.
    pub(crate) perhaps: Vec<NodeId>,
    /// Applied to the member of that name.
    pub(crate) member: BTreeMap<String, NodeId>,
    /// Applied to members that are not named.
    pub(crate) other_members: Vec<NodeId>,
    /// Applied to every member.
    pub(crate) all_members: Vec<NodeId>,
    /// Applied to the item at that place.
    pub(crate) item: Vec<NodeId>,
    /// Applied to the items after those.
    pub(crate) later_items: Vec<NodeId>,
    /// Applied to every item.
    pub(crate) all_items: Vec<NodeId>,
}

impl Node {
    fn inner(&self) -> impl Iterator<Item = NodeId> {
        let lists = [
            &self.other_members,
            &self.all_members,
            &self.item,
            &self.later_items,
            &self.all_items,
        ];
        self.member.values().chain(lists.into_iter().flatten()).copied()
    }
}

/// All subschemas that stand where a schema may stand. The first is the whole.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    /// The position of each node in an order in which steps at the same value lead forward.
    pub(crate) rank: Vec<usize>,
    /// Whether any path leads back to where it started.
    pub(crate) recursive: bool,
    /// The most subschemas in a row at one value.
    pub(crate) longest_same: usize,
    /// The most subschemas in a row, into members and items too; cycles counted once.
    pub(crate) longest: usize,
    /// How many visits one pass over the schema makes; cycles counted once.
    pub(crate) visits: u64,
}

struct Builder<'s> {
    root: &'s Value,
    nodes: Vec<Node>,
    by_place: HashMap<*const Value, NodeId>,
    /// References still to be followed: from where, under which resource, what.
    references: Vec<(NodeId, &'s Value, &'s str, bool)>,
    anchors: HashMap<&'s str, Vec<NodeId>>,
    ids: Vec<(&'s str, &'s Value)>,
}

const SAME_ONE: &[&str] = &["not", "if", "then", "else"];
const SAME_LIST: &[&str] = &["allOf", "anyOf", "oneOf"];
const SAME_MAP: &[&str] = &["dependentSchemas", "dependencies"];

impl Graph {
    /// Reads a schema. Its depth must have been bounded.
    pub(crate) fn of(schema: &Value) -> Result<Self, SchemaError> {
        let mut builder = Builder {
            root: schema,
            nodes: Vec::new(),
            by_place: HashMap::new(),
            references: Vec::new(),
            anchors: HashMap::new(),
            ids: Vec::new(),
        };
        builder.add(schema, String::new(), schema);
        // A reference may lead to a place that holds no schema otherwise; that adds references in turn.
        while let Some((from, resource, reference, exact)) = builder.references.pop() {
            builder.follow(from, resource, reference, exact);
        }
        let mut graph = Self {
            rank: Vec::new(),
            nodes: builder.nodes,
            recursive: false,
            longest_same: 0,
            longest: 0,
            visits: 0,
        };
        graph.rank_nodes()?;
        graph.count();
        Ok(graph)
    }
}

impl<'s> Builder<'s> {
    fn add(&mut self, schema: &'s Value, at: String, resource: &'s Value) -> NodeId {
        if let Some(known) = self.by_place.get(&std::ptr::from_ref(schema)) {
            return *known;
        }
        let id = self.nodes.len();
        self.by_place.insert(std::ptr::from_ref(schema), id);
        self.nodes.push(Node { at: at.clone(), ..Node::default() });
        let Value::Object(keywords) = schema else { return id };

        let resource = if keywords.get("$id").is_some_and(is_resource) { schema } else { resource };
        self.names(keywords, schema, id);
        for (keyword, exact) in [("$ref", true), ("$dynamicRef", false), ("$recursiveRef", false)] {
            if let Some(Value::String(reference)) = keywords.get(keyword) {
                self.references.push((id, resource, reference, exact));
            }
        }
        let unevaluated = ["unevaluatedProperties", "unevaluatedItems"];
        let asks = if unevaluated.iter().any(|name| keywords.contains_key(*name)) { 3 } else { 1 };
        let mut node = Node { asks, ..Node::default() };
        for (keyword, value) in keywords {
            self.keyword(keyword, value, &at, resource, &mut node);
        }
        if let Some(slot) = self.nodes.get_mut(id) {
            *slot = Node { at, ..node };
        }
        id
    }

    fn names(&mut self, keywords: &'s Map<String, Value>, schema: &'s Value, id: NodeId) {
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(Value::String(name)) = keywords.get(keyword) {
                self.anchors.entry(name).or_default().push(id);
            }
        }
        if let Some(Value::String(name)) = keywords.get("$id") {
            self.ids.push((name, schema));
            if let Some((_, anchor)) = name.split_once('#') {
                self.anchors.entry(anchor).or_default().push(id);
            }
        }
    }

    fn keyword(
        &mut self,
        keyword: &str,
        value: &'s Value,
        at: &str,
        resource: &'s Value,
        node: &mut Node,
    ) {
        let at = format!("{at}/{}", escape(keyword));
        let mut one = |schema: &'s Value, step: &str| {
            let at = if step.is_empty() { at.clone() } else { format!("{at}/{}", escape(step)) };
            self.add(schema, at, resource)
        };
        match (keyword, value) {
            (keyword, value) if SAME_ONE.contains(&keyword) => node.same.push(one(value, "")),
            (keyword, Value::Array(items)) if SAME_LIST.contains(&keyword) => {
                for (index, item) in items.iter().enumerate() {
                    node.same.push(one(item, &index.to_string()));
                }
            }
            (keyword, Value::Object(members)) if SAME_MAP.contains(&keyword) => {
                for (name, schema) in members.iter().filter(|(_, schema)| !schema.is_array()) {
                    node.same.push(one(schema, name));
                }
            }
            ("properties", Value::Object(members)) => {
                for (name, schema) in members {
                    node.member.insert(name.clone(), one(schema, name));
                }
            }
            ("patternProperties", Value::Object(members)) => {
                for (name, schema) in members {
                    node.all_members.push(one(schema, name));
                }
            }
            ("additionalProperties", schema) => node.other_members.push(one(schema, "")),
            ("unevaluatedProperties" | "propertyNames", schema) => {
                node.all_members.push(one(schema, ""));
            }
            ("prefixItems" | "items", Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    node.item.push(one(item, &index.to_string()));
                }
            }
            ("items" | "additionalItems", schema) => node.later_items.push(one(schema, "")),
            ("contains" | "unevaluatedItems", schema) => node.all_items.push(one(schema, "")),
            ("$defs" | "definitions", Value::Object(members)) => {
                // Visited only where something refers to them; here they are given their names.
                for (name, schema) in members {
                    one(schema, name);
                }
            }
            _ => {}
        }
    }

    /// Links a reference to what it leads to. What cannot be found is left to the compiler to refuse.
    fn follow(&mut self, from: NodeId, resource: &'s Value, reference: &'s str, exact: bool) {
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let mut resources: Vec<&'s Value> = Vec::new();
        if base.is_empty() {
            resources.extend([resource, self.root]);
        } else {
            let last = |uri: &'s str| uri.split('#').next().and_then(|uri| uri.rsplit('/').next());
            let wanted = last(base);
            let named = self.ids.iter().filter(|(id, _)| last(id) == wanted);
            resources.extend(named.map(|(_, schema)| *schema));
        }
        let mut targets: Vec<NodeId> = Vec::new();
        if fragment.is_empty() || fragment.starts_with('/') {
            let fragment = percent_decoded(fragment);
            let found = resources.iter().find_map(|resource| resource.pointer(&fragment));
            // With several of one name, all that have such a place: too much work rather than too little.
            let found: Vec<&'s Value> = if base.is_empty() {
                found.into_iter().collect()
            } else {
                resources.iter().filter_map(|resource| resource.pointer(&fragment)).collect()
            };
            for target in found {
                targets.push(self.add(target, fragment.clone(), resource));
            }
        }
        let by_name = self.anchors.get(fragment).cloned().unwrap_or_default();
        let certain = exact && targets.len() == 1 && by_name.is_empty();
        targets.extend(by_name);
        if let Some(node) = self.nodes.get_mut(from) {
            if certain {
                node.same.extend(targets);
            } else {
                node.perhaps.extend(targets);
            }
        }
    }
}

fn is_resource(id: &Value) -> bool {
    id.as_str().is_some_and(|id| !id.starts_with('#'))
}

fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// `%7E` and its like, as fragments of URIs may have them. What is not UTF-8 then leads nowhere.
fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| first == b'%') {
            Some(byte) => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

impl Graph {
    /// Orders the nodes so that steps at the same value lead forward, without recursing: chains may be long.
    fn rank_nodes(&mut self) -> Result<(), SchemaError> {
        let certain = |node: &Node| node.same.clone();
        finish_order(&self.nodes, certain, &mut |node| {
            Err(SchemaError::Endless { at: node.at.clone() })
        })?;
        // A circle of steps that are only possible is cut where it closes: no check would end in it.
        let possible = |node: &Node| [node.same.clone(), node.perhaps.clone()].concat();
        let order = finish_order(&self.nodes, possible, &mut |_| Ok(()))?;
        self.rank = vec![0; self.nodes.len()];
        for (position, id) in order.iter().rev().enumerate() {
            if let Some(rank) = self.rank.get_mut(*id) {
                *rank = position;
            }
        }
        Ok(())
    }

    fn count(&mut self) {
        let at_one_value = |node: &Node| [node.same.clone(), node.perhaps.clone()].concat();
        let anywhere = |node: &Node| {
            node.same.iter().chain(&node.perhaps).copied().chain(node.inner()).collect()
        };
        let (longest_same, _, _) = self.paths(at_one_value);
        let (longest, visits, recursive) = self.paths(anywhere);
        self.longest_same = longest_same;
        self.longest = longest;
        self.visits = visits;
        self.recursive = recursive;
    }

    /// `next` lists the steps at the same value first. Gives the longest path, the visits from the root, and whether there is a cycle; cycles are cut where they close.
    fn paths(&self, next: impl Fn(&Node) -> Vec<NodeId>) -> (usize, u64, bool) {
        let mut recursive = false;
        let order = finish_order(&self.nodes, &next, &mut |_| {
            recursive = true;
            Ok(())
        });
        let mut length = vec![0_usize; self.nodes.len()];
        let mut visits = vec![0_u64; self.nodes.len()];
        for id in order.unwrap_or_default() {
            let Some(node) = self.nodes.get(id) else { continue };
            let below = next(node);
            // What is not finished yet closes a cycle and counts as one.
            let most = below.iter().filter_map(|id| length.get(*id)).max().copied();
            let again = node.same.len() + node.perhaps.len();
            let sum = below.iter().enumerate().fold(1_u64, |sum, (place, id)| {
                let once = visits.get(*id).map_or(1, |visits| (*visits).max(1));
                let times = if place < again { node.asks } else { 1 };
                sum.saturating_add(once.saturating_mul(times))
            });
            if let (Some(length), Some(visits)) = (length.get_mut(id), visits.get_mut(id)) {
                *length = 1 + most.unwrap_or(0);
                *visits = sum;
            }
        }
        let longest = length.iter().max().copied().unwrap_or(0);
        (longest, visits.iter().max().copied().unwrap_or(0), recursive)
    }
}
