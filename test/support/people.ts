import type { PracticeUser } from "../../practice/site.ts";

/** Users of a practice site who sign in by password alone. */
export function people(count: number): [PracticeUser, ...PracticeUser[]] {
  const person = (number: number): PracticeUser => ({
    username: `person-${number}@larch.example`,
    password: `ash-birch-Cedar-${number}`,
    totpSecret: "MFSGCLLMMFZGG2BNOBZGCY3UNFRWKLJR",
    secondFactor: false,
  });
  return [person(0), ...Array.from({ length: count - 1 }, (_, index) => person(index + 1))];
}
