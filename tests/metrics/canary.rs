//! The canary in the metrics, and before the default pipeline.

use tribunal_config::{Source, load};
use tribunal_metrics::{Meters, Sources, Value, catalogue as all};
use tribunal_production::{Canary, Finding, Reloadable};

fn default_pipeline(meters: &Meters) -> Reloadable {
    let source = Source::default_pipeline();
    let pipeline = load(&source, &tribunal_critics::catalogue(), &|_| None).unwrap();
    Reloadable::new(pipeline.into_builder().observer(meters.clone()).build().unwrap())
}

/// What comes with the crate is blocked by what comes with the crate, each time anew.
#[tokio::test(start_paused = true)]
async fn the_default_pipeline_blocks_the_built_in_request() {
    let (meters, canary) = (Meters::new(), Canary::new());
    let court = default_pipeline(&meters);
    for _ in 0..20 {
        assert_eq!(canary.check(&court).await, Finding::Blocked);
    }
    assert!(canary.is_ready());
}

#[tokio::test(start_paused = true)]
async fn the_canary_is_in_no_metric_but_its_own() {
    let (meters, canary) = (Meters::new(), Canary::new());
    let court = default_pipeline(&meters);
    canary.check(&court).await;
    let readings = meters.read(&Sources::of(&court).canary(&canary));
    for family in readings.families() {
        for sample in &family.samples {
            let own = std::ptr::eq(family.metric, &all::CANARY_READY)
                || std::ptr::eq(family.metric, &all::CANARY_CHECKS);
            let counts = match &sample.value {
                Value::Count(count) => *count > 0,
                Value::Histogram(histogram) => histogram.count() > 0,
                Value::Number(number) => *number > 0.0,
            };
            let counter = family.metric.kind != all::Kind::Gauge;
            assert!(own || !counter || !counts, "{} {:?}", family.metric.name, sample.labels);
        }
    }
    assert_eq!(readings.value(&all::CANARY_READY, &[]), Some(&Value::Count(1)));
    assert_eq!(readings.value(&all::CANARY_CHECKS, &["blocked"]), Some(&Value::Count(1)));
}
