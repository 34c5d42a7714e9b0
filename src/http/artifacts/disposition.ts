/** Pictures may be looked at where they are; all else is saved. */
const shown = /^image\/(?:png|jpeg|webp|gif)$/;

/** Content-Disposition with the name in the form of RFC 6266, so that any letters in it survive. */
export function disposition({ name, contentType }: { name: string; contentType: string }): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_");
  // What encodeURIComponent leaves but RFC 8187 does not allow in a value.
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${shown.test(contentType) ? "inline" : "attachment"}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
