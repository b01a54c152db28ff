import { describe, expect, it, vi } from "vitest";
import { checkTargets } from "../../../../../agent/routes/writer/checkTargets.ts";
import { targetRules } from "../../../../../agent/routes/writer/targets.ts";
import { routeWith } from "../routeFixtures.ts";
import { put, remove } from "./routes.ts";

const rules = targetRules({ ownAddresses: ["10.0.1.20"], deniedTargets: [], allowedTargets: [] });
const never = () => Promise.reject(new Error("must not be asked"));
/** A name server that knows these names alone. */
const names = (known: Record<string, string[]>) => async (name: string) => {
  const addresses = known[name];
  if (addresses === undefined) throw new Error("ENOTFOUND");
  return addresses;
};

describe("a target that is an address", () => {
  it.each([
    "http://127.0.0.1:3000",
    "http://10.0.1.20",
    "https://169.254.169.254",
    // What a URL's own parser makes an address of.
    "http://0x7f.1",
    "http://2130706433",
    "http://0177.0.0.1:8080",
  ])("%s is refused, with its field", async (target) => {
    await expect(
      checkTargets([put("a.example.com"), put("b.example.com", target)], rules, never),
    ).rejects.toMatchObject({
      code: "forbidden-target",
      field: "changes.1.route.target",
      message: expect.stringContaining("routes.allowedTargets"),
    });
  });

  it("of its own network is none of that, and a removal has no target", async () => {
    await checkTargets([put("a.example.com"), remove("b.example.com")], rules, never);
  });
});

it("each of several targets is looked at, and the one that is refused is named", async () => {
  const targets = [{ url: "http://10.0.9.5" }, { url: "http://169.254.169.254" }];
  const route = routeWith({ host: "a.example.com", targets });
  await expect(checkTargets([{ do: "put", route }], rules, never)).rejects.toMatchObject({
    code: "forbidden-target",
    field: "changes.0.route.targets.1.url",
  });
});

describe("a target that is a name", () => {
  it("is refused where all of its addresses are, and allowed where one may be used", async () => {
    const addressesOf = names({
      "bad.test": ["127.0.0.1", "10.0.1.20"],
      "half.test": ["127.0.0.1", "10.0.9.5"],
    });
    await checkTargets([put("a.example.com", "http://half.test")], rules, addressesOf);
    await expect(
      checkTargets([put("a.example.com", "https://bad.test:8443")], rules, addressesOf),
    ).rejects.toMatchObject({
      code: "forbidden-target",
      field: "changes.0.route.target",
      message: expect.stringContaining("bad.test has an address that is not allowed: 127.0.0.1"),
    });
  });

  it.each(["localhost", "db.localhost"])("%s is the node itself, whatever name servers say", async (name) => {
    await expect(
      checkTargets([put("a.example.com", `http://${name}:3000`)], rules, names({ [name]: ["10.0.9.5"] })),
    ).rejects.toMatchObject({ code: "forbidden-target" });
  });

  it("is allowed while it has no address yet", async () => {
    await checkTargets([put("a.example.com", "http://later.test")], rules, names({}));
  });

  it("is asked for once in a transaction", async () => {
    const addressesOf = vi.fn(names({ "one.test": ["10.0.9.5"] }));
    const changes = Array.from({ length: 100 }, (_, place) =>
      put(`h${place}.example.com`, "http://one.test"),
    );
    await checkTargets(changes, rules, addressesOf);
    expect(addressesOf).toHaveBeenCalledTimes(1);
  });

  it("holds a change up for half a second at most, where no name server answers", async () => {
    const begun = performance.now();
    await checkTargets([put("a.example.com", "http://slow.test")], rules, () => new Promise(() => {}));
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});
