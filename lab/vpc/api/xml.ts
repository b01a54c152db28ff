/** EC2's XML: an element is a text, a list of items, or further elements; what is undefined is left out. */
export type Xml = string | number | boolean | readonly Xml[] | { readonly [name: string]: Xml | undefined };

const namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";
const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The answer of an action that succeeded. */
export function answerXml(action: string, requestId: string, result: Xml): string {
  return `${declaration}<${action}Response xmlns="${namespace}"><requestId>${requestId}</requestId>${textOf(result)}</${action}Response>`;
}

/** The answer of a request that failed (EC2 API Reference, "Error responses"). */
export function errorXml(code: string, message: string, requestId: string): string {
  const errors = textOf({ Errors: { Error: { Code: code, Message: message } }, RequestID: requestId });
  return `${declaration}<Response>${errors}</Response>`;
}

function textOf(xml: Xml): string {
  if (Array.isArray(xml)) return xml.map((item) => `<item>${textOf(item)}</item>`).join("");
  if (typeof xml !== "object") return escaped(String(xml));
  return Object.entries(xml)
    .map(([name, inner]) => (inner === undefined ? "" : `<${name}>${textOf(inner)}</${name}>`))
    .join("");
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
