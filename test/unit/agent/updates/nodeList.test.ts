import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mostTargets } from "../../../../contract/routes/route.ts";
import { nodesIn } from "../../../../contract/updates/nodeList.ts";

describe("a list of nodes", () => {
  test("is an array, or an object with it, of URLs, addresses and ports, with weights where some are to get more", () => {
    const nodes = [
      "http://10.0.9.1:3000/",
      { url: "ws://node2.example.com:3000" },
      { url: "wss://node3.example.com", weight: 3, region: "east", id: 7 },
      { address: "10.0.9.4", port: 80, weight: 0 },
    ];
    const targets = [
      { url: "http://10.0.9.1:3000", weight: 1 },
      { url: "http://node2.example.com:3000", weight: 1 },
      { url: "https://node3.example.com", weight: 3 },
      { url: "http://10.0.9.4", weight: 0 },
    ];
    expect(nodesIn(nodes)).toEqual(targets);
    expect(nodesIn({ nodes, version: 4 })).toEqual(targets);
    expect(nodesIn([])).toEqual([]);
  });

  test.each<[unknown, string, RegExp]>([
    [null, "the answer", /expected object/],
    ["http://10.0.9.1", "the answer", /expected object/],
    [{}, "nodes", /expected array/],
    [{ nodes: "http://10.0.9.1" }, "nodes", /expected array/],
    [[7], "0", /expected object/],
    [{ nodes: [{ address: "10.0.9.1", port: "3000" }] }, "nodes.0.port", /expected a port/],
    [[{ address: "10.0.9.1", port: 0 }], "0.port", /1 to 65535/],
    [[{ address: "10.0.9.1", port: 65_536 }], "0.port", /1 to 65535/],
    [[{ address: "10.0.9.1" }], "0.port", /a node with an address has a port/],
    [[{ port: 80 }], "0.url", /send url, or address and port/],
    [[{ url: "http://10.0.9.1", port: 80 }], "0.url", /stands beside address or port/],
    [[{ address: "fe80::1", port: 80 }], "0.address", /host name/],
    [[{ address: "a\r\nb", port: 80 }], "0.address", /host name/],
    [[{ address: "10.0.9.256", port: 80 }], "0.address", /no host name or IPv4 address/],
    ["ftp://10.0.9.1", "the answer", /expected object/],
    [["ftp://10.0.9.1"], "0.url", /expected http:\/\//],
    [["http://user:password@10.0.9.1"], "0.url", /a user or a password/],
    [["http://10.0.9.1/path"], "0.url", /a path/],
    [["http://10.0.9.1", "http://10.0.9.1:80/"], "1", /in the list already/],
    [[{ url: "http://10.0.9.1", weight: 257 }], "0.weight", /<=256/],
    [[{ url: "http://10.0.9.1", weight: 0 }], "the list", /no node with a weight above 0/],
    [
      Array.from({ length: mostTargets + 1 }, (_, at) => `http://10.0.9.${at}`),
      "the list",
      /at most 32 nodes/,
    ],
  ])("that is %j is refused for %s", (answer, field, message) => {
    expect(nodesIn(answer)).toEqual({ field, message: expect.stringMatching(message) });
  });

  test("never has the reader throw, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (answer) => {
        const found = nodesIn(answer);
        return Array.isArray(found) || ("field" in found && found.message !== "");
      }),
    );
  });
});
