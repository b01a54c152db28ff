import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { System } from "../../../../agent/host/system.ts";
import type { EdgeCertificate } from "../../../../contract/agentConfig.ts";
import type { Signed } from "../../../harness/certificates.ts";

/** A host with a folder as certbot keeps one: links in `live`, files in `archive`. */
export interface CertificateBed {
  readonly root: string;
  readonly host: System;
  readonly folder: NonNullable<EdgeCertificate["folder"]>;
  readonly certificate: EdgeCertificate;
  /** What was run on the host; each run ends with `status`. */
  readonly ran: string[];
  status: number;
  /** Clock of the host. */
  now: Date;
  /** Called at each pause: what somebody does meanwhile. */
  meanwhile: () => void;
  /** As a renewal does it, one link or both. */
  renew(signed: Partial<Signed>): void;
  [Symbol.dispose](): void;
}

export function certificateBed(names: readonly string[] = []): CertificateBed {
  const root = mkdtempSync(join(tmpdir(), "hapair-edge-"));
  const live = "/etc/letsencrypt/live/example.com";
  const archive = "/etc/letsencrypt/archive/example.com";
  for (const path of [live, archive]) mkdirSync(join(root, path), { recursive: true });
  const folder = { path: live, names: [...names], refusedFile: "/run/hapair-certificate/refused" };
  let atMs = 0;
  let version = 0;
  const link = (name: string, text: string) => {
    version += 1;
    writeFileSync(join(root, archive, `${name}${version}.pem`), text);
    rmSync(join(root, live, `${name}.pem`), { force: true });
    symlinkSync(`../../archive/example.com/${name}${version}.pem`, join(root, live, `${name}.pem`));
  };
  const bed: CertificateBed = {
    root,
    folder,
    certificate: { name: "/var/lib/edge.pem", file: "/var/lib/edge/edge.pem", folder },
    ran: [],
    status: 0,
    now: new Date(),
    meanwhile: () => undefined,
    renew: ({ key, certificate }) => {
      if (key !== undefined) link("privkey", key);
      if (certificate !== undefined) link("fullchain", certificate);
    },
    host: {
      root,
      now: () => bed.now,
      monotonicMs: () => atMs,
      pause: async (ms: number) => {
        atMs += ms;
        bed.meanwhile();
      },
      run: async (command: string, args: readonly string[]) => {
        bed.ran.push([command, ...args].join(" "));
        return { status: bed.status, stdout: "", stderr: "" };
      },
      progress: () => undefined,
    } as unknown as System,
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
  return bed;
}
