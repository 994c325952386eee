//! `--otlp`: runs are traces of a collector too. What goes wrong with that is told, and changes nothing else.

use clap::Args;
use tribunal_core::{Report, Snapshot};

use crate::exit::Trouble;

/// What `tribunal judge` is told of traces.
#[derive(Debug, Args)]
pub(crate) struct JudgeTraceArgs {
    /// Also send traces of runs to this OpenTelemetry collector; `env` for the one that `OTEL_EXPORTER_OTLP_ENDPOINT` names
    #[arg(long, value_name = "URL|env")]
    otlp: Option<String>,
    /// The share of runs with a plain `allow` whose traces are sent, from 0 to 1; all others are sent in any case
    #[arg(long, value_name = "SHARE", default_value = "1", requires = "otlp", value_parser = share)]
    trace_sample: f64,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| String::from("expected a number from 0 to 1"))
}

#[cfg(not(feature = "otlp"))]
mod built {
    use super::{JudgeTraceArgs, Report, Snapshot, Trouble};

    /// Never there.
    #[derive(Debug, Clone)]
    pub(crate) enum JudgeTraces {}

    impl JudgeTraces {
        /// Says how to get it, if it is asked for.
        pub(crate) fn of(args: &JudgeTraceArgs) -> Result<Option<Self>, Trouble> {
            let _ = args.trace_sample;
            match args.otlp {
                None => Ok(None),
                Some(_) => Err(Trouble::Usage(
                    "this build sends no traces; one made with `cargo install --features otlp` does"
                        .to_owned(),
                )),
            }
        }

        pub(crate) async fn record(&self, _: &Report, _: &Snapshot) {
            match *self {}
        }

        pub(crate) fn finish(self) {
            match self {}
        }
    }
}

#[cfg(feature = "otlp")]
mod built {
    use std::sync::Arc;
    use std::time::Duration;

    use tribunal_trace::{Sampling, Tracer};
    use tribunal_trace_otlp::{Otlp, OtlpError};

    use super::{JudgeTraceArgs, Report, Snapshot, Trouble};
    use crate::exit::warn;
    use crate::pipeline;
    use crate::safe::shown;

    /// How long to wait at the end for what is still to be sent.
    const AT_END: Duration = Duration::from_secs(15);
    /// How long to wait for room.
    const FOR_ROOM: Duration = Duration::from_millis(1);

    /// A tracer that has been started.
    #[derive(Debug, Clone)]
    pub(crate) struct JudgeTraces(Tracer);

    impl JudgeTraces {
        /// Starts it, if it is asked for.
        pub(crate) fn of(args: &JudgeTraceArgs) -> Result<Option<Self>, Trouble> {
            let Some(endpoint) = &args.otlp else { return Ok(None) };
            let endpoint = Some(&**endpoint).filter(|endpoint| *endpoint != "env");
            let usage = |error: OtlpError| Trouble::Usage(error.to_string());
            let found = Otlp::from_environment(&pipeline::environment, endpoint).map_err(usage)?;
            let otlp = found.ok_or_else(|| {
                Trouble::Usage("`OTEL_EXPORTER_OTLP_ENDPOINT` names no collector".to_owned())
            })?;
            if otlp.is_https() && !cfg!(feature = "otlp-tls") {
                let how = "this build sends no traces over https; one made with `--features otlp-tls` does";
                return Err(Trouble::Usage(how.to_owned()));
            }
            let share = Sampling::share(args.trace_sample);
            let sampling = share.map_err(|error| Trouble::Usage(error.to_string()))?;
            let builder = Tracer::builder().sampling(sampling);
            let tracer = builder.start(otlp.exporter());
            Ok(Some(Self(tracer.map_err(|error| Trouble::Nothing(error.to_string()))?)))
        }

        /// The trace of this run. Waits for room as long as the collector takes what it is given.
        pub(crate) async fn record(&self, report: &Report, snapshot: &Snapshot) {
            while !self.0.has_room() && self.0.trouble().is_none() {
                tokio::time::sleep(FOR_ROOM).await;
            }
            self.0.record(report, snapshot);
        }

        /// Everything is sent, or it is told what is not.
        pub(crate) fn finish(self) {
            let closed = self.0.close(AT_END);
            let counters = closed.counters;
            let runs = counters.runs_lost + counters.runs_queued;
            if runs == 0 && counters.spans_lost == 0 {
                return;
            }
            let trouble: Arc<str> = self.0.trouble().unwrap_or_else(|| "it takes too long".into());
            warn(&format!(
                "traces are incomplete: {} spans and {runs} whole runs are missing: {}",
                counters.spans_lost,
                shown(&trouble)
            ));
        }
    }
}

pub(super) use built::JudgeTraces;
