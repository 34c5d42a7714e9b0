import { expect, test } from "vitest";

import { passwordHashFormat } from "../../../src/identity/traits/password-hash.ts";

const known: [hash: string, format: string][] = [
  ["$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq", "bcrypt"],
  ["$2y$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq", "bcrypt"],
  ["$2$10$ZsCsoVQ3xfBG", "bcrypt"],
  ["$argon2i$v=19$m=65536,t=3,p=4$STVE3t+GBTB8V1P2$1Ox1YnmGBgc", "argon2i"],
  ["$argon2id$v=19$m=32,t=2,p=4$cm94YnRVOW5jZzFzcVE4bQ$MNzk5BtR2vUhrp6qQEjRNw", "argon2id"],
  [
    "$pbkdf2-sha256$i=100000,l=32$1jP+5Zxpxgtee/iPxGgOz0RfE9/KJuDElP1ley4VxXc$QJxzfvdbHYBpydCbHoFg3GJEqMFULwskiuqiJctoYpI",
    "pbkdf2",
  ],
  [
    "$scrypt$ln=16384,r=8,p=1$2npRo7P03Mt8keSoMbyD/tKFWyUzjiQf2svUaNDSrhA=$MiCzNcIplSMqSBrm4HckjYqYhaVPPjTARTzwB1cVNYE=",
    "scrypt",
  ],
  [
    "$firescrypt$ln=14,r=8,p=1$sPtDhWcd1MfdAw==$xbSou7FOl6mChCyzpCPIQ7tku7nsQMTFtyOZSXXd7tjBa4NtimOx7v42Gv2SfzPQu1oxM2/k4SsbOu73wlKe1A==$Bw==$YE0dO4bwD4JnJafh6lZZfkp1MtKzuKAXQcDCJNJNyeCHairWHKENOkbh3dzwaCdizzOspwr/FITUVlnOAwPKyw==",
    "firescrypt",
  ],
  ["$md5$xrOUcMKSg5N2tGFeCHGRzA==", "md5"],
  ["$md5-crypt$salt$7EqDyKDGFlm0UXuvnM0uy/", "md5-crypt"],
  ["$sha1$pf=e1NBTFR9e1BBU1NXT1JEfQ==$NnhxQlZ0dzFHdmx5ZDYxTg==$1+Emkax9QUTNIbD0FRwaLu4rvQE=", "sha"],
  [
    "$sha256-crypt$rounds=535000$05R.9KB6UC2kLI3w$Q/zslzx./JjkAVPTwp6th7nW5l7JU91Gte/UmIh.U78",
    "sha256-crypt",
  ],
  ["$sha512-crypt$rounds=656000$3LuwWBDcSQoAWKBK$yL93v5Hh.RVWcvmXG.WzZjAq0ZcGPKb9d6EY84sB8.", "sha512-crypt"],
  ["{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a", "ssha"],
  ["{SSHA512}EPUMrMzHO5VnIYQzoHLMVFUwUaXsKBBCiuPcQ==", "ssha"],
  ["$hmac-sha256$MTMyMjJkMzQ=$bXlzZWNyZXRrZXk=", "hmac"],
];

test.each(known)("%s is recognised as %s", (hash, format) => {
  expect(passwordHashFormat(hash)).toBe(format);
});

test.each([
  "",
  "hunter2",
  "$3$10$abc",
  "$argon2d$v=19",
  "{SHA}abc",
  "$hmac-sha3$a$b",
  " $2a$10$abc",
  "$pbkdf2-md5$i=1",
])("%j is no known hash", (text) => {
  expect(passwordHashFormat(text)).toBeUndefined();
});
