/** At most `max` UTF-16 units of `text`, with an ellipsis where it was cut. Never half a character. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  return `${cut.replace(/[\uD800-\uDBFF]$/, "")}…`;
}
