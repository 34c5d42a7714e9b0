/** Characters that are there and not seen: zero-width spaces and joiners, soft hyphens, what preheaders are padded with. */
const invisible = /\u034f|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g;

/** A line as it is read: full-width digits and letters made ordinary ones, spaces single, nothing invisible in it. */
export function tidy(text: string): string {
  return (
    text
      .replaceAll(invisible, "")
      // Made an ordinary comma, it would join two numbers into one.
      .replaceAll(/[，、；：]/g, "$& ")
      .normalize("NFKC")
      .replaceAll(/\s+/g, " ")
      .trim()
  );
}

/** The same line without case and accents, letter for letter: what stands where stays so. */
export function fold(text: string): string {
  return text.replaceAll(/[\p{Script=Latin}\p{Script=Cyrillic}]/gu, (letter) => {
    const folded = letter
      .normalize("NFD")
      .replaceAll(/\p{Mn}/gu, "")
      .toLowerCase();
    return folded.length === letter.length ? folded : letter;
  });
}
