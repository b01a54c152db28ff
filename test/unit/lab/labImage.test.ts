import { expect, it } from "vitest";
import { imagePath, imageRecipe } from "../../../lab/image/baseImage.ts";

const spec = { packages: ["curl", "jq"], user: "admin" };

it("the order and repetition of packages make no other image", () => {
  expect(imagePath({ ...spec, packages: ["jq", "curl", "jq"] })).toBe(imagePath(spec));
});

it("another package or another user makes another image", () => {
  const others = [
    { ...spec, packages: ["curl"] },
    { ...spec, user: "debian" },
  ];
  expect(new Set([spec, ...others].map(imagePath)).size).toBe(3);
});

it("an image has what every machine needs, whatever it is asked to have", () => {
  expect(imageRecipe({ packages: [] }).join(" ")).toMatch(/--include=\S*openssh-server\S*sudo\S*systemd/);
});
