//! How much work one instance makes under a schema that refers to itself.
//!
//! A schema without recursion is bounded once, when it is compiled. One with recursion can double the work
//! at every level of the instance, so the instance decides. The count here visits each value once, whatever
//! the schema multiplies: how often a subschema meets a value is a number, not a repetition.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::graph::{Graph, NodeId};

/// By rank, so that what comes first leads only to what comes later: the node, and how often it meets a value.
type Visits = BTreeMap<usize, (NodeId, u64)>;

/// How many visits of subschemas to values a check makes at most; stops counting above `limit`.
pub(crate) fn visits(graph: &Graph, instance: &Value, limit: u64) -> u64 {
    let mut total = 0;
    let mut here = Visits::new();
    add(graph, &mut here, 0, 1);
    count(graph, instance, here, limit, &mut total);
    total
}

fn add(graph: &Graph, visits: &mut Visits, id: NodeId, times: u64) {
    let rank = graph.rank.get(id).copied().unwrap_or(usize::MAX);
    let entry = visits.entry(rank).or_insert((id, 0));
    entry.1 = entry.1.saturating_add(times);
}

fn count(graph: &Graph, value: &Value, mut open: Visits, limit: u64, total: &mut u64) {
    let mut met: Vec<(NodeId, u64)> = Vec::new();
    while let Some((rank, (id, times))) = open.pop_first() {
        *total = total.saturating_add(times);
        if *total > limit {
            return;
        }
        met.push((id, times));
        let Some(node) = graph.nodes.get(id) else { continue };
        for next in node.same.iter().chain(&node.perhaps) {
            // What leads back closes a circle that was cut.
            if graph.rank.get(*next).is_some_and(|next| *next > rank) {
                add(graph, &mut open, *next, times.saturating_mul(node.asks));
            }
        }
    }
    let into = |name: Option<&str>, index: usize| {
        let mut inner = Visits::new();
        for (id, times) in &met {
            let Some(node) = graph.nodes.get(*id) else { continue };
            let mut enter = |id: &NodeId| add(graph, &mut inner, *id, *times);
            match name {
                Some(name) => {
                    match node.member.get(name) {
                        Some(named) => enter(named),
                        None => node.other_members.iter().for_each(&mut enter),
                    }
                    node.all_members.iter().for_each(&mut enter);
                }
                None => {
                    match node.item.get(index) {
                        Some(placed) => enter(placed),
                        None => node.later_items.iter().for_each(&mut enter),
                    }
                    node.all_items.iter().for_each(&mut enter);
                }
            }
        }
        inner
    };
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                count(graph, item, into(None, index), limit, total);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                count(graph, member, into(Some(name), 0), limit, total);
            }
        }
        _ => {}
    }
}
