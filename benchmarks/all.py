"""Every measurement, as one table: `python -m benchmarks.all [--quick]`. Quick takes less than three minutes."""

import sys

from benchmarks import crowd, fanout, guarded, inbound, machine, reading, startup

WIDTH = 52
AIMS = {"actor": "16,000/s", "object": "16,000/s", "webfinger": "30,000/s"}


def main(quick: bool) -> None:
    """Measure and print; each row with the load average of the machine when it was taken."""
    print(machine.describe())
    print(f"{'what':{WIDTH}} {'measured':>12}  {'aim':>14}  load")
    found = startup.measure(1 if quick else 5)
    _row("cold start to first WebFinger answer", f"{found['ready_s']:.2f} s", "< 0.7 s", found)
    _row("resident memory, idle", f"{found['idle_mib']:.0f} MiB", "< 90 MiB", found)
    _row("turns of the processor while idle", f"{found['turns_per_s']:.1f}/s", "", found)
    for name, row in reading.measure(1 if quick else 8).items():
        aim = AIMS.get(name, "")
        _row(f"GET {name}", f"{row['per_s']:,.0f}/s", aim, row)
        _row(f"GET {name}: processor time", f"{row['cpu_us_each']:.0f} µs", "", row)
    found = guarded.measure(4000 if quick else 20_000)
    _row("signed GET, guarded posture", f"{found['per_s']:,.0f}/s", "5,000/s", found)
    _row("signed GET: processor time", f"{found['cpu_us_each']:.0f} µs", "", found)
    found = inbound.measure(2000 if quick else 10_000)
    _row(
        "activities accepted (202, on disk)", f"{found['accepted_per_s']:,.0f}/s", "1,500/s", found
    )
    _row("activities completely processed", f"{found['processed_per_s']:,.0f}/s", "1,000/s", found)
    _row("processor time per activity, all in all", f"{found['cpu_ms_each']:.2f} ms", "1 ms", found)
    _row("time to 202, p99, 64 connections", f"{found['p99_ms']:.0f} ms", "", found)
    _row("time to 202, p99, half as many", f"{found['half_load_p99_ms']:.0f} ms", "100 ms", found)
    _row("resident memory at most, inbound", f"{found['peak_mib']:.0f} MiB", "< 200 MiB", found)
    found = fanout.measure(2 if quick else 10)
    _row("deliveries, connections kept", f"{found['deliveries_per_s']:,.0f}/s", "1,500/s", found)
    _row("processor time per delivery", f"{found['cpu_ms_each']:.2f} ms", "0.6 ms", found)
    _row("deliveries, every connection new", f"{found['cold_per_s']:,.0f}/s", "1,000/s", found)
    _row("publish to 1,000 followers", f"{found['publish_ms']:.0f} ms", "300 ms", found)
    _row("resident memory at most, outbound", f"{found['peak_mib']:.0f} MiB", "< 200 MiB", found)
    found = crowd.measure(400 if quick else 2000)
    for which in ("first", "second"):
        last, page = found[f"{which}: last_s"], found[f"{which}: page_p95_ms"]
        _row(f"crowd with dead hosts, {which}: all living ones", f"{last:.1f} s", "15 s", found)
        _row(f"crowd, {which}: a page meanwhile, p95", f"{page:.0f} ms", "200 ms", found)
    more = found["second: more_mib"]
    _row("crowd, second: more memory at most", f"{more:.0f} MiB", "< 20 MiB", found)


def _row(what: str, measured: str, aim: str, found: dict[str, float]) -> None:
    print(f"{what:{WIDTH}} {measured:>12}  {aim:>14}  {found['load']:.1f}", flush=True)


if __name__ == "__main__":
    main("--quick" in sys.argv)
