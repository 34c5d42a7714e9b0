/** What a hash begins with, and the format's name: those Ory Kratos takes at import (its hash/hash_comparator.go). */
const formats: readonly (readonly [RegExp, string])[] = [
  [/^\$md5-crypt\$/, "md5-crypt"],
  [/^\$2[abzy]?\$/, "bcrypt"],
  [/^\$sha256-crypt\$/, "sha256-crypt"],
  [/^\$sha512-crypt\$/, "sha512-crypt"],
  [/^\$argon2id\$/, "argon2id"],
  [/^\$argon2i\$/, "argon2i"],
  [/^\$pbkdf2-sha\d{1,3}\$/, "pbkdf2"],
  [/^\$scrypt\$/, "scrypt"],
  [/^\{SSHA(?:256|512)?\}/, "ssha"],
  [/^\$sha(?:1|256|512)\$/, "sha"],
  [/^\$firescrypt\$/, "firescrypt"],
  [/^\$md5\$/, "md5"],
  [/^\$hmac-(?:md4|md5|sha1|sha224|sha256|sha384|sha512)\$/, "hmac"],
];

/**
 * The name of a password hash's format, told by how it begins; nothing where no known format begins so.
 * Only the beginning is looked at: Latchkey keeps hashes, it never compares a password with one.
 */
export function passwordHashFormat(text: string): string | undefined {
  return formats.find(([beginning]) => beginning.test(text))?.[1];
}
