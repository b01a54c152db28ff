import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { configReference } from "../../../cli/config/configReference.ts";
import { root } from "../../../cli/session/home.ts";
import { codeIn, type Page, pages } from "./pages.ts";

/** As GitHub makes them of headings. */
function anchorsOf({ text }: Page): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

interface Link {
  readonly from: string;
  /** From the project's folder. */
  readonly to: string;
  readonly anchor: string | undefined;
}

function isBroken({ to, anchor }: Link): boolean {
  const page = pages.find(({ path }) => path === to);
  if (anchor === undefined || page === undefined) return !existsSync(join(root, to));
  return !anchorsOf(page).includes(anchor);
}

test("every link in a page leads to a file, and to a heading in it", () => {
  const links = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(
      ([, to = "", anchor]): Link => ({
        from: path,
        to: to === "" ? path : join(dirname(path), to),
        anchor,
      }),
    ),
  );
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter(isBroken)).toEqual([]);
});

test("every page that a message of a command names is there, with that heading", () => {
  const files = ["agent", "cli", "components", "topology", "vagrant"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|rb)$/.test(file))
      .map((file) => join(folder, file)),
  );
  const links = files.flatMap((from) =>
    [...readFileSync(join(root, from), "utf8").matchAll(/\b(docs\/[a-z0-9-]+\.md)(?:#([a-z0-9-]+))?/g)].map(
      ([, to = "", anchor]): Link => ({ from, to, anchor }),
    ),
  );
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter(isBroken)).toEqual([]);
});

/** The page about pools says where these of earlier versions are now. */
const former = ["pool.name", "pool.address", "pool.user"];
/** Sections of the config, and those of a pair that pages name without it. */
const sections =
  /^(network|firewall|hosts|ec2|vagrant|lab|syslog|pool|vip|vrrp|egress|haproxy)(\.[a-z]\w*)+$/i;

test("every key of the config in a page is one", () => {
  const keys = [...configReference().matchAll(/^\| `([^`]+)`/gm)].map(([, key = ""]) =>
    key.replaceAll("[]", ""),
  );
  const known = new Set(
    keys.flatMap((key) => key.split(".").map((_, at, parts) => parts.slice(0, at + 1).join("."))),
  );
  const used = pages.flatMap((page) =>
    codeIn(page)
      .filter((code) => sections.test(code) && !code.endsWith(".cfg") && !former.includes(code))
      .map((key) => ({ page: page.path, key })),
  );
  expect(used.length).toBeGreaterThan(50);
  expect(used.filter(({ key }) => !known.has(key) && !known.has(`pairs.${key}`))).toEqual([]);
});
