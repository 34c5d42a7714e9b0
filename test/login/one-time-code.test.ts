import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCodeSource } from "../../src/login/one-time-code.ts";
import { createSiteClock } from "../../src/login/site-clock.ts";
import { Secret } from "../../src/secret.ts";
import { base32, totpCode } from "../support/totp.ts";

const hour = 3_600_000;

/** Time that passes only when somebody waits. */
function virtualTime(start: number) {
  let time = start;
  return {
    now: () => time,
    pass: (ms: number) => {
      time += ms;
    },
    wait: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      time += Math.ceil(ms);
    },
  };
}

function memorySteps() {
  let last: number | null = null;
  const claimed: number[] = [];
  return {
    claimed,
    last: async () => last,
    async claim(step: number) {
      if (last !== null && step <= last) return false;
      last = step;
      claimed.push(step);
      return true;
    },
  };
}

const { signal } = new AbortController();
const sha1 = { algorithm: "sha1" as const, digits: 6, periodSeconds: 30 };

describe("codes are those of RFC 6238", () => {
  // Appendix B.
  const seeds = {
    sha1: "12345678901234567890",
    sha256: "12345678901234567890123456789012",
    sha512: "1234567890123456789012345678901234567890123456789012345678901234",
  };
  test.each([
    [59, "sha1", "94287082"],
    [59, "sha256", "46119246"],
    [59, "sha512", "90693936"],
    [1111111109, "sha1", "07081804"],
    [1111111109, "sha256", "68084774"],
    [1111111109, "sha512", "25091201"],
    [1111111111, "sha1", "14050471"],
    [1234567890, "sha256", "91819424"],
    [2000000000, "sha512", "38618901"],
    [20000000000, "sha1", "65353130"],
  ] as const)("at %i s with %s it is %s", async (seconds, algorithm, expected) => {
    // The appendix' times may lie late in their step, where no code is given out: the step's middle has the same code.
    const time = virtualTime((Math.floor(seconds / 30) * 30 + 10) * 1_000);
    const source = createCodeSource({
      authenticator: {
        secret: new Secret(base32(Buffer.from(seeds[algorithm]))),
        algorithm,
        digits: 8,
        periodSeconds: 30,
      },
      steps: memorySteps(),
      ...time,
    });
    expect((await source(signal)).reveal()).toBe(expected);
  });

  test("for any key, algorithm, length and period, whatever spaces and case the secret is written in", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 5, maxLength: 64 }),
        fc.constantFrom("sha1" as const, "sha256" as const, "sha512" as const),
        fc.constantFrom(6, 7, 8),
        fc.constantFrom(15, 30, 60),
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        async (bytes, algorithm, digits, periodSeconds, start) => {
          const key = Buffer.from(bytes);
          const written = base32(key)
            .toLowerCase()
            .replaceAll(/(.{4})/g, "$1 ");
          const time = virtualTime(start);
          const steps = memorySteps();
          const source = createCodeSource({
            authenticator: { secret: new Secret(written), algorithm, digits, periodSeconds },
            steps,
            ...time,
          });
          const code = await source(signal);
          const step = Math.floor(time.now() / 1_000 / periodSeconds);
          expect(steps.claimed).toEqual([step]);
          expect(code.reveal()).toBe(totpCode({ key, step, digits, algorithm }));
        },
      ),
    );
  });
});

