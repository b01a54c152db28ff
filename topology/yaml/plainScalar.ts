/**
 * What a word without quotes means to Go's `yaml.v3`, with which the Pulumi CLI reads a stack's config: `resolve` in its
 * resolve.go. It takes numbers and dates of YAML 1.1 that are text, or other numbers, in YAML 1.2.
 */

const remedy = "write a plain decimal number, or put it in quotes if it is text";

/**
 * How the two readers differ about a word without quotes, and what to write; `undefined` where they agree.
 * @param word as it stands in the file
 * @param value what YAML 1.2 makes of it
 */
export function ambiguity(word: string, value: unknown): string | undefined {
  if (/^\d{4}-\d\d?-\d\d?($|[Tt ])/.test(word)) return "is a date to the Pulumi CLI: put it in quotes";
  const number = typeof value === "number" ? value : undefined;
  if (number !== undefined && !Number.isFinite(number)) return `is not a finite number: ${remedy}`;
  if (numberInGo(word) === number) return undefined;
  return `${formOf(word)}, which is another value to the Pulumi CLI: ${remedy}`;
}

function formOf(word: string): string {
  if (word.includes("_")) return "is a number with an underscore";
  return /^[-+]?0\d/.test(word) ? "is a number with a leading zero" : "is a number in an unusual form";
}

/** `undefined` for what is not a number to Go, NaN for one that JavaScript does not have. */
function numberInGo(word: string): number | undefined {
  if (!/^[-+.0-9]/.test(word)) return undefined;
  const plain = word.replaceAll("_", "");
  if (/^-?0[bo][-+][0-7]+$/.test(plain)) return Number.NaN;
  const [, sign = "", prefix, digits] = /^([-+]?)(0b|0x|0o|0(?=[0-7]))([0-9a-f]+)$/i.exec(plain) ?? [];
  if (prefix !== undefined) {
    const base = { "0b": "0b", "0x": "0x", "0o": "0o", "0": "0o" }[prefix.toLowerCase()];
    const magnitude = bigInteger(`${base}${digits}`);
    if (magnitude !== undefined)
      return magnitude < 2n ** 63n ? Number(magnitude) * (sign === "-" ? -1 : 1) : Number.NaN;
  }
  return /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)(e[-+]?[0-9]+)?$/i.test(plain) ? finite(plain) : undefined;
}

/** Go refuses a number beyond its range as a number and keeps it as text. */
function finite(digits: string): number | undefined {
  const number = Number(digits);
  return Number.isFinite(number) ? number : undefined;
}

function bigInteger(digits: string): bigint | undefined {
  try {
    return BigInt(digits);
  } catch {
    return undefined;
  }
}
