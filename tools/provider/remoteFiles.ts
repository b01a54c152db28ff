import { posix } from "node:path";
import { promisify } from "node:util";
import type { Client, SFTPWrapper } from "ssh2";

/** SFTP's "no such file" status (draft-ietf-secsh-filexfer-02, 7). */
const noSuchFile = 2;

type Kind = "file" | "directory" | "nothing";

/** The operations on a host's files that a copy needs; errors name the remote path. */
export class RemoteFiles {
  readonly #sftp: SFTPWrapper;

  private constructor(sftp: SFTPWrapper) {
    this.#sftp = sftp;
  }

  static async open(client: Client): Promise<RemoteFiles> {
    return new RemoteFiles(await promisify(client.sftp.bind(client))());
  }

  /** What is at the path; symbolic links are followed. */
  kindOf(path: string): Promise<Kind> {
    return new Promise((resolve, reject) =>
      this.#sftp.stat(path, (error, stats) => {
        if (!error) resolve(stats.isDirectory() ? "directory" : "file");
        else if ("code" in error && error.code === noSuchFile) resolve("nothing");
        else reject(new Error(`failed to stat remote path ${path}: ${error.message}`));
      }),
    );
  }

  /** Makes the directory and its parents; one that exists is fine. */
  async makeDirectory(path: string): Promise<void> {
    const kind = await this.kindOf(path);
    if (kind === "directory") return;
    if (kind === "file") throw new Error(`remote path ${path} exists but is not a directory`);
    const parent = posix.dirname(path);
    if (parent !== path) await this.makeDirectory(parent);
    const error = await new Promise<Error | null | undefined>((resolve) => this.#sftp.mkdir(path, resolve));
    // Another copy may have made it in between: then SFTP only says "Failure".
    if (error && (await this.kindOf(path)) !== "directory") {
      throw new Error(`failed to create remote directory ${path}: ${error.message}`);
    }
  }

  writeText(path: string, text: string): Promise<void> {
    return this.#written(path, (done) => this.#sftp.writeFile(path, text, done));
  }

  copyFile(localPath: string, path: string): Promise<void> {
    return this.#written(path, (done) => this.#sftp.fastPut(localPath, path, done));
  }

  #written(path: string, write: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) =>
      write((error) =>
        error ? reject(new Error(`failed to write remote file ${path}: ${error.message}`)) : resolve(),
      ),
    );
  }
}
