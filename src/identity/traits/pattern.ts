/** `[[:alpha:]]` and its like: JavaScript would read them as something else, in silence. */
const posixClass = /\[\[:\^?[a-z]+:\]/;

/**
 * A schema's pattern as a regular expression: by Unicode where it is written so, else as browsers once read it, for
 * patterns with needless backslashes; `(?i)` in front is understood, as Kratos understands it.
 *
 * @throws SyntaxError where it is none
 */
export function patternOf(text: string): RegExp {
  if (posixClass.test(text)) {
    throw new SyntaxError("POSIX character classes are not known: write a-z, 0-9 or \\p{L}");
  }
  const isFolded = text.startsWith("(?i)");
  const source = isFolded ? text.slice("(?i)".length) : text;
  const flags = isFolded ? "i" : "";
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    return new RegExp(source, flags);
  }
}