describe("a code source", () => {
  const secret = new Secret("JBSWY3DPEHPK3PXP");

  test("never uses a time step twice, even among sources that share their steps", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60_000 }),
        fc.integer({ min: 2, max: 8 }),
        async (start, count) => {
          const time = virtualTime(1_700_000_000_000 + start);
          const steps = memorySteps();
          const sources = Array.from({ length: 2 }, () =>
            createCodeSource({ authenticator: { ...sha1, secret }, steps, ...time }),
          );
          for (let at = 0; at < count; at++) await sources[at % 2]?.(signal);
          expect(new Set(steps.claimed).size).toBe(count);
        },
      ),
    );
  });

  test("leaves at least three seconds of the step's life", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: hour }), async (start) => {
        const time = virtualTime(1_700_000_000_000 + start);
        await createCodeSource({ authenticator: { ...sha1, secret }, steps: memorySteps(), ...time })(signal);
        expect(30_000 - (time.now() % 30_000)).toBeGreaterThanOrEqual(3_000);
      }),
    );
  });

  test("leaves as much of the step's life as is asked for, up to half of it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: hour }),
        fc.integer({ min: 0, max: 60_000 }),
        async (start, needed) => {
          const time = virtualTime(1_700_000_000_000 + start);
          const source = createCodeSource({
            authenticator: { ...sha1, secret },
            steps: memorySteps(),
            ...time,
          });
          await source(signal, 0, needed);
          expect(30_000 - (time.now() % 30_000)).toBeGreaterThanOrEqual(Math.min(needed, 15_000));
        },
      ),
    );
  });

  test("stops waiting when the signal aborts, with its reason", async () => {
    const stop = new AbortController();
    const steps = { last: async () => Math.floor(Date.now() / 30_000) + 1, claim: async () => true };
    const code = createCodeSource({ authenticator: { ...sha1, secret }, steps, now: Date.now })(stop.signal);
    stop.abort(new Error("enough"));
    await expect(code).rejects.toThrow("enough");
  });

  test("says that the clock was set back rather than wait for hours", async () => {
    const steps = { last: async () => Math.floor(Date.now() / 30_000) + 100, claim: async () => true };
    await expect(
      createCodeSource({ authenticator: { ...sha1, secret }, steps, now: Date.now })(signal),
    ).rejects.toMatchObject({ code: "invalid_one_time_code" });
  });

  test("refuses a secret that is no base32, without quoting it", async () => {
    const source = createCodeSource({
      authenticator: { ...sha1, secret: new Secret("not base32: 018") },
      steps: memorySteps(),
      ...virtualTime(hour),
    });
    await expect(source(signal)).rejects.toMatchObject({
      code: "credentials_missing",
      message: expect.not.stringContaining("018"),
    });
  });
});

test("of 1,000 logins at servers that accept the present step only, with clocks up to 20 s off, none is refused for time", async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -20_000, max: 20_000 }),
      fc.integer({ min: 0, max: hour }),
      fc.array(
        fc.record({
          there: fc.integer({ min: 1, max: 400 }),
          back: fc.integer({ min: 1, max: 400 }),
          think: fc.integer({ min: 0, max: 3_000 }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      fc.integer({ min: 0, max: 1_500 }),
      async (offset, start, answers, typing) => {
        const time = virtualTime(1_700_000_000_000 + start);
        const clock = createSiteClock();
        for (const { there, back, think } of answers) {
          const sentAt = time.now();
          time.pass(there);
          const date = new Date(time.now() + offset).toUTCString();
          time.pass(back);
          clock.note({ date, age: undefined, sentAt, receivedAt: time.now() });
          time.pass(think);
        }
        const key = Buffer.from("a key of twenty bytes");
        const source = createCodeSource({
          authenticator: { ...sha1, secret: new Secret(base32(key)) },
          steps: memorySteps(),
          ...time,
        });
        const code = await source(signal, clock.offsetMs());
        time.pass(typing);
        const accepted = totpCode({
          key,
          step: Math.floor((time.now() + offset) / 30_000),
          digits: 6,
          algorithm: "sha1",
        });
        if (code.reveal() !== accepted) refused += 1;
      },
    ),
    { numRuns: 1_000 },
  );
  expect(refused).toBe(0);
});

describe("the site's clock", () => {
  test("is not read from answers out of a cache, nor from clocks that are plainly broken", () => {
    const clock = createSiteClock();
    clock.note({ date: new Date(60_000).toUTCString(), age: "30", sentAt: 0, receivedAt: 100 });
    clock.note({ date: new Date(hour).toUTCString(), age: undefined, sentAt: 0, receivedAt: 100 });
    clock.note({ date: "yesterday", age: undefined, sentAt: 0, receivedAt: 100 });
    expect(clock.offsetMs()).toBe(0);
  });

  test("is known to within half a second and the way of one answer", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -80_000, max: 80_000 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        (offset, there, back) => {
          const clock = createSiteClock();
          const sentAt = 1_700_000_000_123;
          clock.note({
            date: new Date(sentAt + there + offset).toUTCString(),
            age: undefined,
            sentAt,
            receivedAt: sentAt + there + back,
          });
          expect(Math.abs(clock.offsetMs() - offset)).toBeLessThanOrEqual(501 + (there + back) / 2);
        },
      ),
    );
  });
});
