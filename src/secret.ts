import { inspect } from "node:util";

const shown = "[redacted]";

/**
 * A value that must not be seen: a password, a TOTP secret, a code, a key.
 * Printing it in any way (`String`, a template, JSON, `inspect`, pino) gives `[redacted]`; `reveal()` is the
 * only way out and is called at the moment of use, never stored.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it where the value is typed, sealed or hashed, and keep the result nowhere. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
