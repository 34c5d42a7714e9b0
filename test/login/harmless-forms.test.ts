import fc from "fast-check";
import { expect, test } from "vitest";
import { newHistory } from "../../src/login/attempt.ts";
import { decide } from "../../src/login/decide.ts";
import type { Situation } from "../../src/login/situation.ts";
import type {
  ControlSnapshot,
  FieldSnapshot,
  GroupSnapshot,
  PageSnapshot,
} from "../../src/login/snapshot.ts";

/** A form as a page may hold it. `name` says how a field is told: by label, placeholder or the text before it. */
interface FormShape {
  kind: "login" | "newsletter" | "search" | "sign-up" | "change-password" | "contact";
  heading: string;
  fields: { kind: string; caption: string; autocomplete?: string }[];
  button: string;
}

const told = fc.constantFrom("label", "placeholder", "near");
const anyOf = (...texts: string[]) => fc.constantFrom(...texts);

const password = (caption: string, autocomplete = "") => ({ kind: "password", caption, autocomplete });
const address = (caption: string, autocomplete = "") => ({ kind: "email", caption, autocomplete });

const login: fc.Arbitrary<FormShape> = fc.record({
  kind: fc.constant("login"),
  heading: anyOf("Sign in", "Anmelden", "Connexion", "ログイン", "登录", ""),
  fields: fc.constantFrom(
    [address("E-mail", "username"), password("Password", "current-password")],
    [{ kind: "text", caption: "Benutzername" }, password("Passwort")],
    [{ kind: "tel", caption: "手机号" }, password("密码")],
  ),
  button: anyOf("Sign in", "Anmelden", "Se connecter", "ログイン", "登录"),
});
const newsletter: fc.Arbitrary<FormShape> = fc.record({
  kind: fc.constant("newsletter"),
  heading: anyOf("Newsletter", "Our newsletter", "Bleiben Sie informiert", "Restez informé"),
  fields: fc.constantFrom(
    [address("Your e-mail")],
    [address("E-Mail-Adresse", "email")],
    [{ kind: "text", caption: "First name" }, address("Adresse e-mail")],
  ),
  button: anyOf("Subscribe", "Abonnieren", "S'abonner", "Sign up", "Join", "OK", "→"),
});
const search: fc.Arbitrary<FormShape> = fc.record({
  kind: fc.constant("search"),
  heading: fc.constant(""),
  fields: fc.constantFrom(
    [{ kind: "search", caption: "Search" }],
    [{ kind: "text", caption: "Suchbegriff" }],
    [{ kind: "text", caption: "Search users by name or e-mail" }],
    [{ kind: "text", caption: "検索" }],
  ),
  button: anyOf("Search", "Suchen", "Go", "🔍", "検索"),
});
const signUp: fc.Arbitrary<FormShape> = fc.record({
  kind: fc.constant("sign-up"),
  heading: anyOf("Create your account", "Registrieren", "Créer un compte", "新規登録", "Join now"),
  fields: fc.constantFrom(
    [{ kind: "text", caption: "Full name" }, address("E-mail"), password("Password")],
    [address("E-mail", "username"), password("Choose a password", "new-password")],
    [address("E-Mail"), password("Passwort"), password("Passwort wiederholen")],
    [{ kind: "text", caption: "ユーザー名" }, password("パスワード"), password("パスワード（確認）")],
  ),
  button: anyOf("Create account", "Sign up", "Registrieren", "S'inscrire", "登録する", "Register", "注册"),
});
const changePassword: fc.Arbitrary<FormShape> = fc.record({
  kind: fc.constant("change-password"),
  heading: anyOf("Change password", "Kennwort ändern", "Changer le mot de passe", "Security", ""),
  fields: fc.constantFrom(
    [
      password("Current password", "current-password"),
      password("New password"),
      password("Confirm new password"),
    ],
    [password("Altes Passwort"), password("Neues Passwort"), password("Neues Passwort wiederholen")],
    [password("New password", "new-password"), password("Repeat password", "new-password")],
    [{ kind: "text", caption: "User name" }, password("Old"), password("New"), password("Again")],
  ),
  button: anyOf("Save", "Change", "Ändern", "Enregistrer", "Submit", "OK"),
});
const contact: fc.Arbitrary<FormShape> = fc.record({
  kind: fc.constant("contact"),
  heading: anyOf("Contact us", "Kontakt", "Nous écrire", "お問い合わせ"),
  fields: fc.constant([
    { kind: "text", caption: "Name" },
    address("E-mail"),
    { kind: "textarea", caption: "Message" },
  ]),
  button: anyOf("Send", "Senden", "Envoyer", "送信"),
});

const harmless = fc.oneof(newsletter, search, signUp, changePassword, contact);

