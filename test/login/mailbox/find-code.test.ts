import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findCode } from "../../../src/login/mailbox/find-code.ts";
import { readHtml } from "../../../src/login/mailbox/read-html.ts";

const lineOf = (text: string) => ({ text, size: 16 });
const inText = (...lines: string[]) => ({ subject: "", lines: lines.map(lineOf) });

/** How sites announce a code, in the languages of the login's words. `#` stands for it, `|` ends a line. */
const sentences = {
  English: [
    "Your verification code is #.",
    "# is your Harbor login code",
    "Use this code to sign in:|#",
    "Enter # to confirm that it is you.",
    "Here is your one-time password|#|It expires in 10 minutes.",
    "Security code: #",
  ],
  German: [
    "Ihr Sicherheitscode lautet #.",
    "Dein Einmalcode: #",
    "Mit diesem Code meldest du dich an:|#",
    "Geben Sie # ein, um sich anzumelden.",
    "# ist dein Harbor-Bestätigungscode",
  ],
  French: [
    "Votre code de vérification est #.",
    "Saisissez # pour vous connecter.",
    "Voici votre code de sécurité :|#",
    "# est votre code Harbor",
  ],
  Spanish: [
    "Tu código de verificación es #.",
    "Introduce # para iniciar sesión.",
    "Este es tu código de seguridad:|#",
    "# es tu código de Harbor",
  ],
  Portuguese: [
    "Seu código de verificação é #.",
    "Digite # para entrar.",
    "Este é o seu código de segurança:|#",
    "# é o seu código do Harbor",
  ],
  Italian: ["Il tuo codice di verifica è #.", "Inserisci # per accedere.", "Ecco il tuo codice:|#"],
  Dutch: ["Je verificatiecode is #.", "Voer # in om in te loggen.", "Dit is je inlogcode:|#"],
  Japanese: [
    "認証コード:#",
    "認証コードは#です。",
    "確認コードを入力してください。|#",
    "#を入力してログインしてください。",
    "ワンタイムパスワード【#】",
  ],
  Chinese: ["您的验证码是#,请勿泄露。", "【Harbor】验证码:#", "验证码|#|有效期10分钟", "請輸入驗證碼 #"],
};

