//! The dashboard for Grafana asks for what there is, and shows all of it.

use serde_json::Value;
use tribunal_metrics::catalogue;

use crate::expressions::check;

const DASHBOARD: &str = include_str!("../../config/observability/grafana-dashboard.json");

fn panels() -> Vec<Value> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    dashboard["panels"].as_array().unwrap().clone()
}

fn is_row(panel: &Value) -> bool {
    panel["type"] == "row"
}

#[test]
fn every_question_is_about_metrics_and_labels_that_exist() {
    let mut shown = Vec::new();
    for panel in panels().iter().filter(|panel| !is_row(panel)) {
        let title = panel["title"].as_str().unwrap();
        for target in panel["targets"].as_array().unwrap() {
            let legend = target["legendFormat"].as_str().unwrap();
            let named = legend.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
            let named: Vec<String> = named.map(str::to_owned).collect();
            let metrics = check(target["expr"].as_str().unwrap(), &named)
                .unwrap_or_else(|problem| panic!("panel `{title}`: {problem}"));
            shown.extend(metrics.iter().map(|metric| metric.name));
        }
    }
    let left_out: Vec<_> =
        catalogue::ALL.iter().map(|m| m.name).filter(|name| !shown.contains(name)).collect();
    assert!(left_out.is_empty(), "nobody sees {left_out:?}");
}

#[test]
fn the_rows_are_in_the_order_of_an_incident() {
    let panels = panels();
    let rows: Vec<_> = panels.iter().filter(|panel| is_row(panel)).collect();
    let titles: Vec<_> = rows.iter().map(|row| row["title"].as_str().unwrap()).collect();
    let expected = [
        "Verdicts",
        "Fail-open",
        "Canary and configuration",
        "Critics",
        "Latency",
        "Limits and queues",
        "Breakers, retries, hooks",
        "Cost and gates",
    ];
    assert_eq!(titles, expected);
}

/// Grafana lays panels out in 24 columns; two in the same place hide each other.
#[test]
fn no_panel_lies_upon_another() {
    let place =
        |panel: &Value| ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_i64().unwrap());
    let panels = panels();
    for (index, panel) in panels.iter().enumerate() {
        let [x, y, w, h] = place(panel);
        assert!(x >= 0 && x + w <= 24);
        for other in &panels[..index] {
            let [ox, oy, ow, oh] = place(other);
            let apart = x + w <= ox || ox + ow <= x || y + h <= oy || oy + oh <= y;
            assert!(
                apart && panel["id"] != other["id"],
                "{} and {}",
                panel["title"],
                other["title"]
            );
        }
    }
}
