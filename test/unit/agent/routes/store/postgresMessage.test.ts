import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { opened, sealed } from "../../../../../agent/routes/store/postgresMessage.ts";

const key = randomBytes(32);
const sender = 4711;
const message = { version: 7, sender, node: 'a", "check": "b' };

test("a message is known by the key of those who may speak, and by no other", () => {
  const payload = sealed(message, key);
  expect(opened(payload, key, sender)).toEqual(message);
  expect(opened(payload, randomBytes(32), sender)).toBeUndefined();
  expect(JSON.parse(payload)).toMatchObject(message);
});

test("a message that somebody else repeats is none", () => {
  expect(opened(sealed(message, key), key, sender + 1)).toBeUndefined();
});

test("a message that anybody has changed is none", () => {
  const payload = sealed(message, key);
  for (let place = 0; place < payload.length; place++) {
    const changed = `${payload.slice(0, place)}${payload[place] === "0" ? "1" : "0"}${payload.slice(place + 1)}`;
    expect(opened(changed, key, sender), changed).toBeUndefined();
  }
  for (const other of ["", "{}", JSON.stringify(message), `${payload} `, payload.slice(1)])
    expect(opened(other, key, sender), other).toBeUndefined();
});

test("what this version does not know of a known message is left to be read", () => {
  const later = { ...message, news: { after: 6, mark: "m", changes: [{ version: 7, kind: "other" }] } };
  expect(opened(sealed(later as never, key), key, sender)).toEqual(message);
});