/** Numbers as they stand around a code, in sentences that have nothing to do with it. */
const noise = fc.oneof(
  fc.date({ min: new Date("1990-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }).chain((date) => {
    const [year, month, day] = date.toISOString().slice(0, 10).split("-");
    return fc.constantFrom(
      `${year}-${month}-${day}`,
      `${day}.${month}.${year}`,
      `${month}/${day}/${year}`,
      `${day}/${month}/${year?.slice(2)}`,
      `${year}年${Number(month)}月${Number(day)}日`,
      `${date.toLocaleDateString("en-US", { month: "long", day: "numeric", year: "numeric", timeZone: "UTC" })}`,
      `${date.toLocaleDateString("de-DE", { month: "long", day: "numeric", year: "numeric", timeZone: "UTC" })}`,
      `${date.toISOString()}`,
      `© ${year} Harbor`,
      `since ${year}`,
      `${year}`,
    );
  }),
  fc
    .tuple(
      fc.integer({ min: 0, max: 99_999_999 }),
      fc.constantFrom("$#", "€ #", "# €", "£#", "¥#", "#円", "#元", "USD #", "R$ #"),
    )
    .map(([cents, format]) => format.replace("#", String(cents))),
  fc
    .tuple(fc.integer({ min: 0, max: 9_999_999 }), fc.constantFrom(".", ","))
    .map(([amount, point]) => `${amount}${point}50`),
  fc
    .tuple(fc.integer({ min: 100, max: 999 }), fc.integer({ min: 1_000, max: 9_999 }))
    .chain(([a, b]) =>
      fc.constantFrom(
        `+49 30 ${a} ${b}`,
        `(${a}) ${a}-${b}`,
        `+1-${a}-${a}-${b}`,
        `0120-${a}-${a}`,
        `400-${a}-${b}`,
        `Tel. ${a}${b}`,
        `03-${b}-${b}`,
      ),
    ),
);
const aroundNumbers = [
  "# ",
  "From # on",
  "Harbor, #.",
  "Ref #",
  "– # –",
  "(#)",
  "Am # in Berlin",
  "le # à Paris",
  "# に更新",
];
const noiseLine = fc
  .tuple(noise, fc.constantFrom(...aroundNumbers))
  .map(([number, around]) => around.replace("#", number));

const sixDigits = fc.integer({ min: 0, max: 999_999 }).map((number) => String(number).padStart(6, "0"));
const written = fc
  .tuple(sixDigits, fc.constantFrom("", " ", "-"))
  .map(([code, gap]) => ({ code, text: `${code.slice(0, 3)}${gap}${code.slice(3)}` }));

describe.each(Object.entries(sentences))("%s", (_language, templates) => {
  test.each(templates)("any six digits are found in: %s", (template) => {
    fc.assert(
      fc.property(
        written,
        fc.array(noiseLine, { maxLength: 4 }),
        fc.array(noiseLine, { maxLength: 4 }),
        (code, above, below) => {
          const lines = [...above, ...template.replace("#", code.text).split("|"), ...below];
          expect(findCode(inText(...lines))?.code).toBe(code.code);
        },
      ),
    );
  });
});

test("a subject alone will do", () => {
  fc.assert(
    fc.property(sixDigits, (code) => {
      expect(findCode({ subject: `${code} is your Harbor code`, lines: [] })?.code).toBe(code);
      expect(findCode({ subject: `Your Harbor code: ${code}`, lines: [] })?.code).toBe(code);
    }),
  );
});

test("dates, prices, telephone numbers and years are no codes", () => {
  fc.assert(
    fc.property(fc.array(noiseLine, { minLength: 1, maxLength: 8 }), (lines) => {
      expect(findCode(inText(...lines))).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

test("nor are they where the message speaks of a code that it does not hold", () => {
  const speaking = [
    "We never ask for your code.",
    "Kein Code angekommen? Schreib uns.",
    "認証コードは別のメールでお送りします。",
  ];
  fc.assert(
    fc.property(
      fc.array(noiseLine, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(...speaking),
      fc.nat({ max: 6 }),
      (lines, sentence, at) => {
        expect(findCode(inText(...lines.toSpliced(at, 0, sentence)))).toBeUndefined();
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ["an order's number", "Your code is on its way.", "Order no. 482913"],
  ["a number under its heading", "We will send you a code.", "Bestellnummer", "482913"],
  ["a number with a hash", "This code was sent by Harbor.", "Ticket #482913"],
  ["a postal code", "Postal code 94103"],
  ["a discount", "Promo code: 482913"],
  ["a word in capitals", "Your code will follow.", "IMPORTANT"],
  ["a card's last digits", "The code was sent for the card ending in 4412"],
  ["a span of time", "The code is valid for 3600 seconds"],
  ["a device's name", "The code was asked for by iPhone15"],
  ["a part of an address", "Confirm with your code: https://harbor.example/482913"],
])("%s is no code", (_what, ...lines) => {
  expect(findCode(inText(...lines))).toBeUndefined();
});

test.each([
  ["the one in larger letters", "<p>Your code</p><p>111222</p><p style='font-size:28px'>482913</p>"],
  ["not the hidden one", "<span style='display: none'>Your code is 111222</span><p>Your code is 482913</p>"],
  [
    "not the one in a comment or a style",
    "<!-- code: 111222 --><style>#a{color:#111222}</style><p>Code: 482913",
  ],
  [
    "with digits in boxes of their own",
    "<p>Your code</p><span>4</span> <span>8</span> <span>2</span> <span>9</span> <span>1</span> <span>3</span>",
  ],
  ["with invisible characters in it", "<p>Your code: 482&#8203;913</p>"],
  ["with letters around it that HTML names", "<p>C&oacute;digo de verificaci&oacute;n: <b>482913</b></p>"],
])("of an HTML message: %s", (_what, html) => {
  expect(findCode({ subject: "", lines: readHtml(html).lines })?.code).toBe("482913");
});

test("HTML of any kind is read, however broken", () => {
  const piece = fc.constantFrom(
    "<",
    ">",
    "<p",
    "<a href='",
    '"',
    "</",
    "<!--",
    "-->",
    "<td>",
    "</table>",
    "<style>",
    "&#x",
    ";",
    "482913",
    "<br/>",
    " ",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      expect(readHtml(pieces.join("")).lines).toBeInstanceOf(Array);
    }),
  );
});

test("HTML that nests without end is read in the time there is", () => {
  for (const nested of ["<a href='", "<!--", "<div>"])
    expect(readHtml(nested.repeat(50_000)).lines.length).toBeLessThan(2);
});
