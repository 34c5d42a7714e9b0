/**
 * Loaded into each worker of a soak before anything else (`--import`): tells how the process fares, and sets its clock
 * forward and back on SIGUSR2, as a machine's time service may.
 */
import { appendFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const hour = 3_600_000;
const offsets = [hour, -hour, 0];
let jumps = 0;
let offset = 0;

const RealDate = Date;
class ShiftedDate extends RealDate {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) super(RealDate.now() + offset);
    else super(...(args as [number]));
  }
  static override now(): number {
    return RealDate.now() + offset;
  }
}
globalThis.Date = ShiftedDate as DateConstructor;

process.on("SIGUSR2", () => {
  offset = offsets[jumps++ % offsets.length] ?? 0;
});

const file = process.env["LATCHKEY_SOAK_VITALS"];
if (file !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  setInterval(() => {
    const { rss, heapUsed } = process.memoryUsage();
    const vitals = {
      pid: process.pid,
      at: RealDate.now(),
      upMs: Math.round(process.uptime() * 1_000),
      rssMb: rss / 2 ** 20,
      heapMb: heapUsed / 2 ** 20,
      lagP99Ms: delay.percentile(99) / 1e6,
      lagMaxMs: delay.max / 1e6,
    };
    delay.reset();
    appendFileSync(file, `${JSON.stringify(vitals)}\n`);
  }, 2_000).unref();
}
