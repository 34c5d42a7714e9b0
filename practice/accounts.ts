import { verify } from "otplib";

export interface PracticeUser {
  username: string;
  password: string;
  /** Base32, as an authenticator app would be given it. */
  totpSecret: string;
  /** False: the password alone signs in. True unless given. */
  secondFactor?: boolean;
  /** How long one code is shown, in seconds; 30 unless given. A test that signs in often takes 1. */
  totpPeriodSeconds?: number;
  /** How long a code is still taken, in seconds (RFC 6238 §5.2), at most 98 periods; one period unless given. */
  totpToleranceSeconds?: number;
  totpAlgorithm?: "sha1" | "sha256" | "sha512";
  totpDigits?: 6 | 7 | 8;
}

/** Who can sign in to a practice site of its own accord. The values are public: they open nothing else. */
export const practiceUsers: readonly [ada: PracticeUser, ben: PracticeUser] = [
  {
    username: "ada@larch.example",
    password: "ash-birch-Cedar-42",
    totpSecret: "MFSGCLLMMFZGG2BNOBZGCY3UNFRWKLJR",
  },
  {
    username: "ben@larch.example",
    password: "oak-rowan-Willow-7",
    totpSecret: "MJSW4LLMMFZGG2BNOBZGCY3UNFRWKLJS",
    secondFactor: false,
  },
];

interface Account {
  user: PracticeUser;
  password: string;
  wrongPasswords: number;
  /** RFC 6238 §5.2: a code is accepted once, so a time step is too. */
  lastTimeStep: number | undefined;
}

export interface Accounts {
  /** Counts wrong passwords; a right one clears the count, unless the account is locked by then. */
  checkPassword(username: string, password: string): "right" | "wrong" | "locked";
  /** Accepts the present code or one from within the user's tolerance, each once and never an older one after. */
  checkCode(username: string, code: string): Promise<boolean>;
  changePassword(username: string, password: string): void;
  find(username: string): PracticeUser | undefined;
  /** Unlocks all, undoes password changes and forgets used codes. */
  reset(): void;
}

/** The accounts of one site, locked after `lockAfter` wrong passwords in a row. */
export function createAccounts(users: readonly PracticeUser[], lockAfter: number): Accounts {
  const accounts = new Map<string, Account>();
  const reset = () => {
    for (const user of users) {
      accounts.set(key(user.username), {
        user,
        password: user.password,
        wrongPasswords: 0,
        lastTimeStep: undefined,
      });
    }
  };
  reset();

  return {
    checkPassword(username, password) {
      const account = accounts.get(key(username));
      if (account === undefined) return "wrong";
      if (account.wrongPasswords >= lockAfter) return "locked";
      if (account.password === password) {
        account.wrongPasswords = 0;
        return "right";
      }
      account.wrongPasswords += 1;
      return account.wrongPasswords >= lockAfter ? "locked" : "wrong";
    },

    async checkCode(username, code) {
      const account = accounts.get(key(username));
      const digits = account?.user.totpDigits ?? 6;
      // otplib throws at a code of another shape.
      if (account === undefined || !/^\d+$/.test(code) || code.length !== digits) return false;
      const period = account.user.totpPeriodSeconds ?? 30;
      const result = await verify({
        strategy: "totp",
        secret: account.user.totpSecret,
        token: code,
        digits,
        period,
        algorithm: account.user.totpAlgorithm ?? "sha1",
        epochTolerance: [account.user.totpToleranceSeconds ?? period, 0],
      });
      if (!result.valid || !("timeStep" in result)) return false;
      // Compared after the wait, or one code sent twice at once would pass twice.
      if (account.lastTimeStep !== undefined && result.timeStep <= account.lastTimeStep) return false;
      account.lastTimeStep = result.timeStep;
      return true;
    },

    changePassword(username, password) {
      const account = accounts.get(key(username));
      if (account !== undefined) account.password = password;
    },

    find: (username) => accounts.get(key(username))?.user,
    reset,
  };
}

/** Email addresses are typed in any case and with spaces around them. */
function key(username: string): string {
  return username.trim().toLowerCase();
}
