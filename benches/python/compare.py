#!/usr/bin/env python3
"""How does a run compare with the Python systems of the field?

    python3 benches/python/compare.py [--tribunal-ns FLAT[,STAGED,GATED]] [--seconds N] [--only NAME ...]

Every rival gets a virtual environment of its own below target/benchmarks/python, with its latest version from the
package index. Ten checks that do nothing are judged: all at once (flat), in three stages of 2, 3 and 5 (staged),
and with eight of them behind a gate that stays closed (gated), where the tool can say that. Logging, tracing and
telemetry are off, checks are coroutines that never wait, and each tool is called the way its documentation says
is fastest. Beside each rival, in the same process and in turns, runs what one would write by hand with asyncio,
so that ratios hold; times are of the processor, all threads of the process together.

The last line is one JSON object: nanoseconds a run, `vs_asyncio` (by that hand-written code beside it), and with
--tribunal-ns `vs_tribunal`. What could not be installed or measured is in it with the reason. The answer is also
left in target/benchmarks/python.json, for the report. Without --tribunal-ns, the figures are taken from the last
answer of `cargo bench --bench overhead -- --ratios`, if there is one.
"""

import argparse
import asyncio
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve()
TARGET = HERE.parents[2] / "target" / "benchmarks"
SHAPES = ("flat", "staged", "gated")
STAGES = {"flat": (10,), "staged": (2, 3, 5), "gated": (2, 8)}
RIVALS = {
    "asyncio": None,
    "langgraph": "langgraph",
    "openai-guardrails": "openai-guardrails",
    "guardrails-ai": "guardrails-ai",
    "nemoguardrails": "nemoguardrails",
}
QUIET = {
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "OTEL_SDK_DISABLED": "true",
    "GUARDRAILS_DISABLE_TRACING": "true",
    "ANONYMIZED_TELEMETRY": "false",
    "DO_NOT_TRACK": "1",
    "PYTHONWARNINGS": "ignore",
    "OPENAI_API_KEY": "unused",
    "HF_HUB_OFFLINE": "1",
}


class CannotExpress(Exception):
    """The tool has no such thing."""


# --------------------------------------------------------------------------------------------------------------
# The rivals. Each function returns a coroutine function that judges one text in the given shape, and says how
# many checks ran.


def by_hand(shape):
    """Stages, a timeout for every check and every stage, failures contained: what one writes with asyncio."""

    async def check(text):
        return {"violations": [], "score": 0.1}

    async def guarded(text):
        try:
            async with asyncio.timeout(2):
                return await check(text)
        except TimeoutError:
            return {"error": "timeout"}
        except Exception as error:  # noqa: BLE001
            return {"error": str(error)}

    async def judge(text):
        outcomes = []
        for index, size in enumerate(STAGES[shape]):
            if shape == "gated" and index and not any(one.get("violations") for one in outcomes):
                break
            async with asyncio.timeout(5):
                outcomes += await asyncio.gather(*(guarded(text) for _ in range(size)))
        return len(outcomes)

    return judge


def langgraph(shape):
    """A compiled graph without a checkpointer: a node for every check, edges as barriers, a condition as the gate."""
    import operator
    from typing import Annotated, TypedDict

    from langgraph.graph import END, START, StateGraph

    class State(TypedDict):
        text: str
        outcomes: Annotated[list, operator.add]

    async def check(state):
        return {"outcomes": [{"violations": [], "score": 0.1}]}

    graph = StateGraph(State)
    stages = []
    for index, size in enumerate(STAGES[shape]):
        names = [f"check_{index}_{number}" for number in range(size)]
        for name in names:
            graph.add_node(name, check)
        stages.append(names)
    for name in stages[0]:
        graph.add_edge(START, name)
    if shape == "gated":

        async def gate(state):
            return {}

        def opened(state):
            return stages[1] if any(one["violations"] for one in state["outcomes"]) else [END]

        graph.add_node("gate", gate)
        graph.add_edge(stages[0], "gate")
        graph.add_conditional_edges("gate", opened, [*stages[1], END])
    else:
        for before, after in zip(stages, stages[1:]):
            for name in after:
                graph.add_edge(before, name)
    for name in stages[-1]:
        graph.add_edge(name, END)
    compiled = graph.compile()

    async def judge(text):
        state = await compiled.ainvoke({"text": text, "outcomes": []})
        return len(state["outcomes"])

    return judge


