import {
  specialArchiveSig,
  specialAssetSig,
  specialSecretSig,
  specialSigKey,
  unknownValue,
} from "@pulumi/pulumi/runtime/rpc.js";
import { describe, expect, test } from "vitest";
import { connectConfig, expectHostKey } from "../../../tools/provider/connectConfig.ts";
import {
  CopyToRemoteInputs,
  LocalCommandInputs,
  RemoteCommandInputs,
} from "../../../tools/provider/inputs.ts";
import { checkInputs, unwrap } from "../../../tools/provider/resource.ts";
import { Transcript } from "../../../tools/provider/runOverSsh.ts";

const wireSecret = (value: unknown) => ({ [specialSigKey]: specialSecretSig, value });
const asset = (fields: object) => ({ [specialSigKey]: specialAssetSig, hash: "h", ...fields });
const connection = { host: "10.0.1.20" };

describe("inputs on the wire", () => {
  test("are bare values once unwrapped, however deep a secret sits", () => {
    const wire = wireSecret({
      host: "h",
      keys: [wireSecret("k")],
      nested: { inner: wireSecret(wireSecret(1)) },
    });
    expect(unwrap(wire)).toEqual({ host: "h", keys: ["k"], nested: { inner: 1 } });
  });

  test("keep their assets", () => {
    expect(unwrap({ source: wireSecret(asset({ text: "t" })) })).toEqual({ source: asset({ text: "t" }) });
  });

  test("that the resource does not have are refused by name", () => {
    const failures = checkInputs(LocalCommandInputs, { create: "true", assetPaths: ["*"] });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.reason).toContain("assetPaths");
  });

  test("that a preview does not know yet are not judged", () => {
    expect(checkInputs(RemoteCommandInputs, { connection: unknownValue, triggers: unknownValue })).toEqual(
      [],
    );
    expect(checkInputs(RemoteCommandInputs, { connection: { host: "h", port: unknownValue } })).toEqual([]);
    expect(checkInputs(RemoteCommandInputs, { connection: { host: "h", port: "22" } })).toEqual([
      expect.objectContaining({ property: "connection.port" }),
    ]);
  });

  test("name a source that can be copied", () => {
    const failures = (source: unknown) =>
      checkInputs(CopyToRemoteInputs, { connection, remotePath: "/x", source });
    expect(failures(asset({ text: "" }))).toEqual([]);
    expect(failures(asset({ path: "/file" }))).toEqual([]);
    expect(failures({ [specialSigKey]: specialArchiveSig, hash: "h", path: "dir/" })).toEqual([]);
    expect(failures(asset({ uri: "https://example.org" }))).toEqual([
      { property: "source", reason: "asset must be a path-based file asset or a text asset" },
    ]);
    expect(failures({ [specialSigKey]: specialArchiveSig, hash: "h", assets: {} })).toEqual([
      { property: "source", reason: "archive must be a path to a file or directory" },
    ]);
  });
});

describe("a connection", () => {
  const { connection: parsed } = RemoteCommandInputs.parse({ connection });

  test("has the defaults that the SDK documents", () => {
    expect(parsed).toMatchObject({ port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 });
  });

  test("asks for the kind of host key that it knows, and compares it", () => {
    const key = Buffer.from("key");
    const { hostVerifier, algorithms } = expectHostKey(`ssh-rsa ${key.toString("base64")} root@host`);
    expect(algorithms.serverHostKey).toEqual(["rsa-sha2-512", "rsa-sha2-256"]);
    expect(hostVerifier(key)).toBe(true);
    expect(hostVerifier(Buffer.from("another"))).toBe(false);
  });

  test.each(["", "AAAA", "ssh-ed25519", "unknown AAAA"])("refuses %j as a host key", (hostKey) => {
    expect(() => connectConfig({ ...parsed, hostKey })).toThrow("hostKey: expected a public key");
  });
});

describe("a transcript", () => {
  const record = (logging?: "stdout" | "stderr" | "none") => {
    const lines: string[] = [];
    const transcript = new Transcript(logging, async (line) => {
      lines.push(line);
    });
    return { transcript, lines };
  };

  test("passes on whole lines, also one that came in pieces and one without an end", async () => {
    const { transcript, lines } = record();
    for (const piece of ["a", "b\nc", "\n", "last"]) transcript.write("stdout", Buffer.from(piece));
    await transcript.end();
    expect(lines).toEqual(["ab", "c", "last"]);
  });

  test("joins a character that arrives in two pieces", () => {
    const { transcript } = record();
    const bytes = Buffer.from("ü\n");
    transcript.write("stdout", bytes.subarray(0, 1));
    transcript.write("stdout", bytes.subarray(1));
    expect(transcript.outputs.stdout).toBe("ü");
  });

  test("passes on only the stream that is to be logged, and keeps both", async () => {
    const { transcript, lines } = record("stderr");
    transcript.write("stdout", Buffer.from("out\n\n"));
    transcript.write("stderr", Buffer.from("err\n"));
    await transcript.end();
    expect(lines).toEqual(["err"]);
    expect(transcript.outputs).toEqual({ stdout: "out\n", stderr: "err" });
    expect(transcript.failure("exit status 1", 'a "b"').message).toBe(
      'exit status 1: running "a \\"b\\"":\nout\n\nerr\n',
    );
  });
});
