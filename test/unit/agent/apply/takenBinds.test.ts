import { expect, it } from "vitest";
import { takenBinds } from "../../../../agent/services/takenBinds.ts";

const listener = (socket: string, name: string) =>
  `LISTEN 0      128       ${socket}   0.0.0.0:* users:(("${name}",pid=74,fd=6))      `;

it.each([
  ["bind 10.0.1.100:5432", listener("0.0.0.0:5432", "postgres"), "postgres (pid 74)"],
  ["bind :8404", listener("10.0.1.20:8404", "node"), "node (pid 74)"],
  ["bind 10.0.1.20:8404,10.0.1.20:8405 ssl", listener("10.0.1.20:8405", "node"), "bind 10.0.1.20:8405"],
  ["bind *:8404", listener("[::]:8404", "node"), "node"],
  ["bind :8404", "LISTEN 0 64 0.0.0.0:8404 0.0.0.0:*", "another process"],
])("%s is refused while another process listens there", (line, listeners, words) => {
  expect(takenBinds(`frontend f\n    ${line}\n`, listeners)).toEqual([expect.stringContaining(words)]);
});

it.each([
  ["haproxy itself", listener("0.0.0.0:8404", "haproxy")],
  ["another address", listener("127.0.0.1:8404", "node")],
  ["another port", listener("0.0.0.0:84040", "node")],
  ["nobody", ""],
])("a bind is free where %s listens", (_, listeners) => {
  expect(takenBinds("    bind 10.0.1.20:8404\n", listeners)).toEqual([]);
});