/** The snapshot of a settled page that holds the forms, one under the other. */
function pageOf({
  forms,
  tellBy,
  title,
}: {
  forms: FormShape[];
  tellBy: ("label" | "placeholder" | "near")[];
  title: string;
}): PageSnapshot {
  let refs = 0;
  const box = () => ({ x: 100, y: 60 * refs, width: 240, height: 36 });
  const fields: FieldSnapshot[] = [];
  const controls: ControlSnapshot[] = [];
  const groups = forms.map(({ kind, heading, fields: own, button }, group): GroupSnapshot => {
    for (const { kind: type, caption, autocomplete = "" } of own) {
      const by = tellBy[group % tellBy.length];
      fields.push({
        ref: `0:${refs++}`,
        kind: type,
        autocomplete,
        name: "",
        id: "",
        label: by === "label" ? caption : "",
        placeholder: by === "placeholder" ? caption : "",
        near: by === "near" ? caption : "",
        maxLength: null,
        inputMode: "",
        required: false,
        disabled: false,
        readOnly: false,
        filled: false,
        focused: false,
        invalid: false,
        shown: true,
        covered: false,
        box: box(),
        group,
        dialog: null,
      });
    }
    controls.push({
      ref: `0:${refs++}`,
      role: "button",
      text: button,
      submits: true,
      enabled: true,
      shown: true,
      covered: false,
      hints: [],
      box: box(),
      group,
      dialog: null,
    });
    return { id: group, kind: "form", search: kind === "search" && group % 2 === 0, heading, hints: [] };
  });
  const texts = [
    title,
    ...forms.flatMap(({ heading, fields: own }) => [heading, ...own.map(({ caption }) => caption)]),
  ];
  return {
    url: "https://shop.example/page",
    title,
    activity: {
      navigating: false,
      pendingWrites: 0,
      pendingReads: 0,
      quietMs: 5_000,
      stillMs: 5_000,
      sinceActMs: 5_000,
      documentStatus: 200,
      documentStatusText: "OK",
      httpChallenge: null,
      answers: [{ status: 200, kind: "document", write: false }],
      failedLoads: 0,
    },
    frames: [
      {
        index: 0,
        url: "https://shop.example/page",
        title,
        documentId: 1,
        readyState: "complete",
        language: "",
        groups,
        fields,
        controls,
        messages: [],
        headings: forms.map(({ heading }) => heading).filter(Boolean),
        dialogs: [],
        challenges: [],
        texts: texts.filter(Boolean),
        textLength: 400,
        elementCount: 80,
        scripted: false,
        busy: false,
      },
    ],
  };
}

const has: Situation["has"] = {
  username: true,
  password: true,
  oneTimeCode: true,
  custom: [],
  passkey: false,
  outOfBand: false,
  mailbox: false,
};

const situations = (forms: fc.Arbitrary<FormShape[]>) =>
  fc
    .record({
      forms,
      tellBy: fc.array(told, { minLength: 1, maxLength: 3 }),
      title: anyOf("Shop", "Welcome", "My account", "Settings", "Community", "Log in to read more"),
    })
    .map(({ forms: shapes, tellBy, title }): { shapes: FormShape[]; situation: Situation } => ({
      shapes,
      situation: {
        snapshot: pageOf({ forms: shapes, tellBy, title }),
        history: newHistory(),
        has,
        sourceUrl: "https://shop.example/page",
        ownCheck: false,
      },
    }));

/** The kinds of the forms an action types into or presses something of. */
function touched({ shapes, situation }: { shapes: FormShape[]; situation: Situation }): FormShape["kind"][] {
  const { action } = decide(situation);
  const refs =
    action.kind === "submit"
      ? [...action.fills.map(({ ref }) => ref), ...action.tick, action.button]
      : action.kind === "click"
        ? [action.control]
        : [];
  const [frame] = situation.snapshot.frames;
  const parts = [...(frame?.fields ?? []), ...(frame?.controls ?? [])];
  return parts.filter(({ ref }) => refs.includes(ref)).flatMap(({ group }) => shapes[group]?.kind ?? []);
}

test("of any harmless forms on a page, none is typed into and none is sent", () => {
  fc.assert(
    fc.property(situations(fc.array(harmless, { minLength: 1, maxLength: 5 })), (made) => {
      expect(touched(made)).toEqual([]);
    }),
    { numRuns: 1_500 },
  );
});

test("beside a login, whatever else is on the page, only the login is typed into and sent", () => {
  const withLogin = fc
    .tuple(login, fc.array(harmless, { maxLength: 4 }), fc.nat({ max: 4 }))
    .map(([own, others, at]) => others.toSpliced(at, 0, own));
  fc.assert(
    fc.property(situations(withLogin), (made) => {
      const kinds = touched(made);
      expect(new Set(kinds)).toEqual(new Set(["login"]));
      const { action } = decide(made.situation);
      expect(action).toMatchObject({ kind: "submit", what: ["username", "password"] });
    }),
    { numRuns: 1_500 },
  );
});
