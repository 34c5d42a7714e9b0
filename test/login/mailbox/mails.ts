import type { MailParts } from "../../support/mail.ts";

export interface Example extends MailParts {
  what: string;
  /** What must be found, and nothing where it is left out. */
  code?: string;
  link?: string;
}

const token = "kJ8f2mQ9xT4vB7nL1pR6sW3z";

/** Mails as sites write them. Names, numbers and addresses are made up. */
export const examples: Example[] = [
  {
    what: "a code in the subject and the text",
    subject: "482913 is your Harbor verification code",
    text: "Hi Ada,\n\nYour verification code is 482913. It expires in 10 minutes.\n\n© 2026 Harbor Inc., 1200 Market Street, San Francisco, CA 94103",
    code: "482913",
  },
  {
    what: "a code that stands alone, in a message with an order number, a year and a telephone number",
    subject: "Sign in to Harbor",
    text: "Order no. 77120345 is on its way.\n\nTo sign in, use this code:\n\n  730 114\n\nQuestions? Call +1 (555) 010-0199.\nHarbor, est. 1998",
    code: "730114",
  },
  {
    what: "HTML only, the code large, a hidden preheader with another number",
    subject: "Your sign-in code",
    encoding: "quoted-printable",
    html: `<html><head><style>.c{color:#123456}</style><title>Code 999999</title></head><body>
<div style="display:none;max-height:0;overflow:hidden">Ticket 555111 &#847;&zwnj;&nbsp;&#847;</div>
<table><tr><td><p>Here is your one-time code for Harbor:</p>
<p style="font-size:32px;letter-spacing:6px;font-weight:bold">904 417</p>
<p>It is valid for 900 seconds. Request 20261121 from 192.168.12.44.</p></td></tr></table></body></html>`,
    code: "904417",
  },
  {
    what: "one digit in each cell of a table",
    subject: "Harbor: confirm your login",
    encoding: "base64",
    html: `<p>Enter this code to confirm your login</p><table><tr><td>3</td><td>0</td><td>7</td><td>7</td><td>1</td><td>5</td></tr></table><p>Harbor GmbH, 10115 Berlin</p>`,
    code: "307715",
  },
  {
    what: "a code with a letter and a dash before it",
    subject: "Verify your e-mail",
    text: "G-551904 is your Harbor verification code.",
    code: "551904",
  },
  {
    what: "letters and digits",
    subject: "Harbor login",
    text: "Your security code: KX7P-22QM\n\nNever share it.",
    code: "KX7P-22QM",
  },
  {
    what: "letters and digits alone in a line",
    subject: "Confirm it's you",
    html: `<h2>Your code</h2><h1>7QK2MX</h1><p>Requested from Chrome131 on Windows11</p>`,
    code: "7QK2MX",
  },
  {
    what: "four digits, with the end of a card and a year beside them",
    subject: "Your PIN",
    text: "Card ending in 4412, opened in 2019.\nYour PIN is 8207.\n",
    code: "8207",
  },
  {
    what: "eight digits",
    subject: "Harbor security code",
    text: "Security code: 10485529\nInvoice 20391188 is due on 2026-12-01.",
    code: "10485529",
  },
  {
    what: "German, quoted-printable",
    subject: "Dein Bestätigungscode für Harbor",
    encoding: "quoted-printable",
    text: "Hallo Ada,\n\ndein Bestätigungscode lautet: 660218\n\nEr ist 15 Minuten gültig. Bestellnummer 4471902.\n\nHarbor GmbH · Lindenstraße 12 · 10969 Berlin · Tel. 030 1234567",
    code: "660218",
  },
  {
    what: "German, formal, the code in a sentence",
    subject: "Ihre Anmeldung",
    text: "Guten Tag,\n\nbitte geben Sie den Sicherheitscode 041882 ein, um sich anzumelden.\nRechnung 2026-11-4482 liegt bereit.",
    code: "041882",
  },
  {
    what: "French, HTML with entities",
    subject: "Votre code de sécurité",
    html: `<p>Bonjour,</p><p>Voici votre code de s&eacute;curit&eacute;&nbsp;:</p><p><strong>518&nbsp;067</strong></p><p>Commande n&deg; 9920417 du 21/11/2026, 49,90 &euro;</p><p>75001 Paris</p>`,
    code: "518067",
  },
  {
    what: "Spanish",
    subject: "Tu código de acceso",
    text: "Hola:\nTu código de verificación es 229471 y caduca en 10 minutos.\nPedido 5518820. Calle Mayor 12, 28013 Madrid.",
    code: "229471",
  },
  {
    what: "Portuguese",
    subject: "Código de verificação",
    encoding: "base64",
    text: "Olá!\n\nUse o código 913350 para entrar no Harbor.\nPedido nº 3310098 · R$ 1.250,00 · CEP 01310-100",
    code: "913350",
  },
  {
    what: "Italian",
    subject: "Il tuo codice di accesso",
    text: "Ciao,\nil tuo codice di verifica è:\n\n447 820\n\nValido per 5 minuti.",
    code: "447820",
  },
  {
    what: "Dutch",
    subject: "Je inlogcode",
    text: "Hoi Ada,\n\nJe verificatiecode: 338105\nBestelling 88123401, € 24,50\n",
    code: "338105",
  },
  {
    what: "Japanese, full-width digits",
    subject: "【Harbor】認証コードのお知らせ",
    encoding: "base64",
    text: "いつもご利用ありがとうございます。\n\n認証コード：７５１２０８\n\n有効期限は2026年11月21日 18時30分までです。\n注文番号 1188204\n〒100-0001 東京都千代田区",
    code: "751208",
  },
  {
    what: "Chinese",
    subject: "Harbor 登录验证码",
    text: "您好！\n您的验证码是690431，10分钟内有效。\n订单号：20261121，客服电话 400-820-8820",
    code: "690431",
  },
  {
    what: "Korean",
    subject: "Harbor 인증번호",
    text: "인증번호는 [270946] 입니다.\n3분 이내에 입력해 주세요.",
    code: "270946",
  },
  {
    what: "a code, with a reply below it that quotes an older one",
    subject: "Re: your code",
    text: "Your new code is 845116.\n\nOn Fri, 20 Nov 2026, Harbor wrote:\n> Your code is 111222.\n> It expires soon.",
    code: "845116",
  },
  {
    what: "the same in HTML",
    subject: "Re: your code",
    html: `<p>Your new code is <b>845117</b>.</p><blockquote type="cite"><p>Your code is 111222</p></blockquote>`,
    code: "845117",
  },
  {
    what: "a magic link, HTML and text",
    subject: "Sign in to Harbor",
    encoding: "quoted-printable",
    text: `Sign in to Harbor\n\nOpen this link to sign in: https://app.harbor.example/magic?token=${token}&next=%2Fhome\n\nNot you? Ignore this message, or report it: https://app.harbor.example/report?token=${token}x\nUnsubscribe: https://mail.harbor.example/u/${token}y`,
    html: `<p><a href="https://app.harbor.example/magic?token=${token}&amp;next=%2Fhome" style="background:#06c">Sign in to Harbor</a></p>
<p>If this wasn't you, <a href="https://app.harbor.example/report?token=${token}x">click here</a>.</p>
<p><a href="https://app.harbor.example/privacy">Privacy</a> · <a href="https://mail.harbor.example/u/${token}y">Unsubscribe</a></p>`,
    link: `https://app.harbor.example/magic?token=${token}&next=%2Fhome`,
  },
  {
    what: "a link whose text says nothing, in a sentence that does",
    subject: "Anmelden bei Harbor",
    html: `<p>Um dich anzumelden, klicke bitte auf den Anmeldelink: <a href="https://harbor.example/l/${token}">hier</a></p><p>Passwort vergessen? <a href="https://harbor.example/p/${token}">Hier</a> kannst du dein Passwort zurücksetzen.</p>`,
    link: `https://harbor.example/l/${token}`,
  },
  {
    what: "a link that a mail service has wrapped",
    subject: "Log in",
    html: `<a href="https://eur01.safelinks.protection.example.net/?url=${encodeURIComponent(`https://harbor.example/auth/verify?token=${token}`)}&amp;data=05">Log in to Harbor</a>`,
    link: `https://harbor.example/auth/verify?token=${token}`,
  },
  {
    what: "a link through a tracking service: left alone",
    subject: "Log in",
    html: `<a href="https://click.mailer.example.net/ls/${token}">Log in to Harbor</a>`,
  },
  {
    what: "a link to set a new password: left alone",
    subject: "Reset your password",
    text: `Someone asked to reset your password.\nReset password: https://harbor.example/reset-password?token=${token}`,
  },
  {
    what: "French, link and code",
    subject: "Votre lien de connexion",
    html: `<p><a href="https://harbor.example/connexion/${token}">Se connecter</a></p><p>ou saisissez le code 118 402</p><p><a href="https://harbor.example/non?token=${token}">Ce n'est pas moi</a></p>`,
    link: `https://harbor.example/connexion/${token}`,
    code: "118402",
  },
  {
    what: "Japanese link",
    subject: "ログインリンク",
    text: `以下のリンクからログインしてください。\nhttps://harbor.example/login/${token}\n\n心当たりのない場合は無視してください。\n配信停止はこちら https://harbor.example/stop/${token}`,
    link: `https://harbor.example/login/${token}`,
  },
  {
    what: "an order's confirmation",
    subject: "Order 77120345 confirmed",
    text: "Thank you! Order number: 77120345\nTotal: $1,204.50\nDelivery 2026-11-24 to 94103 San Francisco\nTracking 1Z999AA10123456784\nTrack it: https://harbor.example/orders/77120345",
  },
  {
    what: "a newsletter with a discount code",
    subject: "Save 20% until 2026",
    html: `<h1>BLACK2026</h1><p>Use discount code BLACK2026 at checkout until 30.11.2026</p><p>Promo code: 448812</p><p>Shop 5000 items</p><a href="https://harbor.example/shop?token=${token}">Shop now</a>`,
  },
  {
    what: "a notice of a new login, without a code",
    subject: "New login to your account",
    text: "We noticed a login from 203.0.113.77 on 21 November 2026 at 09:15 (Chrome 131.0.6778.86).\nIf you did not request a code, call 020 7946 0018.\nCase 20261121",
  },
];
