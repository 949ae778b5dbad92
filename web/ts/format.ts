// format prints a number as the server does: fixed decimals, groups and comma of the
// language, a true minus.
export function format(lang: string, v: number, digits: number): string {
  const scale = 10 ** digits;
  v = (Math.sign(v) * Math.round(Math.abs(v) * scale)) / scale;
  const text = new Intl.NumberFormat(lang, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: "always" as unknown as boolean,
  }).format(Math.abs(v));
  return v < 0 ? "\u2212" + text : text;
}
