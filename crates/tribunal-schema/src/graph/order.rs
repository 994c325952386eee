//! The order in which nodes are finished when each is followed to its end, without recursion.

use super::{Node, NodeId};
use crate::SchemaError;

/// Every node after all that it leads to, but for cycles; `closes` is told of each node where one closes.
pub(super) fn finish_order<F: Fn(&Node) -> Vec<NodeId>>(
    nodes: &[Node],
    next: F,
    closes: &mut dyn FnMut(&Node) -> Result<(), SchemaError>,
) -> Result<Vec<NodeId>, SchemaError> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; nodes.len()];
    let mut order = Vec::with_capacity(nodes.len());
    for start in 0..nodes.len() {
        let mut stack: Vec<(NodeId, Option<Vec<NodeId>>)> = vec![(start, None)];
        while let Some((id, below)) = stack.last_mut() {
            let id = *id;
            let (Some(node), Some(state_here)) = (nodes.get(id), state.get_mut(id)) else {
                stack.pop();
                continue;
            };
            match below {
                None => match *state_here {
                    State::Done => {
                        stack.pop();
                    }
                    State::Open => {
                        closes(node)?;
                        stack.pop();
                    }
                    State::New => {
                        *state_here = State::Open;
                        *below = Some(next(node));
                    }
                },
                Some(list) => match list.pop() {
                    Some(child) => stack.push((child, None)),
                    None => {
                        *state_here = State::Done;
                        order.push(id);
                        stack.pop();
                    }
                },
            }
        }
    }
    Ok(order)
}