def openai_guardrails(shape):
    """`run_guardrails` on guardrails that were instantiated once; its stages are calls one after the other."""
    from guardrails.registry import GuardrailRegistry
    from guardrails.runtime import ConfigBundle, instantiate_guardrails, run_guardrails
    from guardrails.types import GuardrailResult
    from pydantic import BaseModel

    if shape == "gated":
        raise CannotExpress("no gates: every guardrail of a stage runs")

    class Config(BaseModel):
        pass

    class Context(BaseModel):
        pass

    async def check(ctx: Context, data: str, config: Config) -> GuardrailResult:
        return GuardrailResult(tripwire_triggered=False)

    registry = GuardrailRegistry()
    registry.register("check", check, "does nothing", "text/plain")

    def stage(size):
        guardrails = [{"name": "check", "config": {}} for _ in range(size)]
        bundle = ConfigBundle.model_validate({"version": 1, "guardrails": guardrails})
        return instantiate_guardrails(bundle, registry)

    stages = [stage(size) for size in STAGES[shape]]
    context = Context()

    async def judge(text):
        ran = 0
        for guardrails in stages:
            ran += len(await run_guardrails(context, text, "text/plain", guardrails, concurrency=10))
        return ran

    return judge


def guardrails_ai(shape):
    """An `AsyncGuard` whose validators are coroutines, not calls in a pool of threads."""
    from guardrails import AsyncGuard, settings
    from guardrails.classes.validation.validation_result import PassResult
    from guardrails.validator_base import Validator, register_validator

    if shape != "flat":
        raise CannotExpress("no stages and no gates: a guard is one list of validators")
    settings.disable_tracing = True
    ran = [0]

    def validator(index):
        @register_validator(name=f"bench/check_{index}", data_type="string")
        class Check(Validator):
            def _validate(self, value, metadata):
                return PassResult()

            async def async_validate(self, value, metadata):
                ran[0] += 1
                return PassResult()

        return Check(on_fail="noop", use_local=True)

    try:
        guard = AsyncGuard(history_max_length=1)
    except TypeError:
        guard = AsyncGuard()
    guard = guard.use(*(validator(index) for index in range(10)))

    async def judge(text):
        ran[0] = 0
        outcome = await guard.validate(text)
        assert outcome.validation_passed
        return ran[0]

    return judge


def nemoguardrails(shape):
    """Input rails in parallel, each one action; no model, since input rails alone are asked for."""
    from nemoguardrails import LLMRails, RailsConfig

    if shape != "flat":
        raise CannotExpress("no stages of input rails and no gates between them")
    ran = [0]
    flows = "\n\n".join(
        f"define subflow check {index}\n  $passed = execute check_{index}\n  if not $passed\n    stop"
        for index in range(10)
    )
    listed = "\n".join(f"      - check {index}" for index in range(10))
    config = RailsConfig.from_content(
        colang_content=flows,
        yaml_content=f"models: []\nrails:\n  input:\n    parallel: true\n    flows:\n{listed}\n",
    )
    rails = LLMRails(config)

    async def check(**_):
        ran[0] += 1
        return True

    for index in range(10):
        rails.register_action(check, f"check_{index}")

    async def judge(text):
        ran[0] = 0
        messages = [{"role": "user", "content": text}]
        await rails.generate_async(messages=messages, options={"rails": ["input"]})
        return ran[0]

    return judge


MAKERS = {
    "asyncio": by_hand,
    "langgraph": langgraph,
    "openai-guardrails": openai_guardrails,
    "guardrails-ai": guardrails_ai,
    "nemoguardrails": nemoguardrails,
}


# --------------------------------------------------------------------------------------------------------------
# Measuring, within the environment of one rival.


def measure(name, seconds):
    import logging

    logging.disable(logging.CRITICAL)
    answer = {"python": platform.python_version()}
    if RIVALS[name]:
        from importlib.metadata import version

        answer["version"] = version(RIVALS[name])
    for shape in SHAPES:
        try:
            answer[shape] = asyncio.run(rounds(MAKERS[name](shape), by_hand(shape), shape, seconds / 3))
        except CannotExpress as reason:
            answer[shape] = {"reason": f"cannot be expressed: {reason}"}
        except Exception as error:  # noqa: BLE001
            answer[shape] = {"reason": f"{type(error).__name__}: {error}"[:400]}
    return answer


async def rounds(rival, hand, shape, seconds):
    expected = 2 if shape == "gated" else 10
    for judge in (rival, hand):
        ran = await judge("hello")
        assert ran == expected, f"{ran} of {expected} checks ran"
    counts = [await runs_of(judge, 0.005) for judge in (rival, hand)]
    times = ([], [])
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[0]) < 5:
        for judge, count, seen in zip((rival, hand), counts, times):
            start = time.process_time_ns()
            for _ in range(count):
                await judge("hello")
            seen.append((time.process_time_ns() - start) / count)
    ratio = statistics.median(one / other for one, other in zip(*times))
    return {"ns": round(statistics.median(times[0])), "vs_asyncio": round(ratio, 3)}


async def runs_of(judge, seconds):
    """How many runs take about so long. Warms up on the way."""
    count = 1
    while True:
        start = time.process_time()
        for _ in range(count):
            await judge("hello")
        if time.process_time() - start > seconds / 2 or count > 100_000:
            return count
        count *= 2


