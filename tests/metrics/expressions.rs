//! What an expression of Prometheus's query language asks for, as far as names go.

use tribunal_metrics::catalogue::{self, Kind, Metric};

/// Every metric of an expression, and each label that it is asked for.
///
/// Not a parser: it knows names with `tribunal_` first, what stands in braces behind them, and the lists behind `by`.
pub(crate) fn check(
    expression: &str,
    labels_beside: &[String],
) -> Result<Vec<&'static Metric>, String> {
    let mut metrics = Vec::new();
    let mut grouped: Vec<String> = labels_beside.to_vec();
    let mut rest = expression;
    while let Some(at) = rest.find("tribunal_") {
        let tail = &rest[at..];
        let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
        let (name, behind) = tail.split_at(end);
        let metric = metric(name)?;
        if let Some((selected, _)) = behind.strip_prefix('{').and_then(|b| b.split_once('}')) {
            for matcher in selected.split(',').filter(|matcher| !matcher.trim().is_empty()) {
                let label = matcher.split(['=', '!', '~']).next().unwrap_or_default().trim();
                has(metric, label)?;
            }
        }
        metrics.push(metric);
        rest = behind;
    }
    if metrics.is_empty() {
        return Err(String::from("asks for none of our metrics"));
    }
    for list in expression.split("by (").skip(1) {
        let list = list.split(')').next().unwrap_or_default();
        grouped.extend(list.split(',').map(|label| label.trim().to_owned()));
    }
    for label in grouped {
        let known = metrics.iter().any(|metric| has(metric, &label).is_ok());
        known.then_some(()).ok_or_else(|| format!("no metric in it has the label `{label}`"))?;
    }
    Ok(metrics)
}

fn metric(name: &str) -> Result<&'static Metric, String> {
    if let Some(metric) = catalogue::find(name) {
        return match metric.kind {
            Kind::Histogram => Err(format!("`{name}` has `_bucket`, `_sum` and `_count`")),
            _ => Ok(metric),
        };
    }
    let part_of = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
    let histogram = part_of.and_then(catalogue::find).filter(|m| m.kind == Kind::Histogram);
    histogram.ok_or_else(|| format!("`{name}` is not in the catalogue"))
}

fn has(metric: &Metric, label: &str) -> Result<(), String> {
    let own = metric.labels.iter().any(|own| own.as_str() == label);
    let bucket = metric.kind == Kind::Histogram && label == "le";
    // What Prometheus itself puts there.
    let scraped = ["instance", "job"].contains(&label);
    (own || bucket || scraped).then_some(()).ok_or(format!("`{}` has no `{label}`", metric.name))
}

#[test]
fn what_is_not_there_is_found() {
    for (expression, ok) in [
        ("rate(tribunal_runs_total[5m])", true),
        ("sum by (verdict) (rate(tribunal_runs_total{verdict=\"block\"}[5m]))", true),
        ("sum by (le) (rate(tribunal_run_seconds_bucket[5m]))", true),
        ("rate(tribunal_run_total[5m])", false),
        ("rate(tribunal_runs_total{critic=\"a\"}[5m])", false),
        ("sum by (critic) (rate(tribunal_runs_total[5m]))", false),
        ("rate(tribunal_run_seconds[5m])", false),
        ("rate(tribunal_runs_total_bucket[5m])", false),
        ("up", false),
    ] {
        assert_eq!(
            check(expression, &[]).is_ok(),
            ok,
            "{expression}: {:?}",
            check(expression, &[])
        );
    }
}
