//! Where everything stands: columns for stages, rows for critics, and lanes between them for lines.
//!
//! Rows go through all columns, so between two rows there is a way from the first column to the last, and left of each
//! column one from top to bottom. A line runs along these and never through a box. Each source has lanes of its own, so two
//! lines share one only where they start at the same critic.

use std::collections::BTreeMap;

use tribunal_production::Outline;

use super::boxes::{self, Content};
use super::gate::{self, Feeds};

/// Width of a box.
pub(super) const WIDTH: i32 = 236;
/// Between two lanes.
const LANE: i32 = 9;
/// Between two lanes that go from left to right.
const CHANNEL: i32 = 7;
const MARGIN: i32 = 24;
/// Between the frame of a stage and its boxes.
pub(super) const PAD: i32 = 10;
/// Between the last lane and a box: room for the head of an arrow.
const ARROW: i32 = 20;
/// Least height between rows.
const GAP: i32 = 18;
/// Height of a gate, of the name, and of every other line.
pub(super) const CHIP: i32 = 19;
pub(super) const NAME: i32 = 21;
pub(super) const LINE: i32 = 14;
/// Height of the marks on lines that stand for all stages before.
const MARKS: i32 = 18;
/// Width of the mark on a line that stands for all stages before.
pub(super) const ALL: i32 = 62;

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The gate looks at it.
    Gate,
    /// It must have given an opinion.
    Need,
}

/// What has a lane of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    /// For lines from a critic of an earlier stage.
    From(usize, Kind),
    /// For all stages before.
    All,
    /// For lines to a critic from its own stage.
    Within(usize, Kind),
}

pub(super) struct Box {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) height: i32,
    pub(super) content: Content,
}

pub(super) struct Column {
    pub(super) x: i32,
    pub(super) name: String,
    pub(super) lines: Vec<String>,
}

/// A line with corners, and what it says.
pub(super) struct Wire {
    pub(super) kind: Kind,
    pub(super) points: Vec<(i32, i32)>,
}

/// A line that stands for the outcomes of all stages before.
pub(super) struct Bus {
    pub(super) x: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
    pub(super) label: String,
}

pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    /// Where heads begin and frames end.
    pub(super) top: i32,
    pub(super) bottom: i32,
    pub(super) columns: Vec<Column>,
    pub(super) boxes: Vec<Box>,
    pub(super) wires: Vec<Wire>,
    pub(super) buses: Vec<Bus>,
}

/// One critic on the grid.
struct Node {
    column: usize,
    row: usize,
    feeds: Feeds,
}

/// One line on the grid: from a critic to another.
struct Edge {
    from: usize,
    to: usize,
    kind: Kind,
}

