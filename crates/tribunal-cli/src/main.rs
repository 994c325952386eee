//! The `tribunal` command. This file turns what a command came to into an exit status, and nothing else.
//!
//! Start at [`args`] for what can be asked for, and at [`judge`], [`check`], [`plan`], [`prove`], [`diff`] or [`eval`] for what
//! happens then.

mod args;
mod check;
mod config;
mod diff;
mod eval;
mod exit;
mod explain;
mod init;
mod ink;
mod judge;
mod lines;
mod log;
mod pipeline;
mod plan;
mod prove;
mod report;
mod safe;
mod schema;
mod top;
mod train;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    exit::panics_without_payload();
    let done = match args::Cli::parse().command {
        args::Command::Judge(args) => judge::run(&args),
        args::Command::Check(args) => check::run(&args),
        args::Command::Plan(args) => plan::run(&args),
        args::Command::Config(args) => config::run(&args),
        args::Command::Eval(args) => eval::run(&args),
        args::Command::Prove(args) => prove::run(&args),
        args::Command::Diff(args) => diff::run(&args),
        args::Command::Explain(args) => explain::run(&args),
        args::Command::Train(args) => train::run(&args),
        args::Command::Log(args) => log::run(&args),
        args::Command::Schema(args) => schema::run(&args),
        args::Command::Init(args) => init::run(&args),
        args::Command::Report(args) => report::run(&args),
        args::Command::Top(args) => top::run(&args),
    };
    done.unwrap_or_else(exit::Trouble::tell).into()
}
