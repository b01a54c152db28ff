import { checkInputs } from "./checkInputs.ts";
import { dial } from "./dial.ts";
import { CopyToRemoteInputs, PreviousCopy } from "./inputs.ts";
import { RemoteFiles } from "./remoteFiles.ts";
import { resourceId } from "./resourceId.ts";
import type { ResourceKind } from "./resourceKind.ts";
import { unwrap } from "./unwrap.ts";
import { writeSource } from "./writeSource.ts";

/** `command:remote:CopyToRemote`: a file, a text or a directory, copied as it is; deleting removes nothing. */
export const copyToRemote: ResourceKind = {
  check: (news) => checkInputs(CopyToRemoteInputs, news),

  async create(urn, inputs) {
    await copy(urn, CopyToRemoteInputs.parse(unwrap(inputs)));
    return { id: resourceId(), outs: inputs };
  },

  async update(urn, olds, news) {
    const before = PreviousCopy.parse(unwrap(olds));
    const after = CopyToRemoteInputs.parse(unwrap(news));
    const differs = before.source.hash !== after.source.hash || before.remotePath !== after.remotePath;
    if (differs) await copy(urn, after);
    return { outs: news };
  },

  delete: async () => {},
};

async function copy(urn: string, { connection, source, remotePath }: CopyToRemoteInputs): Promise<void> {
  const client = await dial(urn, connection);
  try {
    await writeSource(await RemoteFiles.open(client), source, remotePath);
  } finally {
    client.end();
  }
}