pub(super) fn of(outline: &Outline, top: i32) -> Layout {
    let mut contents: Vec<Content> = Vec::new();
    let mut nodes: Vec<Node> = Vec::new();
    let mut feeds = gate::feeds(outline).into_iter();
    for (column, stage) in outline.stages.iter().enumerate() {
        for (row, critic) in stage.critics.iter().enumerate() {
            contents.push(boxes::of(critic));
            nodes.push(Node { column, row, feeds: feeds.next().unwrap_or_default() });
        }
    }
    let edges = edges(&nodes);
    let lanes = lanes(&nodes, &edges, outline.stages.len());
    let channels = channels(&nodes, &edges);
    let heads: Vec<(String, Vec<String>)> =
        (1..).zip(&outline.stages).map(|(number, stage)| boxes::head(number, stage)).collect();

    let mut x = MARGIN;
    let mut columns = Vec::new();
    let mut lane_at: BTreeMap<(usize, Lane), i32> = BTreeMap::new();
    for (column, (name, lines)) in heads.into_iter().enumerate() {
        x = gutter(x, column, &lanes, &mut lane_at);
        columns.push(Column { x, name, lines });
        x += WIDTH + PAD;
    }

    let head = columns.iter().map(|column| column.lines.len()).max().unwrap_or_default();
    let head = 30 + LINE * i32::try_from(head).unwrap_or_default();
    let rows = nodes.iter().map(|node| node.row + 1).max().unwrap_or_default();
    let mut y = top + head;
    let marks_at = y + 8;
    let mut row_at = Vec::new();
    let mut channel_at: BTreeMap<(usize, usize, Kind), i32> = BTreeMap::new();
    for row in 0..rows {
        // The marks of lines for all stages stand above the first row.
        let marks =
            if row == 0 && nodes.iter().any(|node| node.feeds.all_before) { MARKS } else { 0 };
        let here = channels.get(&row).map_or(&[][..], Vec::as_slice);
        for (at, (from, kind)) in here.iter().enumerate() {
            let at = y + marks + GAP / 2 + CHANNEL * i32::try_from(at).unwrap_or_default();
            channel_at.insert((row, *from, *kind), at);
        }
        let many = i32::try_from(here.len()).unwrap_or_default();
        y += marks + GAP + CHANNEL * (many - 1).max(0);
        row_at.push(y);
        let of_row = nodes.iter().zip(&contents).filter(|(node, _)| node.row == row);
        y += of_row.map(|(_, content)| height(content)).max().unwrap_or_default();
    }
    let bottom = y + PAD;

    let boxes: Vec<Box> = nodes
        .iter()
        .zip(contents)
        .map(|(node, content)| Box {
            x: columns.get(node.column).map_or(0, |column| column.x),
            y: row_at.get(node.row).copied().unwrap_or_default(),
            height: height(&content),
            content,
        })
        .collect();
    let wires = edges.iter().filter_map(|edge| {
        let wire = Wiring { nodes: &nodes, boxes: &boxes, lanes: &lane_at, channels: &channel_at };
        Some(Wire { kind: edge.kind, points: wire.points(edge)? })
    });
    let mut wires: Vec<Wire> = wires.collect();
    let buses = buses(&nodes, &boxes, &lane_at, marks_at, &mut wires);
    Layout { width: x + MARGIN - PAD, height: bottom, top, bottom, columns, boxes, wires, buses }
}

fn height(content: &Content) -> i32 {
    let gate = if content.gate.is_some() { CHIP } else { 0 };
    let marks = if content.marks.is_empty() { 0 } else { LINE + 3 };
    gate + NAME + LINE * i32::try_from(content.lines.len()).unwrap_or_default() + marks + 7
}

fn edges(nodes: &[Node]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (to, node) in nodes.iter().enumerate() {
        let gate = node.feeds.gate.iter().map(|&from| Edge { from, to, kind: Kind::Gate });
        let needs = node.feeds.needs.iter().map(|&from| Edge { from, to, kind: Kind::Need });
        edges.extend(gate.chain(needs));
    }
    edges
}

/// The lanes left of each column, from left to right.
fn lanes(nodes: &[Node], edges: &[Edge], columns: usize) -> Vec<Vec<Lane>> {
    let mut lanes: Vec<Vec<Lane>> = (0..columns).map(|_| Vec::new()).collect();
    let mut add = |column: usize, lane: Lane| {
        if let Some(lanes) = lanes.get_mut(column)
            && !lanes.contains(&lane)
        {
            lanes.push(lane);
        }
    };
    for edge in edges {
        let (Some(from), Some(to)) = (nodes.get(edge.from), nodes.get(edge.to)) else { continue };
        if from.column == to.column {
            add(to.column, Lane::Within(edge.to, edge.kind));
        } else {
            add(from.column + 1, Lane::From(edge.from, edge.kind));
            add(to.column, Lane::From(edge.from, edge.kind));
        }
    }
    for node in nodes.iter().filter(|node| node.feeds.all_before) {
        add(node.column, Lane::All);
    }
    for lanes in &mut lanes {
        lanes.sort_by_key(|lane| match lane {
            Lane::From(from, kind) => (0, *from, *kind),
            Lane::All => (1, 0, Kind::Gate),
            // The longest are the farthest from the boxes.
            Lane::Within(to, kind) => (2, usize::MAX - to, *kind),
        });
    }
    lanes
}