# --------------------------------------------------------------------------------------------------------------
# From outside: environments, and the table.


def environment(name, venvs, limit):
    """The interpreter of the rival's own environment, made and filled where it is not there.

    What is there is left as it is: remove the environment to have the latest version once more.
    """
    home = venvs / name
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    package = RIVALS[name]
    if package and not any(home.glob(f"lib/*/site-packages/{package.replace('-', '_')}-*.dist-info")):
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["pip said nothing"]
            raise RuntimeError(f"could not be installed: {lines[-1][:300]}")
    return python


def ask(name, venvs, seconds, limit):
    try:
        python = environment(name, venvs, limit)
        quiet_home = venvs / "home"
        quiet_home.mkdir(parents=True, exist_ok=True)
        (quiet_home / ".guardrailsrc").write_text("id=none\nenable_metrics=false\nuse_remote_inferencing=false\n")
        variables = {**os.environ, **QUIET, "HOME": str(quiet_home)}
        command = [str(python), str(HERE), "--measure", name, "--seconds", str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120 + 3 * seconds, env=variables)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no word"]
            raise RuntimeError(f"could not be measured: {lines[-1][:300]}")
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (RuntimeError, subprocess.SubprocessError, OSError, ValueError) as error:
        return {"reason": str(error)[:400]}


def ours(given):
    """Nanoseconds of our run by shape, as told or as last measured."""
    if given:
        values = [float(value) for value in given.split(",")]
        return dict(zip(SHAPES, values))
    try:
        answer = json.loads((TARGET / "overhead.json").read_text())
        row = next(row for row in answer["tables"][0]["rows"] if row[0] == "tribunal, everything on")
        cells = [re.match(r"[\d,.]+", cell) for cell in row[1:4]]
        return {shape: float(cell[0].replace(",", "")) for shape, cell in zip(SHAPES, cells) if cell}
    except (OSError, ValueError, StopIteration, KeyError):
        return {}


def report(answers, tribunal):
    rows, figures = [], {}
    for name, answer in answers.items():
        row = [f"{name} {answer.get('version', '')}".strip()]
        for shape in SHAPES:
            seen = answer.get(shape) or {"reason": answer.get("reason", "not measured")}
            if "ns" not in seen:
                row.append("–")
                continue
            if shape in tribunal:
                seen["vs_tribunal"] = round(seen["ns"] / tribunal[shape], 1)
                figures[f"{name}_{shape}_vs_tribunal"] = seen["vs_tribunal"]
            beside = f", {seen['vs_tribunal']:,.0f}x ours" if "vs_tribunal" in seen else ""
            row.append(f"{seen['ns']:,} ({seen['vs_asyncio']:.2f}x{beside})")
        rows.append(row)
    drawn = [name for name, answer in answers.items() if "ns" in answer.get("flat", {})]
    plot = {
        "file": "python",
        "title": "Nanoseconds a run of ten checks that do nothing",
        "kind": "Bars",
        "log": True,
        "places": [*drawn, *(["tribunal, everything on"] if tribunal else [])],
        "series": [
            [
                shape,
                [float(answers[name].get(shape, {}).get("ns", 0)) for name in drawn]
                + ([tribunal.get(shape, 0.0)] if tribunal else []),
            ]
            for shape in SHAPES
        ],
    }
    title = f"Nanoseconds a run, by asyncio beside it, and by ours; Python {platform.python_version()}"
    heads = ["ten checks", "flat", "3 stages (2/3/5)", "2 run, 8 gated"]
    table = {"title": title, "heads": heads, "rows": rows}
    TARGET.mkdir(parents=True, exist_ok=True)
    kept = {"name": "python", "tables": [table], "plots": [plot], "figures": figures}
    (TARGET / "python.json").write_text(json.dumps(kept, indent=2, ensure_ascii=False))
    for row in [heads, *rows]:
        print("  ".join(f"{cell:<32}" for cell in row))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tribunal-ns", help="our own nanoseconds: flat, or flat,staged,gated")
    parser.add_argument("--seconds", type=float, default=9.0, help="how long to measure each rival")
    parser.add_argument("--install-limit", type=float, default=400.0, help="seconds for installing one rival")
    parser.add_argument("--only", nargs="*", choices=list(RIVALS), help="only these rivals")
    parser.add_argument("--venvs", type=Path, default=TARGET / "python", help="where the environments are")
    parser.add_argument("--measure", choices=list(RIVALS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args.measure, args.seconds)))
        return
    answers = {}
    for name in args.only or RIVALS:
        print(f"{name} ...", file=sys.stderr)
        answers[name] = ask(name, args.venvs, args.seconds, args.install_limit)
    report(answers, ours(args.tribunal_ns))
    print(json.dumps(answers, ensure_ascii=False))


if __name__ == "__main__":
    main()
