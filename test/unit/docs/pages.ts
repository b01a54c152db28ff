import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { root } from "../../../cli/session/home.ts";

/** A page for people: the README, and those that it links to. */
export interface Page {
  /** From the project's folder. */
  readonly path: string;
  readonly text: string;
}

export const pages: readonly Page[] = [
  "README.md",
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
].map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

/** What stands as code in a page: each inline piece, and each line of a block. */
export function codeIn({ text }: Page): readonly string[] {
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    block.split("\n"),
  );
  const rest = text.replaceAll(/^```\w*\n[\s\S]*?^```$/gm, "");
  const indented = rest.split("\n").filter((line) => /^ {4}\S/.test(line));
  // A piece may go on in the next line.
  const inline = [...rest.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll(/\s*\n\s*/g, " "));
  return [...blocks, ...indented.map((line) => line.trim()), ...inline];
}

/** A page with `content` between the marks of that name. */
export function withPart(text: string, name: string, content: string): string {
  const part = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  expect(text).toMatch(part);
  return text.replace(part, (_, begin: string, end: string) => `${begin}${content}\n${end}`);
}