/// Where lines pass that go further than to the next column: above the row they lead to.
fn channels(nodes: &[Node], edges: &[Edge]) -> BTreeMap<usize, Vec<(usize, Kind)>> {
    let mut channels: BTreeMap<usize, Vec<(usize, Kind)>> = BTreeMap::new();
    for edge in edges {
        let (Some(from), Some(to)) = (nodes.get(edge.from), nodes.get(edge.to)) else { continue };
        if to.column > from.column + 1 {
            let here = channels.entry(to.row).or_default();
            if !here.contains(&(edge.from, edge.kind)) {
                here.push((edge.from, edge.kind));
            }
        }
    }
    channels
}

/// Gives the lanes left of a column their places, and says where its boxes begin.
fn gutter(
    start: i32,
    column: usize,
    lanes: &[Vec<Lane>],
    lane_at: &mut BTreeMap<(usize, Lane), i32>,
) -> i32 {
    let here = lanes.get(column).map_or(&[][..], Vec::as_slice);
    if here.is_empty() {
        return start + if column == 0 { PAD } else { 2 * PAD };
    }
    let mut x = start + PAD + 4;
    for lane in here {
        // The mark of the line for all stages is wider than a lane.
        let room = if *lane == Lane::All { ALL / 2 - 8 } else { 0 };
        x += room;
        lane_at.insert((column, *lane), x);
        x += LANE + room.min(14);
    }
    x - LANE + ARROW + PAD
}

struct Wiring<'l> {
    nodes: &'l [Node],
    boxes: &'l [Box],
    lanes: &'l BTreeMap<(usize, Lane), i32>,
    channels: &'l BTreeMap<(usize, usize, Kind), i32>,
}

impl Wiring<'_> {
    fn points(&self, edge: &Edge) -> Option<Vec<(i32, i32)>> {
        let (from, to) = (self.nodes.get(edge.from)?, self.nodes.get(edge.to)?);
        let (start, end) = (self.boxes.get(edge.from)?, self.boxes.get(edge.to)?);
        let entry = (end.x, entry(end, edge.kind));
        let out = exit(start, edge.kind);
        if from.column == to.column {
            let lane = *self.lanes.get(&(to.column, Lane::Within(edge.to, edge.kind)))?;
            return Some(vec![(start.x, out), (lane, out), (lane, entry.1), entry]);
        }
        let lane = |column| self.lanes.get(&(column, Lane::From(edge.from, edge.kind))).copied();
        let first = lane(from.column + 1)?;
        let mut points = vec![(start.x + WIDTH, out), (first, out)];
        if to.column > from.column + 1 {
            let channel = *self.channels.get(&(to.row, edge.from, edge.kind))?;
            let last = lane(to.column)?;
            points.extend([(first, channel), (last, channel), (last, entry.1)]);
        } else {
            points.push((first, entry.1));
        }
        points.push(entry);
        Some(points)
    }
}

/// Where a line enters a box: at its gate, or at its name.
fn entry(to: &Box, kind: Kind) -> i32 {
    match (kind, to.content.gate.is_some()) {
        (Kind::Gate, _) => to.y + CHIP / 2,
        (Kind::Need, true) => to.y + CHIP + NAME / 2,
        (Kind::Need, false) => to.y + NAME / 2,
    }
}

/// Where it leaves one: at heights at which none enters.
fn exit(from: &Box, kind: Kind) -> i32 {
    from.y + from.height - if kind == Kind::Gate { 6 } else { 12 }
}

/// The lines that stand for all stages before, and from each the ends to the gates.
fn buses(
    nodes: &[Node],
    boxes: &[Box],
    lanes: &BTreeMap<(usize, Lane), i32>,
    top: i32,
    wires: &mut Vec<Wire>,
) -> Vec<Bus> {
    let mut buses: BTreeMap<usize, Bus> = BTreeMap::new();
    for (node, to) in nodes.iter().zip(boxes).filter(|(node, _)| node.feeds.all_before) {
        let Some(&x) = lanes.get(&(node.column, Lane::All)) else { continue };
        let y = entry(to, Kind::Gate);
        wires.push(Wire { kind: Kind::Gate, points: vec![(x, y), (to.x, y)] });
        let label = match node.column {
            1 => String::from("sees 1"),
            last => format!("sees 1–{last}"),
        };
        let bus = buses.entry(node.column).or_insert(Bus { x, top, bottom: y, label });
        bus.bottom = bus.bottom.max(y);
    }
    buses.into_values().collect()
}
